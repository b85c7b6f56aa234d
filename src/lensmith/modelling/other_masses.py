"""What the search has found, fitted again with masses of other ellipticity and shear.

A start has an ellipticity between a template's and the light's, and next to no shear. From there a fit may end in a
minimum of ellipticity, shear and source shape that makes the right solution look worse than a wrong one.
"""

import numpy as np

from lensmith.fitting import minimise
from lensmith.modelling.modes import different
from lensmith.modelling.parameters import CORE

_E, _SHEAR, _SOURCE_SHAPE = (
    [CORE.index(name) for name in names] for names in (("e1", "e2"), ("gamma1", "gamma2"), ("e1_source", "e2_source"))
)
_SLOPE_AND_SIZE = [CORE.index("gamma"), CORE.index("log_size")]
_PARENTS, _FIRST_STEPS = 8, 5
"""Solutions that are fitted again, and the steps after which the fits are compared."""
_KEPT, _LAST_STEPS, _TOLERANCE = 6, 8, 1.0
"""Those that go on, in at most so many steps more."""
_SEED = 20
"""Of the masses, the same for every lens."""


def from_other_masses(objective, found: list, prior, bounds, sigma: tuple[float, float], number: int) -> list:
    """States of fits that start where the best of `found` are, with other masses and a round source.

    Masses are drawn about the prior's mean; a fit may end anywhere.

    Parameters
    ----------
    found : states of the search, best first.
    sigma : scatter of the components of ellipticity and of shear.
    number : masses for each of the eight best distinct states.

    Returns
    -------
    the best distinct ones, refined, at most six; `found` is not among them.
    """
    rng, tried = np.random.default_rng(_SEED), []
    for parent in different(found, _PARENTS):
        for _ in range(number):
            start = np.array(parent.theta, float)
            start[_SLOPE_AND_SIZE], start[_SOURCE_SHAPE] = prior.mean[_SLOPE_AND_SIZE], 0.0
            start[_E] = prior.mean[_E] + rng.normal(0, sigma[0], 2)
            start[_SHEAR] = rng.normal(0, sigma[1], 2)
            objective.reset()
            tried.append(minimise(objective, start, prior, bounds, _FIRST_STEPS, _TOLERANCE))
    out = []
    for state in different(sorted(tried, key=lambda state: state.cost), _KEPT):
        objective.reset()
        out.append(minimise(objective, state.theta, prior, bounds, _LAST_STEPS, _TOLERANCE))
    return out
