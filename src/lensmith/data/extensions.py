"""Layouts within one FITS file, told from its extensions.

``SCI``/``ERR``|``WHT``|``VAR``/``PSF``/``DQ`` by EXTVER (HST style, DES cutouts), ``<BAND>_<KIND>`` (Euclid), or
plain images, one a band.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from lensmith.data.headers import band_name, header_text
from lensmith.data.loading import fits_file, merged_header
from lensmith.data.names import KINDS, NOISE_KINDS, classify, distinct_names
from lensmith.data.planes import Plane
from lensmith.data.sources import BandSource
from lensmith.errors import InputError


@dataclass(frozen=True)
class Extension:
    """One image extension: its place in the file, whose and what kind it is (and whether it says whose)."""

    number: int
    band: str
    kind: str
    rank: int
    shape: tuple[int, ...]
    says_band: bool


def read_extensions(path: Path) -> list[BandSource]:
    """The bands in a FITS file, from its headers alone.

    Raises
    ------
    InputError
        if no extension is a 2-D science image; for a cube the message says how a manifest names its axes.
    """
    with fits_file(path) as hdus:
        extensions, filters = _list_images(hdus)
    if not extensions:
        raise InputError(f"{path}: no extension holds an image")
    groups: dict[str, dict[str, Extension]] = {}
    for extension in extensions:
        group = groups.setdefault(extension.band, {})
        held = group.get(extension.kind)
        if held is None or extension.rank < held.rank:
            group[extension.kind] = extension
    science = {band: group for band, group in groups.items() if "sci" in group}
    if not science:
        raise InputError(f"{path}: no extension is named as an image; name it in a manifest, {path.name}[EXT]")
    sources, names = [], []
    for group in science.values():
        sources.append(_source(path, {**_shared(extensions), **group}))
        names.append(filters[group["sci"].number] or "image")
    names, notes = distinct_names(names)
    return [replace(source, name=name, notes=notes) for source, name in zip(sources, names, strict=True)]


def axes_to_plane(shape: tuple[int, ...], path: Path, extension: int | str) -> tuple[int | None, ...]:
    """`Plane.index` of the only 2-D image in an array of `shape`: axes of length 1 in front are dropped.

    Raises
    ------
    InputError
        for a cube, saying how to name its axes in a manifest.
    """
    if len(shape) == 2:
        return ()
    if all(side == 1 for side in shape[:-2]):
        return (0,) * (len(shape) - 2)
    if len(shape) == 3:
        plane = f"{path.name}[{extension}]"
        raise InputError(
            f"{path}: the image has 3 axes {shape} and the file does not say which is the band; give a manifest with "
            f"a row for each band and sci = {plane}[0,:,:] if the first axis is the band, {plane}[:,:,0] if the last"
        )
    raise InputError(f"{path}: extension {extension} has {len(shape)} axes {shape}; an image has two, [y, x]")


def _list_images(hdus) -> tuple[list[Extension], dict[int, str]]:
    """Every image with its band and kind, and the filters' names by HDU number.

    Extensions that bear only a kind's name are told apart by EXTVER, or by their order where EXTVER repeats. Names
    that say nothing are taken for images of a band only in a file where no extension is named as an image.
    """
    images = [(number, hdu) for number, hdu in enumerate(hdus) if hdu.is_image and hdu.header.get("NAXIS", 0) >= 2]
    labels = [header_text(hdu.header, "EXTNAME") for _, hdu in images]
    repeats = len({(label, hdu.ver) for label, (_, hdu) in zip(labels, images)}) < len(images)
    named = any(kind[1] == "sci" for label in labels if (kind := classify(label)))
    extensions, filters = [], {}
    for place, ((number, hdu), label) in enumerate(zip(images, labels)):
        found = classify(label)
        if found is None and label and named:
            continue
        band, kind, rank = found or (label, "sci", len(KINDS["sci"]))
        own_name, says_band = band, bool(band) or "EXTVER" in hdu.header
        if not band:
            band = str(1 + labels[:place].count(label) if repeats else hdu.ver)
        extensions.append(Extension(number, band, kind, rank, tuple(hdu.shape), says_band))
        filters[number] = own_name or band_name(merged_header(hdus, hdu)) or ""
    return extensions, filters


def _shared(extensions: list[Extension]) -> dict[str, Extension]:
    """The PSF, mask and flags that serve every band: the file holds one of them and does not say whose it is."""
    out = {}
    for kind in ("psf", "mask", "flags"):
        held = [extension for extension in extensions if extension.kind == kind]
        if len(held) == 1 and not held[0].says_band:
            out[kind] = held[0]
    return out


def _source(path: Path, group: dict[str, Extension]) -> BandSource:
    err_kind = next((kind for kind in NOISE_KINDS if kind in group), "sigma")
    planes = {
        kind: Plane(path, extension.number, axes_to_plane(extension.shape, path, extension.number))
        for kind, extension in group.items()
        if kind in ("sci", err_kind, "psf", "mask", "flags")
    }
    keys = {"sci": "sci", err_kind: "err", "psf": "psf", "mask": "mask", "flags": "flags"}
    return BandSource(err_kind=err_kind, **{keys[kind]: plane for kind, plane in planes.items()})
