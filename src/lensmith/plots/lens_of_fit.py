"""The lens of a fit as the figures trace it again: EPL (a slope of 2 where none is given) with external shear."""

from collections.abc import Mapping

from lensmith.data.results import LensFit
from lensmith.physics import lens_model
from lensmith.physics.critical_curves import Deflection

ISOTHERMAL = 2.0


def lens_profiles(fit: LensFit, **instead: float) -> list[tuple[str, dict]]:
    """Profiles for `physics.lens_model` of the best parameters, those named in `instead` replaced."""
    values = _best(fit) | instead
    centre = values["x_lens"], values["y_lens"]
    mass = {name: values[name] for name in ("theta_E", "gamma", "e1", "e2")}
    shear = {name: values[name] for name in ("gamma1", "gamma2")}
    return [
        ("EPL", mass | {"center_x": centre[0], "center_y": centre[1]}),
        ("SHEAR", shear | {"ra_0": centre[0], "dec_0": centre[1]}),
    ]


def deflection_of(profiles) -> Deflection:
    """Deflection ``(x, y) -> (alpha_x, alpha_y)`` [arcsec] of profiles."""
    return lambda x, y: lens_model.deflection(x, y, profiles)


def image_positions(fit: LensFit) -> list[tuple[float, float, float | None]]:
    """(x, y, magnification) of the images that a fit lists in `derived`; magnification None where it is not there."""
    out, number = [], 1
    while f"x_image_{number}" in fit.derived:
        x, y, mu = (fit.derived.get(f"{name}_image_{number}") for name in ("x", "y", "mu"))
        out.append((x.median, y.median, None if mu is None else mu.median))
        number += 1
    return out


def _best(fit: LensFit) -> Mapping[str, float]:
    defaults = {"gamma": ISOTHERMAL}
    names = ("theta_E", "gamma", "e1", "e2", "gamma1", "gamma2", "x_lens", "y_lens")
    return {name: fit.parameters[name].best if name in fit.parameters else defaults.get(name, 0.0) for name in names}
