"""What `transient` reads: images in units of their own noise, light curves with errors, 0 where one is missing."""

import numpy as np

from lensmith.errors import InputError
from lensmith.types import FloatArray

_BORDER = 8
"""Width [pixel] of the frame that sky and noise are measured in."""
_MAD = 1.4826
"""Standard deviation of a Gaussian over its median absolute deviation."""


def images_in_noise(images: FloatArray) -> FloatArray:
    """Images ``[sample, band, y, x]`` less their sky, over the noise of a pixel: whatever they were scaled by is gone.

    Sky: the median of the frame. Noise: the scatter of differences of neighbouring pixels there, which the smooth light
    of galaxies does not raise. A band without scatter becomes 0.
    """
    frame = np.ones(images.shape[-2:], bool)
    frame[_BORDER:-_BORDER, _BORDER:-_BORDER] = False
    sky = np.median(images[..., frame], axis=-1)[..., None, None]
    pairs = frame[:, 1:] & frame[:, :-1]
    steps = (images[..., 1:] - images[..., :-1])[..., pairs]
    noise = _MAD * np.median(np.abs(steps), axis=-1)[..., None, None] / np.sqrt(2)
    return ((images - sky) * (noise > 0) / np.where(noise > 0, noise, 1)).astype(np.float32)


def curve_stages(arrays: dict[str, np.ndarray], n: int, bands: int) -> tuple[FloatArray, FloatArray]:
    """Flux and error ``[sample, stage, epoch, band, 2]``, and days ``[sample, epoch, band]`` since the first epoch.

    Stages are what was known after fewer epochs (`flux_after`, where there is one), and last all there is. A
    measurement whose error is 0 or not a number is missing: flux and error are 0. Without light curves there is one
    epoch of nothing. Raises InputError as `same_shapes`.
    """
    flux, error, time = (np.asarray(arrays[name], np.float32) for name in ("flux", "flux_error", "time"))
    if flux.ndim < 2:  # one number a sample, or none: unknown
        flux = error = time = np.zeros((n, 1, bands), np.float32)
    same_shapes({"flux": flux, "flux_error": error, "time": time}, bands)
    stages = np.stack([flux, error], -1)[:, None]
    if arrays.get("flux_after") is not None and np.ndim(arrays["flux_after"]) >= 2:
        early = [np.asarray(arrays[name], np.float32) for name in ("flux_after", "flux_error_after")]
        same_shapes({"flux_after": early[0], "flux_error_after": early[1]}, bands, (None, flux.shape[1]))
        stages = np.concatenate([np.stack(early, -1), stages], 1)
    known = np.isfinite(stages).all(-1) & (stages[..., 1] > 0) & np.isfinite(time)[:, None]
    stages = np.where(known[..., None], stages, 0).astype(np.float32)
    seen = known[:, -1]
    first = np.where(seen, time, np.inf).min((1, 2), keepdims=True)
    return stages, np.where(seen, time - np.where(np.isfinite(first), first, 0), 0).astype(np.float32)


def epochs_seen(stages: FloatArray) -> FloatArray:
    """How many epochs hold a measurement, ``[sample]``, of the last stage of ``[sample, stage, epoch, band, 2]``."""
    return (stages[:, -1, ..., 1] > 0).any(-1).sum(-1).astype(np.float32)


def same_shapes(arrays: dict[str, FloatArray], bands: int, before: tuple[int | None, ...] = (None,)) -> None:
    """InputError unless all of `arrays` have one shape ``[sample, *before, band]``; None there is any number."""
    wanted = next(iter(arrays.values())).shape[1:-1] if None in before else before
    fits = len(wanted) == len(before) and all(size in (None, n) for size, n in zip(before, wanted))
    for name, values in arrays.items():
        if not fits or values.shape[1:] != (*wanted, bands):
            said = ", ".join("any number" if size is None else str(size) for size in before)
            others = f" and the same for {' and '.join(arrays)}" if len(arrays) > 1 else ""
            raise InputError(f"{name} of a sample is {values.shape[1:]}; ({said}, {bands}) is needed{others}")
