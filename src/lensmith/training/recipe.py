"""Recipes: everything that a training can be told, typed and frozen, from YAML files and `--set`."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from lensmith.errors import SettingsError
from lensmith.nets.settings import InputSettings, Settings, build_settings, nearest, section_of

RECIPES = Path(__file__).parents[1] / "recipes"
"""The recipes in the package: ``<net>.yaml`` and ``<net>-<variant>.yaml``."""


class NetSection(Settings):
    """Which network, and that network's own settings."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


class SimulateSection(Settings):
    """Samples made while they are needed, by `lensmith.simulate`: no sample is seen twice.

    `epoch` samples make an epoch, `validation` samples are set apart first; `settings` are the kind's own.
    """

    kind: str
    survey: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    seed: int = 1
    epoch: int = Field(3000, ge=1)
    validation: int = Field(600, ge=1)


class DataSection(Settings):
    """Where samples come from and how they are shown.

    Attributes
    ----------
    path : folder or archive; `lensmith train --data` says it too.
    simulate : instead of a path.
    limit : samples a class that are used for training, the first ones of an order set by the seed; None for all.
    validation : share set apart where the data have no ``val`` split.
    validation_limit : validation samples that are looked at after every epoch, evenly out of all; None for all.
    test : share set apart for the scores where the data have no ``test`` split; None: the validation set is judged.
    split_seed : decides both shares where `test` is given, so that trainings of several seeds have the same ones.
    prepared : folder for inputs that are slow to prepare, shared by trainings; None: inside the run folder.
    augment : ``none``; ``half-turn``, rotated by 180 degrees or not; ``dihedral``, all flips and quarter turns.
    """

    path: str | None = None
    simulate: SimulateSection | None = None
    limit: int | None = Field(None, ge=1)
    validation: float = Field(0.1, gt=0, lt=1)
    validation_limit: int | None = Field(None, ge=1)
    test: float | None = Field(None, gt=0, lt=1)
    split_seed: int = Field(42, ge=0)
    prepared: str | None = None
    augment: Literal["none", "half-turn", "dihedral"] = "dihedral"


class OptimiserSection(Settings):
    """What moves the weights: Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019) or SGD with momentum 0.9."""

    name: Literal["adam", "adamw", "sgd"] = "adamw"
    learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(1e-2, ge=0)


class ScheduleSection(Settings):
    """How the learning rate goes: ``constant``; ``cosine`` to zero after a linear rise over the share `warm_up` of all
    steps; ``plateau``, times `factor` where the validation loss has not fallen for `patience` epochs.
    """

    name: Literal["constant", "cosine", "plateau"] = "cosine"
    warm_up: float = Field(0.1, ge=0, lt=1)
    factor: float = Field(0.5, gt=0, lt=1)
    patience: int = Field(5, ge=0)


class LoopSection(Settings):
    """The loop.

    Attributes
    ----------
    batch : samples of one step, over all devices together.
    clip : largest norm of the gradient; None: as it is.
    early_stopping : epochs without a lower validation loss after which it ends; None: never.
    select : ``best``, the epoch of the lowest validation loss, or ``last``.
    precision : ``32`` or ``bf16`` (weights stay float32; on a CPU without bfloat16 it is ``32`` all the same).
    workers : processes that read data; 0 reads in the main one.
    devices : how many accelerators (or processes on a CPU) a node; 0 takes all accelerators, or one CPU process.
    """

    epochs: int = Field(30, ge=1)
    batch: int = Field(64, ge=2)
    clip: float | None = Field(None, gt=0)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    early_stopping: int | None = Field(None, ge=1)
    select: Literal["best", "last"] = "best"
    precision: Literal["32", "bf16"] = "32"
    channels_last: bool = True
    seed: int = Field(1, ge=0)
    workers: int = Field(0, ge=0)
    devices: int = Field(0, ge=0)
    nodes: int = Field(1, ge=1)

    @field_validator("precision", mode="before")
    @classmethod
    def _as_text(cls, value):
        """YAML reads 32 as a number."""
        return str(value)


class Recipe(Settings):
    """A training from start to end."""

    net: NetSection
    inputs: InputSettings = InputSettings()
    data: DataSection = DataSection()
    optimiser: OptimiserSection = OptimiserSection()
    schedule: ScheduleSection = ScheduleSection()
    loop: LoopSection = LoopSection()

    def on_disk(self, data: Path | None, lack: str) -> tuple["Recipe", Path]:
        """The recipe with its samples at `data`, or where it says itself, never simulated; and that place.

        Raises
        ------
        SettingsError
            saying `lack`, if there is no such place.
        """
        where = data or (Path(self.data.path) if self.data.path else None)
        if where is None:
            raise SettingsError(lack)
        section = self.data.model_copy(update={"path": str(where), "simulate": None})
        return self.model_copy(update={"data": section}), where


def load_recipe(name: str | Path, sets: list[str] | None = None) -> Recipe:
    """A recipe by name or path, with each ``section.name=value`` of `sets` put on top.

    Raises
    ------
    SettingsError
        if there is no such recipe, or a name or value in it or in `sets` is wrong.
    """
    path = find_recipe(name)
    content = _read(path)
    build_settings(Recipe, content, f"recipe {path.name}")
    for said in sets or []:
        content = _merged(Recipe, content, _said(said))
        build_settings(Recipe, content, f"--set {said}")
    return build_settings(Recipe, content, f"recipe {path.name}")


def recipe_names() -> tuple[str, ...]:
    """Names of the recipes in the package."""
    return tuple(sorted(path.stem for path in RECIPES.glob("*.yaml")))


def find_recipe(name: str | Path) -> Path:
    """The file of a recipe; SettingsError where there is none."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = RECIPES / f"{name}.yaml"
    if path.parent == Path() and shipped.is_file():
        return shipped
    raise SettingsError(f"there is no recipe {name}; {nearest(str(name), recipe_names())}")


def recipe_header(name: str | Path) -> dict[str, str]:
    """What the comment at the top of a recipe says: ``command``, ``cost``, ``score``; '' where it does not."""
    lines = find_recipe(name).read_text(encoding="utf-8").splitlines()
    said, key = dict.fromkeys(("command", "cost", "score"), ""), None
    for line in lines:
        if not line.startswith("#"):
            break
        text = line.lstrip("# ").rstrip()
        if not text:
            key = None
        head, colon, rest = text.partition(":")
        if colon and head.lower() in said:
            key, text = head.lower(), rest.strip()
        if key:
            said[key] = f"{said[key]} {text}".strip()
    return said


def _read(path: Path) -> dict:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"recipe {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"recipe {path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"recipe {path} must hold `name: value` pairs")
    return content


def _said(text: str) -> dict:
    """``a.b=value`` as nested mappings; the value is read as YAML."""
    import yaml

    name, equals, value = text.partition("=")
    if not equals or not all(part.strip() for part in name.split(".")):
        raise SettingsError(f"--set {text}: write it as section.name=value, for example --set loop.epochs=3")
    try:
        content = _number(yaml.safe_load(value))
    except yaml.YAMLError as error:
        raise SettingsError(f"--set {text}: the value is not YAML: {' '.join(str(error).split())}") from None
    for part in reversed(name.split(".")):
        content = {part.strip(): content}
    return content


def _number(value):
    """YAML reads 1e-3 as text: as a number here."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    return value


def _merged(model: type[Settings], below: dict, above: dict) -> dict:
    """`above` put over `below`; sections and free mappings are merged, everything else is replaced."""
    merged = dict(below)
    for name, value in above.items():
        known = model.model_fields.get(name)
        section = section_of(model, name) if known else None
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merged(section, merged[name], value) if section else merged[name] | value
        else:
            merged[name] = value
    return merged
