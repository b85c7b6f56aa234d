"""What the modelling hands over: `LensFit`, its parts, and the `Verdict` on it.

All angles are arcsec in the frame of the first band: x along its columns, y along its rows, origin at the centre of
its image, ((nx-1)/2, (ny-1)/2) counting pixels from 0.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from lensmith.types import BoolArray, FloatArray

VERDICTS = ("accept", "check", "reject", "failed")


@dataclass(frozen=True)
class Verdict:
    """accept | check | reject | failed, with the reasons in words (empty for a clean accept)."""

    value: Literal["accept", "check", "reject", "failed"]
    reasons: tuple[str, ...] = ()

    def __post_init__(self):
        if self.value not in VERDICTS:
            raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}, not {self.value!r}")


@dataclass(frozen=True)
class Estimate:
    """One parameter: maximum a posteriori, median, 16th and 84th percentiles without and with the systematic floor.

    Where several solutions survive the median is that of the chosen one, the interval that of all.
    """

    best: float
    median: float
    stat_lo: float
    stat_hi: float
    lo: float
    hi: float
    unit: str = ""


@dataclass(frozen=True, eq=False)
class BandFit:
    """One band of a fit, on the pixels of the band's own image (the same shape as `Band.image`).

    Every image is float32 ``[y, x]`` in the band's flux unit; `residual` is (data - model) / noise used in the fit.
    `model` = `lens_light` + `arcs` (sky in `lens_light`), all convolved with the PSF. `mask` is True where the pixel
    was fitted, `arc_mask` True where the lensed source stands out of the noise. `source` is the reconstructed source
    ``[y, x]`` in flux per square arcsec on a square of side `source_width` arcsec around `source_centre`.
    `origin` is the pixel (column, row) at which this band has the frame's (0, 0), and `pixel_to_frame` the 2x2
    matrix from pixel offsets to the frame [arcsec].
    """

    name: str
    unit: str
    image: FloatArray
    noise: FloatArray
    model: FloatArray
    lens_light: FloatArray
    arcs: FloatArray
    residual: FloatArray
    mask: BoolArray
    arc_mask: BoolArray
    source: FloatArray
    source_centre: tuple[float, float]
    source_width: float
    origin: tuple[float, float]
    pixel_to_frame: FloatArray
    chi2_red: float
    chi2_arc: float
    arc_snr: float
    wcs: object | None = None
    oriented: bool = False
    pixel_to_sky: FloatArray | None = None

    @property
    def pixel_scale(self) -> float:
        """Side of a square pixel of the same area, arcsec."""
        return float(np.sqrt(abs(np.linalg.det(self.pixel_to_frame))))


@dataclass(frozen=True)
class Mode:
    """One solution that the search kept: its Einstein radius [arcsec], score (log, relative) and weight (sums to 1)."""

    theta_E: float
    e1: float
    e2: float
    gamma1: float
    gamma2: float
    x_source: float
    y_source: float
    score: float
    weight: float


@dataclass(frozen=True, eq=False)
class LensFit:
    """The model of one candidate and how far to trust it.

    Attributes
    ----------
    parameters : name -> `Estimate`; names as in the catalogue (theta_E, gamma, e1, e2, q, phi, gamma1, gamma2, shear,
        phi_shear, x_lens, y_lens, theta_E_eff, x_source, y_source, source_r).
    draws : name -> float64 ``[draw]``, statistical posterior (no floor).
    critical_curves, caustics : float64 ``[point, 2]`` each, (x, y) in the frame; the tangential one first.
    modes : the solutions that were compared, the chosen one first.
    diagnostics : numbers for the catalogue (chi2_red, n_like, seconds ...).
    timings : stage -> seconds.
    derived : name -> `Estimate` of what follows from the posterior: ``x_image_1``, ``y_image_1``, ``mu_image_1`` ...
        (with ``ra_``, ``dec_`` [deg] where there is a WCS), ``magnification`` of the whole source, ``mag_lens_<band>``,
        ``mag_arcs_<band>``, ``mag_source_<band>`` [AB mag], ``R_E`` [kpc], ``mass_E`` [solar masses]; of a second
        source behind the first ``theta_E_2``, ``x_source_2``, ``y_source_2``.
    prior_decides : parameters whose posterior is hardly narrower than their prior.
    sampler, chains : how the draws were made (laplace, importance, nuts, ...), and in how many chains; draws lie chain
        after chain.
    sample_stats : name -> ``[draw]``, of the sampler (``lp``, ``diverging``, ``n_steps``).
    weighted_draws : name -> ``[draw]``, the raw draws of importance sampling with their ``log_weight``.
    """

    id: str
    bands: tuple[BandFit, ...]
    parameters: dict[str, Estimate]
    draws: dict[str, np.ndarray]
    critical_curves: tuple[np.ndarray, ...]
    caustics: tuple[np.ndarray, ...]
    modes: tuple[Mode, ...]
    verdict: Verdict
    diagnostics: dict[str, float]
    timings: dict[str, float] = field(default_factory=dict)
    engine: str = "fast"
    notes: tuple[str, ...] = ()
    ra: float | None = None
    dec: float | None = None
    z_lens: float | None = None
    z_source: float | None = None
    derived: dict[str, Estimate] = field(default_factory=dict)
    prior_decides: tuple[str, ...] = ()
    sampler: str = ""
    chains: int = 1
    sample_stats: dict[str, np.ndarray] = field(default_factory=dict)
    weighted_draws: dict[str, np.ndarray] = field(default_factory=dict)
