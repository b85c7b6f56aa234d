"""Noise of an image from its own pixels."""

import numpy as np

from lensmith.types import FloatArray

_MAD = 1.4826


def noise_of(image: FloatArray, lag: int) -> float:
    """Noise of an image with NaN, from differences of pixels `lag` apart; 1 where there is none to measure."""
    across = image[:, lag:] - image[:, :-lag]
    across = across[np.isfinite(across)]
    if not across.size:
        return 1.0
    sigma = _MAD * float(np.median(np.abs(across))) / np.sqrt(2)
    spread = float(np.nanstd(image))
    return sigma if sigma > 1e-3 * spread else spread or 1.0
