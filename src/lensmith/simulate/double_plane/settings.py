"""Settings of the kind `double-plane`."""

from pathlib import Path

from pydantic import Field, model_validator

from lensmith.simulate.distributions import Distribution, LogNormal, Normal, Rayleigh, Uniform
from lensmith.simulate.settings import KindSettings, SettingsSection, check_behind, check_positive

Range = tuple[float, float]


class LensSettings(SettingsSection):
    """The lens galaxy: EPL of velocity dispersion `sigma_v` [km/s], shear, and an early-type galaxy's light.

    `misalignment` [deg] is between mass and light, `offset` [arcsec] of the centre along each axis. `magnitude` (AB)
    is that of the reference band, `R_sersic` in arcsec; real cutouts have their own light.
    """

    z: Distribution = Normal(normal=(0.5, 0.15), min=0.15, max=0.9)
    sigma_v: Distribution = Normal(normal=(260, 40), min=180, max=400)
    gamma: Distribution = Normal(normal=(2.0, 0.1), min=1.7, max=2.3)
    axis_ratio: Distribution = Normal(normal=(0.78, 0.12), min=0.4, max=1.0)
    misalignment: Distribution = Normal(normal=(0, 10))
    shear: Distribution = Rayleigh(rayleigh=0.04, max=0.15)
    offset: Distribution = Normal(normal=(0, 0.03))
    magnitude: Distribution = Normal(normal=(19.2, 0.6), min=17.5, max=21.0)
    R_sersic: Distribution = LogNormal(lognormal=(0.9, 0.3), min=0.3, max=3.0)
    n_sersic: Distribution = Normal(normal=(4.0, 0.8), min=2.0, max=6.0)


class SourceSettings(SettingsSection):
    """One source: AB `magnitude` in the reference band before lensing, `redness` (0 star-forming to 1 elliptical).

    `offset` from the lens's centre is in units of its Einstein radius for this source.
    """

    z: Distribution
    magnitude: Distribution = Uniform(uniform=(21.0, 24.0))
    redness: Distribution = Uniform(uniform=(0.0, 0.25))
    R_sersic: Distribution = LogNormal(lognormal=(0.3, 0.4), min=0.08, max=1.2)
    n_sersic: Distribution = Uniform(uniform=(0.6, 3.0))
    axis_ratio: Distribution = Uniform(uniform=(0.4, 1.0))
    offset: Distribution = Rayleigh(rayleigh=0.2, max=0.8)


class Cuts(SettingsSection):
    """What a system must pass, both of its sources where they count: (least, most) or None for no cut.

    `theta_E` [arcsec]: of the lens for each source. `lensed_magnitude`: AB in the reference band. `magnification`:
    lensed over intrinsic flux. `isolation`: share of the source in the light under its own arcs, 0 to 1, averaged over
    the bands. `image_distance` [arcsec]: farthest image from the lens's centre. `distance_difference` [arcsec] and
    `colour_difference` [mag, summed over the colours]: least difference between the two sources.
    """

    theta_E: Range | None = (0.5, 4.0)
    lensed_magnitude: Range | None = None
    magnification: Range | None = (2.0, 1000.0)
    isolation: Range | None = (0.2, 1000.0)
    image_distance: Range | None = None
    distance_difference: float | None = Field(None, ge=0)
    colour_difference: float | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _ordered(self):
        for name, value in self:
            if isinstance(value, tuple) and not value[0] < value[1]:
                raise ValueError(f"{name} keeps nothing: {value[0]:g} is not below {value[1]:g}")
        return self


class DoublePlaneSettings(KindSettings):
    """Settings of the kind `double-plane`.

    Attributes
    ----------
    deflector : whether the nearer source deflects the farther: an SIE of dispersion `sigma_v_near` [km/s].
    gap_1, gap_2 : least difference in redshift, lens to nearer source and nearer to farther.
    bands : bands of the survey (None: all; g, r, i of the survey that is used where none is given).
    reference : band of all magnitudes here (None: the i band, and for cuts the image's band nearest to it).
    side : pixels a side (None: the survey's).
    into : folder of real cutouts (anything `lensmith run` reads, with zero-points) to paint the sources into.
    clean : also keep each source without noise, as ``source_1`` and ``source_2``.
    """

    deflector: bool = True
    lens: LensSettings = LensSettings()
    near: SourceSettings = SourceSettings(z=Normal(normal=(0.9, 0.2), min=0.4, max=1.6))
    far: SourceSettings = SourceSettings(z=Normal(normal=(1.6, 0.4), min=0.6, max=3.0))
    sigma_v_near: Distribution = Normal(normal=(140, 40), min=50, max=250)
    gap_1: float = Field(0.2, ge=0.01)
    gap_2: float = Field(0.1, ge=0.01)
    cuts: Cuts = Cuts()
    bands: tuple[str, ...] | None = None
    reference: str | None = None
    side: int | None = Field(None, ge=8)
    supersampling: int = Field(3, ge=1, le=8)
    into: Path | None = None
    clean: bool = False
    most_attempts: int = Field(400, ge=1)

    @model_validator(mode="after")
    def _one_behind_the_other(self):
        check_positive(lens_z=self.lens.z, near_z=self.near.z, far_z=self.far.z)
        check_behind(self.lens.z, self.near.z, "lens.z", "near.z")
        check_behind(self.near.z, self.far.z, "near.z", "far.z")
        for name, law in (("lens.sigma_v", self.lens.sigma_v), ("sigma_v_near", self.sigma_v_near)):
            if not law.support[0] > 0:
                raise ValueError(f"{name} must be positive everywhere; give it a positive minimum")
        return self
