"""Typed, frozen settings of networks and recipes: an unknown name is an error that names the nearest."""

from difflib import get_close_matches
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lensmith.errors import SettingsError


class Settings(BaseModel):
    """A group of settings: frozen, no unknown names, defaults checked too."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def build_settings(model: type[Settings], values: dict[str, Any], where: str) -> Any:
    """`model` filled with `values`; `where` opens the message of what is wrong.

    Raises
    ------
    SettingsError
        naming the first unknown name and the nearest known one, or the first value that cannot be.
    """
    _check_names(model, values, where, "")
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        said = f"{name} = {first['input']!r}: " if name else ""
        raise SettingsError(f"{where}: {said}{first['msg'].removeprefix('Value error, ')}") from None


def nearest(name: str, known) -> str:
    """What to say of an unknown name: the nearest known one, or all of them."""
    near = get_close_matches(str(name), [str(one) for one in known], n=1, cutoff=0.4)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _check_names(model: type[Settings], values: dict, where: str, prefix: str) -> None:
    for name, value in values.items():
        if name not in model.model_fields:
            raise SettingsError(f"{where}: there is no setting {prefix}{name}; {nearest(name, model.model_fields)}")
        section = section_of(model, name)
        if section is not None and isinstance(value, dict):
            _check_names(section, value, where, f"{prefix}{name}.")


def section_of(model: type[Settings], name: str) -> type[Settings] | None:
    """The section that a field holds, or None where it holds a plain value."""
    annotation = model.model_fields[name].annotation
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, Settings):
            return kind
    return None


class InputSettings(Settings):
    """How stored images become what a network reads: the same in training, evaluation and prediction.

    Attributes
    ----------
    array : the array of a data set that holds the images, ``[sample, y, x]`` or ``[sample, band, y, x]``.
    blur : sigma in pixels of a Gaussian that images are smoothed with, first of all; 0 leaves them.
    bin : pixels along a side that are averaged into one.
    side : pixels of the centre that are kept after that; None keeps all.
    scale : ``none``; ``minmax``, each image to 0 ... 1 as the public sets have it; ``asinh``, asinh(image / softening)
        / 2 - 0.4, for images in flux; ``standard``, each image less its mean and over its standard deviation.
    softening : of ``asinh``, in the unit of the images.
    """

    array: str = "image"
    blur: float = Field(0.0, ge=0)
    bin: int = Field(1, ge=1)
    side: int | None = Field(None, ge=8)
    scale: Literal["none", "minmax", "asinh", "standard"] = "minmax"
    softening: float = Field(0.02, gt=0)


class NetworkSpec(Settings):
    """All that it takes to build a network again: it travels in the header of its weights.

    `name` is one of `NETWORKS`, `settings` that network's own, `shape` that of the stored images (band, y, x).
    """

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)
    inputs: InputSettings = InputSettings()
    shape: tuple[int, int, int] = (1, 150, 150)
    classes: tuple[str, ...] = ("no", "sphere", "vort")
