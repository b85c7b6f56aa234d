"""Images and light curves as DeepZipper's processing makes them (Morgan et al. 2022, ApJ 927, 109, sect. 2.3).

The image is the mean of the epochs; the light curve the sum inside an aperture of 15 pixels less the median outside it.
Each is then brought to [0, 1] by the least and the greatest value of the sample, over all bands (and epochs) together,
so that colours stay.
"""

from functools import lru_cache

import numpy as np

from lensmith.errors import InputError
from lensmith.types import BoolArray, FloatArray

APERTURE = 15
"""Radius of the aperture [pixel]."""


def mean_image(epochs: FloatArray) -> FloatArray:
    """``[band, y, x]`` in [0, 1] of one sample's `epochs` ``[epoch, band, y, x]``.

    Raises
    ------
    InputError
        if all pixels are the same, or one is not a number.
    """
    return _scaled(np.mean(epochs, axis=0), "image")


def light_curve(epochs: FloatArray) -> FloatArray:
    """``[epoch, band]`` in [0, 1] of one sample's `epochs` ``[epoch, band, y, x]``. Raises as `mean_image`."""
    return _scaled(aperture_flux(epochs), "light curve")


def aperture_flux(epochs: FloatArray) -> FloatArray:
    """``[epoch, band]``: the sum inside the aperture less the median outside times the aperture's pixels."""
    inside = _aperture(epochs.shape[-1])
    flat = epochs.reshape(*epochs.shape[:-2], -1)
    outside = np.sort(flat[..., ~inside], axis=-1)
    middle = outside.shape[-1] // 2
    # The median; sorting takes half the time of np.median here.
    background = (
        outside[..., middle] if outside.shape[-1] % 2 else (outside[..., middle - 1] + outside[..., middle]) / 2
    )
    return flat[..., inside].sum(axis=-1) - background * inside.sum()


@lru_cache(maxsize=8)
def _aperture(side: int) -> BoolArray:
    """Pixels within the aperture, flattened; its centre is pixel round(side / 2), 22 of 45."""
    away = np.arange(side) - round(side / 2)
    return (away[:, None] ** 2 + away**2 <= APERTURE**2).ravel()


def _scaled(values: FloatArray, what: str) -> FloatArray:
    least, greatest = values.min(), values.max()
    if not greatest > least:
        raise InputError(f"the {what} of a sample is constant or not a number and cannot be scaled to [0, 1]")
    return ((values - least) / (greatest - least)).astype(np.float32)
