"""Parts of a data set: stratified by class, and no scene on both sides."""

import numpy as np

from lensmith.errors import SettingsError

_PARTS = 20


def assign_folds(labels, groups, folds: int, seed: int) -> np.ndarray:
    """The fold, int64 ``[sample]``, of every sample: each class spread evenly, no group in two folds.

    Groups come in an order set by `seed`, large ones first, and go to the fold that has fewest of their classes.

    Raises
    ------
    SettingsError
        if a class has fewer groups than there are folds.
    """
    labels = np.asarray(labels, np.int64)
    groups = np.unique(groups, return_inverse=True)[1]
    n_groups, n_classes = int(groups.max()) + 1, int(labels.max()) + 1
    held = np.zeros((n_groups, n_classes), np.int64)
    np.add.at(held, (groups, labels), 1)
    scarce = (held > 0).sum(0)
    if folds < 2 or scarce.min() < folds:
        raise SettingsError(
            f"{folds} folds cannot be made: at least 2 are needed, and every class must have as many scenes "
            f"(the smallest has {scarce.min()})"
        )
    order = np.random.default_rng([seed, folds]).permutation(n_groups)
    order = order[np.argsort(-held[order].sum(1), kind="stable")]
    home, filled = np.zeros(n_groups, np.int64), np.zeros((folds, n_classes), np.int64)
    for group in order:
        load = filled @ held[group]
        best = np.flatnonzero(load == load.min())
        home[group] = best[np.argmin(filled[best].sum(1))]
        filled[home[group]] += held[group]
    return home[groups]


def set_apart(labels, groups, share: float, seed: int) -> np.ndarray:
    """True, ``[sample]``, for about `share` of the samples: stratified, whole groups."""
    folds = max(2, round(1 / share))
    return assign_folds(labels, groups, folds, seed) == 0


def shares(labels, groups, validation: float, test: float, seed: int) -> np.ndarray:
    """``train``, ``val`` or ``test``, str ``[sample]``: stratified, whole groups, shares to a twentieth.

    Raises
    ------
    SettingsError
        if nothing is left to train on, or a class has fewer than twenty groups.
    """
    for_test, apart = round(_PARTS * test), round(_PARTS * (validation + test))
    if not 0 < for_test < apart < _PARTS:
        raise SettingsError(
            f"data.test = {test:g} and data.validation = {validation:g} leave a part empty: both are shares of all "
            f"samples, {1 / _PARTS:g} at least, and less than 1 together"
        )
    part = assign_folds(labels, groups, _PARTS, seed)
    return np.select([part < for_test, part < apart], ["test", "val"], "train")


def first_of_each_class(indices: np.ndarray, labels: np.ndarray, limit: int | None, seed: int) -> np.ndarray:
    """At most `limit` of `indices` a class: the first of an order set by `seed`, so that a larger limit adds to it."""
    if limit is None:
        return indices
    order = np.random.default_rng([seed, 7]).permutation(len(labels))
    mixed = indices[np.argsort(order[indices])]
    kept = [mixed[labels[mixed] == k][:limit] for k in np.unique(labels)]
    return np.sort(np.concatenate(kept))
