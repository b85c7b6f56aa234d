"""Evidence of a linear model with a Gaussian prior of unknown strength (MacKay 1992; Suyu et al. 2006, eq. 19)."""

import numpy as np

from lensmith.fitting.cholesky import positive_root


def evidence_of_strength(gram, vector, data_chi2: float, prior, strengths, rank: int):
    """Log evidence for each trial strength of the prior, up to a constant that all of them share.

    Parameters
    ----------
    gram : ``[column, column]`` of the likelihood alone, restricted to the columns in use.
    vector : ``[column]``, columns @ data (noise units).
    data_chi2 : data @ data (noise units).
    prior : ``strength -> [column, column]`` inverse prior covariance.
    strengths : the strengths to try.
    rank : number of columns that the prior's strength governs.

    Returns
    -------
    float64 ``[strength]``.
    """
    out = []
    for strength in strengths:
        root = positive_root(gram + prior(strength))
        half = np.linalg.solve(root, vector)
        log_determinant = 2 * np.sum(np.log(np.diag(root)))
        out.append(-0.5 * (data_chi2 - half @ half) - 0.5 * log_determinant + 0.5 * rank * np.log(strength))
    return np.array(out)
