"""From the arrays of a fit to the record that is handed over, on the pixels of the images as they came."""

import numpy as np

from lensmith.data import BandFit, Cutout, Mode, image_centre
from lensmith.modelling.alignment import AlignedBands
from lensmith.modelling.lensed_source import source_surface
from lensmith.modelling.parameters import N_CORE
from lensmith.modelling.refine import Refined, band_images

_ARC_SNR = 1.0
"""Pixels belong to the arcs where the model of the lensed source exceeds this many sigma."""
_SOURCE_PIXELS = 80


def frame_offset_of(aligned: AlignedBands) -> np.ndarray:
    """Position (x, y) [arcsec] of the fit's origin relative to the middle of the first band's image."""
    first = aligned.bands[0]
    return first.matrix @ (np.array(first.centre_pixel) - image_centre(first.band.shape))


def on_image(stamp, corner, shape, fill, dtype=np.float32):
    """A stamp put back on its image; `fill` where the stamp does not reach."""
    out = np.full(shape, fill, dtype)
    row, column = corner
    side = len(stamp)
    top, bottom, left, right = max(0, row), min(shape[0], row + side), max(0, column), min(shape[1], column + side)
    out[top:bottom, left:right] = stamp[top - row : bottom - row, left - column : right - column]
    return out


def band_fits(cutout: Cutout, aligned: AlignedBands, fit: Refined) -> tuple[BandFit, ...]:
    """The record of every band."""
    images = band_images(fit.objective, fit.theta, fit.state)
    return tuple(_band_fit(cutout, aligned, fit, index, *images[index]) for index in range(len(aligned.bands)))


def _band_fit(cutout, aligned, fit, index, light, arcs) -> BandFit:
    field, state, band = fit.objective.bands[index], fit.state.bands[index], aligned.bands[index]
    core = fit.objective.core(fit.theta, index)
    residual = (band.image - light - arcs) / np.sqrt(field.variance)
    if band.taken_off is not None:
        arcs = arcs + band.taken_off
    arc_mask = arcs > _ARC_SNR * np.sqrt(field.variance)
    judged = arc_mask & field.use
    amplitudes = state.amplitudes[field.projected.n_fixed :]
    spacing = field.grid.spacing if field.grid else 0.05
    width = 16 * spacing
    # Amplitudes are flux a pixel of the image; the source is handed over per square arcsec.
    surface = source_surface(core, amplitudes, spacing, width, _SOURCE_PIXELS)
    place = lambda stamp, fill=np.nan, dtype=np.float32: on_image(stamp, band.corner, band.band.shape, fill, dtype)
    shift = fit.theta[N_CORE + 2 * index - 2 : N_CORE + 2 * index] if index else np.zeros(2)
    offset = frame_offset_of(aligned)
    origin = np.array(band.centre_pixel) + np.linalg.solve(band.matrix, shift - offset)
    source_centre = core[4:6] - shift + offset + np.exp(core[0]) * core[8:10]
    return BandFit(
        name=band.band.name,
        unit=band.band.unit,
        image=band.band.image,
        noise=place(np.sqrt(field.variance)),
        model=place(light + arcs),
        lens_light=place(light),
        arcs=place(arcs),
        residual=place(residual),
        mask=place(field.use, False, bool),
        arc_mask=place(arc_mask, False, bool),
        source=(surface / band.pixel_scale**2).astype(np.float32),
        source_centre=(float(source_centre[0]), float(source_centre[1])),
        source_width=float(width),
        origin=(float(origin[0]), float(origin[1])),
        pixel_to_frame=band.matrix,
        chi2_red=float(np.mean(residual[field.use] ** 2)),
        chi2_arc=float(np.mean(residual[judged] ** 2)) if judged.sum() > 5 else float("nan"),
        arc_snr=float(np.sqrt(np.sum((arcs / np.sqrt(field.variance))[field.use] ** 2))),
        wcs=band.band.wcs,
        oriented=band.band.oriented,
        pixel_to_sky=band.band.pixel_to_sky,
    )


def mode_records(solutions, offset) -> tuple[Mode, ...]:
    """The solutions compared, with weights that follow from their scores."""
    scores = np.array([solution.score for solution in solutions])
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    out = []
    for solution, weight in zip(solutions, weights):
        t, radius = solution.theta, float(np.exp(solution.theta[0]))
        source = t[4:6] + np.asarray(offset) + radius * t[8:10]
        values = (radius, t[2], t[3], t[6], t[7], source[0], source[1], solution.score, weight)
        out.append(Mode(*(float(value) for value in values)))
    return tuple(out)
