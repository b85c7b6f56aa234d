"""One sky: haloes and background galaxies drawn on the host, shapes sheared by the laws of `physics.weak_lensing`."""

import numpy as np

from lensmith.physics.weak_lensing import halo_ellipticity, shear_galaxies
from lensmith.simulate.randomness import rng
from lensmith.simulate.sky.settings import HaloKind, SkySettings

ROUNDEST_OUT = 0.95
"""Ellipticities beyond this are drawn again: no shape measurement gives them."""


def draw_sky(seed: int, index: int, settings: SkySettings) -> tuple[np.ndarray, np.ndarray, float]:
    """Catalogue ``[galaxy, 4]`` (x, y, e1, e2), haloes ``[halo, 4]`` (x, y, amplitude, scale), and the shape noise."""
    stream = rng(seed, index, "sky")
    haloes = _draw_haloes(stream, settings)
    count = max(round(float(settings.n_galaxies.draw(stream))), 1)
    noise = float(settings.shape_noise.draw(stream))
    x, y = (stream.random(count) * settings.side for _ in range(2))
    g = [halo_ellipticity(settings.law, x, y, *halo) for halo in haloes]
    g1, g2 = (np.sum([one[k] for one in g], axis=0) if g else np.zeros(count) for k in (0, 1))
    size = np.maximum(np.hypot(g1, g2) / ROUNDEST_OUT, 1.0)
    e1, e2 = _shapes(stream, g1 / size, g2 / size, noise, settings.shear)
    return np.stack([x, y, e1, e2], axis=1), haloes, noise


def _draw_haloes(stream: np.random.Generator, settings: SkySettings) -> np.ndarray:
    count = round(float(settings.n_haloes.draw(stream)))
    rows = []
    for number in range(count):
        kind = _choose(stream, settings.first if number == 0 else settings.others)
        place = settings.side * (settings.margin + (1 - 2 * settings.margin) * stream.random(2))
        rows.append([*place, float(kind.amplitude.draw(stream)), float(kind.scale.draw(stream))])
    return np.array(rows).reshape(-1, 4)


def _choose(stream: np.random.Generator, kinds: tuple[HaloKind, ...]) -> HaloKind:
    weight = np.array([kind.weight for kind in kinds])
    return kinds[int(np.searchsorted(np.cumsum(weight / weight.sum()), stream.random() * (1 - 1e-12)))]


def _shapes(stream, g1, g2, noise: float, how: str) -> tuple[np.ndarray, np.ndarray]:
    """Observed ellipticities; those that come out too elongated are drawn again."""
    e1, e2 = np.zeros_like(g1), np.zeros_like(g2)
    todo = np.arange(len(g1))
    while len(todo):
        i1, i2 = noise * stream.standard_normal((2, len(todo)))
        if how == "add":
            a, b = i1 + g1[todo], i2 + g2[todo]
        else:
            a, b = shear_galaxies(i1, i2, g1[todo], g2[todo])
        e1[todo], e2[todo] = a, b
        todo = todo[(np.hypot(a, b) >= ROUNDEST_OUT) | (np.hypot(i1, i2) >= ROUNDEST_OUT)]
    return e1, e2
