"""What haloes may be before a sky is looked at: typed settings of the inference.

A halo has a position, uniform over the observed field, an amplitude and a scale (see `physics.weak_lensing`). Amplitude
and scale follow a mixture of log-normals; scales are fractions of the field's longer side, so that one prior serves
skies in pixels and in arcsec. The first halo and the further ones may differ (a cluster and its neighbours).
"""

import math

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lensmith.errors import SettingsError

FIXED = 1e-3
"""Scatter of a parameter that is fixed: small enough to say nothing, large enough to have a density."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(_Frozen):
    """One component of a mixture: medians and scatters (standard deviation of the natural logarithm).

    Amplitude is kappa_s for ``nfw``, theta_E / scale for ``sis`` and the ellipticity in the core for ``core``; scale is
    a fraction of the field's longer side.
    """

    weight: float = Field(1.0, gt=0)
    amplitude: float = Field(gt=0)
    amplitude_scatter: float = Field(gt=0)
    scale: float = Field(gt=0, le=10)
    scale_scatter: float = Field(ge=0)


class HaloPrior(_Frozen):
    """Law and population of the haloes that may be in a sky."""

    law: str = "nfw"
    first: tuple[Kind, ...]
    others: tuple[Kind, ...]
    number: tuple[float, ...] = (0.25, 0.25, 0.25, 0.25)
    shape_noise: float = 0.25
    shape_noise_strength: float = 10.0

    def mixture(self, halo: int) -> "Mixture":
        """The mixture that halo `halo` (0 is the first) is drawn from, as arrays."""
        return Mixture.of(self.first if halo == 0 else self.others)


class Mixture:
    """Log-normal mixture of (ln amplitude, ln scale) as float32 arrays ``[component, 2]`` for JAX."""

    def __init__(self, log_weight: np.ndarray, mean: np.ndarray, scatter: np.ndarray):
        self.log_weight, self.mean, self.scatter = log_weight, mean, scatter

    @classmethod
    def of(cls, kinds: tuple[Kind, ...]) -> "Mixture":
        """The mixture of `kinds`; a scatter of 0 is a fixed parameter."""
        weight = np.array([kind.weight for kind in kinds])
        mean = [[math.log(kind.amplitude), math.log(kind.scale)] for kind in kinds]
        scatter = [[kind.amplitude_scatter, max(kind.scale_scatter, FIXED)] for kind in kinds]
        return cls(*(np.asarray(v, np.float32) for v in (np.log(weight / weight.sum()), mean, scatter)))

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """`n` pairs of (ln amplitude, ln scale): float64 ``[n, 2]``."""
        which = rng.choice(len(self.log_weight), size=n, p=np.exp(self.log_weight.astype(float)) / self._total())
        return self.mean[which] + self.scatter[which] * rng.standard_normal((n, 2))

    def _total(self) -> float:
        return float(np.exp(self.log_weight.astype(float)).sum())


GENERAL = HaloPrior(
    first=(Kind(amplitude=0.2, amplitude_scatter=1.0, scale=0.1, scale_scatter=1.0),),
    others=(Kind(amplitude=0.2, amplitude_scatter=1.0, scale=0.06, scale_scatter=1.0),),
)
"""Nothing known of the haloes but that they are of the size of the field or smaller."""

DARK_WORLDS = HaloPrior(
    first=(
        Kind(weight=0.55, amplitude=0.118, amplitude_scatter=0.15, scale=0.265, scale_scatter=0.4),
        Kind(weight=0.45, amplitude=0.50, amplitude_scatter=0.15, scale=0.079, scale_scatter=0.25),
    ),
    others=(
        Kind(weight=0.6, amplitude=0.09, amplitude_scatter=0.35, scale=0.078, scale_scatter=0.25),
        Kind(weight=0.4, amplitude=0.33, amplitude_scatter=0.2, scale=0.028, scale_scatter=0.25),
    ),
    shape_noise=0.21,
    shape_noise_strength=1000.0,
)
"""Haloes of Observing Dark Worlds: NFW of two concentrations, one heavy halo a sky, the others an order lighter.

The scatter of shapes is the same in all skies: a strength of 1000 to 10000 is likelier than one of 10 by 250 in ln L.
"""

WINNER = HaloPrior(
    law="core",
    first=(Kind(amplitude=0.354, amplitude_scatter=0.43, scale=240 / 4200, scale_scatter=0.0),),
    others=(Kind(amplitude=20 / 70, amplitude_scatter=0.05, scale=70 / 4200, scale_scatter=0.0),),
    shape_noise=0.21,
)
"""The model that won Observing Dark Worlds (T. Salimans): ellipticity m / max(r, core), cores of 240 and 70 px."""

_ISOTHERMAL = Kind(amplitude=0.3, amplitude_scatter=1.0, scale=0.06, scale_scatter=0.0)

GENERAL_SIS = HaloPrior(law="sis", first=(_ISOTHERMAL,), others=(_ISOTHERMAL,))
"""Singular isothermal spheres: theta_E of 0.018 of the field's side, within a factor of 3 or so."""

_CORED = Kind(amplitude=0.25, amplitude_scatter=0.7, scale=0.05, scale_scatter=0.7)

GENERAL_CORE = HaloPrior(law="core", first=(_CORED,), others=(_CORED,))
"""The empirical 1/max(r, core), amplitude and core free."""

PRIORS = {
    "general": GENERAL,
    "general-sis": GENERAL_SIS,
    "general-core": GENERAL_CORE,
    "dark-worlds": DARK_WORLDS,
    "dark-worlds-winner": WINNER,
}
"""Priors by name."""


def load_prior(name: str) -> HaloPrior:
    """A prior by name.

    Raises
    ------
    SettingsError
        if there is none of that name.
    """
    if name not in PRIORS:
        raise SettingsError(f"there is no prior {name}; there are {', '.join(PRIORS)}")
    return PRIORS[name]
