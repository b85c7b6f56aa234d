"""What a sky shows where no halo can: the highest peaks of shuffled shapes and of shapes turned by 45 degrees.

A halo gives no cross shear around any point, but galaxies sample a circle unevenly and borders cut it: beside a strong
halo a filter of turned shapes sees what is no B mode. So the modelled haloes are taken out before shapes are turned; no
model of haloes can hide a B mode, since it has none of its own.
"""

from dataclasses import dataclass

import numpy as np

from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos.aperture import FilterBank

SHUFFLES = 100


@dataclass(frozen=True)
class PeakTest:
    """The highest peak of a filter's S/N and how often chance does as well.

    Attributes
    ----------
    peak, x, y : S/N of the highest peak and where it is.
    b_peak : S/N of the highest peak of what the haloes leave of the shapes, turned by 45 degrees: no halo gives one.
    false_alarm, b_false_alarm : share of skies with shuffled shapes (or shuffled rest) that have a peak as high,
        (1 + k) / (1 + n).
    threshold : S/N that 5 % of the shuffled skies reach.
    """

    peak: float
    x: float
    y: float
    b_peak: float
    false_alarm: float
    b_false_alarm: float
    threshold: float


def peak_test(
    field: GalaxyField,
    bank: FilterBank,
    axes: tuple[np.ndarray, np.ndarray],
    seed: int = 0,
    shuffles: int = SHUFFLES,
    residual: np.ndarray | None = None,
) -> PeakTest:
    """Hold the peaks of a sky against the same galaxies with their shapes dealt out anew and turned at random.

    `residual` complex ``[galaxy]`` is what modelled haloes leave of the shapes; without it nothing is taken out.
    """
    e = (field.e1 + 1j * field.e2).astype(np.complex64)
    rest = e if residual is None else np.asarray(residual, np.complex64)
    rng = np.random.default_rng(np.random.SeedSequence([seed, len(field)]))
    order = np.argsort(rng.random((shuffles, len(field))), axis=1)
    turns = np.exp(2j * np.pi * rng.random((shuffles, len(field)))).astype(np.complex64)
    chance = bank.signal_to_noise((e[order] * turns).T).max(axis=(1, 2))
    b_chance = chance if residual is None else bank.signal_to_noise((rest[order] * turns).T).max(axis=(1, 2))
    signal = bank.signal_to_noise(e)
    row, column = np.unravel_index(signal.argmax(), signal.shape)
    peak, b_peak = float(signal.max()), float(bank.signal_to_noise(rest, b_mode=True).max())
    return PeakTest(
        peak,
        float(axes[0][column]),
        float(axes[1][row]),
        b_peak,
        float((1 + (chance >= peak).sum()) / (1 + shuffles)),
        float((1 + (b_chance >= b_peak).sum()) / (1 + shuffles)),
        float(np.quantile(chance, 0.95)),
    )
