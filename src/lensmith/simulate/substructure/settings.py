"""Settings of the kind `substructure`; the defaults are DeepLenseSim's numbers, with the physics right."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from lensmith.data.deeplense import CLASSES
from lensmith.simulate.distributions import Distribution, LogUniform, Uniform
from lensmith.simulate.settings import KindSettings, SettingsSection

PUBLISHED_SLOPE = -0.9
"""Slope that the published code passes to its draw of masses, where -1.9 is meant."""


class RandomMacro(SettingsSection):
    """What ``macro: random`` draws of the lens and the source: angles [arcsec], offsets from the lens's centre.

    `brightness` multiplies the source's flux of the fixed macro model.
    """

    theta_E: Distribution = Uniform(uniform=(0.9, 1.6))
    e1: Distribution = Uniform(uniform=(-0.15, 0.15))
    e2: Distribution = Uniform(uniform=(-0.15, 0.15))
    gamma1: Distribution = Uniform(uniform=(-0.06, 0.06))
    gamma2: Distribution = Uniform(uniform=(-0.06, 0.06))
    center_x: Distribution = Uniform(uniform=(-0.1, 0.1))
    center_y: Distribution = Uniform(uniform=(-0.1, 0.1))
    R_sersic: Distribution = Uniform(uniform=(0.15, 0.4))
    n_sersic: Distribution = Uniform(uniform=(0.7, 2.0))
    source_e1: Distribution = Uniform(uniform=(-0.2, 0.2))
    source_e2: Distribution = Uniform(uniform=(-0.2, 0.2))
    brightness: Distribution = Uniform(uniform=(0.6, 1.5))


class SubstructureSettings(KindSettings):
    """Settings of the kind `substructure`.

    Attributes
    ----------
    model : DeepLenseSim's Model I (150x150 at 0.05"), II (Euclid-like) or III (HST-like), both 64x64.
    variant : ``right``, or ``published`` with the slips of the published code, for comparison with what it made.
    macro : ``fixed``, the same lens in every image, or ``random``.
    classes : which classes, in equal numbers.
    z_lens, z_source : redshifts.
    lens_mass, vortex_mass : mass inside the Einstein radius, and of a vortex [solar masses].
    axion_mass : eV; sets a vortex's half-length, 0.03" x 1e-22 eV / mass.
    n_subhaloes, subhalo_mass, subhalo_radius : how many, and their ranges [solar masses], [arcsec from the centre].
    mass_slope : dN/dm ~ m^slope; by default -1.9, or -0.9 in the published variant.
    source_offset : offset of the source along x and y [arcsec].
    supersampling : points along a pixel's side over which brightness is averaged.
    clean, substructure_arrays : also keep the image before noise; the masses' positions and Einstein radii.
    layout : ``deeplense`` also writes class folders of arrays from 0 to 1, every `val_every`-th one to ``val``.
    """

    model: Literal["I", "II", "III"] = "I"
    variant: Literal["right", "published"] = "right"
    macro: Literal["fixed", "random"] = "fixed"
    classes: tuple[Literal["no", "sphere", "vort"], ...] = CLASSES
    z_lens: float = Field(0.5, gt=0)
    z_source: float = Field(1.0, gt=0)
    lens_mass: float = Field(1e12, gt=0)
    n_subhaloes: int = Field(25, ge=1, le=200)
    subhalo_mass: tuple[float, float] = (1e6, 1e10)
    subhalo_radius: tuple[float, float] = (0.25, 2.0)
    mass_slope: float | None = None
    vortex_mass: float = Field(3e10, gt=0)
    vortex_points: int = Field(100, ge=2, le=200)
    axion_mass: Distribution = LogUniform(loguniform=(1e-24, 1e-22))
    source_offset: Distribution = Uniform(uniform=(-0.35, 0.35))
    random_macro: RandomMacro = RandomMacro()
    supersampling: int = Field(1, ge=1, le=8)
    clean: bool = False
    substructure_arrays: bool = False
    layout: Literal["dataset", "deeplense"] = "dataset"
    val_every: int = Field(10, ge=2)

    @field_validator("classes", mode="before")
    @classmethod
    def _no_is_a_word(cls, classes):
        """YAML reads an unquoted ``no`` as false."""
        return ["no" if name is False else name for name in classes] if isinstance(classes, list) else classes

    @model_validator(mode="after")
    def _consistent(self):
        if not self.z_source > self.z_lens:
            raise ValueError(f"z_source {self.z_source:g} must exceed z_lens {self.z_lens:g}: the source lies behind")
        for name in ("subhalo_mass", "subhalo_radius"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ValueError(f"{name} must be two positive numbers in order, not {low:g} and {high:g}")
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError("classes must name each class once")
        if not self.axion_mass.support[0] > 0:
            raise ValueError("axion_mass must be positive everywhere")
        return self

    @property
    def published(self) -> bool:
        """Whether the slips of the published code are followed."""
        return self.variant == "published"

    @property
    def slope(self) -> float:
        """Slope of the subhaloes' mass function in force."""
        if self.mass_slope is not None:
            return self.mass_slope
        return PUBLISHED_SLOPE if self.published else -1.9
