"""What is in the sky of each sample: lens, source and substructure, drawn on the host, and their truth."""

from typing import NamedTuple

import numpy as np

from lensmith.data.deeplense import CLASSES
from lensmith.data.samples import Column
from lensmith.physics.light import sersic
from lensmith.simulate.randomness import rng
from lensmith.simulate.substructure.instruments import SOURCE_AMPLITUDE, SOURCE_MAGNITUDE, Instrument
from lensmith.simulate.substructure.masses import PointMasses, draw_masses
from lensmith.simulate.substructure.settings import SubstructureSettings
from lensmith.simulate.substructure.strength import Strength

FIXED_MACRO = {"e1": 0.1, "e2": 0.0, "gamma1": 0.05, "gamma2": 0.0, "center_x": 0.0, "center_y": 0.0}
FIXED_SOURCE = {"R_sersic": 0.25, "n_sersic": 1.0, "source_e1": -0.1, "source_e2": 0.1}
"""DeepLenseSim's one lens and one source."""

COLUMNS = {
    "label": Column("int64", "", "class: 0 no, 1 sphere, 2 vort"),
    "class": Column("str", "", "class of the substructure"),
    "theta_E": Column("float64", "arcsec", "Einstein radius of the SIE"),
    "e1": Column("float64", "", "ellipticity of the SIE"),
    "e2": Column("float64", "", "ellipticity of the SIE"),
    "center_x": Column("float64", "arcsec", "centre of the SIE, along columns"),
    "center_y": Column("float64", "arcsec", "centre of the SIE, along rows"),
    "gamma1": Column("float64", "", "external shear"),
    "gamma2": Column("float64", "", "external shear"),
    "source_x": Column("float64", "arcsec", "centre of the source, along columns"),
    "source_y": Column("float64", "arcsec", "centre of the source, along rows"),
    "source_amp": Column("float64", "flux / arcsec2", "surface brightness of the source at its half-light radius"),
    "R_sersic": Column("float64", "arcsec", "half-light radius of the source"),
    "n_sersic": Column("float64", "", "Sersic index of the source"),
    "source_e1": Column("float64", "", "ellipticity of the source"),
    "source_e2": Column("float64", "", "ellipticity of the source"),
    "exposure": Column("float64", "s", "electrons for one unit of flux"),
    "background_rms": Column("float64", "flux", "1 sigma of the background in a pixel"),
    "n_subhaloes": Column("int64", "", "number of point masses: subhaloes, or the points of a vortex"),
    "subhalo_mass": Column("float64", "Msun", "their total mass"),
    "subhalo_mass_max": Column("float64", "Msun", "mass of the heaviest"),
    "subhalo_x": Column("float64", "arcsec", "where the heaviest subhalo is, along columns (nan without subhaloes)"),
    "subhalo_y": Column("float64", "arcsec", "where the heaviest subhalo is, along rows (nan without subhaloes)"),
    "subhalo_distance": Column("float64", "arcsec", "mean distance of the masses from the lens's centre"),
    "axion_mass": Column("float64", "eV", "mass of the axion (nan without a vortex)"),
    "vortex_half_length": Column("float64", "arcsec", "half the length of the vortex (nan without one)"),
    "vortex_angle": Column("float64", "rad", "direction of the vortex, from +x (nan without one)"),
}
"""The truth of a sample."""


class Sky(NamedTuple):
    """One sample, or many with a leading axis, as the image function takes it: float32, names are lenstronomy's.

    `masses` has the profiles ``[slot]``, of which the first `used` count; `key` is the sample's noise key (its data).
    """

    lens: dict
    shear: dict
    source: dict
    masses: dict
    used: np.ndarray
    exposure: np.ndarray
    key: np.ndarray


def class_of(seed: int, index: int, classes: tuple[str, ...]) -> str:
    """The class of sample `index`: every run of as many samples as there are classes has each of them once."""
    block, place = divmod(int(index), len(classes))
    return classes[rng(seed, block, "class").permutation(len(classes))[place]]


def draw_sample(
    seed: int, index: int, settings: SubstructureSettings, instrument: Instrument, strength: Strength
) -> tuple[dict, PointMasses]:
    """The truth of sample `index` by the names of `COLUMNS`, and its substructure relative to the lens's centre."""
    kind = class_of(seed, index, settings.classes)
    stream = rng(seed, index, "scene")
    drawn = _random_macro(settings, stream) if settings.macro == "random" else _fixed_macro(settings, strength)
    shape = {name: drawn[name] for name in ("R_sersic", "n_sersic")}
    truth = drawn | {
        "source_x": drawn["center_x"] + settings.source_offset.draw(stream),
        "source_y": drawn["center_y"] + settings.source_offset.draw(stream),
        "source_amp": drawn.pop("brightness") * _amplitude(instrument, **shape),
        "exposure": instrument.draw_exposure(stream),
        "background_rms": instrument.background_rms,
        "label": CLASSES.index(kind),
        "class": kind,
    }
    masses = draw_masses(kind, settings, stream)
    return truth | _summary(kind, masses, drawn["center_x"], drawn["center_y"]), masses


def skies(truths: list[dict], masses: list[PointMasses], slots: int, strength: Strength, keys: np.ndarray) -> Sky:
    """What the image function takes, of many samples."""

    def column(name: str) -> np.ndarray:
        return np.array([truth[name] for truth in truths], np.float32)

    padded = {name: np.zeros((len(truths), slots), np.float32) for name in ("theta_E", "center_x", "center_y")}
    for i, (truth, points) in enumerate(zip(truths, masses)):
        n = len(points.mass)
        padded["theta_E"][i, :n] = strength.point(points.mass)
        padded["center_x"][i, :n] = truth["center_x"] + points.x
        padded["center_y"][i, :n] = truth["center_y"] + points.y
    source = {"amp": "source_amp", "e1": "source_e1", "e2": "source_e2", "center_x": "source_x", "center_y": "source_y"}
    return Sky(
        lens={name: column(name) for name in ("theta_E", "e1", "e2", "center_x", "center_y")},
        shear={name: column(name) for name in ("gamma1", "gamma2")},
        source={name: column(source.get(name, name)) for name in ("R_sersic", "n_sersic", *source)},
        masses=padded,
        used=np.array([len(points.mass) for points in masses], np.int32),
        exposure=column("exposure"),
        key=keys,
    )


def _fixed_macro(settings: SubstructureSettings, strength: Strength) -> dict:
    shear = {name: strength.reduction * FIXED_MACRO[name] for name in ("gamma1", "gamma2")}
    theta_E = strength.isothermal(settings.lens_mass)
    return FIXED_MACRO | FIXED_SOURCE | shear | {"theta_E": theta_E, "brightness": 1.0}


def _random_macro(settings: SubstructureSettings, stream: np.random.Generator) -> dict:
    laws = settings.random_macro
    return {name: float(getattr(laws, name).draw(stream)) for name in type(laws).model_fields}


def _amplitude(instrument: Instrument, R_sersic: float, n_sersic: float) -> float:
    """Surface brightness at the half-light radius of the model's source; total flux does not depend on its shape."""
    if instrument.band is None:
        return SOURCE_AMPLITUDE
    return float(instrument.band.flux(SOURCE_MAGNITUDE) / sersic.total_flux(1.0, R_sersic, n_sersic))


def _summary(kind: str, masses: PointMasses, center_x: float, center_y: float) -> dict:
    """The substructure in a few numbers."""
    some, heaviest = len(masses.mass) > 0, int(np.argmax(masses.mass)) if kind == "sphere" else None
    return {
        "n_subhaloes": len(masses.mass),
        "subhalo_mass": float(masses.mass.sum()),
        "subhalo_mass_max": float(masses.mass.max()) if some else 0.0,
        "subhalo_x": np.nan if heaviest is None else center_x + masses.x[heaviest],
        "subhalo_y": np.nan if heaviest is None else center_y + masses.y[heaviest],
        "subhalo_distance": float(np.hypot(masses.x, masses.y).mean()) if some else np.nan,
        "axion_mass": masses.axion_mass,
        "vortex_half_length": masses.half_length,
        "vortex_angle": masses.angle,
    }
