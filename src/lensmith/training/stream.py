"""Training on samples that are made while they are needed: sample i of the seed, never seen twice."""

from dataclasses import dataclass

import numpy as np

from lensmith.data.dark_worlds import FIELD_SIDE
from lensmith.training.recipe import SimulateSection
from lensmith.training.sky_source import DERIVED, derived
from lensmith.training.source import Source, label_classes


@dataclass(frozen=True, eq=False)
class Stream:
    """Samples of `lensmith.simulate`: the first `validation` of the seed are set apart, training takes what follows."""

    section: SimulateSection
    reads: tuple[str, ...]
    may_read: tuple[str, ...] = ()

    def load(self, indices) -> tuple[dict[str, np.ndarray], np.ndarray, tuple[str, ...]]:
        """Arrays, labels and class names of training samples `indices`, 0 and up, without end."""
        indices = np.asarray(indices) + self.section.validation
        return self._made(int(indices.min()), int(indices.max()) + 1, indices)

    def validation(self) -> Source:
        """The samples that are set apart, in memory."""
        n = self.section.validation
        arrays, labels, classes = self._made(0, n, np.arange(n))
        shape = arrays[self.reads[0]].shape[1:]
        return Source(
            where=f"simulated {self.section.kind}",
            names=tuple(f"sample {i}" for i in range(n)),
            labels=labels,
            classes=classes,
            split=np.full(n, "val"),
            groups=np.arange(n),
            shape=shape if len(shape) == 3 else (1, *shape),
            reader=_Kept(arrays),
        )

    def _made(self, start: int, stop: int, indices: np.ndarray):
        from lensmith.simulate import samples

        section = self.section
        parts = list(
            samples(section.kind, section.seed, section.survey, dict(section.settings), start, stop, stop - start)
        )
        side = float(section.settings.get("side", FIELD_SIDE))
        names = (*self.reads, *(name for name in self.may_read if name in parts[0].arrays))
        arrays = {name: np.concatenate([_named(part, name, side) for part in parts]) for name in names}
        truth = {name: np.concatenate([part.truth[name] for part in parts]) for name in parts[0].truth}
        labels, classes = label_classes(truth, f"simulated {section.kind}")
        places = indices - start
        return {name: values[places].astype(np.float32) for name, values in arrays.items()}, labels[places], classes


@dataclass(frozen=True, eq=False)
class _Kept:
    arrays: dict[str, np.ndarray]

    def __call__(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        return {name: values[indices] for name, values in self.arrays.items()}


def _named(part, name: str, side: float) -> np.ndarray:
    if name in DERIVED and "catalogue" in part.arrays:
        return derived(name, part.arrays["catalogue"], part.arrays["haloes"], side)
    return part.arrays[name] if name in part.arrays else np.asarray(part.truth[name])
