"""Settings of a kind of simulation: typed, frozen, built up from presets, files and the command line."""

from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from lensmith.errors import SettingsError
from lensmith.simulate.distributions import Distribution
from lensmith.simulate.yaml_file import first_reason, nearest, read_yaml

RECIPES = Path(__file__).parents[1] / "recipes" / "simulate"
"""Where the presets of all kinds are: ``<kind>.yaml`` (the defaults, explained) and ``<kind>-<preset>.yaml``."""


class SettingsSection(BaseModel):
    """A group of settings inside a kind's settings: frozen, no unknown names, defaults checked too."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class KindSettings(SettingsSection):
    """Base of every kind's settings: a wrong name or value is a SettingsError in one sentence."""

    def __init__(self, **values: Any):
        try:
            check_names(type(self), values)
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(first_reason(error)) from None


def check_names(model: type[BaseModel], values: dict, prefix: str = "") -> None:
    """Hold the names of `values`, and of sections inside, against the fields of `model`.

    Raises
    ------
    SettingsError
        at the first name that `model` does not know; the message names the nearest.
    """
    for name, value in values.items():
        if name not in model.model_fields:
            raise SettingsError(f"there is no setting {prefix}{name}; {nearest(name, model.model_fields)}")
        section = _section_of(model, name)
        if section is not None and isinstance(value, dict):
            check_names(section, value, f"{prefix}{name}.")


def check_positive(**redshifts: Distribution) -> None:
    """For validators of settings: no redshift may be zero or negative (ValueError, which becomes a SettingsError)."""
    for name, law in redshifts.items():
        low = law.support[0]
        if not low > 0:
            reach = "has no lower end" if low == float("-inf") else f"reaches {low:g}"
            raise ValueError(f"{name} {reach}, but a redshift must be positive; give it a positive minimum")


def check_behind(z_lens: Distribution, z_source: Distribution, lens: str = "z_lens", source: str = "z_source") -> None:
    """For validators of settings: the source must be able to lie behind the lens (ValueError).

    Ranges may overlap: then the kind draws again what came out in the wrong order.
    """
    if not z_source.support[1] > z_lens.support[0]:
        raise ValueError(
            f"{source} reaches {z_source.support[1]:g} at most and {lens} starts at {z_lens.support[0]:g}: "
            "the source is in front of the lens; raise the one or lower the other"
        )


def resolve_settings(
    kind: str, config: Path | None = None, sets: list[str] | None = None, preset: str | None = None
) -> KindSettings:
    """The settings of a kind: its defaults, then the preset, the YAML file and each ``a.b=value``, later ones win.

    Raises
    ------
    SettingsError
        if a name or value is wrong anywhere; the message says where it was said.
    """
    return resolve(kind, config, sets, preset)[0]


def resolve(
    kind: str, config: Path | None = None, sets: list[str] | None = None, preset: str | None = None
) -> tuple[KindSettings, str | None]:
    """As `resolve_settings`, with the survey that preset or file name at their top (None where they name none)."""
    from lensmith.simulate.registry import settings_class

    model = settings_class(kind)
    layers: list[tuple[str, dict]] = []
    if preset is not None:
        layers.append((f"preset {preset}", read_yaml(preset_path(kind, preset))))
    if config is not None:
        layers.append((f"settings file {config}", read_yaml(config)))
    layers += [(f"--set {said}", _said(said)) for said in sets or []]
    content, survey = {}, None
    for where, layer in layers:
        survey = layer.pop("survey", survey)
        try:
            check_names(model, layer)
            content = _merged(model, content, layer)
            settings = model(**content)
        except SettingsError as error:
            raise SettingsError(f"{where}: {error}") from None
    return (settings if layers else model()), survey


def presets(kind: str) -> tuple[str, ...]:
    """Names of the presets of a kind."""
    names = [path.stem.removeprefix(f"{kind}-") for path in RECIPES.glob(f"{kind}-*.yaml")]
    return tuple(sorted(names))


def preset_path(kind: str, preset: str) -> Path:
    """The file of a preset.

    Raises
    ------
    SettingsError
        if the kind has no such preset.
    """
    known = presets(kind)
    if preset not in known:
        hint = nearest(preset, known) if known else "it has none"
        raise SettingsError(f"{kind} has no preset {preset}; {hint}")
    return RECIPES / f"{kind}-{preset}.yaml"


def _said(text: str) -> dict:
    """``a.b=value`` as nested mappings; the value is read as YAML."""
    import yaml

    name, equals, value = text.partition("=")
    if not equals or not all(part.strip() for part in name.split(".")):
        raise SettingsError(f"--set {text}: write it as name=value, for example --set theta_E=1.2")
    try:
        content = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise SettingsError(f"--set {text}: the value is not YAML: {' '.join(str(error).split())}") from None
    for part in reversed(name.split(".")):
        content = {part.strip(): content}
    return content


def _merged(model: type[BaseModel], below: dict, above: dict) -> dict:
    """`above` put over `below`: sections are merged, everything else (a distribution too) is replaced."""
    merged = dict(below)
    for name, value in above.items():
        section = _section_of(model, name)
        if section is not None and isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merged(section, merged[name], value)
        else:
            merged[name] = value
    return merged


def _section_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The section that a field holds, or None where it holds a plain value."""
    field = model.model_fields[name]
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, SettingsSection):
            return kind
    return None
