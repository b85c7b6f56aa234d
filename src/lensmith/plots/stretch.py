"""Colour scales: from data units to [0, 1], and the ticks of their colour bars."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lensmith.types import BoolArray, FloatArray


@dataclass(frozen=True)
class Stretch:
    """A colour scale from `low` to `high` in data units: linear within `width` of `zero`, logarithmic beyond.

    The stretch is asinh((x - zero) / width) (Lupton et al. 2004, PASP 116, 133, eq. 1); an infinite `width` makes it
    linear throughout.
    """

    low: float
    high: float
    width: float = math.inf
    zero: float = 0.0

    def _bend(self, values):
        return values if math.isinf(self.width) else np.arcsinh((values - self.zero) / self.width)

    def __call__(self, values) -> np.ndarray:
        """Position on the colour scale: 0 at `low`, 1 at `high`, beyond where the data are beyond; NaN stays NaN."""
        bottom, top = self._bend(np.float64(self.low)), self._bend(np.float64(self.high))
        return (self._bend(np.asarray(values)) - bottom) / (top - bottom)

    def inverse(self, position):
        """Data value at a position on the colour scale."""
        bottom, top = self._bend(np.float64(self.low)), self._bend(np.float64(self.high))
        bent = bottom + np.asarray(position) * (top - bottom)
        return bent if math.isinf(self.width) else self.zero + self.width * np.sinh(bent)

    def ticks(self, positions: Sequence[float] = (0.93, 0.64, 0.36, 0.07), reach: float = 0.065) -> list[float]:
        """Zero where the scale holds it, and round values within `reach` of the `positions` on the scale."""
        found = [0.0] if self.low <= 0 <= self.high else []
        for position in positions:
            value = roundest(*(float(self.inverse(position + step)) for step in (-reach, reach)))
            apart = all(abs(self(value) - self(other)) > 2.2 * reach for other in found)
            if apart and self.low <= value <= self.high:
                found.append(value)
        return sorted(found)


def roundest(low: float, high: float) -> float:
    """The number between `low` and `high` with the fewest digits (0 where it lies between)."""
    if low <= 0 <= high:
        return 0.0
    exponent = math.floor(math.log10(max(abs(low), abs(high))))
    for power in range(exponent, exponent - 12, -1):
        for mantissa in (1, 0.5, 0.2):
            step = mantissa * 10.0**power
            count = math.ceil(low / step)
            if count * step <= high:
                return round(count * step, 1 - power)
    return low


def flux_stretch(image: FloatArray, noise: FloatArray | None = None, mask: BoolArray | None = None) -> Stretch:
    """An asinh scale for an image ``[y, x]``: linear over three times the noise about the faint end.

    Only finite pixels where `mask` is True count; without `noise` the pixels' own scatter about the sky is taken.
    """
    values = _used(image, mask)
    if values.size == 0:
        return Stretch(0.0, 1.0)
    zero, high = (float(v) for v in np.percentile(values, (10, 99.9)))
    sigma = float(np.median(_used(noise, mask))) if noise is not None and _used(noise, mask).size else 0.0
    if not sigma > 0:
        below = values[values <= zero]
        sigma = float(np.sqrt(np.mean((below - zero) ** 2)))
    if not sigma > 0:
        sigma = max(high - zero, abs(zero) * 1e-3, 1e-30) / 30
    low = max(float(values.min()), zero - sigma)
    return Stretch(low, max(high, low + 6 * sigma), 3 * sigma, zero)


def arc_stretch(without_lens: FloatArray, noise: FloatArray, mask: BoolArray, arc_mask: BoolArray) -> Stretch:
    """An asinh scale for an image ``[y, x]`` without lens light: from below the noise up to the brightest arcs."""
    sigmas, arcs = _used(noise, mask), _used(without_lens, mask & arc_mask)
    sigma = float(np.median(sigmas)) if sigmas.size else 0.0
    if not (sigma > 0 and arcs.size):
        return flux_stretch(without_lens, noise, mask)
    return Stretch(-2 * sigma, max(float(np.percentile(arcs, 99.5)), 6 * sigma), 3 * sigma)


def source_stretch(source: FloatArray) -> Stretch:
    """A scale for a reconstructed source ``[y, x]``: from 0 to its maximum, faint structure lifted by asinh."""
    values = _used(source, None)
    peak = float(values.max()) if values.size else 0.0
    return Stretch(0.0, peak, 0.15 * peak) if peak > 0 else Stretch(0.0, 1.0)


def _used(image: FloatArray, mask: BoolArray | None) -> np.ndarray:
    image = np.asarray(image, dtype=float)
    keep = np.isfinite(image)
    if mask is not None and (keep & mask).any():
        keep &= mask
    return image[keep]
