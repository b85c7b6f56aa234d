"""Analytic light curves of supernovae in their rest frame: a curve at one wavelength, and a cooling photosphere.

Each type has the magnitude below peak at a reference wavelength against days from the peak there, straight between
knots, and a temperature against the same days; other wavelengths follow from the temperature (`spectra`). The knots
draw these published shapes; they are no fit to data:

Ia    peak in B; rise of 18 days (Riess et al. 1999, AJ 118, 2675), Delta m15(B) = 1.1 (Phillips et al. 1999, AJ 118,
      1766), 0.016 mag a day after day 40; B - V from -0.05 at peak to 1.1 at day 30 and along the Lira law.
IIP   peak in V; rise of 10 days (Gonzalez-Gaitan et al. 2015, MNRAS 451, 2212), plateau of 1 mag in 100 days for 95
      days and a drop of 1.8 mag (Anderson et al. 2014, ApJ 786, 67), then the decay of cobalt; 6,000 K at day 50.
IIL   as IIP, declining 3.3 mag in 100 days (Faran et al. 2014, MNRAS 445, 554).
Ibc   peak in V; rise of 16 days, Delta m15(V) = 0.9 (Drout et al. 2011, ApJ 741, 97; Taddia et al. 2015).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lensmith.simulate.transient.spectra import blackbody_magnitude, dust_magnitude
from lensmith.types import FloatArray


@dataclass(frozen=True)
class Template:
    """One type: `curve` and `temperature` are (day, value) knots; `reference`, `cutoff` in angstrom."""

    reference: float
    cutoff: float
    steepness: float
    curve: tuple[tuple[float, float], ...]
    temperature: tuple[tuple[float, float], ...]

    @cached_property
    def _tables(self) -> tuple[FloatArray, ...]:
        return (*np.array(self.curve).T, *np.array(self.temperature).T)

    def magnitude(self, days, wavelength, extinction: float = 0.0) -> FloatArray:
        """AB magnitude below the peak at the reference wavelength, at rest-frame `days` and `wavelength` [angstrom].

        Infinite before the explosion. `extinction` [mag] is at the reference wavelength and not part of the peak.
        """
        day, below, warm_day, kelvin = self._tables
        at_reference = np.interp(days, day, below)
        # The last stretch goes on as a straight line.
        slope = (below[-1] - below[-2]) / (day[-1] - day[-2])
        at_reference = at_reference + slope * np.maximum(days - day[-1], 0)
        colour = blackbody_magnitude(
            wavelength, np.interp(days, warm_day, kelvin), self.reference, self.cutoff, self.steepness
        )
        dust = dust_magnitude(wavelength, extinction, self.reference)
        return np.where(days < day[0], np.inf, at_reference + colour + dust)


_HYDROGEN_COOLING = (
    (-12.0, 16000.0),
    (-5.0, 12500.0),
    (0.0, 10500.0),
    (15.0, 8000.0),
    (30.0, 6800.0),
    (50.0, 6000.0),
    (100.0, 5400.0),
    (150.0, 5000.0),
)

TEMPLATES = {
    "Ia": Template(
        reference=4400.0,
        cutoff=3600.0,
        steepness=3.5,
        curve=(
            (-18.5, 9.0),
            (-17.0, 5.0),
            (-15.0, 3.1),
            (-12.5, 1.8),
            (-10.0, 1.0),
            (-7.5, 0.5),
            (-5.0, 0.2),
            (-2.5, 0.05),
            (0.0, 0.0),
            (5.0, 0.16),
            (10.0, 0.56),
            (15.0, 1.1),
            (20.0, 1.67),
            (25.0, 2.2),
            (30.0, 2.6),
            (40.0, 3.0),
            (60.0, 3.32),
            (120.0, 4.3),
        ),
        temperature=(
            (-18.0, 9500.0),
            (-10.0, 10500.0),
            (0.0, 11000.0),
            (10.0, 8000.0),
            (20.0, 5600.0),
            (30.0, 4500.0),
            (60.0, 5600.0),
            (100.0, 6000.0),
        ),
    ),
    "IIP": Template(
        reference=5500.0,
        cutoff=3500.0,
        steepness=2.0,
        curve=(
            (-11.0, 8.0),
            (-9.5, 1.6),
            (-7.0, 0.5),
            (-3.0, 0.06),
            (0.0, 0.0),
            (85.0, 0.85),
            (110.0, 2.65),
            (210.0, 3.63),
        ),
        temperature=_HYDROGEN_COOLING,
    ),
    "IIL": Template(
        reference=5500.0,
        cutoff=3500.0,
        steepness=2.0,
        curve=(
            (-11.0, 8.0),
            (-9.5, 1.6),
            (-7.0, 0.5),
            (-3.0, 0.06),
            (0.0, 0.0),
            (5.0, 0.08),
            (75.0, 2.4),
            (95.0, 3.4),
            (195.0, 4.4),
        ),
        temperature=_HYDROGEN_COOLING,
    ),
    "Ibc": Template(
        reference=5500.0,
        cutoff=4000.0,
        steepness=3.0,
        curve=(
            (-17.0, 8.0),
            (-15.0, 2.9),
            (-10.0, 1.1),
            (-5.0, 0.28),
            (0.0, 0.0),
            (5.0, 0.15),
            (10.0, 0.48),
            (15.0, 0.9),
            (20.0, 1.3),
            (30.0, 1.85),
            (40.0, 2.15),
            (80.0, 2.95),
        ),
        temperature=(
            (-18.0, 9000.0),
            (-5.0, 8000.0),
            (0.0, 7500.0),
            (10.0, 6000.0),
            (20.0, 5100.0),
            (40.0, 4800.0),
        ),
    ),
}
"""The types, by the names that settings use."""


@dataclass(frozen=True)
class Supernova:
    """One supernova: its type, absolute AB magnitude at the peak, stretch of time, extinction, redshift and distance.

    `absolute` is at the type's reference wavelength, to which `extinction` [mag] adds there (negative: bluer and
    brighter than the mean); `stretch` multiplies rest-frame days.
    """

    kind: str
    absolute: float
    stretch: float
    extinction: float
    z: float
    modulus: float

    def magnitudes(self, days, bands: FloatArray) -> FloatArray:
        """Apparent AB magnitudes, unlensed, at observed `days` from the peak in `bands` [angstrom], which broadcast."""
        template = TEMPLATES[self.kind]
        rest = np.asarray(days) / (1 + self.z) / self.stretch
        below = template.magnitude(rest, bands / (1 + self.z), self.extinction)
        return self.absolute + self.modulus - 2.5 * np.log10(1 + self.z) + below
