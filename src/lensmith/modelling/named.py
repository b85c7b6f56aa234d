"""From vectors of a fit to the parameters that people use."""

import numpy as np

from lensmith.physics.critical_curves import theta_E_eff
from lensmith.physics.ellipticity import axis_ratio_and_angle
from lensmith.physics.mass import epl, shear

PRIORS = {"gamma": 1, "e1": 2, "e2": 3, "x_lens": 4, "y_lens": 5, "gamma1": 6, "gamma2": 7}
"""Parameters whose prior is stated on the vector itself, and their place in it."""
DECIDED = 0.8
"""A posterior wider than this share of its prior says little that the prior did not."""


def deflection_of(core):
    """Deflection ``(x, y) -> (alpha_x, alpha_y)`` in arcsec of a `CORE` vector, shear about the lens centre."""
    log_radius, gamma, e1, e2, x_lens, y_lens, gamma1, gamma2 = (float(v) for v in core[:8])

    def deflection(x, y):
        alpha = epl.deflection(x, y, np.exp(log_radius), gamma, e1, e2, x_lens, y_lens)
        tide = shear.deflection(x, y, gamma1, gamma2, x_lens, y_lens)
        return alpha[0] + tide[0], alpha[1] + tide[1]

    return deflection


def effective_ratios(best, vectors) -> np.ndarray:
    """theta_E_eff / theta_E ``[draw]``: its logarithm to first order in slope, ellipticity and shear around `best`."""

    def log_ratio(core):
        unit = np.concatenate([[0.0], core[1:4], [0.0, 0.0], core[6:8]])
        return np.log(max(theta_E_eff(deflection_of(unit), 2.5), 1e-3))

    out = np.full(len(vectors), log_ratio(best))
    for index in (1, 2, 3, 6, 7):
        step = np.zeros(len(best))
        step[index] = max(float(np.std(vectors[:, index])), 1e-4)
        slope = (log_ratio(best + step) - log_ratio(best - step)) / (2 * step[index])
        out += slope * (vectors[:, index] - best[index])
    return np.exp(out)


def named(vectors, offset, radius_ratio, size_ratio: float) -> dict[str, np.ndarray]:
    """Catalogue parameters of vectors ``[draw, parameter]``; `offset` moves the fit's origin to the image's middle."""
    theta_E = np.exp(vectors[:, 0])
    e1, e2, gamma1, gamma2 = vectors[:, 2], vectors[:, 3], vectors[:, 6], vectors[:, 7]
    q, phi = axis_ratio_and_angle(e1, e2)
    x_lens, y_lens = vectors[:, 4] + offset[0], vectors[:, 5] + offset[1]
    return {
        "theta_E": theta_E,
        "theta_E_eff": theta_E * radius_ratio,
        "gamma": vectors[:, 1],
        "e1": e1,
        "e2": e2,
        "q": np.asarray(q),
        "phi": np.degrees(np.asarray(phi)),
        "gamma1": gamma1,
        "gamma2": gamma2,
        "shear": np.hypot(gamma1, gamma2),
        "phi_shear": np.degrees(np.arctan2(gamma2, gamma1) / 2),
        "x_lens": x_lens,
        "y_lens": y_lens,
        "x_source": x_lens + theta_E * vectors[:, 8],
        "y_source": y_lens + theta_E * vectors[:, 9],
        "source_r": np.exp(vectors[:, 12]) * size_ratio,
    }


def prior_decides(vectors, prior, bounds) -> tuple[str, ...]:
    """Names of the parameters that the data hardly narrow: see `DECIDED`.

    The width of the prior is that of its Gaussian cut at the limits.
    """
    from scipy.stats import truncnorm

    out = []
    for name, index in PRIORS.items():
        mean, sigma = prior.mean[index], prior.sigma[index]
        low, high = (bounds.low[index] - mean) / sigma, (bounds.high[index] - mean) / sigma
        if np.std(vectors[:, index]) > DECIDED * truncnorm.std(low, high) * sigma:
            out.append(name)
    return tuple(out)
