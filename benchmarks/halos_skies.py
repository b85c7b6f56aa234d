"""Skies that the benchmarks of `halos` share: the public ones, fitted once a process, and what is said of intervals."""

import os
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.halos_kept import kept
from lensmith.data.dark_worlds import TrueHaloes, read_true_haloes
from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.sky_tables import read_sky_table
from lensmith.halos import infer, least_distance, load_prior
from lensmith.halos.likelihood import PADDING
from lensmith.halos.residual import residual_shapes
from lensmith.metrics import bootstrap_interval
from lensmith.metrics.interval import Interval, paired_bootstrap
from lensmith.metrics.roc import RankedScores

SIDE = 4200.0
SEED = 2024
PRIOR = load_prior("dark-worlds")
_RESAMPLES = 300


def compiled_alike(haloes: int, galaxies: int) -> tuple[int, int]:
    """Skies that share this run the same compiled functions: in this order little is compiled twice."""
    return haloes, -(-galaxies // PADDING)


class Fitted(NamedTuple):
    """A real sky with its number of haloes given: estimated positions, what the haloes leave, CPU seconds."""

    field: GalaxyField
    points: np.ndarray
    rest: np.ndarray
    seconds: float


def real_folder() -> Path:
    """The folder of the public skies."""
    return Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real")) / "dark_worlds"


def real_truths(share: float = 1.0) -> list[TrueHaloes]:
    """The true haloes of the public skies, or of a share of them."""
    return list(read_true_haloes(real_folder() / "halos.csv").values())[:: max(round(1 / share), 1)]


def real_field(truth: TrueHaloes) -> GalaxyField:
    """The galaxies of a public sky."""
    return read_sky_table(real_folder() / f"Training_{truth.sky}.csv")


@cache
def fitted(sky: str, count: int) -> Fitted:
    """A public sky, fitted; two sections of the page ask for it."""
    field = read_sky_table(real_folder() / f"Training_{sky}.csv")
    row = kept(f"real/{sky}", lambda: _fit(field, count))
    return Fitted(field, row["points"], row["rest"], float(row["seconds"]))


def _fit(field: GalaxyField, count: int) -> dict:
    started = time.process_time()
    found = infer(field, PRIOR, most=count)
    points = least_distance(found[count].haloes[..., :2])[0]
    seconds = time.process_time() - started
    rest = residual_shapes(field, found, np.eye(count + 1)[count], PRIOR.law)
    return {"points": points, "rest": rest, "seconds": seconds}


def share_text(hits: int, of: int) -> str:
    """A share in per cent with its 95 % Wilson interval."""
    from lensmith.metrics import wilson_interval

    found = wilson_interval(hits, of)
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f})"


def auc_text(truth: np.ndarray, score: np.ndarray) -> str:
    """AUC with its 95 % bootstrap interval."""
    ranked = RankedScores(truth, score)
    return interval_text(bootstrap_interval(ranked.auc, len(truth), _RESAMPLES, SEED))


def auc_gap(truth: np.ndarray, first: np.ndarray, second: np.ndarray) -> Interval:
    """AUC of `first` less that of `second` on the same skies, with its paired 95 % bootstrap interval."""
    return paired_bootstrap(
        RankedScores(truth, first).auc, RankedScores(truth, second).auc, len(truth), _RESAMPLES, SEED
    )


def interval_text(found: Interval, digits: int = 3, sign: str = "") -> str:
    """Value and interval."""
    value, low, high = (f"{number:{sign}.{digits}f}" for number in found)
    return f"{value} ({low} to {high})"
