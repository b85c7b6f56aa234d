"""What there is to model: candidates found in files, folders, manifests and stacks, without reading pixels."""

import itertools
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lensmith.data.companions import companion_groups, is_companion
from lensmith.data.manifest import ManifestRow, read_manifest
from lensmith.data.names import classify
from lensmith.data.options import ReadOptions
from lensmith.data.planes import FITS_SUFFIXES, HDF5_SUFFIXES, has_suffix, stem
from lensmith.data.sources import BandSource
from lensmith.data.stacks import stack_size
from lensmith.errors import InputError

MANIFEST_NAMES = ("manifest.csv", "manifest.ecsv")
MANIFEST_SUFFIXES = (".csv", ".ecsv")


@dataclass(frozen=True)
class Candidate:
    """One candidate before its pixels are read: small and picklable.

    Attributes
    ----------
    id : unique in a run, safe as the name of a folder.
    path : the file that it comes from; the folder where data, noise and PSF are separate files.
    sources : the files of each band, where they were told apart by their names.
    rows : the lines of a manifest, one a band.
    index : which image of a stack.

    With none of the last three, `path` is one file that tells its own layout when it is read.
    """

    id: str
    path: Path
    sources: tuple[BandSource, ...] = ()
    rows: tuple[ManifestRow, ...] = ()
    index: int | None = None


def find_candidates(inputs: Sequence[Path], options: ReadOptions | None = None) -> list[Candidate]:
    """Every candidate in `inputs`, in order, each once; files are not opened except to count the images of a stack.

    A folder is searched with its sub-folders, in order of name: FITS and HDF5 files; data, noise and PSF files that
    belong together; a ``manifest.csv`` (or ``.ecsv``), which then speaks for its whole folder. Hidden folders and
    the run folders that lensmith writes are passed over. `options` are checked by being made; nothing here needs them.

    Raises
    ------
    InputError
        if an input does not exist, or a folder holds nothing to read.
    SettingsError
        if a manifest's columns are wrong.
    """
    found: list[Candidate] = []
    for item in map(Path, inputs):
        if not item.exists():
            raise InputError(f"{item}: no such file or folder")
        more = _in_folder(item) if item.is_dir() else _in_file(item)
        if not more:
            raise InputError(f"{item}: no FITS or HDF5 images and no manifest.csv in this folder")
        found += more
    return _with_unique_ids(_each_once(found))


def _in_file(path: Path) -> list[Candidate]:
    if has_suffix(path, MANIFEST_SUFFIXES):
        return [Candidate(name, path, rows=rows) for name, rows in read_manifest(path).items()]
    size = stack_size(path)
    if size is not None:
        return [Candidate(f"{stem(path)}_{index:05d}", path, index=index) for index in range(size)]
    named = classify(stem(path))
    beside = sorted(path.parent.iterdir()) if named and named[1] == "sci" else []
    for group in companion_groups(beside):
        if any(path == source.sci.path for source in group.sources):
            return [Candidate(group.name or path.resolve().parent.name, path.parent, sources=group.sources)]
    return [Candidate(stem(path), path)]


def _in_folder(folder: Path) -> list[Candidate]:
    found: list[Candidate] = []
    for here, folders, names in os.walk(folder):
        place = Path(here)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not _is_run(place / name))
        manifest = next((place / name for name in MANIFEST_NAMES if name in names), None)
        if manifest is not None:
            folders.clear()
            found += _in_file(manifest)
            continue
        files = [place / name for name in sorted(names) if not name.startswith(".")]
        files = [path for path in files if has_suffix(path, FITS_SUFFIXES + HDF5_SUFFIXES)]
        groups = companion_groups(files)
        used = {plane.path for group in groups for source in group.sources for plane in source.planes()}
        found += [Candidate(group.name or place.resolve().name, place, sources=group.sources) for group in groups]
        for path in files:
            if path not in used and not is_companion(path):
                found += _in_file_alone(path)
    return found


def _in_file_alone(path: Path) -> list[Candidate]:
    size = stack_size(path)
    if size is None:
        return [Candidate(stem(path), path)]
    return [Candidate(f"{stem(path)}_{index:05d}", path, index=index) for index in range(size)]


def _is_run(folder: Path) -> bool:
    return (folder / "run.json").exists()


def _each_once(found: list[Candidate]) -> list[Candidate]:
    seen: set[tuple] = set()
    out = []
    for candidate in found:
        names = tuple(source.name for source in candidate.sources) + tuple(row.sci for row in candidate.rows)
        key = (candidate.path.resolve(), candidate.id, candidate.index, names)
        if key not in seen:
            seen.add(key)
            out.append(candidate)
    return out


def safe_id(text: str) -> str:
    """`text` as the name of a folder: anything but letters, digits and ``. _ + - = @ ,`` becomes ``_``."""
    out = re.sub(r"[^\w.+\-=@,]", "_", text.strip())
    return ("_" + out[1:] if out.startswith(".") else out) or "_"


def _with_unique_ids(found: list[Candidate]) -> list[Candidate]:
    """Ids made to differ: folders' names are put in front where they clash, as many as it takes, a number at last."""
    bases = [safe_id(candidate.id) for candidate in found]
    ids = list(bases)
    parents = [candidate.path.resolve().parent.parts[1:] for candidate in found]
    for depth in range(1, max(map(len, parents), default=0) + 1):
        counts = Counter(ids)
        clashing = [place for place, name in enumerate(ids) if counts[name] > 1]
        if not clashing:
            break
        for place in clashing:
            ids[place] = safe_id("_".join((*parents[place][-depth:], bases[place])))
    taken: set[str] = set()
    for place, name in enumerate(ids):
        numbered = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
        ids[place] = next(each for each in numbered if each not in taken)
        taken.add(ids[place])
    return [replace(candidate, id=name) for candidate, name in zip(found, ids, strict=True)]
