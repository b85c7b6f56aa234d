"""Data, noise map and PSF as separate files in one folder, told by their names (AutoLens, dolphin)."""

from dataclasses import dataclass
from pathlib import Path

from lensmith.data.names import NOISE_KINDS, classify, split_filter
from lensmith.data.planes import FITS_SUFFIXES, HDF5_SUFFIXES, Plane, has_suffix, stem
from lensmith.data.sources import BandSource

AUTOLENS_MASK = "MASK_EXTRA_GALAXIES"
"""AutoLens's mask of neighbours, in which 1 = exclude."""


@dataclass(frozen=True)
class CompanionGroup:
    """Files of one candidate; `name` is what their names share, '' where they share nothing but the folder."""

    name: str
    sources: tuple[BandSource, ...]


def is_companion(path: Path) -> bool:
    """Whether the file's name says that it is a noise map, PSF or mask: never a candidate by itself."""
    found = classify(stem(path))
    return stem(path).upper() == AUTOLENS_MASK or (found is not None and found[1] not in ("sci", "other"))


def is_autolens_mask(path: Path) -> bool:
    """Whether in this mask 1 = exclude: AutoLens's masks, known by name or by the data and noise map beside them."""
    name = stem(path).lower()
    if "extra_galaxies" in name:
        return True
    beside = {stem(other).lower() for other in path.parent.glob("*.fits")} if name.startswith("mask") else set()
    return {"data", "noise_map"} <= beside


def companion_groups(files: list[Path]) -> list[CompanionGroup]:
    """The files of one folder that belong together: an image and a noise map or PSF whose names otherwise agree.

    ``data``, ``noise_map`` and ``psf`` are one candidate; so are ``g_data``, ``g_psf``, ``r_data`` ... in two bands;
    ``image_A_F814W``, ``psf_A_F814W``, ``image_B_F814W`` ... are candidates A and B.
    """
    held: dict[str, dict[str, Path]] = {}
    for path in files:
        if not has_suffix(path, FITS_SUFFIXES + HDF5_SUFFIXES):
            continue
        name = stem(path)
        rest, kind, _ = ("", "autolens_mask", 0) if name.upper() == AUTOLENS_MASK else classify(name) or ("", "", 0)
        if kind and kind != "other":
            held.setdefault(rest, {}).setdefault(kind, path)
    if "autolens_mask" in held.get("", {}) and "sci" not in held[""]:
        held[""].pop("autolens_mask")
    groups: dict[str, list[BandSource]] = {}
    for rest, kinds in held.items():
        if "sci" in kinds and len(kinds) > 1:
            name, band = split_filter(rest) if rest else ("", "")
            groups.setdefault(name, []).append(_source(kinds, band or None))
    return [CompanionGroup(name, tuple(sources)) for name, sources in groups.items()]


def _source(kinds: dict[str, Path], band: str | None) -> BandSource:
    planes = {kind: Plane(path) for kind, path in kinds.items()}
    err_kind = next((kind for kind in NOISE_KINDS if kind in kinds), "sigma")
    autolens = "autolens_mask" in kinds or ("mask" in kinds and is_autolens_mask(kinds["mask"]))
    mask = planes.get("autolens_mask") or planes.get("mask")
    notes = (f"mask {mask.path.name} is read as 1 = exclude, as AutoLens writes it",) if mask and autolens else ()
    return BandSource(
        sci=planes["sci"],
        name=band,
        err=planes.get(err_kind),
        err_kind=err_kind,
        psf=planes.get("psf"),
        mask=mask,
        flags=planes.get("flags"),
        mask_excludes=autolens,
        notes=notes,
    )
