"""A lensed quasar in the record that every output of a run is made from."""

import numpy as np

from lensmith.data import BandFit, Cutout, LensFit, Mode, Verdict, image_centre, pixel_to_frame
from lensmith.modelling.quasar.record import QuasarFit

_ARC_SIGMA = 1.0
_SOURCE_PIXELS = 80
_NOT_CALIBRATED = "the verdict on lensed quasars has not been set on simulations yet"


def lens_fit_of(cutout: Cutout, fit: QuasarFit) -> LensFit:
    """The same as a `LensFit`: point images and host arcs as its arcs, everything about the images in `derived`.

    Its frame is that of the band that was fitted, and its verdict is never better than `check`.
    """
    parameters = fit.parameters
    value = lambda name: parameters[name].best
    mode = Mode(*map(value, ("theta_E", "e1", "e2", "gamma1", "gamma2", "x_source", "y_source")), 0.0, 1.0)
    band = _band_fit(cutout, fit)
    return LensFit(
        id=fit.id,
        bands=(band,),
        parameters=parameters,
        draws=fit.draws,
        critical_curves=fit.critical_curves,
        caustics=fit.caustics,
        modes=(mode,),
        verdict=Verdict("check", (*fit.doubts, _NOT_CALIBRATED)),
        diagnostics=fit.diagnostics | {"chi2_arc": band.chi2_arc, "arc_snr": band.arc_snr},
        notes=(*fit.notes, "errors of a lensed quasar are statistical"),
        ra=cutout.ra,
        dec=cutout.dec,
        z_lens=fit.z_lens,
        z_source=fit.z_source,
        derived=fit.derived,
        sampler="laplace",
    )


def _band_fit(cutout: Cutout, fit: QuasarFit) -> BandFit:
    band = next(band for band in cutout.bands if band.name == fit.band)
    lensed = fit.points + fit.host
    arc_mask = fit.mask & (lensed > _ARC_SIGMA * fit.noise)
    surface, width = _source(fit)
    place = lambda values, fill=np.nan, kind=np.float32: _placed(values, fit.corner, band.shape, fill, kind)
    return BandFit(
        name=band.name,
        unit=band.unit,
        image=band.image,
        noise=place(fit.noise),
        model=place(fit.model),
        lens_light=place(fit.lens_light),
        arcs=place(lensed),
        residual=place(fit.residual),
        mask=place(fit.mask, False, bool),
        arc_mask=place(arc_mask, False, bool),
        source=surface,
        source_centre=(fit.parameters["x_source"].best, fit.parameters["y_source"].best),
        source_width=width,
        origin=tuple(float(v) for v in image_centre(band.shape)),
        pixel_to_frame=pixel_to_frame(band, band),
        chi2_red=fit.diagnostics["chi2_red"],
        chi2_arc=float(np.mean(fit.residual[arc_mask] ** 2)) if arc_mask.any() else float("nan"),
        arc_snr=float(np.sqrt(np.sum((lensed / fit.noise)[fit.mask] ** 2))),
        wcs=band.wcs,
        oriented=band.oriented,
        pixel_to_sky=band.pixel_to_sky,
    )


def _source(fit: QuasarFit) -> tuple[np.ndarray, float]:
    """The host's surface brightness ``[y, x]`` in flux per square arcsec, and the side [arcsec] of its square."""
    bright = fit.host_fluxes > 0
    width = 5 * float(fit.host_widths[bright].max()) if bright.any() else 0.5
    line = (np.arange(_SOURCE_PIXELS) + 0.5) * width / _SOURCE_PIXELS - width / 2
    square = line**2 + line[:, None] ** 2
    parts = [f * np.exp(-square / (2 * w**2)) / (2 * np.pi * w**2) for f, w in zip(fit.host_fluxes, fit.host_widths)]
    return np.sum(parts, axis=0, initial=0.0) * np.ones_like(square, np.float32), width


def _placed(values, corner, shape, fill, kind) -> np.ndarray:
    """A rectangle put back on its image."""
    out = np.full(shape, fill, kind)
    rows, columns = values.shape
    out[corner[0] : corner[0] + rows, corner[1] : corner[1] + columns] = values
    return out
