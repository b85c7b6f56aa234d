"""The columns of the truth, and the rows of what was drawn."""

import json

import numpy as np

from lensmith.data.samples import Column
from lensmith.simulate.lens_scene import FLUX_OF, Scene
from lensmith.simulate.strong.observing import MOST_IMAGES

_ARCSEC = {
    "theta_E": "Einstein radius of the main galaxy (lenstronomy's EPL)",
    "theta_E_eff": "radius in which the mean convergence of main galaxy and halo is 1",
    "center_x": "x of the mass",
    "center_y": "y of the mass",
    "Rs": "scale radius of the halo",
    "alpha_Rs": "deflection at Rs",
    "lens_R_sersic": "half-light radius of the lens",
    "lens_center_x": "x of the light of the lens",
    "lens_center_y": "y of the light of the lens",
    "source_R_sersic": "half-light radius of the source",
    "source_center_x": "x of the source, in the source plane",
    "source_center_y": "y of the source, in the source plane",
    "isolation": "distance of the nearest other object from the ring",
}
_PLAIN = {
    "z_lens": "redshift of the lens",
    "z_source": "redshift of the source",
    "gamma": "slope of the EPL",
    "e1": "ellipticity of the mass",
    "e2": "ellipticity of the mass",
    "gamma1": "external shear",
    "gamma2": "external shear",
    "lens_n_sersic": "Sersic index of the lens",
    "lens_e1": "ellipticity of the light of the lens",
    "lens_e2": "ellipticity of the light of the lens",
    "source_n_sersic": "Sersic index of the source",
    "source_e1": "ellipticity of the source",
    "source_e2": "ellipticity of the source",
    "magnification": "flux of the lensed source in the cutout over that of the source",
    "arc_snr": "S/N of the arcs, summed over pixels above 1 sigma, in the best band",
}
_BY_BAND = {
    "lens_magnitude": ("mag", "AB magnitude of the lens"),
    "source_magnitude": ("mag", "AB magnitude of the source, unlensed"),
    "arc_magnitude": ("mag", "AB magnitude of the lensed source"),
    "quasar_magnitude": ("mag", "AB magnitude of the quasar, unlensed"),
    "arc_snr": ("", "S/N of the arcs in this band"),
    "psf_fwhm": ("arcsec", "FWHM of the PSF"),
}
_OF_IMAGE = {
    "image_x": ("arcsec", "x of an image of the source's centre, in order of arrival"),
    "image_y": ("arcsec", "y of that image"),
    "image_magnification": ("", "signed magnification of that image"),
    "image_delay": ("d", "time delay of that image after the first"),
}


def truth_columns(bands: tuple[str, ...], profiles: bool) -> dict[str, Column]:
    """Every column of the truth."""
    columns = {
        "class": Column("str", "", "lens, or what kind of impostor"),
        "is_lens": Column("bool", "", "whether it is a lens"),
        "scale": Column("str", "", "galaxy, group or cluster"),
        "attempt": Column("int64", "", "how many scenes the selection refused before this one"),
        "sigma_v": Column("float64", "km/s", "velocity dispersion of the main galaxy"),
        "log_M200": Column("float64", "dex(solMass)", "mass of the halo of a group or cluster"),
        "quasar": Column("bool", "", "whether the source has a quasar"),
        "n_images": Column("int64", "", "images of the source's centre"),
        "n_other": Column("int64", "", "other objects drawn"),
        "cutout": Column("str", "", "the real cutout painted into"),
    }
    columns |= {name: Column("float64", "arcsec", meaning) for name, meaning in _ARCSEC.items()}
    columns |= {name: Column("float64", "", meaning) for name, meaning in _PLAIN.items()}
    for name, (unit, meaning) in _BY_BAND.items():
        columns |= {f"{name}_{band}": Column("float64", unit, f"{meaning}, band {band}") for band in bands}
    for name, (unit, meaning) in _OF_IMAGE.items():
        columns |= {f"{name}_{k}": Column("float64", unit, meaning) for k in range(1, MOST_IMAGES + 1)}
    if profiles:
        columns["profiles"] = Column("str", "", "all profiles with lenstronomy's names and parameters, as JSON")
    return columns


def truth_row(truth: dict, bands: tuple[str, ...]) -> dict:
    """A drawn scene's truth with one entry a band or image where it has arrays."""
    row = {}
    for name, value in truth.items():
        if name.endswith("_magnitudes") or name in ("arc_snrs", "psf_fwhms"):
            row |= {f"{name[:-1]}_{band}": value[k] for k, band in enumerate(bands)}
        elif name in _OF_IMAGE:
            row |= {f"{name}_{k + 1}": value[k] for k in range(len(value))}
        else:
            row[name] = value
    return row


def as_columns(rows: list[dict], columns: dict[str, Column]) -> dict[str, np.ndarray]:
    """Rows as arrays; what a row does not have is NaN, empty, False or 0."""
    absent = {"float64": np.nan, "str": "", "bool": False, "int64": 0}
    return {
        name: np.array(
            [row.get(name, absent[column.dtype]) for row in rows], dtype=None if column.dtype == "str" else column.dtype
        )
        for name, column in columns.items()
    }


def profiles_as_json(scenes: Scene, row: int) -> str:
    """Everything in one scene as JSON: lists of profiles with lenstronomy's parameters; `flux` is that of each band."""
    profiles = {
        "lens": [("EPL", one) for one in _used(scenes, "epl", row, "theta_E")]
        + [("NFW", one) for one in _used(scenes, "nfw", row, "alpha_Rs")]
        + [("SHEAR", {name: float(values[row]) for name, values in scenes.shear.items()})]
    }
    for group, name in (("light", "lens_light"), ("source", "source_light"), ("other", "other_light")):
        profiles[name] = [("SERSIC_ELLIPSE", one) for one in _lit(scenes, group, row)]
    for group in ("points", "spirals", "rings", "trails", "light_stamps", "source_stamps"):
        if getattr(scenes, group) is not None and (found := list(_lit(scenes, group, row))):
            profiles[group] = found
    return json.dumps(profiles, default=float)


def _used(scenes: Scene, group: str, row: int, strength: str):
    table = {name: values[row] for name, values in getattr(scenes, group).items()}
    for slot in np.flatnonzero(table[strength]):
        yield {name: _short(values[slot]) for name, values in table.items()}


def _lit(scenes: Scene, group: str, row: int):
    table = {name: values[row] for name, values in getattr(scenes, group).items()}
    flux = getattr(scenes, FLUX_OF[group])[row]
    for slot in np.flatnonzero(flux.any(-1)):
        one = {name: _short(values[slot]) for name, values in table.items()}
        yield one | {"flux": [_short(value) for value in flux[slot]]}


def _short(value) -> float:
    """The shortest decimal number that is this float32."""
    return float(str(value))
