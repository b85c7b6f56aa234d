"""Dark-matter haloes in weak-lensing skies: shear likelihood, aperture mass, mass map, detection."""

from lensmith.halos.analysis import FoundHalo, SkyResult, analyse_sky
from lensmith.halos.command import find_halos
from lensmith.halos.estimate import least_distance
from lensmith.halos.inference import Effort, Posterior, infer, number_probabilities
from lensmith.halos.mass_map import kaiser_squires
from lensmith.halos.priors import PRIORS, HaloPrior, load_prior

__all__ = [
    "PRIORS",
    "Effort",
    "FoundHalo",
    "HaloPrior",
    "Posterior",
    "SkyResult",
    "analyse_sky",
    "find_halos",
    "infer",
    "kaiser_squires",
    "least_distance",
    "load_prior",
    "number_probabilities",
]
