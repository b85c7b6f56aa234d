"""Light profiles: surface brightness and total flux of each, and the registry `LIGHT`."""

from collections.abc import Callable
from typing import NamedTuple

from lensmith.physics.light import gaussian, multi_gaussian, sersic, uniform


class LightProfile(NamedTuple):
    """The function ``(x, y, **parameters)``, the total flux (None if infinite), an example of the parameters."""

    surface_brightness: Callable
    total_flux: Callable | None
    example: dict[str, float | tuple[float, ...]]


_CENTER = {"center_x": 0.03, "center_y": -0.05}
_SHAPE = {"e1": 0.15, "e2": -0.1}
_SERSIC = {"amp": 2.0, "R_sersic": 0.6, "n_sersic": 2.5}
_GAUSSIAN = {"amp": 3.0, "sigma": 0.4}
_GAUSSIANS = {"amp": (3.0, 1.0, 0.5), "sigma": (0.2, 0.4, 0.8)}

LIGHT: dict[str, LightProfile] = {
    "SERSIC": LightProfile(sersic.surface_brightness, sersic.total_flux, _SERSIC | _CENTER),
    "SERSIC_ELLIPSE": LightProfile(sersic.surface_brightness, sersic.total_flux, _SERSIC | _SHAPE | _CENTER),
    "GAUSSIAN": LightProfile(gaussian.surface_brightness, gaussian.total_flux, _GAUSSIAN | _CENTER),
    "GAUSSIAN_ELLIPSE": LightProfile(gaussian.surface_brightness, gaussian.total_flux, _GAUSSIAN | _SHAPE | _CENTER),
    "MULTI_GAUSSIAN": LightProfile(multi_gaussian.surface_brightness, multi_gaussian.total_flux, _GAUSSIANS | _CENTER),
    "MULTI_GAUSSIAN_ELLIPSE": LightProfile(
        multi_gaussian.surface_brightness, multi_gaussian.total_flux, _GAUSSIANS | _SHAPE | _CENTER
    ),
    "UNIFORM": LightProfile(uniform.surface_brightness, None, {"amp": 0.7}),
}
"""Every light profile by lenstronomy's name."""

__all__ = ["LIGHT", "LightProfile"]
