"""A galaxy's light under arcs in noise-free images, to a thousandth and better: Sersic's law under a Moffat PSF.

Arcs end, by the rule `percentile`, where they are a hundredth of the galaxy: a law that is off by half a per cent moves
their mask. Without noise the pixels between arcs fix galaxy and PSF almost exactly, if they are of this law.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lensmith.nets.noise_free_galaxy import REFERENCE, fit_law
from lensmith.physics.imaging import moffat_psf
from lensmith.types import FloatArray

_BETA, _REACH = 2.5, 15
"""Moffat's exponent and the half side [pixels] of the kernel: those of the survey `hst-acs`."""
_WIDTHS = np.linspace(1.6, 2.6, 21)
"""FWHM [pixels] that kernels are tabled for."""
_SUBPIXELS = (-0.25, 0.25)
"""Brightness of a pixel is averaged over these along either axis, as in the simulator."""
_CORE = 2e-3
"""Radius [pixels] inside which the law is flat."""
_SCALES = tuple(np.geomspace(0.05, 5e-5, 20))
"""How far above the law, relative to it, a pixel may lie before it counts less, step after step."""
_BELOW = 1e3
"""How much farther below the law it may lie."""
_REFRESHED = 3
"""Derivatives are new in every so many steps: near the law they hardly change."""
_CHUNK = 4
"""Images that are fitted together: always as many, so that what comes out does not depend on the others."""
_BRIGHTEST = 40.0
_LARGEST_STEP = torch.tensor([1.0, 0.5, 0.05, 0.5, 0.5, 0.1, 0.1, 0.15], dtype=torch.float64)
"""Of each parameter in one step: ln of the level, slope, power, x, y, e1, e2, FWHM."""
_LOWEST = torch.tensor([-30, 0.2, 0.05, -6, -6, -0.7, -0.7, 1.65], dtype=torch.float64)
_HIGHEST = torch.tensor([30, 8, 1.5, 6, 6, 0.7, 0.7, 2.55], dtype=torch.float64)


class Galaxy(NamedTuple):
    """`light` of the galaxy and `left` of the image without it, float64 ``[sample, y, x]``."""

    light: FloatArray
    left: FloatArray


def take_galaxy_off(images: FloatArray) -> Galaxy:
    """Fit and subtract a galaxy near the middle of noise-free images ``[sample, y, x]``; pixels of 0 are not known.

    ``ln I = A - c ((R / 12)^p - 1) / p``, R the elliptical radius [pixels]: Sersic's (1963) law of index 1 / p, under
    a Moffat PSF whose width is fitted, too; nothing lies outside the known pixels. The fit starts at `fit_law`. What
    lies on the galaxy only adds light, so that pixels above the law count less and less (the weights of Geman & McClure
    1987, annealed), those below it almost fully.
    """
    images = np.asarray(images, float)
    light = np.zeros(images.shape)
    for start in range(0, len(images), _CHUNK):
        at = np.minimum(np.arange(start, start + _CHUNK), len(images) - 1)
        light[at] = _fitted_light(images[at])
    return Galaxy(light, np.where(images > 0, images - light, 0))


def _fitted_light(images: FloatArray) -> FloatArray:
    seen = torch.from_numpy(images).float()
    known = (seen > 0).float()
    found = torch.from_numpy(_start(images))
    for k, scale in enumerate(_SCALES):
        fresh = k < 2 or k % _REFRESHED == 0
        drawn = _drawn(found, known, with_slopes=fresh)
        light = drawn[:, 0].clamp_min(1e-12)
        if fresh:
            # Relative to the light: d ln I, the first of the level.
            slopes = (drawn / light[:, None]).flatten(2)
        found = _stepped(found, slopes, ((seen - light) / light).flatten(1), known.flatten(1), scale)
    return (_drawn(found, known, with_slopes=False)[:, 0] * known).double().numpy()


def _start(images: FloatArray) -> FloatArray:
    """Parameters float64 ``[sample, 8]`` in the order of `_LARGEST_STEP`."""
    law = fit_law(images)
    size = np.maximum(np.hypot(law[:, 5], law[:, 6]), 1e-9)[:, None]
    ellipse = law[:, 5:7] / size * np.tanh(size / 2)
    return np.concatenate([law[:, :5], ellipse, np.full((len(law), 1), _WIDTHS.mean() - 0.1)], 1)


def _drawn(found: Tensor, known: Tensor, with_slopes: bool) -> Tensor:
    """Blurred light and, with slopes, its derivatives to all parameters but the level: ``[sample, 1 or 8, y, x]``."""
    y, x = (torch.arange(side) - (side - 1) / 2 for side in known.shape[-2:])
    parameters = [column[:, None, None] for column in found.float().T]
    parts = 0
    for down in _SUBPIXELS:
        for right in _SUBPIXELS:
            parts = parts + torch.stack(_law(parameters, x + right, (y + down)[:, None], with_slopes), 1)
    parts = parts / len(_SUBPIXELS) ** 2 * known[:, None]
    rows, columns = known.shape[-2:]
    size, kernel, by_width = _kernel_transforms(found[:, 7], (rows, columns))
    spectrum = torch.fft.rfft2(parts, s=size)
    blurred = spectrum * kernel[:, None]
    if with_slopes:
        blurred = torch.cat([blurred, spectrum[:, :1] * by_width[:, None]], 1)
    return torch.fft.irfft2(blurred, s=size)[..., :rows, :columns]


def _law(parameters: list[Tensor], x: Tensor, y: Tensor, with_slopes: bool) -> list[Tensor]:
    """Light ``[sample, y, x]`` before the PSF and, with slopes, its derivatives to slope, power, x, y, e1, e2."""
    level, slope, power, x0, y0, e1, e2, _ = parameters
    x, y = x - x0, y - y0
    # Elliptical coordinates as `lensmith.physics.ellipticity` has them.
    u, v, stretch = x - e1 * x - e2 * y, y - e2 * x + e1 * y, 1 / (1 - e1**2 - e2**2)
    square = (u**2 + v**2) * stretch + _CORE**2
    far = 0.5 * torch.log(square / REFERENCE**2)
    raised = torch.exp(power * far)
    light = torch.exp((level - slope * (raised - 1) / power).clamp_max(_BRIGHTEST))
    if not with_slopes:
        return [light]
    by_square = -slope * raised / square * light
    return [
        light,
        -(raised - 1) / power * light,
        -slope * (power * far * raised - (raised - 1)) / power**2 * light,
        by_square * -stretch * (u * (1 - e1) - v * e2),
        by_square * -stretch * (v * (1 + e1) - u * e2),
        by_square * stretch * (v * y - u * x + e1 * square),
        by_square * stretch * (-u * y - v * x + e2 * square),
    ]


def _kernel_transforms(widths: Tensor, shape: tuple[int, int]) -> tuple[tuple[int, ...], Tensor, Tensor]:
    """Padded shape; transforms of the kernels of FWHM `widths` [pixels], and their derivatives to it (parabolas)."""
    size, table = _table(shape)
    step = _WIDTHS[1] - _WIDTHS[0]
    place = (widths - _WIDTHS[0]) / step
    k = place.round().long().clamp(1, len(_WIDTHS) - 2)
    off = (place - k).float()[:, None, None]
    before, here, after = table[k - 1], table[k], table[k + 1]
    first, second = (after - before) / 2, after - 2 * here + before
    return size, here + off * first + off**2 / 2 * second, (first + off * second) / step


@lru_cache(maxsize=4)
def _table(shape: tuple[int, int]) -> tuple[tuple[int, ...], Tensor]:
    """Padded shape, and the (real) transforms of kernels about pixel 0 for each of `_WIDTHS`."""
    from scipy.fft import next_fast_len

    size, whole = tuple(next_fast_len(side + 2 * _REACH, real=True) for side in shape), 2 * _REACH + 1
    kernels = np.zeros((len(_WIDTHS), *size))
    kernels[:, :whole, :whole] = [moffat_psf(width, 1.0, _BETA, whole) for width in _WIDTHS]
    kernels = np.roll(kernels, (-_REACH, -_REACH), (1, 2))
    return size, torch.fft.rfft2(torch.from_numpy(kernels)).real.float().contiguous()


def _stepped(found: Tensor, slopes: Tensor, off: Tensor, known: Tensor, scale: float) -> Tensor:
    """Parameters after a damped, reweighted Gauss-Newton step; `off` is (image - light) / light ``[sample, pixel]``."""
    weight = known / (1 + (torch.where(off > 0, off, off / _BELOW) / scale) ** 2) ** 2
    weighted = slopes * weight[:, None]
    normal = (weighted @ slopes.mT).double()
    wanted = (weighted @ off[..., None]).double()
    diagonal = torch.diagonal(normal, dim1=1, dim2=2)
    diagonal += 1e-7 * diagonal + 1e-10
    step = torch.linalg.solve(normal, wanted)[..., 0]
    shortened = (_LARGEST_STEP / step.abs().clamp_min(1e-12)).amin(1, keepdim=True).clamp_max(1)
    return torch.minimum(torch.maximum(found + shortened * step, _LOWEST), _HIGHEST)
