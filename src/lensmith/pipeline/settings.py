"""Settings of a run: typed, frozen, from a YAML file and the command line."""

import dataclasses
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lensmith import __version__
from lensmith.data import ReadOptions
from lensmith.errors import SettingsError
from lensmith.modelling import ModelSettings
from lensmith.pipeline.fingerprint import file_stamp

_PSF = {"psf", "psf_fwhm"}


class RunSettings(BaseModel):
    """Everything that a run can be told, but for its inputs and its folder.

    `read` supplies what the files do not say, `model` steers the modelling, `pictures` says whether to draw each
    candidate, `time_limit` [s] is when a candidate that is still being modelled is given up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: ReadOptions = Field(default_factory=ReadOptions)
    model: ModelSettings = Field(default_factory=ModelSettings)
    pictures: bool = True
    time_limit: float = Field(3600.0, gt=0)

    def shaping_results(self) -> dict[str, object]:
        """What results depend on beside their input, as flat JSON-able pairs ``section.name -> value``.

        The version of lensmith is among them. A PSF file is named with its size and time, so that a new file under an
        old name counts as another setting.
        """
        flat = {"lensmith": __version__, "pictures": self.pictures}
        for section, values in self.model_dump(mode="json", include={"read", "model"}).items():
            flat |= {f"{section}.{name}": value for name, value in values.items()}
        if self.read.psf is not None:
            flat["read.psf"] = [str(self.read.psf), *file_stamp(_file_of(self.read.psf))]
        return flat


def _file_of(name: Path | str) -> Path:
    """The file that ``file.fits[SCI]`` is in."""
    return Path(name) if Path(name).exists() else Path(str(name).partition("[")[0])


def load_settings(
    file: Path | None = None, *, engine: str | None = None, sampler: str | None = None, quick: bool = False, **read
) -> RunSettings:
    """Settings from a YAML file, what the command line says (`read`, None = not said) put on top.

    `quick` is the sampler laplace under another name.

    Raises
    ------
    SettingsError
        if the file cannot be read, names something that does not exist or gives a value that cannot be.
    """
    content = {} if file is None else _read_yaml(file)
    where = f"settings file {file}" if file else "the settings"
    _check_names(content, RunSettings.model_fields, where, "")
    section = _section(content, "read", [field.name for field in dataclasses.fields(ReadOptions)], where)
    model = _section(content, "model", ModelSettings.model_fields, where)
    if quick and sampler not in (None, "laplace"):
        raise SettingsError(f"--quick means --sampler laplace; it cannot go with --sampler {sampler}")
    if quick or sampler is not None:
        model["sampler"] = "laplace" if quick else sampler
    if engine is not None:
        model["engine"] = engine
    said = {name: value for name, value in read.items() if value is not None}
    if said.keys() & _PSF:
        # What the command line says of the PSF replaces what the file says, whichever way either says it.
        section = {name: value for name, value in section.items() if name not in _PSF}
    try:
        return RunSettings(**{**content, "read": section | said, "model": model})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{where}: {name} = {first['input']!r}: {first['msg']}") from None


def _read_yaml(file: Path) -> dict:
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"settings file {file}: {error.strerror}; check --config") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise SettingsError(f"settings file {file} is not YAML: {reason}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"settings file {file}: it must hold `name: value` pairs, not a {type(content).__name__}")
    return content


def _section(content: dict, name: str, known, where: str) -> dict:
    section = content.get(name) or {}
    if not isinstance(section, dict):
        raise SettingsError(f"{where}: {name} must hold `name: value` pairs, not {section!r}")
    _check_names(section, known, where, f"{name}.")
    return dict(section)


def _check_names(given: dict, known, where: str, prefix: str) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(str(name), list(known), n=1, cutoff=0.4)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known are {', '.join(known)}"
            raise SettingsError(f"{where}: there is no setting {prefix}{name}; {hint}")
