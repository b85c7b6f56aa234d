"""Cosmic rays by L.A.Cosmic (van Dokkum 2001, PASP 113, 1420), through astroscrappy."""

import numpy as np

_NOISE_LEVEL = 10.0
"""Noise in the units handed to the finder, which judges in electrons; only ratios to the noise matter."""


def clean_cosmic_rays(image, noise, mask):
    """Find and interpolate cosmic rays.

    Strict limits (sigclip = objlim = 6): an arc's knot that is lost costs more than a faint hit that stays.

    Returns
    -------
    hits : bool ``[y, x]``.
    cleaned : float64 ``[y, x]``, in the unit of `image`.
    """
    from astroscrappy import detect_cosmics

    scale = _NOISE_LEVEL / np.median(noise[mask])
    hits, cleaned = detect_cosmics(
        np.ascontiguousarray(image * scale, np.float32),
        inmask=np.ascontiguousarray(~mask),
        invar=np.ascontiguousarray((noise * scale) ** 2, np.float32),
        sigclip=6.0,
        objlim=6.0,
        sigfrac=0.3,
        niter=3,
        gain=1.0,
        readnoise=1.0,
        satlevel=1e12,
    )
    return hits & mask, cleaned.astype(float) / scale
