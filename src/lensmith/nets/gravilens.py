"""The CNN + LSTM network that reads a mean image and a light curve, and its branches alone.

Source: DeepZipper (Morgan et al. 2022, ApJ 927, 109), as a public entry for the DeepGraviLens data set (Oreste Vago &
Fraternali 2023, Neural Comput. Appl. 35, 19253) laid it out: 722,340 parameters for four bands and four classes.
"""

import torch
from torch import Tensor, nn

from lensmith.errors import SettingsError
from lensmith.nets.network import Network
from lensmith.nets.settings import NetworkSpec, Settings
from lensmith.nets.transient_inputs import same_shapes

_FILTERS = (32, 64, 128, 256)
_HIDDEN, _LAYERS = 128, 2
_SMALLEST = 40
"""Side from which four blocks leave a pixel."""


class GravilensSettings(Settings):
    """`curve`: the array that holds the light curves ``[epoch, band]``.

    `curve_dropout` is between and after the LSTM's layers, `dropout` between the layers of the head.
    """

    curve: str = "light_curve"
    curve_dropout: float = 0.3
    dropout: float = 0.5


class ImageBranch(nn.Sequential):
    """Four blocks of convolution, batch normalisation, ReLU and pooling: ``[sample, band, 45, 45]`` to 256 features.

    Pooling stands before the ReLU, which changes nothing: the greatest of four values, cut off at 0, is the greatest of
    the four that are cut off. It needs a quarter of the ReLUs.
    """

    features = _FILTERS[-1]

    def __init__(self, bands: int):
        layers, inputs = [], bands
        for filters in _FILTERS:
            padding = 0 if filters == _FILTERS[-1] else 1
            layers += [nn.Conv2d(inputs, filters, 3, padding=padding), nn.BatchNorm2d(filters)]
            layers += [nn.MaxPool2d(2), nn.ReLU()]
            inputs = filters
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class CurveBranch(nn.Module):
    """An LSTM of two layers: ``[sample, epoch, band]`` to the 128 features of its last layer's final state.

    In float32 whatever the precision of the training: bfloat16 rounds fluxes of the galaxy and the supernova together,
    scaled to [0, 1], by as much as the supernova adds to them.
    """

    features = _HIDDEN

    def __init__(self, bands: int, dropout: float):
        super().__init__()
        self.lstm = nn.LSTM(bands, _HIDDEN, _LAYERS, batch_first=True, dropout=dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, curve: Tensor) -> Tensor:
        """Features ``[sample, 128]``."""
        with torch.autocast(curve.device.type, enabled=False):
            _, (hidden, _) = self.lstm(curve.float())
        return self.dropout(hidden[-1])


class Gravilens(Network):
    """Image and light curve together, or one of them with the same head."""

    def __init__(self, spec: NetworkSpec, settings: GravilensSettings, branches: tuple[str, ...] = ("image", "curve")):
        super().__init__(spec)
        if "image" in branches and min(spec.shape[1:]) < _SMALLEST:
            raise SettingsError(f"{spec.name} needs images of {_SMALLEST} pixels or more, these have {spec.shape[1:]}")
        self.settings = settings
        bands = spec.shape[0]
        makers = {
            "image": lambda: ImageBranch(bands),
            "curve": lambda: CurveBranch(bands, settings.curve_dropout),
        }
        self.branches = nn.ModuleDict({name: makers[name]() for name in branches})
        # The images come first even where only the curve is read: a data set's shape is theirs.
        self.reads = (spec.inputs.array, *((settings.curve,) if "curve" in branches else ()))
        features = sum(branch.features for branch in self.branches.values())
        drop = settings.dropout
        self.head = nn.Sequential(
            *(nn.Linear(features, 256), nn.ReLU(), nn.Dropout(drop)),
            *(nn.Linear(256, 128), nn.ReLU(), nn.Dropout(drop)),
            nn.Linear(128, len(spec.classes)),
        )

    def prepare(self, arrays):
        """The images as every network has them, the light curves as they are."""
        out = super().prepare(arrays) if "image" in self.branches else {}
        if "curve" in self.branches:
            out["curve"] = scaled_curve(arrays, self.settings.curve, self.spec.shape[0])
        return out

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before the softmax, ``[sample, class]``."""
        return self.head(torch.cat([branch(inputs[name]) for name, branch in self.branches.items()], 1))


def scaled_curve(arrays, name: str, bands: int):
    """Light curves as they are, float32 ``[sample, epoch, band]``; InputError where they are of another shape."""
    curve = arrays[name].astype("float32")
    same_shapes({name: curve}, bands)
    return curve


def gravilens_image(spec: NetworkSpec, settings: GravilensSettings) -> Gravilens:
    """The image's branch with the head."""
    return Gravilens(spec, settings, ("image",))


def gravilens_curve(spec: NetworkSpec, settings: GravilensSettings) -> Gravilens:
    """The light curve's branch with the head."""
    return Gravilens(spec, settings, ("curve",))
