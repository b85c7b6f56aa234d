"""Which lenses are kept: cuts on the drawn scene, and on what the survey sees of it."""

import numpy as np

from lensmith.simulate.strong.settings import SelectionSettings
from lensmith.simulate.strong.sky import Drawn, Sky


def passes_before(drawn: Drawn, sky: Sky, cuts: SelectionSettings) -> bool:
    """Whether a lens passes the cuts on its Einstein radius and isolation, before anything is drawn in pixels."""
    theta_E = drawn.theta_E_eff
    return (
        _within(theta_E, cuts.theta_E)
        and (cuts.theta_E_over_fwhm is None or theta_E >= cuts.theta_E_over_fwhm * sky.fwhm)
        and (cuts.theta_E_over_frame is None or theta_E <= cuts.theta_E_over_frame * sky.half)
        and (cuts.isolation is None or drawn.truth["isolation"] >= cuts.isolation)
    )


def passes_after(truth: dict, band: int, cuts: SelectionSettings) -> bool:
    """Whether a lens passes the cuts on S/N, magnification and magnitude (in band number `band`) of its arcs."""
    return (
        (cuts.arc_snr is None or truth["arc_snr"] >= cuts.arc_snr)
        and (cuts.magnification is None or truth["magnification"] >= cuts.magnification)
        and _within(truth["arc_magnitudes"][band], cuts.arc_magnitude)
    )


def isolation(drawn: Drawn) -> float:
    """Distance [arcsec] of the nearest other object from the circle of the Einstein radius; infinite if none."""
    other, used = drawn.scenes.other, drawn.used.get("other", 0)
    x = np.concatenate(
        [other["center_x"][drawn.row, :used], drawn.scenes.points["x"][drawn.row, : drawn.used.get("points", 0)]]
    )
    y = np.concatenate(
        [other["center_y"][drawn.row, :used], drawn.scenes.points["y"][drawn.row, : drawn.used.get("points", 0)]]
    )
    if not len(x):
        return np.inf
    away = np.hypot(x - drawn.truth["center_x"], y - drawn.truth["center_y"])
    return float(np.abs(away - drawn.theta_E_eff).min())


def _within(value: float, limits: tuple[float, float] | None) -> bool:
    return limits is None or limits[0] <= value <= limits[1]
