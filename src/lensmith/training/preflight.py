"""What is looked at before an epoch is spent: every sample once, copies among them, room on the disk."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.errors import InputError, OutputError
from lensmith.training.source import Source
from lensmith.training.traces import copy_pairs, exact_marks, image_traces

_CHUNK = 64


@dataclass(frozen=True, eq=False)
class DataReport:
    """What a look at every sample found.

    Attributes
    ----------
    digest : SHA-256 over all samples and labels: the same data give the same, wherever they lie.
    traces : float32 ``[sample, feature]``, see `traces`.
    groups : int64 ``[sample]``; the source's groups, joined where samples are copies of each other.
    copies : int64 ``[pair, 2]``, samples that are copies; `exact` of them to the last bit.
    """

    digest: str
    traces: np.ndarray
    groups: np.ndarray
    copies: np.ndarray
    exact: int

    def summary(self, source: Source) -> dict[str, object]:
        """Numbers for the run folder."""
        first, second = self.copies.T
        split = source.split
        return {
            "source": source.where,
            "sha256": self.digest,
            "samples": len(source),
            "classes": {name: int(np.sum(source.labels == k)) for k, name in enumerate(source.classes)},
            "splits": {str(name): int(np.sum(split == name)) for name in np.unique(split) if name},
            "copies": len(self.copies),
            "copies_exact": self.exact,
            "copies_across_splits": int(np.sum(split[first] != split[second])),
            "copies_with_two_labels": int(np.sum(source.labels[first] != source.labels[second])),
        }

    def lines(self, source: Source) -> list[str]:
        """The same for people."""
        told = self.summary(source)
        counts = ", ".join(f"{n} {name}" for name, n in told["classes"].items())
        lines = [f"{told['samples']} samples in {source.where}: {counts}"]
        if told["copies"]:
            lines.append(
                f"{told['copies']} of them are copies of another ({told['copies_exact']} exact, the others turned, "
                f"flipped or rounded); {told['copies_across_splits']} across splits, "
                f"{told['copies_with_two_labels']} with another label; copies are kept on one side of every split"
            )
        return lines


def inspect(source: Source, image: str, tell=lambda line: None, every_class: bool = True) -> DataReport:
    """Read every sample once; `every_class`: each must have samples, since they are what is learnt.

    Raises
    ------
    InputError
        with the sample's name where one is corrupt, of another shape or not finite, or an error of a flux is below 0,
        or where a class is empty.
    """
    for k, name in enumerate(source.classes):
        if every_class and not np.any(source.labels == k):
            raise InputError(f"{source.where} has no sample of the class {name}: a class without samples is not learnt")
    traces, marks = [], []
    for start in range(0, len(source), _CHUNK):
        indices = np.arange(start, min(start + _CHUNK, len(source)))
        arrays = source.load(indices)
        images = arrays[image].reshape(len(indices), *source.shape)
        _refuse_unsound(arrays, indices, source)
        traces.append(image_traces(images))
        marks += exact_marks({image: images})
        if start and start % 10_000 < _CHUNK:
            tell(f"looked at {start} of {len(source)} samples")
    traces = np.concatenate(traces)
    copies = np.zeros((0, 2), np.int64) if source.made else copy_pairs(traces, min(source.shape[1:]))
    exact = sum(marks[i] == marks[j] for i, j in copies)
    digest = hashlib.sha256("".join(marks).encode() + source.labels.tobytes()).hexdigest()
    return DataReport(digest, traces, _joined(source.groups, copies), copies, exact)


def _refuse_unsound(arrays: dict[str, np.ndarray], indices: np.ndarray, source: Source) -> None:
    for name, values in arrays.items():
        if values.dtype.kind == "f" and values.ndim > 1:  # NaN of a plain number says that it is unknown
            bad = ~np.isfinite(values).reshape(len(indices), -1).all(1)
            if bad.any():
                sample = source.names[indices[np.argmax(bad)]]
                raise InputError(f"{source.where}, {sample}: {name} has values that are not finite; remove or mend it")
            if name.startswith("flux_error") and (values < 0).any():
                sample = source.names[indices[np.argmax((values < 0).reshape(len(indices), -1).any(1))]]
                raise InputError(f"{source.where}, {sample}: {name} is below 0; 0 says that a measurement is missing")


def _joined(groups: np.ndarray, copies: np.ndarray) -> np.ndarray:
    """Groups, those of copies made one."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    _, groups = np.unique(groups, return_inverse=True)
    edges = groups[copies]
    n = int(groups.max()) + 1
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1][groups]


def refuse_full_disk(folder: Path, needed: float) -> None:
    """OutputError where the disk of `folder` has less than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(
            f"{folder} has {free / 1e6:.0f} MB free and this training writes about {needed / 1e6:.0f} MB: make room or "
            "choose another --out"
        )
