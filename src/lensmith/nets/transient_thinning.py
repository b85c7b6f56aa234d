"""What training takes away from `transient`, so that it can do without: late epochs, single ones, bands, a modality."""

from collections.abc import Iterator

import torch
from torch import Tensor


def epochs_with_data(curve: Tensor) -> Tensor:
    """How many epochs hold a measurement, ``[sample]``, of flux and error ``[sample, epoch, band, 2]``."""
    return (curve[..., 1] > 0).any(-1).sum(-1)


def every_stage(stages: Tensor) -> Iterator[Tensor]:
    """Flux and error ``[sample, epoch, band, 2]`` after more and more epochs, of ``[sample, stage, epoch, band, 2]``.

    Where there is one stage, later epochs are cut off it.
    """
    if stages.shape[1] > 1:
        yield from stages.unbind(1)
        return
    epoch = torch.arange(stages.shape[2], device=stages.device)
    for last in range(1, stages.shape[2] + 1):
        yield stages[:, 0] * (epoch < last)[:, None, None]


def chosen_stage(stages: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Flux and error ``[sample, epoch, band, 2]`` as known at a random time for a `share` of the samples; the epochs
    ``[sample]`` over which an image of that time would be the mean.

    `stages` is ``[sample, stage, epoch, band, 2]``. Where it has one stage, later epochs are cut off that one instead.
    """
    n, count, epochs = stages.shape[:3]
    early = torch.rand(n, device=stages.device) < share
    if count > 1:
        stage = torch.where(early, torch.randint(count - 1, (n,), device=stages.device), count - 1)
        curve = stages[torch.arange(n, device=stages.device), stage]
    else:
        last = torch.where(early, torch.randint(1, epochs + 1, (n,), device=stages.device), epochs)
        curve = stages[:, 0] * (torch.arange(epochs, device=stages.device) < last[:, None])[..., None, None]
    return curve, epochs_with_data(curve)


def shallower(image: Tensor, epochs: Tensor, of: Tensor) -> Tensor:
    """Images ``[sample, band, y, x]`` in noise units as the mean of `epochs` instead of `of` epochs, ``[sample]`` both.

    The unit stays the noise of all `of` epochs: white noise of variance of / epochs - 1 is added.
    """
    extra = (of / epochs.clamp(min=1) - 1).clamp(min=0).sqrt()
    rows = torch.nonzero(extra)[:, 0]
    noise = extra[rows, None, None, None] * torch.randn(len(rows), *image.shape[1:], device=image.device)
    return image.index_add(0, rows, noise)


def thinned(curve: Tensor, band: float, epoch: float, whole: float) -> Tensor:
    """Light curves ``[sample, epoch, band, 2]`` with bands, epochs or everything gone, each with its probability."""
    n, epochs, bands = curve.shape[:3]

    def kept(*shape, share):
        return torch.rand(*shape, device=curve.device) >= share

    keep = kept(n, 1, bands, share=band) & kept(n, epochs, 1, share=epoch) & kept(n, 1, 1, share=whole)
    return curve * keep[..., None]
