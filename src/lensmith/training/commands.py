"""What `lensmith train` and `lensmith nets` print."""

import shlex
from pathlib import Path

from lensmith.errors import SettingsError
from lensmith.training.recipe import load_recipe, recipe_header, recipe_names
from lensmith.training.scores import score_lines


def train_command(
    recipe: str, out: Path, data: Path | None, sets: list[str], folds: int | None, resume: bool, tell=print
) -> list[str]:
    """Train; the lines that say how good it became and where all lies."""
    settings = load_recipe(recipe, sets)
    from lensmith.nets import NETWORKS
    from lensmith.training.train import train

    # Folders by their names: where they lie on this machine is no one else's business.
    words = ["lensmith", "train", Path(recipe).name, *(["--data", data.name] if data else []), "--out", out.name]
    words += [word for said in sets for word in ("--set", said)] + (["--folds", str(folds)] if folds else [])
    command = shlex.join(words)
    task = NETWORKS[settings.net.name].task if settings.net.name in NETWORKS else "classify"
    special = {"segment": _train_segmenter, "estimate": _train_estimator}.get(task)
    if special is not None:
        return [*special(settings, out, data, folds, resume, command, tell), f"written: {out}"]
    return [*score_lines(train(settings, out, data, folds, resume, command, tell)), f"written: {out}"]


def _train_segmenter(settings, out: Path, data: Path | None, folds: int | None, resume: bool, command: str, tell):
    from lensmith.training.segmentation import train_segmenter
    from lensmith.training.segmentation_scores import segmentation_score_lines

    if folds:
        raise SettingsError("--folds is for classifiers: a segmenter is judged on the test part of its data")
    return segmentation_score_lines(train_segmenter(settings, out, data, resume, command, tell))


def _train_estimator(settings, out: Path, data: Path | None, folds: int | None, resume: bool, command: str, tell):
    from lensmith.training.estimation import train_estimator
    from lensmith.training.estimation_scores import estimation_score_lines

    if folds:
        raise SettingsError("--folds is for classifiers: an estimator is judged on the test part of its data")
    return estimation_score_lines(train_estimator(settings, out, data, resume, command, tell))


def network_lines() -> list[str]:
    """The networks, the weights that ship, and the recipes with what their comments say."""
    import torch

    from lensmith.nets import NETWORKS, NetworkSpec, build_network, load_checkpoint, parameter_count, shipped_weights

    lines = ["networks:"]
    for name, entry in NETWORKS.items():
        with torch.device("meta"):
            size = parameter_count(build_network(NetworkSpec(name=name)))
        lines.append(f"  {name:18} {entry.task:9} {size / 1e6:6.2f} M parameters  {entry.about}")
    lines.append("weights in the package:")
    for name in shipped_weights():
        lines.append(f"  {name:18} {_told(load_checkpoint(name).header)}")
    if not shipped_weights():
        lines.append("  none in this version")
    lines.append("recipes:")
    for name in recipe_names():
        header = recipe_header(name)
        lines.append(f"  {name:24} {header['command']}")
        lines += [f"  {'':24} {key}: {header[key]}" for key in ("cost", "score") if header[key]]
    return lines


def _told(header: dict) -> str:
    """What the header of weights says of their scores."""
    if "segmentation_scores" in header:
        from lensmith.training.segmentation_scores import segmentation_score_lines

        return "; ".join(segmentation_score_lines(header["segmentation_scores"]))
    if "estimation_scores" in header:
        from lensmith.training.estimation_scores import estimation_score_lines

        return estimation_score_lines(header["estimation_scores"])[0]
    return "; ".join(score_lines(header["scores"])[:2]) if "scores" in header else ""
