"""The same solution fitted from other masses, in case the fit has ended in a minimum beside the best one.

Ellipticity, shear, and the source's shape and place trade against each other, so that one Einstein radius and one set
of images have several minima in them. On mocks drawn from the model itself every twentieth fit had ended in one of
these, ellipticity and shear many of their errors off, with an evidence far below that at the truth.
"""

from collections.abc import Callable

import numpy as np

from lensmith.modelling.parameters import CORE
from lensmith.modelling.refine import Refined

_E, _SHEAR, _SOURCE, _SOURCE_SHAPE = (
    [CORE.index(name) for name in names]
    for names in (("e1", "e2"), ("gamma1", "gamma2"), ("u_source", "v_source"), ("e1_source", "e2_source"))
)
_GAMMA, _SIZE = CORE.index("gamma"), CORE.index("log_size")
_BETTER = 1.0
"""By how much a restart must lower the loss for it to be followed up."""
_FIRST_STEPS, _KEPT = 6, 2
"""Steps after which restarts are compared, and how many go on."""
_FEW = 2
"""Restarts, of which one goes on, where the search began with masses spread over a network's posterior."""
_ELLIPTICITY, _TIDE = 0.12, 0.06
"""Ellipticity and shear of the restarts, each along four directions."""
_SAME_RADIUS, _SAME_SOURCE = 0.1, 0.25
"""Change of ln theta_E and of the source's place [theta_E] up to which it is the same solution."""


def loss(fit: Refined) -> float:
    """Robust loss with the priors of a fit."""
    return fit.objective.robust_cost(fit.state) + fit.prior.chi2(fit.theta)


def other_starts(theta, prior) -> list[np.ndarray]:
    """Vectors with the Einstein radius, centres and shifts of a fit, its mass and source as it did not start from."""
    plain = np.array(theta, float)
    plain[[_GAMMA, _SIZE]] = prior.mean[[_GAMMA, _SIZE]]
    plain[_E], plain[_SHEAR], plain[_SOURCE_SHAPE] = prior.mean[_E], 0.0, 0.0
    like_light = np.array(theta, float)
    like_light[_E] = prior.mean[_E]
    out = [plain, like_light]
    for direction in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        for e, shear in ((_ELLIPTICITY, 0.0), (0.0, _TIDE)):
            start = plain.copy()
            start[_E], start[_SHEAR] = e * np.array(direction), shear * np.array(direction)
            out.append(start)
    return out


def better_restart(smooth: Refined, fit_from: Callable[..., Refined], few: bool = False) -> Refined | None:
    """The best fit of the same solution from other starts, where it is better than `smooth`; else None.

    `fit_from` makes a fit from a start, in at most `steps` where these are given; `few`: only from the two plainest
    masses. The evaluations of all are added to those of the fit that is returned, or of `smooth`.
    """
    starts = other_starts(smooth.theta, smooth.prior)[: _FEW if few else None]
    tried = [fit_from(start, steps=_FIRST_STEPS) for start in starts]
    tried += [fit_from(fit.theta) for fit in _same(tried, smooth)[: 1 if few else _KEPT]]
    best = next(iter(_same(tried, smooth)), smooth)
    found = best if loss(best) < loss(smooth) - _BETTER else None
    counted = found or smooth
    counted.objective.n_evaluations += sum(fit.objective.n_evaluations for fit in tried if fit is not found)
    return found


def _same(fits: list[Refined], smooth: Refined) -> list[Refined]:
    """Those that are the same solution as `smooth`, best first."""
    return sorted((fit for fit in fits if _is_same(fit.theta, smooth.theta)), key=loss)


def _is_same(theta, other) -> bool:
    apart = np.hypot(*(theta[_SOURCE] - other[_SOURCE]))
    return bool(abs(theta[0] - other[0]) < _SAME_RADIUS and apart < _SAME_SOURCE)
