"""How much the score owes to a population that was fitted to the same skies: populations from the other half of them.

The population of the heaviest halo is fitted anew, by expectation maximisation, to true positions of every other public
sky, and the one-halo skies of the other half are located with it; then the halves change places.
"""

from itertools import product

import numpy as np

from benchmarks.halos_kept import kept
from benchmarks.halos_skies import PRIOR, SIDE, fitted, real_field, real_truths
from lensmith.halos import HaloPrior, infer, least_distance
from lensmith.halos.priors import Kind
from lensmith.metrics import bootstrap_interval
from lensmith.physics.weak_lensing import halo_ellipticity

AMPLITUDES = np.log(np.geomspace(0.04, 1.2, 18))
SCALES = np.log(np.geomspace(100, 4000, 18) / SIDE)
_LIGHT = ((0.09, 328.0), (0.33, 118.0), (1e-6, 100.0))
"""What the further haloes of a sky may be while its heaviest one is fitted; the last is none."""
_STEPS = 200


def surface(truth) -> np.ndarray:
    """ln L of a real sky with its heaviest halo in its place, ``[amplitude, scale]``."""
    field = real_field(truth)
    e = np.stack([field.e1, field.e2])

    def shear(place, amplitude, scale):
        return np.array(halo_ellipticity(PRIOR.law, field.x, field.y, *place, amplitude, scale))

    others = [[shear(place, *light) for light in _LIGHT] for place in truth.positions[1:]]
    rests = [e - sum(chosen) for chosen in product(*others)]
    values = np.empty((len(AMPLITUDES), len(SCALES)))
    for i, j in product(range(len(AMPLITUDES)), range(len(SCALES))):
        g = shear(truth.positions[0], np.exp(AMPLITUDES[i]), SIDE * np.exp(SCALES[j]))
        values[i, j] = max(-((rest - g) ** 2).sum() for rest in rests) / (2 * PRIOR.shape_noise**2)
    return values - values.max()


def population(surfaces: np.ndarray) -> tuple[Kind, ...]:
    """Two kinds of haloes, log-normal in amplitude and scale, that explain `surfaces` ``[sky, amplitude, scale]``."""
    likelihood = np.exp(surfaces)
    grid = np.stack(np.meshgrid(AMPLITUDES, SCALES, indexing="ij"))
    share, mean = np.array([0.5, 0.5]), np.log([[0.15, 0.2], [0.4, 0.1]])
    scatter = np.full((2, 2), 0.5)
    for _ in range(_STEPS):
        off = (grid - mean[:, :, None, None]) / scatter[:, :, None, None]
        density = share[:, None, None] * np.exp(-0.5 * (off**2).sum(1)) / scatter.prod(1)[:, None, None]
        part = likelihood[:, None] * density
        part /= part.sum((1, 2, 3), keepdims=True)
        weight = part.sum(0)
        share = weight.sum((1, 2)) / len(surfaces)
        mean = (weight[:, None] * grid).sum((2, 3)) / weight.sum((1, 2))[:, None]
        variance = (weight[:, None] * (grid - mean[:, :, None, None]) ** 2).sum((2, 3)) / weight.sum((1, 2))[:, None]
        scatter = np.sqrt(np.maximum(variance, 0.05**2))
    return tuple(
        Kind(
            weight=float(share[k]),
            amplitude=float(np.exp(mean[k, 0])),
            amplitude_scatter=float(scatter[k, 0]),
            scale=float(np.exp(mean[k, 1])),
            scale_scatter=float(scatter[k, 1]),
        )
        for k in (0, 1)
    )


def crossfit(share: float) -> str:
    """One-halo skies located with a population of the other half of the skies, beside the one in use."""
    truths = real_truths(share)
    surfaces = np.array([kept(f"crossfit/{t.sky}", lambda t=t: {"surface": surface(t)})["surface"] for t in truths])
    lines, both = [], []
    for half in (0, 1):
        other = population(surfaces[1 - half :: 2])
        prior = PRIOR.model_copy(update={"first": other})
        said = "; ".join(
            f"{100 * k.weight:.0f} % kappa_s {k.amplitude:.3f} (scatter {k.amplitude_scatter:.2f}), r_s "
            f"{k.scale * SIDE:.0f} px ({k.scale_scatter:.2f})"
            for k in other
        )
        lines.append(f"- from half {2 - half}: {said}")
        for truth in truths[half::2]:
            if len(truth.positions) == 1:
                both.append((_distance(truth, prior), _off(fitted(truth.sky, 1).points, truth)))
    crossed, used = np.array(both).T
    rows = [f"| {what} | {_text(np.mean, d)} | {_text(np.median, d)} |" for what, d in _named(crossed, used)]
    change = bootstrap_interval(lambda n: float(np.average(crossed - used, weights=n)), len(used), 300, 0)
    head = (
        f"The population in use was fitted to true positions of the same {len(truths)} skies. Here the population "
        f"of the heaviest halo comes from the other half of the skies, and locates the {len(used)} one-halo skies:"
    )
    table = ["| population | mean distance | median |", "| --- | ---: | ---: |", *rows]
    tail = f"Mean change in the same skies: {change.value:+.1f} px ({change.low:+.1f} to {change.high:+.1f})."
    return "\n".join([head, "", *lines, "", *table, "", tail])


def _named(crossed: np.ndarray, used: np.ndarray):
    return (("of the other half", crossed), ("`dark-worlds`, of all skies", used))


def _distance(truth, prior: HaloPrior) -> float:
    def locate() -> dict:
        found = infer(real_field(truth), prior, most=1)[1]
        return {"points": least_distance(found.haloes[..., :2])[0]}

    return _off(kept(f"crossfit/found-{truth.sky}", locate)["points"], truth)


def _off(points: np.ndarray, truth) -> float:
    return float(np.hypot(*(points[0] - truth.positions[0])))


def _text(score, distance: np.ndarray) -> str:
    found = bootstrap_interval(lambda n: float(score(np.repeat(distance, n))), len(distance), 300, 0)
    return f"{found.value:.0f} px ({found.low:.0f} to {found.high:.0f})"
