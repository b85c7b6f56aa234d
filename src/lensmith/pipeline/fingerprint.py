"""Whether a result still belongs to its input: hashes of all that it depends on."""

import dataclasses
import hashlib
import json
from pathlib import Path

from lensmith.data import Candidate
from lensmith.data.manifest import manifest_sources
from lensmith.errors import LensmithError


def fingerprint(candidate: Candidate, settings: dict) -> str:
    """Hash of the candidate's files (place, size, time), of its own rows of the manifest, and of the settings.

    Where a manifest or a folder holds several candidates, what is new beside one of them does not change its hash.
    """
    rows = [dataclasses.asdict(row) for row in candidate.rows]
    own = [{name: value for name, value in row.items() if name not in ("manifest", "line")} for row in rows]
    stamps = [file_stamp(path) for path in sorted(_files(candidate))]
    text = json.dumps([candidate.id, candidate.index, own, stamps, settings], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _files(candidate: Candidate) -> set[Path]:
    try:
        sources = candidate.sources or (manifest_sources(candidate.rows) if candidate.rows else ())
    except LensmithError:
        sources = ()  # Reading it will say what is wrong.
    return {plane.path for source in sources for plane in source.planes()} or {candidate.path}


def file_stamp(path: Path) -> tuple:
    """Absolute path, size and time of a file."""
    try:
        status = path.stat()
    except OSError:
        return str(path.absolute()), "missing"
    return str(path.absolute()), status.st_size, status.st_mtime_ns
