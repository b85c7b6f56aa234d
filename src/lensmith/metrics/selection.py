"""What a search finds: completeness in bins, and what a score means where lenses are rare."""

from typing import NamedTuple

import numpy as np

from lensmith.errors import InputError
from lensmith.metrics.accuracy import wilson_interval
from lensmith.metrics.interval import Interval


class CompletenessBin(NamedTuple):
    """Values from `low` to `high`, how many were there, how many were found, and the share with its interval."""

    low: float
    high: float
    n: int
    found: int
    share: Interval


def completeness(values, found, bins: int = 6) -> list[CompletenessBin]:
    """Share found in bins of `values` with equal counts, Wilson intervals of 95 %.

    `values` float ``[sample]``, those that are not finite are left out; `found` bool ``[sample]``.
    """
    values, found = np.asarray(values, float), np.asarray(found, bool)
    finite = np.isfinite(values)
    values, found = values[finite], found[finite]
    if not values.size:
        return []
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
    home = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))
    out = []
    for k in range(max(len(edges) - 1, 1)):
        here = home == k
        n, hits = int(here.sum()), int(found[here].sum())
        out.append(CompletenessBin(edges[k], edges[min(k + 1, len(edges) - 1)], n, hits, wilson_interval(hits, n)))
    return out


def at_prior(probability, prior: float, before: float = 0.5) -> np.ndarray:
    """Probabilities, float ``[sample]``, that hold where a share `prior` are lenses, of those that hold at `before`.

    Bayes' theorem on the odds (Saerens et al. 2002, Neural Comput. 14, 21, equation 2.4).

    Raises
    ------
    InputError
        if a prior is not between 0 and 1.
    """
    for share in (prior, before):
        if not 0 < share < 1:
            raise InputError(f"a prior must be between 0 and 1, not {share}")
    probability = np.clip(np.asarray(probability, float), 1e-12, 1 - 1e-12)
    odds = probability / (1 - probability) * (prior / (1 - prior)) / (before / (1 - before))
    return odds / (1 + odds)


def purity(found: Interval, false: Interval, prior: float) -> Interval:
    """Share of lenses among what is above a threshold, of the shares of lenses and others that are, and the prior.

    The interval takes the ends that are worst and best together, so it holds more than 95 %.
    """
    share = lambda true, alarm: true * prior / max(true * prior + alarm * (1 - prior), 1e-300)
    low, high = share(found.low, false.high), share(found.high, false.low)
    return Interval(share(found.value, false.value), low, high)
