"""The truth of every sample: one row of plain columns."""

import numpy as np

from lensmith.data.samples import Column
from lensmith.simulate.transient.conditions import Conditions, Visits
from lensmith.simulate.transient.lensed_images import MOST_IMAGES
from lensmith.simulate.transient.population import Draw
from lensmith.simulate.transient.stars import Star
from lensmith.types import FloatArray
from lensmith.units import FWHM_PER_SIGMA

_SCALARS = {
    "label": Column("str", "", "class: no_lens, lens, lensed_snia or lensed_sncc"),
    "class_index": Column("int64", "", "index of the class, 0 to 3"),
    "system": Column("str", "", "which of the seventeen kinds of system"),
    "attempt": Column("int64", "", "how often the sample was drawn afresh before its supernova was kept"),
    "z_lens": Column("float64", "", "redshift of the central galaxy"),
    "z_source": Column("float64", "", "redshift of the lensed galaxy"),
    "sigma_v": Column("float64", "km/s", "velocity dispersion of the central galaxy"),
    "theta_E": Column("float64", "arcsec", "Einstein radius of the central lens, 0 where nothing is lensed"),
    "gamma": Column("float64", "", "slope of the EPL"),
    "e1": Column("float64", "", "ellipticity of the mass"),
    "e2": Column("float64", "", "ellipticity of the mass"),
    "gamma1": Column("float64", "", "external shear"),
    "gamma2": Column("float64", "", "external shear"),
    "neighbour_theta_E": Column("float64", "arcsec", "Einstein radius of the neighbour, 0 where it lenses nothing"),
    "source_x": Column("float64", "arcsec", "centre of the lensed galaxy in the source plane"),
    "source_y": Column("float64", "arcsec", "centre of the lensed galaxy in the source plane"),
    "source_R_sersic": Column("float64", "arcsec", "half-light radius of the lensed galaxy"),
    "time_delay_distance": Column("float64", "Mpc", "time-delay distance of lens and source"),
    "sn_type": Column("str", "", "Ia, IIP, IIL or Ibc; empty where there is no supernova"),
    "sn_x": Column("float64", "arcsec", "supernova's position, in the source plane where it is lensed"),
    "sn_y": Column("float64", "arcsec", "supernova's position, in the source plane where it is lensed"),
    "sn_absolute": Column("float64", "mag", "absolute AB magnitude at the peak, B for Ia and V for the others"),
    "sn_stretch": Column("float64", "", "stretch of time"),
    "sn_extinction": Column("float64", "mag", "extinction in B (Ia; 3.1 times its colour) or V"),
    "peak_time": Column("float64", "d", "when the first image peaks, from the survey's first night"),
    "n_images": Column("int64", "", "images of the supernova"),
    "magnification": Column("float64", "", "sum of the images' magnifications"),
    "photometry_x": Column("float64", "arcsec", "where PSF photometry was done"),
    "photometry_y": Column("float64", "arcsec", "where PSF photometry was done"),
    "n_stars": Column("int64", "", "foreground stars"),
}

_IMAGE = {
    "image_x": Column("float64", "arcsec", "position of an image of the supernova, in the order of arrival"),
    "image_y": Column("float64", "arcsec", "position of an image of the supernova, in the order of arrival"),
    "image_mu": Column("float64", "", "its magnification, absolute"),
    "image_dt": Column("float64", "d", "its delay after the first"),
}

_BAND = {
    "galaxy_mag": Column("float64", "mag", "AB magnitude of the central galaxy"),
    "source_mag": Column("float64", "mag", "AB magnitude of the lensed galaxy, unlensed"),
    "sn_mag": Column("float64", "mag", "brightest AB magnitude of all images together at the epochs taken"),
}

_CONDITIONS = {
    "seeing": Column("float64", "arcsec", "median full width at half maximum of the PSF"),
    "background_rms": Column("float64", "e-/s", "root-mean-square of the epochs' background noise a pixel"),
}


def truth_columns(bands: tuple[str, ...]) -> dict[str, Column]:
    """Every column of the truth by name; `image_x_1` to `image_x_5` and so on, `galaxy_mag_g` and so on a band."""
    images = {f"{name}_{k + 1}": column for name, column in _IMAGE.items() for k in range(MOST_IMAGES)}
    by_band = {f"{name}_{band}": column for name, column in (_BAND | _CONDITIONS).items() for band in bands}
    return _SCALARS | images | by_band


def condition_rows(conditions: list[Conditions], visits: Visits) -> dict[str, np.ndarray]:
    """Values of the columns about seeing and noise, ``[sample]``."""
    seeing = FWHM_PER_SIGMA * np.stack([np.median(one.sigma, axis=0) for one in conditions])
    rms = np.stack([np.sqrt(np.mean(one.rms**2, axis=0)) for one in conditions])
    return {f"seeing_{band}": seeing[:, k] for k, band in enumerate(visits.names)} | {
        f"background_rms_{band}": rms[:, k] for k, band in enumerate(visits.names)
    }


def truth_rows(
    draws: list[Draw],
    fluxes: list[FloatArray],
    stars: list[list[Star]],
    positions: FloatArray,
    visits: Visits,
    wavelengths: FloatArray,
) -> dict[str, np.ndarray]:
    """Values of the columns ``[sample]``, but for seeing and noise.

    `fluxes` are ``[image, epoch, band]`` each, `positions` ``[sample, 2]``.
    """
    rows = [
        _scalars(draw, len(of_stars), position) | _images(draw) | _magnitudes(draw, flux, visits, wavelengths)
        for draw, flux, of_stars, position in zip(draws, fluxes, stars, positions)
    ]
    kinds = {"str": object, "float64": np.float64, "int64": np.int64}
    columns = {name: column for name, column in truth_columns(visits.names).items() if name in rows[0]}
    return {name: np.array([row[name] for row in rows], kinds[column.dtype]) for name, column in columns.items()}


def _scalars(draw: Draw, n_stars: int, position: FloatArray) -> dict:
    mass, source, supernova = draw.mass or {}, draw.source, draw.supernova
    nothing = np.nan
    return {
        "label": draw.system.label,
        "class_index": draw.system.index,
        "system": draw.system.name,
        "attempt": draw.attempt,
        "z_lens": draw.z_lens,
        "z_source": draw.z_source,
        "sigma_v": draw.sigma_v,
        "theta_E": mass.get("theta_E", 0.0),
        **{name: mass.get(name, nothing) for name in ("gamma", "e1", "e2", "gamma1", "gamma2")},
        "neighbour_theta_E": draw.neighbour_theta_E,
        "source_x": source.center_x if source else nothing,
        "source_y": source.center_y if source else nothing,
        "source_R_sersic": source.R_sersic if source else nothing,
        "time_delay_distance": draw.time_delay_distance,
        "sn_type": supernova.kind if supernova else "",
        "sn_x": draw.supernova_position[0],
        "sn_y": draw.supernova_position[1],
        "sn_absolute": supernova.absolute if supernova else nothing,
        "sn_stretch": supernova.stretch if supernova else nothing,
        "sn_extinction": supernova.extinction if supernova else nothing,
        "peak_time": draw.peak_time,
        "n_images": len(draw.images.x) if draw.images else 0,
        "magnification": float(draw.images.magnification.sum()) if draw.images else nothing,
        "photometry_x": float(position[0]),
        "photometry_y": float(position[1]),
        "n_stars": n_stars,
    }


def _images(draw: Draw) -> dict[str, float]:
    row = {f"{name}_{k + 1}": np.nan for name in _IMAGE for k in range(MOST_IMAGES)}
    if draw.images is not None:
        values = (draw.images.x, draw.images.y, draw.images.magnification, draw.images.delay)
        for name, of_images in zip(_IMAGE, values):
            row |= {f"{name}_{k + 1}": float(value) for k, value in enumerate(of_images)}
    return row


def _magnitudes(draw: Draw, flux: FloatArray, visits: Visits, wavelengths: FloatArray) -> dict[str, float]:
    """Magnitudes by band; NaN for what is not there, infinite for a supernova that no epoch saw."""
    missing = np.full(len(wavelengths), np.nan)
    galaxy = draw.galaxy.magnitudes(wavelengths) if draw.galaxy else missing
    source = draw.source.magnitudes(wavelengths) if draw.source else missing
    supernova = missing
    if len(flux):
        brightest = flux.sum(0).max(0)
        with np.errstate(divide="ignore"):
            supernova = visits.zero_point - 2.5 * np.log10(brightest)
    named = zip(("galaxy_mag", "source_mag", "sn_mag"), (galaxy, source, supernova))
    return {f"{name}_{band}": float(value) for name, values in named for band, value in zip(visits.names, values)}
