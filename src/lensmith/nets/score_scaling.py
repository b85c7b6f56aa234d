"""Scores made to mean what they say, for each amount of data that they come from: matrix scaling.

Guo et al. 2017, ICML, sect. 4.2: scores ``W z + b`` in place of ``z``, fitted to samples that were not trained on. A
temperature alone is its special case ``W = 1 / T``, towards which the fit is drawn.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

_PULL = 1.0
"""Weight of the squared distance from the best temperature, in units of one sample's loss."""
_TEMPERATURES = np.geomspace(0.3, 30, 140)


class ScoreScaling(nn.Module):
    """One scaling for each number of epochs seen, without and with an image; none before it is fitted.

    ``maps`` are ``[image, epochs, class, class + 1]``.
    """

    def __init__(self, classes: int, epochs: int):
        super().__init__()
        same = torch.cat([torch.eye(classes), torch.zeros(classes, 1)], 1)
        self.register_buffer("maps", same.repeat(2, epochs + 1, 1, 1))

    def forward(self, scores: Tensor, there: Tensor, epochs: Tensor) -> Tensor:
        """Scores ``[..., class]``; `there` says whether there is an image, `epochs` how many were seen, ``[...]``."""
        maps = self.maps[there.long(), epochs.clamp(max=self.maps.shape[1] - 1)]
        return (maps[..., :-1] @ scores[..., None])[..., 0] + maps[..., -1]

    def take(self, there: bool, found: dict[int, Tensor]) -> None:
        """Set the maps ``[class, class + 1]`` of these numbers of epochs; those of others come in between."""
        known = sorted(found)
        values = torch.stack([found[epochs] for epochs in known]).flatten(1).double().numpy()
        wanted = np.arange(self.maps.shape[1])
        between = np.stack([np.interp(wanted, known, column) for column in values.T], 1)
        self.maps[int(there)] = torch.from_numpy(between).reshape(self.maps.shape[1:]).float()


def fitted_map(scores: Tensor, labels: Tensor) -> Tensor:
    """The map ``[class, class + 1]`` of scores ``[sample, class]`` that makes `labels` ``[sample]`` most probable."""
    scores, n, classes = scores.detach().double(), len(labels), scores.shape[-1]
    losses = [float(functional.cross_entropy(scores / value, labels)) for value in _TEMPERATURES]
    start = torch.cat([torch.eye(classes) / _TEMPERATURES[int(np.argmin(losses))], torch.zeros(classes, 1)], 1).double()
    fitted = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([fitted], max_iter=200, line_search_fn="strong_wolfe")

    @torch.enable_grad()
    def loss():
        optimiser.zero_grad()
        value = functional.cross_entropy(scores @ fitted[:, :-1].T + fitted[:, -1], labels)
        value = value + _PULL * ((fitted - start) ** 2).sum() / n
        value.backward()
        return value

    optimiser.step(loss)
    return fitted.detach()
