"""Skies of whatever kind that a command is given: galaxy catalogues, pictures, FITS images, folders of them."""

from collections.abc import Iterable
from pathlib import Path

from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.galaxy_shapes import measure_picture
from lensmith.data.sky_tables import read_sky_table
from lensmith.errors import InputError

_TABLES = (".csv", ".ecsv", ".fits", ".fit")
_IMAGES = (".png",)
_NOT_SKIES = ("halos", "labels", "lenses")


def list_skies(skies: Iterable[Path | str]) -> dict[str, Path]:
    """The files of skies by name: the stem, with the folder's name in front where stems clash."""
    paths: list[Path] = []
    for given in map(Path, skies):
        if given.is_dir():
            inside = sorted(p for p in given.iterdir() if p.suffix.lower() in _TABLES + _IMAGES)
            paths += [p for p in inside if not p.stem.lower().endswith(_NOT_SKIES)]
        elif given.exists():
            paths.append(given)
        else:
            raise InputError(f"{given} is not there")
    if not paths:
        raise InputError("no sky given: name galaxy catalogues (.csv, .ecsv, .fits) or pictures (.png)")
    stems = [path.stem for path in paths]
    names = [p.stem if stems.count(p.stem) == 1 else f"{p.resolve().parent.name}-{p.stem}" for p in paths]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"two skies are called {twice}; rename one, or look at them in separate runs")
    return dict(zip(names, paths))


def read_sky(path: Path, flip_e2: bool = False, psf_sigma: float = 0.0) -> GalaxyField:
    """The galaxies of a catalogue, or those measured in an image.

    Raises
    ------
    InputError
        for what is neither.
    """
    if path.suffix.lower() in _IMAGES or (path.suffix.lower() in (".fits", ".fit") and not _holds_table(path)):
        return measure_picture(path, psf_sigma)
    return read_sky_table(path, flip_e2)


def _holds_table(path: Path) -> bool:
    from astropy.io import fits

    try:
        with fits.open(path) as file:
            return any(isinstance(unit, fits.BinTableHDU | fits.TableHDU) for unit in file)
    except OSError as error:
        raise InputError(f"{path} cannot be read as FITS: {error}") from error
