"""What a fit of a second source, behind the first, is: its lens, the test of its images, and its estimates."""

from dataclasses import dataclass

import numpy as np

from lensmith.data import Estimate
from lensmith.modelling.intervals import FLOORS, estimate
from lensmith.modelling.modes import MISFIT, Parity

_SHOWN, _BRIGHTNESS = 30.0, (0.5, 2.0)
"""What the images of either parity must remove of the chi-square, and the range of their relative brightness: galaxies
that stand around a lens seldom look like images of one."""
GAIN_OF_ARC, GAIN_OF_MISFIT = 8.0, 60.0
"""What all images must remove of the chi-square a band, in units of `MISFIT`: where an arc was left over, and where the
first one's arcs were only ill fitted, as those of disc galaxies are (SDSSJ0959+0410 would gain 18)."""
_N_DRAWS = 2000


@dataclass(frozen=True, eq=False)
class SecondSource:
    """The fit of a second source: `theta` a `CORE` vector with shifts, `covariance` of it, and the test of its images.

    `arcs` ``[y, x]`` a band, on its fitting grid.
    """

    theta: np.ndarray
    covariance: np.ndarray
    parity: Parity
    arcs: tuple[np.ndarray, ...]

    @property
    def theta_E(self) -> float:
        """Einstein radius for this source [arcsec]."""
        return float(np.exp(self.theta[0]))

    def is_lensed(self, n_bands: int, gain: float) -> bool:
        """Whether the data show images of both parities, as bright as one source would have them, that gain so much."""
        p = self.parity
        shown = min(p.positive, p.negative) > _SHOWN and p.total > gain * MISFIT * n_bands
        return bool(shown and _BRIGHTNESS[0] < p.ratio < _BRIGHTNESS[1])


def second_source_estimates(second: SecondSource, offset, settings, rng) -> dict[str, Estimate]:
    """``theta_E_2``, ``x_source_2``, ``y_source_2`` [arcsec] with intervals, given the first fit's mass."""
    draws = rng.multivariate_normal(second.theta, second.covariance, _N_DRAWS, method="cholesky")
    values = np.vstack([second.theta, draws])
    radius = np.exp(values[:, 0])
    floored = settings.systematic_floor > 0
    named = {
        "theta_E_2": (radius, settings.systematic_floor * radius[0]),
        "x_source_2": (values[:, 4] + offset[0] + radius * values[:, 8], FLOORS["x_source"] * floored),
        "y_source_2": (values[:, 5] + offset[1] + radius * values[:, 9], FLOORS["y_source"] * floored),
    }
    return {name: estimate(name, v[0], v[1:], floor, "arcsec") for name, (v, floor) in named.items()}
