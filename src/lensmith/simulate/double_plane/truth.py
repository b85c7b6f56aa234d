"""The truth of a double-plane system as columns."""

import numpy as np

from lensmith.data.samples import Column

_SYSTEM = {
    "z_lens": ("", "redshift of the lens"),
    "z_source_1": ("", "redshift of the nearer source"),
    "z_source_2": ("", "redshift of the farther source"),
    "sigma_v": ("km / s", "velocity dispersion of the lens"),
    "sigma_v_near": ("km / s", "velocity dispersion of the nearer source"),
    "theta_E_1": ("arcsec", "Einstein radius of the lens for the nearer source"),
    "theta_E_2": ("arcsec", "Einstein radius of the lens for the farther source"),
    "theta_E_near": ("arcsec", "Einstein radius of the nearer source for the farther (0: does not deflect)"),
    "scaling": ("", "share of the lens's deflection that the nearer source's light gets"),
    "gamma": ("", "slope of the lens's EPL"),
    "e1": ("", "ellipticity of the lens's mass"),
    "e2": ("", "ellipticity of the lens's mass"),
    "center_x": ("arcsec", "centre of the lens, along columns"),
    "center_y": ("arcsec", "centre of the lens, along rows"),
    "gamma1": ("", "external shear for the farther source"),
    "gamma2": ("", "external shear for the farther source"),
    "lens_R_sersic": ("arcsec", "half-light radius of the lens (simulated light)"),
    "lens_n_sersic": ("", "Sersic index of the lens (simulated light)"),
    "lens_e1": ("", "ellipticity of the lens's light (simulated light)"),
    "lens_e2": ("", "ellipticity of the lens's light (simulated light)"),
}
_SOURCE = {
    "source_{}_x": ("arcsec", "centre of the source on its plane, along columns"),
    "source_{}_y": ("arcsec", "centre of the source on its plane, along rows"),
    "source_{}_R_sersic": ("arcsec", "half-light radius of the source"),
    "source_{}_n_sersic": ("", "Sersic index of the source"),
    "source_{}_e1": ("", "ellipticity of the source"),
    "source_{}_e2": ("", "ellipticity of the source"),
    "lensed_magnitude_{}": ("mag", "AB magnitude of the lensed source in the reference band"),
    "magnification_{}": ("", "lensed over intrinsic flux"),
    "isolation_{}": ("", "share of the source in the light under its arcs, mean of the bands"),
    "image_distance_{}": ("arcsec", "farthest image from the lens's centre"),
}
_NAMES = {1: "nearer source", 2: "farther source"}
_OBJECTS = ("lens", "source_1", "source_2")


def truth_columns(bands: tuple[str, ...]) -> dict[str, Column]:
    """Every column; magnitudes and seeing by band."""
    columns = {name: Column("float64", unit, text) for name, (unit, text) in _SYSTEM.items()}
    for k, which in _NAMES.items():
        columns |= {
            name.format(k): Column("float64", unit, f"{which}: {text}") for name, (unit, text) in _SOURCE.items()
        }
    for band in bands:
        for name in _OBJECTS:
            columns[f"{name}_magnitude_{band}"] = Column("float64", "mag", f"AB magnitude before lensing in {band}")
        columns[f"fwhm_{band}"] = Column("float64", "arcsec", f"FWHM of the PSF in {band} (nan: the cutout's own PSF)")
    columns["cutout"] = Column("str", "", "the real cutout painted into; empty without one")
    columns["attempts"] = Column("int64", "", "systems drawn until this one passed the cuts")
    return columns


def as_columns(systems: list[dict], bands: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The truth of many systems, ``[sample]`` by column."""
    rows = []
    for system in systems:
        row = dict(system)
        for name in _OBJECTS:
            row |= {f"{name}_magnitude_{band}": value for band, value in zip(bands, system[f"{name}_magnitudes"])}
        row |= {f"fwhm_{band}": value for band, value in zip(bands, system["fwhm"])}
        rows.append(row)
    return {name: np.array([row[name] for row in rows]) for name in truth_columns(bands)}
