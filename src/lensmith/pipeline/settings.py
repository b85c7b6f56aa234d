"""Settings of a run: typed, frozen, from a YAML file and the command line."""

import dataclasses
import hashlib
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lensmith import __version__
from lensmith.data import ReadOptions
from lensmith.errors import SettingsError
from lensmith.modelling import ModelSettings
from lensmith.nets import find_checkpoint
from lensmith.pipeline.fingerprint import file_stamp

_PSF = {"psf", "psf_fwhm"}


class NetSettings(BaseModel):
    """Which networks look at the candidates before anything is fitted.

    `finder`, `estimator` and `segmenter` are shipped weights by name, run folders or files; null switches one off.
    An Einstein radius of the estimator that differs from the fit's by over `compare` sigma lowers the verdict; null:
    never. Its sigma are too small on real lenses, so that 3 would often be no one's fault (docs/find.md).
    `p_lens` holds where a share `prior` of the candidates are lenses; those below `min_p` are not fitted. `batch`
    cutouts are in memory together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    finder: str | None = "finder"
    estimator: str | None = "estimator"
    segmenter: str | None = "unet-mixed"
    compare: float | None = Field(5.0, gt=0)
    prior: float = Field(0.5, gt=0, lt=1)
    min_p: float = Field(0.0, ge=0, le=1)
    batch: int = Field(64, ge=1)

    def chosen(self) -> dict[str, str]:
        """Role -> weights of the networks that are on."""
        roles = {"finder": self.finder, "segmenter": self.segmenter, "estimator": self.estimator}
        return {role: weights for role, weights in roles.items() if weights is not None}


class RunSettings(BaseModel):
    """Everything that a run can be told, but for its inputs and its folder.

    `read` supplies what the files do not say, `model` steers the modelling, `nets` names the networks, `pictures` says
    whether to draw each candidate, `time_limit` [s] is when a candidate that is still being modelled is given up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: ReadOptions = Field(default_factory=ReadOptions)
    model: ModelSettings = Field(default_factory=ModelSettings)
    nets: NetSettings = Field(default_factory=NetSettings)
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
        flat |= {f"nets.{role}": served["sha256"] for role, served in self.weights().items()}
        if "estimator" in self.nets.chosen():
            flat["nets.compare"] = self.nets.compare
        if "finder" in self.nets.chosen():
            flat |= {"nets.min_p": self.nets.min_p, "nets.prior": self.nets.prior}
        if self.read.psf is not None:
            flat["read.psf"] = [str(self.read.psf), *file_stamp(_file_of(self.read.psf))]
        return flat

    def weights(self) -> dict[str, dict[str, str]]:
        """Role -> name and SHA-256 of the weights of every network that is on.

        Raises
        ------
        InputError
            if there are no such weights.
        """
        return {
            role: {"name": name, "sha256": _sha256(find_checkpoint(name))} for role, name in self.nets.chosen().items()
        }


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file_of(name: Path | str) -> Path:
    """The file that ``file.fits[SCI]`` is in."""
    return Path(name) if Path(name).exists() else Path(str(name).partition("[")[0])


def load_settings(
    file: Path | None = None,
    *,
    engine: str | None = None,
    sampler: str | None = None,
    quick: bool = False,
    no_nets: bool = False,
    min_p: float | None = None,
    **read,
) -> RunSettings:
    """Settings from a YAML file, what the command line says (`read`, None = not said) put on top.

    `quick` is the sampler laplace under another name; `no_nets` switches every network off.

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
    nets = _nets(_section(content, "nets", NetSettings.model_fields, where), no_nets, min_p)
    said = {name: value for name, value in read.items() if value is not None}
    if said.keys() & _PSF:
        # What the command line says of the PSF replaces what the file says, whichever way either says it.
        section = {name: value for name, value in section.items() if name not in _PSF}
    try:
        return RunSettings(**{**content, "read": section | said, "model": model, "nets": nets})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{where}: {name} = {first['input']!r}: {first['msg']}") from None


def _nets(section: dict, no_nets: bool, min_p: float | None) -> dict:
    if no_nets:
        if min_p is not None:
            raise SettingsError("--min-p asks the finder, which --no-nets switches off: leave one of them out")
        return section | dict.fromkeys(("finder", "estimator", "segmenter"))
    if min_p is None:
        return section
    if section.get("finder", NetSettings().finder) is None:
        raise SettingsError("--min-p asks the finder, and nets.finder is off: name its weights in --config")
    return section | {"min_p": min_p}


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
