"""Cross-validation: a fresh network a fold, every sample predicted by a network that has not seen it nor its copies."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lensmith.nets import load_checkpoint
from lensmith.training.run_folder import write_run_json
from lensmith.training.scores import write_predictions, write_scores
from lensmith.training.splits import assign_folds, first_of_each_class, set_apart

if TYPE_CHECKING:
    from lensmith.training.run import Run


def cross_validate(run: "Run", out: Path, folds: int) -> dict:
    """Train `folds` networks, write ``fold-<k>/`` and the out-of-fold predictions with their scores.

    Of what is not held out, a share is set apart to choose the epoch: the held-out fold chooses nothing. A fold that
    is whole already is taken as it is.
    """
    source, groups, recipe = run.source, run.report.groups, run.recipe
    home = assign_folds(source.labels, groups, folds, recipe.loop.seed)
    probabilities = np.full((len(source), len(source.classes)), np.nan)
    accuracies = []
    for fold in range(folds):
        folder = out / f"fold-{fold}"
        held, rest = np.flatnonzero(home == fold), np.flatnonzero(home != fold)
        apart = set_apart(source.labels[rest], groups[rest], recipe.data.validation, recipe.loop.seed)
        training = first_of_each_class(rest[~apart], source.labels, recipe.data.limit, recipe.loop.seed)
        run.tell(f"fold {fold + 1} of {folds}: {len(training)} train, {apart.sum()} choose, {len(held)} are held out")
        if (folder / "run.json").is_file():
            run.tell(f"fold {fold + 1} is whole already")
            network = load_checkpoint(folder).network
            probabilities[held] = run.predict(network, run.prepared(network), held)
        else:
            probabilities[held] = run.once(folder, training, rest[apart], test=held)[1]
        accuracies.append(float(np.mean(probabilities[held].argmax(1) == source.labels[held])))
    extra = {"folds": folds, "fold_accuracy": accuracies, "judged_on": "held-out folds"}
    scores = write_scores(out, source.names, source.labels, probabilities, source.classes, extra)
    write_predictions(out / "out_of_fold.csv", source.names, probabilities, source.classes, source.labels, fold=home)
    (out / "predictions.csv").unlink()
    write_run_json(out, recipe, run.command, run.report.summary(source), folds=folds, fold_accuracy=accuracies)
    return scores
