"""What the model of a lensed quasar hands over."""

from dataclasses import dataclass, field

import numpy as np

from lensmith.data import Estimate
from lensmith.types import BoolArray, FloatArray


@dataclass(frozen=True)
class QuasarImage:
    """One point image; images are in the order in which the model says that they arrive.

    `x`, `y` [arcsec, frame of the band]; `ra`, `dec` [deg] where there is a WCS; `flux` in the band's unit;
    `flux_ratio` to the brightest image; `magnification` signed, by the model; `parity` +1 or -1; `delay` [days] after
    the first image, where both redshifts are known (flat LCDM, H0 = 70 km/s/Mpc, Omega_m = 0.3); `miss` by how far
    [arcsec] the lens misses the position; `significance` of the peak at which it was found.
    """

    x: Estimate
    y: Estimate
    flux: Estimate
    flux_ratio: Estimate
    magnification: Estimate
    parity: int
    miss: float
    significance: float
    delay: Estimate | None = None
    ra: Estimate | None = None
    dec: Estimate | None = None


@dataclass(frozen=True, eq=False)
class QuasarFit:
    """A lensed quasar: its images, the lens that made them, and the pixels of the model.

    Attributes
    ----------
    parameters : catalogue name -> `Estimate` of the lens, statistical (EPL or SIE, shear about the lens' centre).
    draws : name -> float64 ``[draw]``: the lens, and ``x_image_1``, ``flux_image_1``, ``delay_image_1`` ...
    unseen : (x, y, magnification) of images that the lens makes and the data do not show.
    critical_curves, caustics : float64 ``[point, 2]`` each, the tangential ones first.
    data, noise, model, lens_light, points, host : float64 ``[y, x]`` in the band's flux unit on the square that was
        fitted, `corner` (row, column) of it in the band's image; `noise` with the errors of the models, as used
        in the fit; `lens_light` holds the sky.
    residual : (data - model) / noise, 0 where a pixel was not fitted.
    mask : True where a pixel was fitted.
    host_widths, host_fluxes : of the Gaussians of the host galaxy [arcsec; unlensed, flux unit].
    doubts : what speaks against the model, in words.
    diagnostics : chi2_red, position_rms [arcsec], noise_correlation (factor on the variance), n_pixels.
    """

    id: str
    band: str
    images: tuple[QuasarImage, ...]
    parameters: dict[str, Estimate]
    draws: dict[str, np.ndarray]
    unseen: tuple[tuple[float, float, float], ...]
    critical_curves: tuple[FloatArray, ...]
    caustics: tuple[FloatArray, ...]
    data: FloatArray
    noise: FloatArray
    model: FloatArray
    lens_light: FloatArray
    points: FloatArray
    host: FloatArray
    residual: FloatArray
    mask: BoolArray
    corner: tuple[int, int]
    host_widths: FloatArray
    host_fluxes: FloatArray
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    diagnostics: dict[str, float] = field(default_factory=dict)
    z_lens: float | None = None
    z_source: float | None = None

    @property
    def derived(self) -> dict[str, Estimate]:
        """Name -> estimate of all that is said of the images: ``x_image_1``, ``delay_image_2`` ..."""
        out = {}
        for number, image in enumerate(self.images, start=1):
            named = {"x": image.x, "y": image.y, "ra": image.ra, "dec": image.dec, "mu": image.magnification}
            named |= {"flux": image.flux, "flux_ratio": image.flux_ratio, "delay": image.delay}
            out |= {f"{name}_image_{number}": value for name, value in named.items() if value is not None}
        return out
