"""How to fit, whatever is fitted: non-negative least squares, variable projection, Levenberg-Marquardt, Laplace."""

from lensmith.fitting.jax_setup import use_double_precision

use_double_precision()

from lensmith.fitting.box import Box  # noqa: E402
from lensmith.fitting.cholesky import positive_root  # noqa: E402
from lensmith.fitting.diagnostics import bulk_ess, r_hat  # noqa: E402
from lensmith.fitting.importance import WeightedDraws, importance_sample  # noqa: E402
from lensmith.fitting.laplace import laplace_covariance, laplace_mode, second_order_moments  # noqa: E402
from lensmith.fitting.levenberg_marquardt import Bounds, GaussianPrior, LeastSquaresState, minimise  # noqa: E402
from lensmith.fitting.linear_evidence import evidence_of_strength  # noqa: E402
from lensmith.fitting.nonnegative import solve_nonnegative  # noqa: E402
from lensmith.fitting.nuts import Chains, sample_nuts  # noqa: E402
from lensmith.fitting.pareto import khat_threshold, pareto_smooth  # noqa: E402
from lensmith.fitting.student_t import StudentT  # noqa: E402
from lensmith.fitting.variable_projection import ProjectedBand, ProjectedState, at_pixels  # noqa: E402

__all__ = [
    "Bounds",
    "Box",
    "Chains",
    "GaussianPrior",
    "LeastSquaresState",
    "ProjectedBand",
    "ProjectedState",
    "StudentT",
    "WeightedDraws",
    "at_pixels",
    "bulk_ess",
    "evidence_of_strength",
    "importance_sample",
    "khat_threshold",
    "laplace_covariance",
    "laplace_mode",
    "minimise",
    "pareto_smooth",
    "positive_root",
    "r_hat",
    "sample_nuts",
    "second_order_moments",
    "solve_nonnegative",
]
