"""Distributions that settings name in YAML: a number, or one key that says the law, such as ``uniform: [0.5, 2]``."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_serializer, model_validator
from scipy.special import ndtr, ndtri

Pair: TypeAlias = tuple[float, float]


class _Law(BaseModel):
    """Base of all laws: draws come from one uniform number each, so that every draw costs the stream the same."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def at(self, u):
        """The quantile of the law at `u` in [0, 1), scalar or array."""
        raise NotImplementedError

    def draw(self, rng: np.random.Generator) -> Any:
        """One value."""
        return self.at(rng.random())

    def draw_many(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """`n` values, ``[n]``."""
        return np.asarray(self.at(rng.random(n)))

    @property
    def support(self) -> Pair:
        """Smallest and largest value that can come out (infinite where there is no bound)."""
        raise NotImplementedError


class Fixed(_Law):
    """Always the same number."""

    value: float

    def at(self, u):
        """The value."""
        return self.value if np.ndim(u) == 0 else np.full(np.shape(u), self.value)

    @property
    def support(self) -> Pair:
        """The value, twice."""
        return self.value, self.value

    @model_serializer
    def _plain(self):
        return self.value


class _Between(_Law):
    @property
    def support(self) -> Pair:
        """The two ends."""
        return self._ends

    @model_validator(mode="after")
    def _ordered(self):
        low, high = self._ends
        if not low <= high:
            raise ValueError(f"the lower end {low:g} lies above the upper end {high:g}")
        return self


class Uniform(_Between):
    """Flat between two values."""

    uniform: Pair

    @property
    def _ends(self) -> Pair:
        return self.uniform

    def at(self, u):
        """Linear between the ends."""
        low, high = self.uniform
        return low + u * (high - low)


class LogUniform(_Between):
    """Flat in the logarithm between two positive values."""

    loguniform: Pair

    @property
    def _ends(self) -> Pair:
        return self.loguniform

    @model_validator(mode="after")
    def _positive(self):
        if not self.loguniform[0] > 0:
            raise ValueError(f"a loguniform law needs positive ends, not {self.loguniform[0]:g}")
        return self

    def at(self, u):
        """Geometric between the ends."""
        low, high = self.loguniform
        return low * (high / low) ** u


class _Cut(_Law):
    """A law of the normal distribution, cut to [min, max] where these are given."""

    min: float | None = None
    max: float | None = None

    @property
    def support(self) -> Pair:
        """The cuts, infinite where there are none."""
        return (-math.inf if self.min is None else self.min, math.inf if self.max is None else self.max)

    def _score(self, value: float) -> float:
        """How many sigma `value` lies above the middle."""
        raise NotImplementedError

    @cached_property
    def _probabilities(self) -> Pair:
        low, high = self.support
        return float(ndtr(self._score(low))), float(ndtr(self._score(high)))

    def _normal(self, u):
        low, high = self._probabilities
        return ndtri(low + u * (high - low) + 2.0**-60)

    @model_validator(mode="after")
    def _something_left(self):
        scale = _spread(self)
        if not scale > 0:
            raise ValueError(f"its width must be positive, not {scale:g}; write the number alone for no scatter")
        low, high = self._probabilities
        if not high - low > 1e-6:
            raise ValueError(f"min {self.min} and max {self.max} leave nothing of it")
        return self


class Normal(_Cut):
    """Mean and standard deviation before the cuts `min` and `max`."""

    normal: Pair

    def _score(self, value: float) -> float:
        return (value - self.normal[0]) / self.normal[1]

    def at(self, u):
        """The quantile."""
        return self.normal[0] + self.normal[1] * self._normal(u)


class LogNormal(_Cut):
    """Median and the standard deviation of the natural logarithm, before the cuts `min` and `max`."""

    lognormal: Pair

    @property
    def support(self) -> Pair:
        """The cuts; never below 0."""
        low, high = super().support
        return max(low, 0.0), high

    def _score(self, value: float) -> float:
        if value <= 0:
            return -math.inf
        return math.inf if math.isinf(value) else math.log(value / self.lognormal[0]) / self.lognormal[1]

    @model_validator(mode="before")
    @classmethod
    def _positive(cls, data):
        median = data.get("lognormal", (1,))[0] if isinstance(data, Mapping) else 1
        if isinstance(median, int | float) and not median > 0:
            raise ValueError(f"the median of a lognormal law must be positive, not {median:g}")
        return data

    def at(self, u):
        """The quantile."""
        return self.lognormal[0] * np.exp(self.lognormal[1] * self._normal(u))


class Rayleigh(_Law):
    """Rayleigh law of scale `rayleigh` (its mode), cut at `max` where given."""

    rayleigh: float = Field(gt=0)
    max: float | None = Field(None, gt=0)

    @property
    def support(self) -> Pair:
        """From 0 to `max`."""
        return 0.0, math.inf if self.max is None else self.max

    def at(self, u):
        """The quantile."""
        inside = 1.0 if self.max is None else -math.expm1(-0.5 * (self.max / self.rayleigh) ** 2)
        return self.rayleigh * np.sqrt(-2 * np.log1p(-u * inside))


class PowerLaw(_Law):
    """Density proportional to ``x^slope`` between two positive values: ``power_law: [slope, min, max]``."""

    power_law: tuple[float, float, float]

    @property
    def support(self) -> Pair:
        """The two ends."""
        return self.power_law[1:]

    @model_validator(mode="after")
    def _ordered(self):
        _, low, high = self.power_law
        if not 0 < low <= high:
            raise ValueError(f"a power law needs 0 < min <= max, not {low:g} and {high:g}")
        return self

    def at(self, u):
        """The quantile; a slope of -1 is flat in the logarithm."""
        slope, low, high = self.power_law
        if abs(slope + 1) < 1e-9:
            return low * (high / low) ** u
        one, other = low ** (slope + 1), high ** (slope + 1)
        return (one + u * (other - one)) ** (1 / (slope + 1))


class Choice(_Law):
    """One of the values (numbers, words, true or false), with equal or with the given weights."""

    choice: tuple[bool | int | float | str, ...] = Field(min_length=1)
    weights: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def _weighted(self):
        if self.weights is not None:
            if len(self.weights) != len(self.choice):
                raise ValueError(f"{len(self.choice)} values cannot have {len(self.weights)} weights")
            if min(self.weights) < 0 or not sum(self.weights) > 0:
                raise ValueError("weights must not be negative, and one of them must be positive")
        return self

    @cached_property
    def _cumulative(self) -> np.ndarray:
        weights = np.ones(len(self.choice)) if self.weights is None else np.asarray(self.weights)
        return np.cumsum(weights) / np.sum(weights)

    def at(self, u):
        """The value whose share of [0, 1) holds `u`."""
        place = np.minimum(np.searchsorted(self._cumulative, u, side="right"), len(self.choice) - 1)
        return self.choice[int(place)] if np.ndim(u) == 0 else np.asarray(self.choice)[place]

    @property
    def support(self) -> Pair:
        """Smallest and largest number among the values."""
        numbers = [float(value) for value in self.choice if not isinstance(value, str)]
        return (min(numbers), max(numbers)) if numbers else (-math.inf, math.inf)


def _spread(law: _Cut) -> float:
    return law.normal[1] if isinstance(law, Normal) else law.lognormal[1]


LAWS = {
    "uniform": Uniform,
    "loguniform": LogUniform,
    "normal": Normal,
    "lognormal": LogNormal,
    "rayleigh": Rayleigh,
    "power_law": PowerLaw,
    "choice": Choice,
}
"""Every law by the key that names it in YAML."""


def distribution(value: Any) -> _Law:
    """The law that a number or a mapping with one of the keys of `LAWS` stands for.

    Raises
    ------
    ValueError
        if it stands for none; the message says what is known (settings turn it into one sentence).
    """
    if isinstance(value, _Law):
        return value
    if isinstance(value, bool | str):
        return Choice(choice=(value,))
    if isinstance(value, int | float):
        return _built(Fixed, {"value": value})
    if isinstance(value, Mapping):
        found = [name for name in value if name in LAWS]
        if len(found) == 1:
            return _built(LAWS[found[0]], dict(value))
    raise ValueError(f"a distribution is a number or a mapping with one key of {', '.join(LAWS)}, not {value!r}")


def _built(law: type[_Law], content: dict) -> _Law:
    try:
        return law(**content)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{name}: {reason}" if name else reason) from None


Distribution: TypeAlias = Annotated[
    Fixed | Uniform | LogUniform | Normal | LogNormal | Rayleigh | PowerLaw | Choice, BeforeValidator(distribution)
]
"""The type of a setting that is drawn for each sample: a number, or a mapping as `distribution` reads it."""
