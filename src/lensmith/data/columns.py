"""The columns of the catalogue: names, types, units and what they mean."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Column:
    """One column; `kind` fixes its type even where every value is missing."""

    name: str
    kind: Literal["text", "number", "count"]
    unit: str = ""
    description: str = ""


FITTED = (
    ("theta_E", "arcsec", "Einstein radius: the profile's parameter as lenstronomy defines it"),
    ("theta_E_eff", "arcsec", "radius of the circle with the area inside the tangential critical curve"),
    ("gamma", "", "three-dimensional slope of the mass; 2 is isothermal"),
    ("e1", "", "mass ellipticity (1-q)/(1+q) cos 2 phi"),
    ("e2", "", "mass ellipticity (1-q)/(1+q) sin 2 phi"),
    ("q", "", "axis ratio of the mass, minor over major"),
    ("phi", "deg", "major axis of the mass, counter-clockwise from +x of the first band's image"),
    ("gamma1", "", "external shear, component 1"),
    ("gamma2", "", "external shear, component 2"),
    ("shear", "", "strength of the external shear"),
    ("phi_shear", "deg", "direction of the external shear, counter-clockwise from +x of the first band's image"),
    ("x_lens", "arcsec", "centre of the mass along columns, from the middle of the first band's image"),
    ("y_lens", "arcsec", "centre of the mass along rows, from the middle of the first band's image"),
    ("x_source", "arcsec", "centre of the source along columns, in the source plane"),
    ("y_source", "arcsec", "centre of the source along rows, in the source plane"),
    ("source_r", "arcsec", "half-light radius of the source"),
)
"""Fitted parameters: name, unit, meaning. The catalogue gives the median, and four columns of bounds for each."""

DERIVED = (
    ("magnification", "", "flux of the arcs over that of the source, in the band with the clearest arcs"),
    ("mag_lens", "mag", "AB magnitude of the lens light, in the first band with a zero-point"),
    ("mag_arcs", "mag", "AB magnitude of the arcs, in the first band with a zero-point"),
    ("mag_source", "mag", "AB magnitude of the source without lensing, in the first band with a zero-point"),
    ("R_E", "kpc", "effective Einstein radius in the lens plane, where redshifts are known"),
    ("mass_E", "Msun", "mass inside the effective Einstein radius, where redshifts are known"),
)
"""What follows from the posterior: name, unit, meaning; columns as for the fitted parameters."""

BOUNDS = (
    ("lo", "16th percentile, with the systematic floor"),
    ("hi", "84th percentile, with the systematic floor"),
    ("stat_lo", "16th percentile, statistical only"),
    ("stat_hi", "84th percentile, statistical only"),
)


def _fitted_columns() -> list[Column]:
    columns = []
    for name, unit, meaning in (*FITTED, *DERIVED):
        columns.append(Column(name, "number", unit, f"{meaning}; median"))
        columns += [Column(f"{name}_{bound}", "number", unit, f"{name}: {what}") for bound, what in BOUNDS]
    return columns


COLUMNS = (
    Column("id", "text", "", "candidate"),
    Column("ra", "number", "deg", "right ascension (ICRS) of the middle of the first band's image"),
    Column("dec", "number", "deg", "declination (ICRS) of the middle of the first band's image"),
    Column("z_lens", "number", "", "redshift of the lens, as given"),
    Column("z_source", "number", "", "redshift of the source, as given"),
    Column("bands", "text", "", "bands fitted, comma-separated"),
    Column("pixel_scale", "number", "arcsec", "side of a pixel of the first band"),
    Column("p_lens", "number", "", "probability of being a lens, by the network"),
    *_fitted_columns(),
    Column("pa", "number", "deg", "position angle of the mass, East of North"),
    Column("chi2_red", "number", "", "chi-squared for each degree of freedom"),
    Column("chi2_arc", "number", "", "chi-squared for each pixel of the arcs"),
    Column("arc_snr", "number", "", "signal-to-noise ratio of the arcs"),
    Column("n_modes", "count", "", "solutions that the data do not tell apart"),
    Column("n_images", "count", "", "images of the source's centre"),
    Column("images", "text", "", "x, y [arcsec] and signed magnification of every image of the source's centre"),
    Column("log_bayes_epl", "number", "", "ln of the evidence of the slope being free over that of an SIE"),
    Column("log_bayes_shear", "number", "", "ln of the evidence of external shear over that of none"),
    Column("prior_decides", "text", "", "parameters that the data hardly narrow beyond their prior, comma-separated"),
    Column("sampler", "text", "", "how the posterior was drawn"),
    Column("r_hat", "number", "", "largest R-hat of the sampler"),
    Column("ess", "number", "", "smallest effective sample size"),
    Column("k_hat", "number", "", "k-hat of importance sampling: above 0.7 the draws are not to be believed"),
    Column("n_divergent", "count", "", "divergent steps of the sampler"),
    Column("n_like", "count", "", "likelihood evaluations"),
    Column("seconds", "number", "s", "time taken"),
    Column("engine", "text", "", "engine that fitted"),
    Column("nn_theta_E", "number", "arcsec", "Einstein radius, by the network"),
    Column("nn_theta_E_sigma", "number", "arcsec", "1 sigma of nn_theta_E"),
    Column("verdict", "text", "", "accept, check, reject or failed"),
    Column("reasons", "text", "", "why not accepted"),
    Column("notes", "text", "", "what was measured or assumed because the files do not say it"),
)
"""Every column of the catalogue, in order."""
DIAGNOSTICS = (
    "chi2_red",
    "chi2_arc",
    "arc_snr",
    "n_modes",
    "log_bayes_epl",
    "log_bayes_shear",
    "r_hat",
    "ess",
    "k_hat",
    "n_divergent",
    "n_like",
    "seconds",
    "p_lens",
)
"""Columns taken from `LensFit.diagnostics` under the same name."""
