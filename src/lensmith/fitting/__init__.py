"""How to fit, whatever is fitted: non-negative least squares, variable projection, Levenberg-Marquardt, Laplace."""

from lensmith.fitting.jax_setup import use_double_precision

use_double_precision()

from lensmith.fitting.laplace import draw_truncated_normal, laplace_covariance  # noqa: E402
from lensmith.fitting.levenberg_marquardt import Bounds, GaussianPrior, LeastSquaresState, minimise  # noqa: E402
from lensmith.fitting.linear_evidence import evidence_of_strength  # noqa: E402
from lensmith.fitting.nonnegative import solve_nonnegative  # noqa: E402
from lensmith.fitting.variable_projection import ProjectedBand, ProjectedState  # noqa: E402

__all__ = [
    "Bounds",
    "GaussianPrior",
    "LeastSquaresState",
    "ProjectedBand",
    "ProjectedState",
    "draw_truncated_normal",
    "evidence_of_strength",
    "laplace_covariance",
    "minimise",
    "solve_nonnegative",
]
