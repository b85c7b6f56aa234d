"""Settings of the kind `sky`; the defaults are those of Observing Dark Worlds, in its pixels."""

from typing import Literal

from pydantic import Field, model_validator

from lensmith.simulate.distributions import Choice, Distribution, Fixed, LogNormal, Uniform
from lensmith.simulate.settings import KindSettings, SettingsSection

MOST_HALOES = 3


class HaloKind(SettingsSection):
    """One component of a population of haloes.

    Attributes
    ----------
    weight : its relative share.
    amplitude : kappa_s for ``nfw``, theta_E / scale for ``sis``, ellipticity inside the core for ``core``.
    scale : scale radius or core radius [pixels].
    """

    weight: float = Field(1.0, gt=0)
    amplitude: Distribution = LogNormal(lognormal=(0.118, 0.15))
    scale: Distribution = LogNormal(lognormal=(1110, 0.4))

    @model_validator(mode="after")
    def _positive(self):
        for name in ("amplitude", "scale"):
            if getattr(self, name).support[0] < 0:
                raise ValueError(f"{name} must not reach below 0")
        return self


class PictureSettings(SettingsSection):
    """How a sky becomes a picture of red, green and blue: sizes in picture pixels, brightness of a peak in 0 to 255.

    `radius` is a galaxy's Gaussian scale before the PSF, sqrt(a b); `psf` the Gaussian sigma of the PSF.
    """

    side: int = Field(512, ge=32, le=8192)
    radius: Distribution = LogNormal(lognormal=(2.2, 0.3), min=1.2, max=6.0)
    psf: float = Field(0.8, gt=0)
    peak: Distribution = LogNormal(lognormal=(110, 0.5), min=30, max=250)
    colour_scatter: float = Field(0.25, ge=0, le=1)
    background: float = Field(12.0, ge=0, le=200)
    noise: float = Field(3.0, ge=0, le=100)


class SkySettings(KindSettings):
    """Settings of the kind `sky`.

    Attributes
    ----------
    side : side of the square field [pixels].
    n_galaxies : background galaxies in a sky.
    n_haloes : haloes in a sky, 0 to 3.
    law : ``nfw``, ``sis``, or ``core``, the 1/r ellipticity of Observing Dark Worlds that is constant in a core.
    first, others : populations of the first halo and of the further ones, which are the lighter ones.
    margin : haloes keep this share of the side from the border.
    shape_noise : scatter of each component of the intrinsic ellipticity.
    shear : ``add`` shears to ellipticities as Observing Dark Worlds does, or ``exact``, (e + g) / (1 + conj(g) e).
    layout : beside the data set also write catalogues as Dark Worlds has them (``dark-worlds``), or pictures in
        ``training`` and ``validation`` with their labels (``pictures``).
    validation_every : with ``pictures``, every so manieth sky goes to ``validation``.
    image : also keep the pictures as an array of the data set.
    """

    side: float = Field(4200.0, gt=0)
    n_galaxies: Distribution = Uniform(uniform=(320, 736))
    n_haloes: Distribution = Choice(choice=(0, 1))
    law: Literal["nfw", "sis", "core"] = "nfw"
    first: tuple[HaloKind, ...] = (
        HaloKind(weight=0.55),
        HaloKind(weight=0.45, amplitude=LogNormal(lognormal=(0.5, 0.15)), scale=LogNormal(lognormal=(332, 0.25))),
    )
    others: tuple[HaloKind, ...] = (
        HaloKind(weight=0.6, amplitude=LogNormal(lognormal=(0.09, 0.35)), scale=LogNormal(lognormal=(328, 0.25))),
        HaloKind(weight=0.4, amplitude=LogNormal(lognormal=(0.33, 0.2)), scale=LogNormal(lognormal=(118, 0.25))),
    )
    margin: float = Field(0.0, ge=0, lt=0.5)
    shape_noise: Distribution = Fixed(value=0.21)
    shear: Literal["add", "exact"] = "add"
    layout: Literal["dataset", "dark-worlds", "pictures"] = "dataset"
    validation_every: int = Field(5, ge=2)
    image: bool = False
    picture: PictureSettings = PictureSettings()

    @model_validator(mode="after")
    def _sound(self):
        low, high = self.n_haloes.support
        if low < 0 or high > MOST_HALOES or high != high:
            raise ValueError(f"n_haloes must lie within 0 to {MOST_HALOES}, not {low:g} to {high:g}")
        low, high = self.n_galaxies.support
        if low < 1 or high > 1e6:
            raise ValueError(f"n_galaxies must lie within 1 to 1000000, not {low:g} to {high:g}")
        low, high = self.shape_noise.support
        if low <= 0 or high > 0.6:
            raise ValueError(f"shape_noise must lie above 0 and not above 0.6, not {low:g} to {high:g}")
        if not self.first or not self.others:
            raise ValueError("first and others must name at least one kind of halo")
        return self

    @property
    def pictures(self) -> bool:
        """Whether pictures are made."""
        return self.image or self.layout == "pictures"

    @property
    def most_galaxies(self) -> int:
        """Rows of the catalogue array."""
        return round(self.n_galaxies.support[1])
