"""Local, global and multi-modal sub-networks whose outputs are combined: the idea of DeepGraviLens, built anew.

Pinciroli Vago & Fraternali 2023, Neural Comput. Appl. 35, 19253: one sub-network of local features, one of global ones,
one of both modalities together, and a classifier on top of their outputs. Sizes of layers are ours; the classifier here
is a linear softmax on the members' log-probabilities, learned on samples that the members were not trained on.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lensmith.nets.gravilens import CurveBranch, GravilensSettings, ImageBranch, scaled_curve
from lensmith.nets.network import Network
from lensmith.nets.settings import NetworkSpec

_RINGS = 12
_WIDTH = 128


class GravilensMunetSettings(GravilensSettings):
    """Those of gravilens, and `pull`: how strongly the combination is drawn to the plain mean of the members."""

    pull: float = 1.0


class LocalNetwork(nn.Module):
    """Small neighbourhoods: greatest responses of convolutions in the image, and of short ones along the curve."""

    def __init__(self, bands: int, classes: int, dropout: float):
        super().__init__()
        self.image = nn.Sequential(
            *(nn.Conv2d(bands, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveMaxPool2d(3), nn.Flatten()),
        )
        self.curve = nn.Sequential(nn.Conv1d(bands, 32, 3, padding=1), nn.BatchNorm1d(32), nn.ReLU())
        self.curve.extend([nn.Conv1d(32, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten()])
        self.head = _head(9 * 64 + 64, classes, dropout)

    def forward(self, image: Tensor, curve: Tensor) -> Tensor:
        """Scores ``[sample, class]``."""
        with torch.autocast(curve.device.type, enabled=False):  # as in `CurveBranch`
            along = self.curve(curve.float().transpose(1, 2))
        return self.head(torch.cat([self.image(image), along], 1))


class GlobalNetwork(nn.Module):
    """The whole at once: mean light in rings about the centre, and the moments and extremes of the curve."""

    def __init__(self, bands: int, side: tuple[int, int], classes: int, dropout: float):
        super().__init__()
        y, x = (torch.arange(n) - (n - 1) / 2 for n in side)
        ring = (torch.hypot(y[:, None], x[None]) * 2 * _RINGS / min(side)).long().clamp(max=_RINGS - 1)
        share = functional.one_hot(ring.flatten(), _RINGS).float()
        self.register_buffer("rings", share / share.sum(0), persistent=False)
        self.head = _head(bands * (_RINGS + 4), classes, dropout)

    def forward(self, image: Tensor, curve: Tensor) -> Tensor:
        """Scores ``[sample, class]``."""
        with torch.autocast(curve.device.type, enabled=False):  # as in `CurveBranch`
            light = (image.float().flatten(2) @ self.rings).flatten(1)
            moments = [curve.mean(1), curve.std(1, correction=0), curve.amax(1), curve.amin(1)]
            return self.head(torch.cat([light, *moments], 1))


class JointNetwork(nn.Module):
    """Both modalities through the branches of gravilens into one head."""

    def __init__(self, bands: int, classes: int, settings: GravilensSettings):
        super().__init__()
        self.image, self.curve = ImageBranch(bands), CurveBranch(bands, settings.curve_dropout)
        self.head = _head(self.image.features + self.curve.features, classes, settings.dropout)

    def forward(self, image: Tensor, curve: Tensor) -> Tensor:
        """Scores ``[sample, class]``."""
        return self.head(torch.cat([self.image(image), self.curve(curve)], 1))


class GravilensMunet(Network):
    """The three members, each taught by itself, and their combination."""

    def __init__(self, spec: NetworkSpec, settings: GravilensMunetSettings):
        super().__init__(spec)
        self.settings, bands, classes = settings, spec.shape[0], len(spec.classes)
        self.reads = (spec.inputs.array, settings.curve)
        self.members = nn.ModuleDict(
            {
                "local": LocalNetwork(bands, classes, settings.dropout),
                "global": GlobalNetwork(bands, spec.shape[1:], classes, settings.dropout),
                "joint": JointNetwork(bands, classes, settings),
            }
        )
        mean = torch.eye(classes).repeat(1, len(self.members)) / len(self.members)
        self.register_buffer("weight", mean)
        self.register_buffer("offset", torch.zeros(classes))

    def prepare(self, arrays):
        """The images as every network has them, the light curves as they are."""
        return super().prepare(arrays) | {"curve": scaled_curve(arrays, self.settings.curve, self.spec.shape[0])}

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores ``[sample, class]``; in training those of every member, ``[sample, member, class]``."""
        scores = torch.stack([member(inputs["image"], inputs["curve"]) for member in self.members.values()], 1)
        return scores if self.training else self._combined(scores.log_softmax(-1), self.weight, self.offset)

    @staticmethod
    def _combined(members: Tensor, weight: Tensor, offset: Tensor) -> Tensor:
        return members.flatten(1) @ weight.T + offset

    @torch.no_grad()
    def learn_from_held_out(self, batches, labels: Tensor) -> None:
        """Fit the combination to what the members say of samples that they were not trained on."""
        said = [
            torch.stack([member(inputs["image"], inputs["curve"]) for member in self.members.values()], 1)
            for inputs in batches
        ]
        members = torch.cat(said).log_softmax(-1)
        start = [self.weight.clone(), self.offset.clone()]
        fitted = [value.clone().requires_grad_() for value in start]
        optimiser = torch.optim.LBFGS(fitted, max_iter=100, line_search_fn="strong_wolfe")

        @torch.enable_grad()
        def loss():
            optimiser.zero_grad()
            away = sum(((now - then) ** 2).sum() for now, then in zip(fitted, start, strict=True))
            value = functional.cross_entropy(self._combined(members, *fitted), labels)
            value = value + self.settings.pull * away / len(labels)
            value.backward()
            return value

        optimiser.step(loss)
        self.weight.copy_(fitted[0].detach())
        self.offset.copy_(fitted[1].detach())


def _head(features: int, classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Linear(features, _WIDTH), nn.ReLU(), nn.Dropout(dropout)),
        *(nn.Linear(_WIDTH, _WIDTH // 2), nn.ReLU(), nn.Dropout(dropout)),
        nn.Linear(_WIDTH // 2, classes),
    )
