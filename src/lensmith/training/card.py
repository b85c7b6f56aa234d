"""The model card: what a reader of the weights has to know, in one page of Markdown."""

from pathlib import Path

from lensmith.data import atomic_write
from lensmith.nets import parameter_count
from lensmith.nets.network import Network
from lensmith.training.recipe import Recipe
from lensmith.training.scores import score_lines

LIMITS = (
    "Trained on the samples named above and on nothing else: another instrument, pixel scale, PSF, noise or way of "
    "scaling the images is outside of what it knows, and its probabilities mean nothing there until they are measured "
    "with `lensmith evaluate`."
)


def write_card(
    path: Path, network: Network, recipe: Recipe, data: dict, scores: dict, judged_on: str, command: str, cost: str
) -> None:
    """Write the card of a trained network.

    `scores` as `classification_scores` gives them; `judged_on` says on which samples; `cost` in words.
    """
    spec = network.spec
    counts = ", ".join(f"{n} {name}" for name, n in data["classes"].items())
    lines = [
        f"# {spec.name}",
        "",
        f"Classes: {', '.join(spec.classes)}. Parameters: {parameter_count(network):,}.",
        f"Input: images {spec.shape[2]}x{spec.shape[1]} pixels, {spec.shape[0]} band(s), "
        + ", ".join(f"{name} {value}" for name, value in spec.inputs.model_dump(mode="json").items())
        + ".",
        "",
        "## Data",
        "",
        f"{data['samples']} samples ({counts}); SHA-256 of the data {data['sha256'][:16]}.",
        f"Copies found among them: {data['copies']}; none on both sides of a split.",
        "",
        "## Training",
        "",
        f"    {command}",
        "",
        f"{cost} Seed {recipe.loop.seed}; optimiser {recipe.optimiser.name}, learning rate "
        f"{recipe.optimiser.learning_rate:g}, schedule {recipe.schedule.name}, batch {recipe.loop.batch}.",
    ]
    intervals = (
        "Intervals are 95 %: Wilson for the accuracy, bootstrap over samples for the AUC. They hold the scatter of the "
        "test samples, not that of another seed."
    )
    finish_card(path, lines, judged_on, score_lines(scores), intervals)


def finish_card(
    path: Path, begun: list[str], judged_on: str, scores: list[str], intervals: str, limits: str = LIMITS
) -> None:
    """Write the lines of a card that is begun, then its scores, what their intervals are, and the limits."""
    lines = [*begun, "", f"## Scores ({judged_on})", "", *(f"- {line}" for line in scores), "", intervals]
    lines += ["", "## Limits", "", limits, ""]
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")
