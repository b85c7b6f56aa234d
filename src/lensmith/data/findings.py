"""What the networks say about one candidate before anything is fitted: `Findings`, plain numbers and small arrays."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from zipfile import BadZipFile

import numpy as np

from lensmith.data.atomic import atomic_write
from lensmith.data.records import frozen
from lensmith.errors import InputError

PARAMETERS = MappingProxyType(
    {
        "theta_E": "arcsec",
        "e1": "",
        "e2": "",
        "x_lens": "arcsec",
        "y_lens": "arcsec",
        "gamma1": "",
        "gamma2": "",
    }
)
"""What an estimator may speak of, with units; names, frame and conventions are the catalogue's."""


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found in one candidate by looking at it; angles in the frame of its first band.

    Attributes
    ----------
    p_lens : probability of being a lens, or None where no finder looked.
    prior : share of lenses among the candidates at which `p_lens` holds.
    parameters : names out of `PARAMETERS` that the estimate is of; empty where there is none.
    mean : float64 ``[p]``, centre of the estimate's Gaussian.
    covariance : float64 ``[p, p]``, symmetric, positive definite.
    classes : uint8 ``[y, x]``, segmentation of the first band's pixels (classes as in `data.labels.CLASSES`), or None.
    probabilities : float32 ``[class, y, x]``, of the same pixels, or None.
    notes : what could not be looked at, and why; what served instead.
    """

    p_lens: float | None = None
    parameters: tuple[str, ...] = ()
    mean: np.ndarray | None = None
    covariance: np.ndarray | None = None
    classes: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    prior: float = 0.5

    def __post_init__(self):
        n = len(self.parameters)
        object.__setattr__(self, "mean", frozen(np.zeros(0) if self.mean is None else self.mean, float))
        wide = np.zeros((0, 0)) if self.covariance is None else self.covariance
        object.__setattr__(self, "covariance", frozen(wide, float))
        for name, kind in (("classes", np.uint8), ("probabilities", np.float32)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen(getattr(self, name), kind))
        if self.p_lens is not None and not 0 <= self.p_lens <= 1:
            raise InputError(f"p_lens must lie between 0 and 1, not {self.p_lens}")
        if not 0 < self.prior < 1:
            raise InputError(f"the share of lenses must lie between 0 and 1, not {self.prior}")
        if unknown := [name for name in self.parameters if name not in PARAMETERS]:
            raise InputError(f"findings cannot speak of {unknown[0]}; known are {', '.join(PARAMETERS)}")
        if self.mean.shape != (n,) or self.covariance.shape != (n, n):
            raise InputError(f"{n} parameters need a mean [{n}] and a covariance [{n}, {n}]")
        if n and not _is_covariance(self.covariance, self.mean):
            raise InputError("mean and covariance of findings must be finite, the covariance positive definite")
        self._check_segmentation()

    def _check_segmentation(self) -> None:
        if self.classes is not None and self.classes.ndim != 2:
            raise InputError(f"classes must be [y, x], not of shape {self.classes.shape}")
        if self.probabilities is not None:
            if self.probabilities.ndim != 3:
                raise InputError(f"probabilities must be [class, y, x], not of shape {self.probabilities.shape}")
            if self.classes is not None and self.probabilities.shape[1:] != self.classes.shape:
                raise InputError("classes and probabilities must be of the same pixels")

    def value(self, name: str) -> float | None:
        """The estimate of a parameter, or None."""
        return float(self.mean[self.parameters.index(name)]) if name in self.parameters else None

    def sigma(self, name: str) -> float | None:
        """Its 1 sigma, the other parameters being free; or None."""
        if name not in self.parameters:
            return None
        place = self.parameters.index(name)
        return float(np.sqrt(self.covariance[place, place]))

    def row(self) -> dict[str, float]:
        """The catalogue's columns that this fills: `p_lens`, `nn_theta_E`, `nn_theta_E_sigma`."""
        known = {"p_lens": self.p_lens, "nn_theta_E": self.value("theta_E"), "nn_theta_E_sigma": self.sigma("theta_E")}
        return {name: value for name, value in known.items() if value is not None}


def _is_covariance(covariance: np.ndarray, mean: np.ndarray) -> bool:
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        return False
    if not np.allclose(covariance, covariance.T, rtol=1e-6, atol=1e-12):
        return False
    return bool((np.linalg.eigvalsh(covariance) > 0).all())


def write_findings(found: Findings, path: Path) -> None:
    """Write findings as an ``.npz`` without pickles, whole or not at all; what is None is left out."""
    words = {"p_lens": found.p_lens, "prior": found.prior, "parameters": found.parameters, "notes": found.notes}
    arrays = {"words": np.array(json.dumps(words)), "mean": found.mean, "covariance": found.covariance}
    for name in ("classes", "probabilities"):
        if getattr(found, name) is not None:
            arrays[name] = getattr(found, name)
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def read_findings(path: Path) -> Findings:
    """Findings that `write_findings` wrote.

    Raises
    ------
    InputError
        if the file is missing or not whole.
    """
    try:
        with open(path, "rb") as whole, np.load(whole, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        words = json.loads(str(arrays.pop("words")))
        parameters, notes = tuple(words["parameters"]), tuple(words["notes"])
        about = {"p_lens": words["p_lens"], "prior": words["prior"], "parameters": parameters, "notes": notes}
        return Findings(**about, **arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise InputError(f"{path} holds no findings ({' '.join(str(error).split())}): run with --fresh") from None
