"""The seventeen kinds of system of DeepGraviLens (Pinciroli Vago & Fraternali 2023) and their four classes.

The list is that of DeepZipper's simulations (Morgan et al. 2022, ApJ 927, 109, sect. 2): six systems, the same six with
a foreground star in the field, and five without any lens or galaxy pair.
"""

from dataclasses import dataclass
from typing import Literal

from lensmith.simulate.randomness import rng

CLASSES = ("no_lens", "lens", "lensed_snia", "lensed_sncc")
"""The classes, in the order of their indices and of the files GROUP_1 to GROUP_4."""

SupernovaGroup = Literal["", "ia", "cc"]


@dataclass(frozen=True)
class System:
    """What is in the sky of one kind of system.

    `galaxy`: at the centre, the lens where there is one; `source`: a galaxy behind, lensed by it; `neighbour`: another
    galaxy at the first one's redshift; `supernova`: ``ia`` or ``cc``, in the lensed source where there is one, else in
    the central galaxy; `central_star`, `field_star`: foreground stars.
    """

    name: str
    label: str
    galaxy: bool = True
    source: bool = False
    neighbour: bool = False
    supernova: SupernovaGroup = ""
    central_star: bool = False
    field_star: bool = False

    @property
    def index(self) -> int:
        """Index of the class."""
        return CLASSES.index(self.label)


_SIX = (
    {"name": "galaxy_galaxy_lens", "label": "lens", "source": True},
    {"name": "two_galaxies", "label": "no_lens", "neighbour": True},
    {"name": "lensed_snia", "label": "lensed_snia", "source": True, "supernova": "ia"},
    {"name": "lensed_sncc", "label": "lensed_sncc", "source": True, "supernova": "cc"},
    {"name": "one_galaxy", "label": "no_lens"},
    {"name": "many_galaxies", "label": "lens", "source": True, "neighbour": True},
)

SYSTEMS = (
    *(System(**kind) for kind in _SIX),
    *(System(**(kind | {"name": f"{kind['name']}_with_star", "field_star": True})) for kind in _SIX),
    System("empty_sky", "no_lens", galaxy=False),
    System("star", "no_lens", galaxy=False, central_star=True),
    System("two_stars", "no_lens", galaxy=False, central_star=True, field_star=True),
    System("unlensed_snia", "no_lens", supernova="ia"),
    System("unlensed_sncc", "no_lens", supernova="cc"),
)
"""All seventeen, in the order of DeepZipper's configurations 1 to 17."""


def system_of(seed: int, index: int) -> System:
    """The system of sample `index` of `seed`.

    Each run of four samples from a multiple of four holds each class once, in random order; within a class all systems
    are equally likely, as in DeepZipper.
    """
    order = rng(seed, index // len(CLASSES), "transient class").permutation(len(CLASSES))
    label = CLASSES[order[index % len(CLASSES)]]
    among = [system for system in SYSTEMS if system.label == label]
    return among[rng(seed, index, "transient system").integers(len(among))]
