"""A small survey for the demonstration: HST-like and DES-like cutouts, half of them lenses, with the truth."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from lensmith.physics.ellipticity import components
from lensmith.physics.imaging import add_noise, moffat_psf, noise_sigma
from lensmith.simulate.scene import Galaxy, Mass, Scene, observe


@dataclass(frozen=True)
class Filter:
    """One filter: name, FWHM of the PSF [arcsec], AB zero-point, sky noise a pixel, electrons for a unit of flux."""

    name: str
    fwhm: float
    zero_point: float
    sky_noise: float
    gain: float


@dataclass(frozen=True)
class Telescope:
    """How a cutout is taken, and the ranges of what is in it: radii in arcsec, i-band AB magnitudes."""

    name: str
    pixel_scale: float
    side: int
    psf_side: int
    unit: str
    filters: tuple[Filter, ...]
    theta_E: tuple[float, float]
    source_radius: tuple[float, float]
    lens_magnitude: tuple[float, float]
    source_magnitude: tuple[float, float]


HST = Telescope(
    name="hst",
    pixel_scale=0.05,
    side=100,
    psf_side=31,
    unit="ELECTRONS/S",
    filters=(Filter("F814W", fwhm=0.09, zero_point=25.94, sky_noise=0.008, gain=2000.0),),
    theta_E=(0.8, 1.6),
    source_radius=(0.1, 0.25),
    lens_magnitude=(18.0, 19.0),
    source_magnitude=(23.2, 24.2),
)
DES = Telescope(
    name="des",
    pixel_scale=0.263,
    side=45,
    psf_side=25,
    unit="",
    filters=(
        Filter("g", fwhm=1.05, zero_point=30.0, sky_noise=2.0, gain=6.0),
        Filter("r", fwhm=0.95, zero_point=30.0, sky_noise=2.7, gain=6.0),
        Filter("i", fwhm=0.88, zero_point=30.0, sky_noise=4.6, gain=6.0),
    ),
    theta_E=(1.7, 2.6),
    source_radius=(0.2, 0.4),
    lens_magnitude=(18.2, 18.9),
    source_magnitude=(22.0, 22.6),
)

_RED = {"g": 1.9, "r": 0.5, "i": 0.0, "F814W": 0.0}
_BLUE = {"g": 0.4, "r": 0.2, "i": 0.0, "F814W": 0.0}
"""Colours relative to the i band: an early-type galaxy at z = 0.4 and a star-forming one at z = 1.5."""


def simulate_demo(folder: Path, n: int = 12, seed: int = 1) -> list[dict]:
    """Write `n` candidates to ``folder/cutouts`` and their truth to ``folder/truth.csv``; return the truth's rows.

    Telescopes take turns, and of each telescope's candidates every other one is a lens. Candidate i of a seed is the
    same whatever `n`; a file that holds it already is left as it is.
    """
    cutouts = Path(folder) / "cutouts"
    cutouts.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        telescope, is_lens = (HST, DES)[number % 2], number // 2 % 2 == 0
        scene = _draw_scene(telescope, is_lens, rng)
        name = f"{telescope.name}{number + 1:03d}"
        _write_if_new(_cutout(scene, telescope, rng), cutouts / f"{name}.fits")
        rows.append(_truth(name, telescope, scene))
    with open(Path(folder) / "truth.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    return rows


def _draw_scene(telescope: Telescope, is_lens: bool, rng: np.random.Generator) -> Scene:
    """A massive elliptical, with a galaxy lensed behind it or a neighbour beside it."""
    q, phi = rng.uniform(0.65, 0.95), rng.uniform(0, np.pi)
    x, y = rng.uniform(-0.5, 0.5, 2) * telescope.pixel_scale
    magnitude = rng.uniform(*telescope.lens_magnitude)
    ellipse = [float(value) for value in components(q, phi)]
    lens = Galaxy(rng.uniform(0.7, 1.4), rng.uniform(3.0, 4.5), *ellipse, x, y, _in_bands(magnitude, _RED))
    theta_E = rng.uniform(*telescope.theta_E)
    if not is_lens:
        distance, angle = rng.uniform(1.0, 1.8) * theta_E, rng.uniform(0, 2 * np.pi)
        at = x + distance * np.cos(angle), y + distance * np.sin(angle)
        shape = [float(value) for value in components(rng.uniform(0.4, 0.9), rng.uniform(0, np.pi))]
        neighbour = Galaxy(rng.uniform(0.2, 0.4), 1.0, *shape, *at, _in_bands(magnitude + rng.uniform(2, 3), _BLUE))
        return Scene((lens, neighbour))
    mass_shape = [float(value) for value in components(min(1.0, q + rng.normal(0, 0.05)), phi + rng.normal(0, 0.1))]
    strength, direction = rng.uniform(0.0, 0.06), rng.uniform(0, np.pi)
    tide = strength * np.cos(2 * direction), strength * np.sin(2 * direction)
    mass = Mass(theta_E, rng.normal(2.05, 0.1), *mass_shape, x, y, *tide)
    offset, angle = rng.uniform(0.05, 0.25) * theta_E, rng.uniform(0, 2 * np.pi)
    at = x + offset * np.cos(angle), y + offset * np.sin(angle)
    shape = [float(value) for value in components(rng.uniform(0.5, 0.95), rng.uniform(0, np.pi))]
    magnitudes = _in_bands(rng.uniform(*telescope.source_magnitude), _BLUE)
    source = Galaxy(rng.uniform(*telescope.source_radius), rng.uniform(0.8, 1.5), *shape, *at, magnitudes)
    return Scene((lens,), mass, source)


def _in_bands(magnitude: float, colours: dict[str, float]) -> dict[str, float]:
    return {band: magnitude + colour for band, colour in colours.items()}


def _cutout(scene: Scene, telescope: Telescope, rng: np.random.Generator) -> fits.HDUList:
    """The file of one candidate: ``SCI``, ``ERR`` and ``PSF`` of each band, numbered by EXTVER."""
    hdus = [fits.PrimaryHDU()]
    ra, dec, roll = rng.uniform(0, 360), rng.uniform(-60, 10), rng.uniform(0, 360)
    for version, band in enumerate(telescope.filters, start=1):
        psf = moffat_psf(band.fwhm, telescope.pixel_scale, size=telescope.psf_side)
        clean = observe(scene, band.name, telescope.side, telescope.pixel_scale, psf, band.zero_point)
        image = add_noise(clean, band.sky_noise, band.gain, rng)
        noise = noise_sigma(clean, band.sky_noise, band.gain)
        header = _header(telescope, band, ra, dec, roll)
        for name, array in (("SCI", image), ("ERR", noise), ("PSF", psf)):
            cards = header if name != "PSF" else None
            hdus.append(fits.ImageHDU(np.asarray(array, np.float32), header=cards, name=name, ver=version))
    return fits.HDUList(hdus)


def _header(telescope: Telescope, band: Filter, ra: float, dec: float, roll: float) -> fits.Header:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [(telescope.side + 1) / 2] * 2
    cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    wcs.wcs.cd = np.array([[-cos, sin], [sin, cos]]) * telescope.pixel_scale / 3600
    header = wcs.to_header()
    header["BAND"] = band.name
    header["PIXSCALE"] = (telescope.pixel_scale, "[arcsec]")
    header["MAGZERO"] = (band.zero_point, "AB magnitude of one unit of flux")
    header["BUNIT"] = telescope.unit
    return header


def _write_if_new(hdus: fits.HDUList, path: Path) -> None:
    content = io.BytesIO()
    hdus.writeto(content)
    if not path.is_file() or path.read_bytes() != content.getvalue():
        path.write_bytes(content.getvalue())


def _truth(name: str, telescope: Telescope, scene: Scene) -> dict:
    """One row: angles in arcsec in the image's frame, empty where there is no lens."""
    mass = scene.mass
    names = ("theta_E", "gamma", "e1", "e2", "gamma1", "gamma2", "center_x", "center_y")
    values = {key: round(float(getattr(mass, key)), 5) if mass else "" for key in names}
    source = {"x_source": scene.source.center_x, "y_source": scene.source.center_y} if mass else {}
    rounded = {key: round(float(source[key]), 5) if mass else "" for key in ("x_source", "y_source")}
    return {"id": name, "telescope": telescope.name, "is_lens": int(mass is not None)} | values | rounded
