"""Scores with intervals: NumPy in, numbers out."""

from lensmith.metrics.accuracy import accuracy, confusion_matrix, precision_and_recall, wilson_interval
from lensmith.metrics.calibration import (
    Reliability,
    brier_score,
    expected_calibration_error,
    log_loss,
    reliability,
)
from lensmith.metrics.coverage import interval_coverage, posterior_coverage, rank_uniformity, sbc_ranks
from lensmith.metrics.interval import Interval, bootstrap_interval, paired_bootstrap
from lensmith.metrics.masks import MaskScores, boundary, boundary_f, mask_scores, relative_volume_difference
from lensmith.metrics.roc import multiclass_auc, roc_auc, roc_curve, true_positive_rate_at
from lensmith.metrics.selection import CompletenessBin, at_prior, completeness, purity

__all__ = [
    "CompletenessBin",
    "Interval",
    "MaskScores",
    "Reliability",
    "accuracy",
    "at_prior",
    "bootstrap_interval",
    "boundary",
    "boundary_f",
    "brier_score",
    "completeness",
    "confusion_matrix",
    "expected_calibration_error",
    "interval_coverage",
    "log_loss",
    "mask_scores",
    "multiclass_auc",
    "paired_bootstrap",
    "posterior_coverage",
    "precision_and_recall",
    "purity",
    "rank_uniformity",
    "relative_volume_difference",
    "reliability",
    "roc_auc",
    "roc_curve",
    "sbc_ranks",
    "true_positive_rate_at",
    "wilson_interval",
]
