"""What is in the sky of one sample, as padded arrays: every sample of a kind has the same shapes, so one compiled
function draws them all.

A slot that is not used has zero flux (light) or zero strength (mass); the renderer skips those after the last used one.
Angles are in arcsec in the image's frame, fluxes in the image's unit, names are lenstronomy's.
"""

from typing import NamedTuple

import numpy as np

from lensmith.types import FloatArray

Parameters = dict[str, FloatArray]
"""Parameters by name, float32 ``[slot]`` each, or ``[sample, slot]`` for many samples."""

FIELDS: dict[str, dict[str, float]] = {
    "epl": {"theta_E": 0.0, "gamma": 2.0, "e1": 0.0, "e2": 0.0, "center_x": 0.0, "center_y": 0.0},
    "nfw": {"Rs": 1.0, "alpha_Rs": 0.0, "center_x": 0.0, "center_y": 0.0},
    "shear": {"gamma1": 0.0, "gamma2": 0.0},
    "light": {"R_sersic": 1.0, "n_sersic": 1.0, "e1": 0.0, "e2": 0.0, "center_x": 0.0, "center_y": 0.0},
    "points": {"x": 0.0, "y": 0.0},
    "spirals": {
        "R_sersic": 1.0,
        "e1": 0.0,
        "e2": 0.0,
        "center_x": 0.0,
        "center_y": 0.0,
        "arms": 2.0,
        "pitch": 0.3,
        "phase": 0.0,
        "contrast": 0.0,
    },
    "rings": {"radius": 1.0, "width": 0.1, "e1": 0.0, "e2": 0.0, "center_x": 0.0, "center_y": 0.0},
    "trails": {"center_x": 0.0, "center_y": 0.0, "angle": 0.0, "width": 0.1, "length": 1e6},
    "stamps": {"index": 0.0, "center_x": 0.0, "center_y": 0.0, "scale": 1.0, "angle": 0.0},
}
"""Parameters of each group of slots, with the value of an unused slot."""


class Scene(NamedTuple):
    """One sample, or many with a leading axis. Groups with no slots may be left out (None).

    Mass: `epl`, `nfw`, `shear`. Light: `light` and `other` are Sersic profiles in front, those of the lens and those
    of everything else; `source` is Sersic light behind the mass. `points` are point sources in the image plane.
    `spirals`, `rings` and `trails` belong to `other`; `light_stamps` and `source_stamps` are pictures of real
    galaxies out of a library. Every group of light has its total flux ``[slot, band]`` (trails: flux an arcsec).
    """

    epl: Parameters | None = None
    nfw: Parameters | None = None
    shear: Parameters | None = None
    light: Parameters | None = None
    light_flux: FloatArray | None = None
    source: Parameters | None = None
    source_flux: FloatArray | None = None
    points: Parameters | None = None
    point_flux: FloatArray | None = None
    other: Parameters | None = None
    other_flux: FloatArray | None = None
    spirals: Parameters | None = None
    spiral_flux: FloatArray | None = None
    rings: Parameters | None = None
    ring_flux: FloatArray | None = None
    trails: Parameters | None = None
    trail_flux: FloatArray | None = None
    light_stamps: Parameters | None = None
    light_stamp_flux: FloatArray | None = None
    source_stamps: Parameters | None = None
    source_stamp_flux: FloatArray | None = None


FLUX_OF = {
    "light": "light_flux",
    "source": "source_flux",
    "points": "point_flux",
    "other": "other_flux",
    "spirals": "spiral_flux",
    "rings": "ring_flux",
    "trails": "trail_flux",
    "light_stamps": "light_stamp_flux",
    "source_stamps": "source_stamp_flux",
}
"""The field with the fluxes of each group of light."""

_LIKE = {"source": "light", "other": "light", "light_stamps": "stamps", "source_stamps": "stamps"}
"""Groups with the parameters of another."""


def empty_scenes(n: int, bands: int, **slots: int) -> Scene:
    """`n` scenes with nothing in them, `slots` of each group by its name; ``shear=1`` for external shear.

    Arrays are NumPy float32, to be filled with `put`.
    """
    values: dict = {}
    for group, count in slots.items():
        if not count:
            continue
        example = FIELDS[_LIKE.get(group, group)]
        shape = (n,) if group == "shear" else (n, count)
        values[group] = {name: np.full(shape, value, np.float32) for name, value in example.items()}
        if group in FLUX_OF:
            values[FLUX_OF[group]] = np.zeros((n, count, bands), np.float32)
    return Scene(**values)


def put(scenes: Scene, group: str, sample: int, slot: int, flux=None, **parameters: float) -> None:
    """Write one profile into its slot of sample `sample`; `flux` is ``[band]`` for a group of light."""
    table = getattr(scenes, group)
    for name, value in parameters.items():
        table[name][sample, slot] = value
    if flux is not None:
        getattr(scenes, FLUX_OF[group])[sample, slot] = flux


def take(scenes: Scene, samples) -> Scene:
    """The scenes of `samples` (indices or a slice), or one scene for an integer."""
    return Scene(*(_take(value, samples) for value in scenes))


def _take(value, samples):
    if value is None:
        return None
    return {name: array[samples] for name, array in value.items()} if isinstance(value, dict) else value[samples]
