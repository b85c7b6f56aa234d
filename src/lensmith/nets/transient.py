"""Our network of lensed supernovae: attention over single measurements, beside a small convolutional network.

Every measurement (epoch, band) is a token: its flux over its error, flux, error, time and band. A token sees those of
its own and of earlier epochs alone, so that one pass gives the classes after every epoch. Attention over irregular
light curves as in Pimentel et al. 2023, AJ 165, 18 (ATAT: Cabrera-Vives et al. 2024, A&A 689, A289).
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lensmith.nets.images import crop, prepare_images
from lensmith.nets.network import Network
from lensmith.nets.score_scaling import ScoreScaling, fitted_map
from lensmith.nets.settings import NetworkSpec, Settings
from lensmith.nets.transient_inputs import curve_stages, epochs_seen, images_in_noise
from lensmith.nets.transient_thinning import chosen_stage, epochs_with_data, every_stage, shallower, thinned

_FILTERS = (32, 48, 64, 96)
_PERIODS = (15.0, 40.0, 100.0)
"""Days; the rise and fall of a supernova are in between."""
_FEATURES = 4 + 2 * len(_PERIODS)


class TransientSettings(Settings):
    """`width`, `layers`, `heads` of the attention; `dropout` in it and, twice, in the head.

    `epochs`: over how many epochs the training images are means, the unit of an image's depth; `flux_unit` [e-/s]: that
    of an asinh of fluxes, some 1 sigma. In training `early` of the samples are shown as they were at an earlier epoch,
    and bands, epochs, the whole light curve and the image are left out with the probabilities `drop_*`.
    """

    width: int = 48
    layers: int = 2
    heads: int = 3
    dropout: float = 0.1
    epochs: int = 14
    flux_unit: float = 2.0
    early: float = 0.4
    drop_band: float = 0.05
    drop_epoch: float = 0.1
    drop_curve: float = 0.05
    drop_image: float = 0.05


class ImageFeatures(nn.Module):
    """Four blocks of convolution; the mean and the greatest value of each of 96 maps, or what stands for no image."""

    features = 2 * _FILTERS[-1]

    def __init__(self, bands: int):
        super().__init__()
        # Every other pixel is enough of the first maps, and half the cost: seeing is wider than two pixels.
        layers = [nn.Conv2d(bands, _FILTERS[0], 5, stride=2, padding=2, bias=False)]
        for inputs, filters in pairwise(_FILTERS):
            layers += [nn.BatchNorm2d(inputs), nn.ReLU(), *([nn.MaxPool2d(2)] if len(layers) > 1 else [])]
            layers.append(nn.Conv2d(inputs, filters, 3, padding=1, bias=False))
        layers += [nn.BatchNorm2d(_FILTERS[-1]), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.none = nn.Parameter(torch.zeros(self.features))

    def forward(self, image: Tensor, there: Tensor) -> Tensor:
        """``[sample, 192]`` of images in noise units; `there` ``[sample]`` says whether there is one."""
        if not there.any():
            return self.none.expand(len(image), -1)
        # Like asinh, of which torch's takes as long as the convolutions.
        maps = self.body(image.sign() * image.abs().log1p() / 2)
        found = torch.cat([maps.mean((-2, -1)), maps.amax((-2, -1))], 1)
        return torch.where(there[:, None], found, self.none)


class Block(nn.Module):
    """Attention and a layer of two steps, each after a normalisation (pre-norm: Xiong et al. 2020, ICML)."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.step = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout))
        self.step.append(nn.Linear(2 * width, width))

    def forward(self, tokens: Tensor, sees: Tensor) -> Tensor:
        """Tokens ``[sample, token, width]``; `sees` ``[sample, 1, token, token]``: which attends to which."""
        n, count, width = tokens.shape
        parts = self.project(self.before(tokens)).reshape(n, count, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        drop = self.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=sees, dropout_p=drop)
        tokens = tokens + self.join(mixed.transpose(1, 2).reshape(n, count, width))
        return tokens + self.step(self.between(tokens))


class CurveFeatures(nn.Module):
    """Light curves to what is known after every epoch: the mean and greatest tokens so far, and stacked fluxes."""

    def __init__(self, bands: int, settings: TransientSettings):
        super().__init__()
        width, self.unit = settings.width, settings.flux_unit
        self.features = 2 * width + 3 * bands
        self.embed = nn.Linear(_FEATURES, width)
        self.band = nn.Parameter(torch.randn(bands, width) / width**0.5)
        self.start = nn.Parameter(torch.randn(width) / width**0.5)
        self.blocks = nn.ModuleList(Block(width, settings.heads, settings.dropout) for _ in range(settings.layers))
        self.after = nn.LayerNorm(width)

    def forward(self, curve: Tensor, days: Tensor) -> Tensor:
        """``[sample, epoch, features]``; `curve` ``[sample, epoch, band, 2]`` is flux and error, `days` their times."""
        n, epochs, bands = days.shape
        known = curve[..., 1] > 0
        tokens = (self.embed(self._described(curve, days, known)) + self.band).reshape(n, epochs * bands, -1)
        tokens = torch.cat([self.start.expand(n, 1, -1), tokens], 1)
        sees = _causal(known)
        for block in self.blocks:
            tokens = block(tokens, sees)
        tokens = self.after(tokens)
        first, tokens = tokens[:, :1], tokens[:, 1:].reshape(n, epochs, bands, -1)
        weight = known[..., None]
        mean = ((tokens * weight).sum(2).cumsum(1) + first) / (weight.sum(2).cumsum(1) + 1)
        largest = torch.maximum(tokens.masked_fill(~weight, -1e4).amax(2).cummax(1).values, first)
        return torch.cat([mean, largest, self._stacked(curve, known)], -1)

    def _described(self, curve: Tensor, days: Tensor, known: Tensor) -> Tensor:
        flux, error = curve[..., 0], torch.where(known, curve[..., 1], self.unit)
        phases = [wave(2 * torch.pi * days / period) for period in _PERIODS for wave in (torch.sin, torch.cos)]
        brightness = [torch.asinh(flux / error), torch.asinh(flux / self.unit), torch.log(error / self.unit)]
        return torch.stack([*brightness, days / 50, *phases], -1)

    def _stacked(self, curve: Tensor, known: Tensor) -> Tensor:
        """Of each band so far: the weighted mean flux, its signal-to-noise, and the greatest single one."""
        flux, error = curve[..., 0], torch.where(known, curve[..., 1], 1.0)
        weight = known / error**2
        total, sum_weight = (flux * weight).cumsum(1), weight.cumsum(1)
        mean = total / sum_weight.clamp(min=1e-12)
        greatest = torch.where(known, flux / error, -5.0).cummax(1).values
        parts = [mean / self.unit, total / sum_weight.clamp(min=1e-12).sqrt(), greatest]
        return torch.asinh(torch.cat(parts, -1)) / 2


def _causal(known: Tensor) -> Tensor:
    """Which token sees which, ``[sample, 1, token, token]``; the first token, seen by all, stands before the epochs."""
    n, epochs, bands = known.shape
    epoch = torch.arange(epochs, device=known.device).repeat_interleave(bands)
    epoch = torch.cat([epoch.new_full((1,), -1), epoch])
    there = torch.cat([known.new_ones(n, 1), known.reshape(n, -1)], 1)
    return (there[:, None, :] & (epoch[None, :] <= epoch[:, None]))[:, None]


class Transient(Network):
    """Light curves with errors at their times, and an image; either may be missing."""

    may_read = ("flux_after", "flux_error_after")

    def __init__(self, spec: NetworkSpec, settings: TransientSettings):
        super().__init__(spec)
        self.settings = settings
        self.reads = (spec.inputs.array, "flux", "flux_error", "time")
        self.image, self.curve = ImageFeatures(spec.shape[0]), CurveFeatures(spec.shape[0], settings)
        self.head = nn.Sequential(
            *(nn.Linear(self.image.features + self.curve.features, 128), nn.ReLU(), nn.Dropout(2 * settings.dropout)),
            *(nn.Linear(128, 64), nn.ReLU(), nn.Dropout(2 * settings.dropout)),
            nn.Linear(64, len(spec.classes)),
        )
        self.scaling = ScoreScaling(len(spec.classes), settings.epochs)

    def prepare(self, arrays):
        """Images in the noise of `epochs` epochs, stages of the light curves, days; ``there``: is there an image?"""
        images = prepare_images(arrays[self.spec.inputs.array], self.spec.inputs.model_copy(update={"side": None}))
        there = images.reshape(len(images), -1).any(1) & ~(images != images).reshape(len(images), -1).any(1)
        images = np.where(there[:, None, None, None], images, 0)
        stages, days = curve_stages(arrays, len(images), self.spec.shape[0])
        seen = epochs_seen(stages)
        seen[seen == 0] = self.settings.epochs
        images = images_in_noise(images) * (self.settings.epochs / seen[:, None, None, None]) ** 0.5
        images = crop(images, self.spec.inputs.side).astype("float32")
        return {"image": images, "there": there.astype("float32"), "curve": stages, "days": days}

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before the softmax after the last epoch, ``[sample, class]``."""
        image, there, curve = inputs["image"], inputs["there"] > 0, inputs["curve"]
        if self.training:
            image, there, curve = self._thinned(image, there, curve)
        else:
            curve = curve[:, -1]
        states = self.curve(curve, inputs["days"])[:, -1]
        scores = self.head(torch.cat([self.image(image, there), states], 1))
        return self.scaling(scores, there, epochs_with_data(curve))

    @torch.no_grad()
    def learn_from_held_out(self, batches, labels: Tensor) -> None:
        """A scaling of the scores for each number of epochs that have been seen, with and without the image."""
        self.eval()
        self.scaling = ScoreScaling(len(self.spec.classes), self.settings.epochs)
        batches = list(batches)
        stages = [[0 * inputs["curve"][:, -1], *every_stage(inputs["curve"])] for inputs in batches]
        torch.manual_seed(0)
        for there in (0.0, 1.0):
            seen = [inputs | {"there": inputs["there"] * there} for inputs in batches]
            found = {}
            for curves in zip(*stages, strict=True):
                scores = torch.cat(
                    [self.early_scores(inputs, curve) for inputs, curve in zip(seen, curves, strict=True)]
                )
                epochs = torch.cat([epochs_with_data(curve) for curve in curves]).median()
                found[int(epochs)] = fitted_map(scores, labels)
            self.scaling.take(there > 0, found)

    def early_scores(self, inputs: dict[str, Tensor], curve: Tensor) -> Tensor:
        """Scores of samples as they were with the light curve `curve`; their images get the noise of so few epochs."""
        everything, epochs = epochs_with_data(inputs["curve"][:, -1]), epochs_with_data(curve)
        # Where no epoch is left the image is all there is, and it is that of all epochs.
        image = shallower(inputs["image"], torch.where(epochs > 0, epochs, everything), everything)
        return self(inputs | {"image": image, "curve": curve[:, None]})

    def after_every_epoch(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before the softmax after every epoch, ``[sample, epoch, class]``, beside the one image there is."""
        states = self.curve(inputs["curve"][:, -1], inputs["days"])
        there = (inputs["there"] > 0)[:, None].expand(-1, states.shape[1])
        image = self.image(inputs["image"], there[:, 0])[:, None].expand(-1, states.shape[1], -1)
        known = (inputs["curve"][:, -1, ..., 1] > 0).any(-1)
        return self.scaling(self.head(torch.cat([image, states], -1)), there, known.cumsum(1))

    @torch.inference_mode()
    def probabilities_after_every_epoch(self, arrays) -> np.ndarray:
        """Class probabilities ``[sample, epoch, class]`` of stored arrays; the image is the same for all epochs."""
        self.eval()
        inputs = {name: torch.from_numpy(values) for name, values in self.prepare(arrays).items()}
        return self.after_every_epoch(inputs).softmax(-1).numpy()

    def _thinned(self, image: Tensor, there: Tensor, stages: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What training shows of samples: see the settings. Of image and light curve one stays."""
        set_to = self.settings
        everything = epochs_with_data(stages[:, -1])
        curve, epochs = chosen_stage(stages, set_to.early)
        image = shallower(image, epochs, everything)
        curve = thinned(curve, set_to.drop_band, set_to.drop_epoch, set_to.drop_curve)
        left = (curve[..., 1] > 0).any(-1).any(-1)
        gone = (torch.rand(len(there), device=there.device) < set_to.drop_image) & left
        return image, there & ~gone, curve
