"""Mass profiles: potential, deflection, convergence and second derivatives of each, and the registry `MASS`."""

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from lensmith.physics.mass import convergence_sheet, epl, nfw, point_mass, shear, sie, sis


class MassProfile(NamedTuple):
    """The functions ``(x, y, **parameters)`` of a profile, and an example of its parameters, in their order."""

    potential: Callable
    deflection: Callable
    convergence: Callable
    hessian: Callable
    example: dict[str, float]


def _profile(module: ModuleType, **example: float) -> MassProfile:
    return MassProfile(module.potential, module.deflection, module.convergence, module.hessian, example)


_CENTER = {"center_x": 0.03, "center_y": -0.05}
_ORIGIN = {"ra_0": 0.02, "dec_0": -0.01}

MASS: dict[str, MassProfile] = {
    "SIS": _profile(sis, theta_E=1.2, **_CENTER),
    "SIE": _profile(sie, theta_E=1.2, e1=0.15, e2=-0.1, **_CENTER),
    "EPL": _profile(epl, theta_E=1.2, gamma=1.9, e1=0.15, e2=-0.1, **_CENTER),
    "NFW": _profile(nfw, Rs=2.0, alpha_Rs=1.1, **_CENTER),
    "POINT_MASS": _profile(point_mass, theta_E=0.8, **_CENTER),
    "SHEAR": _profile(shear, gamma1=0.05, gamma2=-0.03, **_ORIGIN),
    "CONVERGENCE": _profile(convergence_sheet, kappa=0.1, **_ORIGIN),
}
"""Every mass profile by lenstronomy's name."""

__all__ = ["MASS", "MassProfile"]
