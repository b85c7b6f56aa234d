"""Which bands of a candidate are sharp enough to be used together: a blurred one adds little and can decide wrongly."""

from dataclasses import replace

import numpy as np

from lensmith.data.orientation import frame_offset, pixel_to_frame
from lensmith.data.records import Band, Cutout, Steering
from lensmith.units import FWHM_PER_SIGMA

BLURRED, RESOLVED = 1.5, 0.3
"""A band whose PSF is so many times wider than the sharpest one's is left out, unless it is narrower than so many
arcsec: then it tells lens from arcs whatever the others do."""


def effective_fwhm(band: Band) -> float:
    """FWHM [arcsec] of the Gaussian with the noise-equivalent area of the band's PSF."""
    area = 1 / np.sum(np.square(band.psf, dtype=float))
    return float(np.sqrt(area / (4 * np.pi)) * FWHM_PER_SIGMA * band.pixel_scale)


def sharp_bands(cutout: Cutout, resolved: float = RESOLVED) -> tuple[Band, ...]:
    """The bands whose PSF is at most `BLURRED` times as wide as the sharpest one's, or `resolved` arcsec; in order."""
    widths = np.array([effective_fwhm(band) for band in cutout.bands])
    largest = max(BLURRED * widths.min(), resolved)
    return tuple(band for band, width in zip(cutout.bands, widths) if width <= largest)


def with_sharp_bands(cutout: Cutout) -> Cutout:
    """The candidate with its sharp bands alone and a note that names the others; itself where all are sharp.

    The frame is that of the first band that stays; what a person said of the lens's place is carried into it.
    """
    kept = sharp_bands(cutout)
    if len(kept) == len(cutout.bands):
        return cutout
    sharpest = min(kept, key=effective_fwhm)
    left = [f"{band.name} ({effective_fwhm(band):.2f})" for band in cutout.bands if band not in kept]
    note = (
        f"not fitted, as the PSF is over {BLURRED:g} times as wide as the {effective_fwhm(sharpest):.2f} arcsec of "
        f"{sharpest.name}: {', '.join(left)}"
    )
    steering = _carried(cutout.steering, cutout.bands[0], kept[0])
    return replace(cutout, bands=kept, steering=steering, notes=(*cutout.notes, note))


def _carried(steering: Steering, old: Band, new: Band) -> Steering:
    """Steering in the frame of another first band; bands whose place is unknown are taken as centred alike."""
    if new is old or steering.x_lens is None or steering.y_lens is None:
        return steering
    offset = np.asarray(frame_offset(new, old) or (0.0, 0.0))
    there = np.array([steering.x_lens, steering.y_lens]) - offset
    x, y = new.pixel_scale * np.linalg.solve(pixel_to_frame(new, old), there)
    return replace(steering, x_lens=float(x), y_lens=float(y))
