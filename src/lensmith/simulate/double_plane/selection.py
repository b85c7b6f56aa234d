"""What is measured of a simulated system, and whether it passes the cuts."""

import numpy as np

from lensmith.simulate.double_plane.settings import Cuts
from lensmith.types import FloatArray


def isolation(source: FloatArray, lens: FloatArray, kept: float = 0.9) -> float:
    """Share of the source in the light under its own arcs, weighted by the arcs, averaged over the bands.

    `source` and `lens` are ``[band, y, x]``. The aperture is the brightest pixels of the source that hold `kept` of
    its flux (the statistic of the public DES double-source pipeline). It may exceed 1 over a negative background.
    """
    shares = []
    for arcs, front in zip(source, lens):
        weight = arcs / arcs.sum()
        ordered = np.sort(weight, axis=None)
        threshold = ordered[np.cumsum(ordered) > 1 - kept][0]
        weight = np.where(weight >= threshold, weight, 0)
        light, other = (weight * arcs).sum(), (weight * front).sum()
        shares.append(light / (light + other) if light + other > 0 else 1.0)
    return float(np.mean(shares))


def measure(system: dict, images: dict, reference: int, zero_points: FloatArray) -> dict:
    """Magnification, lensed magnitude (reference band), isolation and image distance of both sources of one sample."""
    measured = {}
    for k in (0, 1):
        lensed = images["lensed_flux"][k].astype(float)
        magnitude = zero_points[reference] - 2.5 * np.log10(max(lensed[reference], 1e-30))
        intrinsic = system[f"source_{k + 1}_magnitudes"][reference]
        measured |= {
            f"magnification_{k + 1}": 10 ** (0.4 * (intrinsic - magnitude)),
            f"lensed_magnitude_{k + 1}": magnitude,
            f"isolation_{k + 1}": isolation(images[f"source_{k + 1}"], images["lens"]),
            f"image_distance_{k + 1}": float(images["image_distance"][k]),
        }
    return measured


def passes(system: dict, measured: dict, cuts: Cuts) -> bool:
    """Whether both sources pass every cut (the one on theta_E has been made when the system was drawn)."""
    for name in ("lensed_magnitude", "magnification", "isolation", "image_distance"):
        limits = getattr(cuts, name)
        if limits and not all(limits[0] <= measured[f"{name}_{k}"] <= limits[1] for k in (1, 2)):
            return False
    apart = abs(measured["image_distance_1"] - measured["image_distance_2"])
    if cuts.distance_difference is not None and apart < cuts.distance_difference:
        return False
    colours = [np.diff(system[f"source_{k}_magnitudes"]) for k in (1, 2)]
    # Colours against the first band, as the pipeline counts them.
    difference = np.abs(np.cumsum(colours[0]) - np.cumsum(colours[1])).sum()
    return cuts.colour_difference is None or bool(difference >= cuts.colour_difference)
