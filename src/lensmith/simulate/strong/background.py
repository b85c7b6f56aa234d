"""The galaxy or quasar behind the lens.

Its intrinsic i-band magnitude comes first; the redshift follows (fainter galaxies are farther: Ilbert et al. 2009, ApJ
690, 1236), then the size from luminosity and redshift: 6.9 kpc (1 + z)^-1.2 (L / L*)^0.27 with L* at M_UV = -21
(Shibuya, Ouchi & Harikane 2015, ApJS 219, 15).
"""

import numpy as np

from lensmith.simulate.strong import distances, spectra
from lensmith.simulate.strong.settings import QuasarSettings, SourceSettings
from lensmith.simulate.strong.sky import Drawn, Sky, ellipse

_MIDDLE = 24.5
"""Magnitude at which settings give the median redshift."""
_BEHIND = 0.15
"""Least difference between the redshifts of lens and source."""
_TRIES = 50


def draw_source(drawn: Drawn, sky: Sky, settings: SourceSettings, z_lens: float) -> dict:
    """Magnitudes, redshift and size of a source behind `z_lens`."""
    magnitude, redness = drawn.draw(settings.magnitude), drawn.draw(settings.redness)
    z = _draw_redshift(drawn, settings, magnitude, z_lens)
    at = np.concatenate([[spectra.REFERENCE, 1500 * (1 + z)], sky.wavelengths])
    relative = spectra.galaxy_magnitudes(redness, z, at)
    magnitudes = magnitude + relative[2:] - relative[0]
    ultraviolet = magnitude + relative[1] - relative[0] - distances.modulus(z) + 2.5 * np.log10(1 + z)
    size = 6.9 * (1 + z) ** -1.2 * 10 ** (-0.4 * 0.27 * (ultraviolet + 21) + drawn.draw(settings.size_scatter))
    return {"z": z, "magnitude": magnitude, "magnitudes": magnitudes, "radius": size * distances.arcsec_per_kpc(z)}


def _draw_redshift(drawn: Drawn, settings: SourceSettings, magnitude: float, z_lens: float) -> float:
    """A redshift behind the lens; the nearest allowed one where many draws find none."""
    z = 0.0
    for _ in range(_TRIES):
        if settings.z is not None:
            z = drawn.draw(settings.z)
        else:
            z = drawn.draw(settings.z_median) * (1 + settings.z_slope * (magnitude - _MIDDLE))
        if z > z_lens + _BEHIND:
            break
    return max(z, z_lens + _BEHIND)


def add_source(drawn: Drawn, sky: Sky, source: dict, settings: SourceSettings, picture=None) -> None:
    """The source's light: a Sersic profile, with clumps of star formation or not, or the picture of a real galaxy.

    It lies at a distance from the optical axis in units of the Einstein radius.
    """
    offset, direction = drawn.draw(settings.offset) * drawn.theta_E_eff, drawn.angle()
    truth = drawn.truth
    x = truth["center_x"] + offset * np.cos(direction)
    y = truth["center_y"] + offset * np.sin(direction)
    e1, e2 = ellipse(drawn.draw(settings.axis_ratio), drawn.angle())
    n, radius = drawn.draw(settings.n_sersic), source["radius"]
    flux = sky.flux(source["magnitudes"])
    if picture is not None:
        scale = radius / picture.half_light_radius
        drawn.add("source_stamps", flux, index=picture.index, center_x=x, center_y=y, scale=scale, angle=drawn.angle())
    else:
        clumps = _clumps(drawn, settings)
        shape = {"R_sersic": radius, "n_sersic": n, "e1": e1, "e2": e2}
        drawn.add("source", (1 - clumps.sum()) * flux, **shape, center_x=x, center_y=y)
        for share in clumps:
            away, towards = radius * (0.4 + 1.2 * drawn.rng.random()), drawn.angle()
            at = {"center_x": x + away * np.cos(towards), "center_y": y + away * np.sin(towards)}
            size = radius * (0.12 + 0.2 * drawn.rng.random())
            drawn.add("source", share * flux, R_sersic=size, n_sersic=1.0, e1=0.0, e2=0.0, **at)
    drawn.source_position = x, y
    truth |= {
        "source_R_sersic": radius,
        "source_n_sersic": n,
        "source_e1": e1,
        "source_e2": e2,
        "source_center_x": x,
        "source_center_y": y,
        "source_magnitudes": source["magnitudes"],
    }


def _clumps(drawn: Drawn, settings: SourceSettings) -> np.ndarray:
    """Share of the light in each clump; none for a smooth galaxy."""
    if drawn.rng.random() >= settings.clumpy:
        return np.empty(0)
    shares = drawn.rng.random(int(drawn.draw(settings.clumps))) + 0.2
    return drawn.draw(settings.clump_flux) * shares / shares.sum()


def draw_quasar(drawn: Drawn, sky: Sky, source: dict, settings: QuasarSettings) -> None:
    """Make the source's centre a quasar, or not; its images are added when they have been found."""
    if drawn.rng.random() >= settings.fraction:
        return
    z = source["z"]
    at = np.concatenate([[spectra.REFERENCE], sky.wavelengths])
    relative = spectra.quasar_magnitudes(z, at)
    drawn.quasar_magnitudes = source["magnitude"] - drawn.draw(settings.brighter) + relative[1:] - relative[0]
    drawn.truth["quasar_magnitudes"] = drawn.quasar_magnitudes


def add_quasar_images(drawn: Drawn, sky: Sky, images: dict, settings: QuasarSettings) -> None:
    """The images of the quasar (`image_x` and so on of the truth) as points, each magnified and microlensed."""
    for x, y, magnification in zip(images["image_x"], images["image_y"], images["image_magnification"]):
        if np.isfinite(x):
            brighter = 2.5 * np.log10(abs(magnification)) - drawn.draw(settings.microlensing)
            drawn.add("points", sky.flux(drawn.quasar_magnitudes - brighter), x=x, y=y)
