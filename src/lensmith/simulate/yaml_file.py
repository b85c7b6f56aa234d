"""Settings files in YAML, and what is wrong with them in one sentence."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from lensmith.errors import SettingsError


def read_yaml(path: Path) -> dict:
    """The mapping that a YAML file holds ({} for an empty one).

    Raises
    ------
    SettingsError
        if it cannot be read or holds something else.
    """
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"settings file {path}: {error.strerror}; check its name") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {path} is not YAML: {' '.join(str(error).split())}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"settings file {path}: it must hold `name: value` pairs, not a {type(content).__name__}")
    return content


def first_reason(error: ValidationError) -> str:
    """The first thing that a validation found wrong: name, value and reason."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] in ("value_error", "missing"):
        return f"{name}: {reason}" if name else reason
    return f"{name} = {first['input']!r}: {reason}" if name else reason


def nearest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """What to tell about an unknown name: the nearest known one if there is one, and all of them."""
    known = [str(one) for one in known]
    near = get_close_matches(str(name), known, n=1, cutoff=0.5)
    listed = f"known are {', '.join(known)}" + (f" ({otherwise})" if otherwise else "")
    return f"did you mean {near[0]}? ({listed})" if near else listed
