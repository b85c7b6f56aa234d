"""Settings of the transients: populations, observation and what is put out. `recipes/simulate/transient.yaml` says
where each number comes from."""

from typing import Literal

from pydantic import Field, model_validator

from lensmith.simulate.distributions import Choice, Distribution, LogNormal, Normal, PowerLaw, Rayleigh, Uniform
from lensmith.simulate.settings import KindSettings, SettingsSection, check_behind, check_positive


class GalaxySettings(SettingsSection):
    """Early-type galaxies: lenses, hosts of unlensed supernovae and neighbours.

    `sigma_v` [km/s]; `magnitude_offset` [mag] and `size_offset` [dex] scatter about the Faber-Jackson and size
    relations; `star_formation` 0 (old) to 1.
    """

    z: Distribution = Normal(normal=(0.4, 0.16), min=0.1, max=0.8)
    sigma_v: Distribution = Normal(normal=(240, 40), min=170, max=380)
    magnitude_offset: Distribution = Normal(normal=(0, 0.3))
    size_offset: Distribution = Normal(normal=(0, 0.12))
    n_sersic: Distribution = Normal(normal=(4, 0.8), min=2, max=6)
    ellipticity: Distribution = Rayleigh(rayleigh=0.1, max=0.35)
    star_formation: Distribution = Uniform(uniform=(0, 0.2))


class MassSettings(SettingsSection):
    """Mass of lenses: EPL slope, its ellipticity against the light's, external shear, and the radii kept [arcsec]."""

    gamma: Distribution = Normal(normal=(2.0, 0.1), min=1.7, max=2.3)
    ellipticity_ratio: Distribution = Normal(normal=(1.0, 0.2), min=0.5, max=1.5)
    shear: Distribution = Rayleigh(rayleigh=0.03, max=0.15)
    theta_E_min: float = Field(0.5, gt=0)
    theta_E_max: float = Field(3.0, gt=0)


class SourceSettings(SettingsSection):
    """Lensed galaxies: `absolute` AB magnitude at 5500 angstrom at z = 0, `offset_max` of the centre in theta_E."""

    z: Distribution = Uniform(uniform=(0.3, 1.2))
    absolute: Distribution = Normal(normal=(-20.3, 0.9), min=-22.5, max=-18.0)
    size_offset: Distribution = Normal(normal=(0, 0.15))
    n_sersic: Distribution = LogNormal(lognormal=(1.2, 0.3), min=0.5, max=4)
    ellipticity: Distribution = Rayleigh(rayleigh=0.2, max=0.5)
    star_formation: Distribution = Uniform(uniform=(0.5, 1.0))
    offset_max: float = Field(0.5, ge=0)


class NeighbourSettings(SettingsSection):
    """The second galaxy: `distance` [arcsec] along x and along y, each of either sign, and `sigma_v` [km/s]."""

    distance: Distribution = Uniform(uniform=(1, 4))
    sigma_v: Distribution = Normal(normal=(180, 40), min=90, max=300)


class SupernovaSettings(SettingsSection):
    """Supernovae. Peak magnitudes at each type's reference wavelength; `color` is SALT's c for SN Ia.

    `before` and `after` [days]: how long before the first and after the last night the first image may peak;
    `separation` [arcsec] from the host's centre; `z_unlensed` for those in the central galaxy.
    """

    templates: Literal["analytic", "sncosmo"] = "analytic"
    before: float = 20.0
    after: float = 20.0
    separation: Distribution = Uniform(uniform=(0.1, 0.4))
    z_unlensed: Distribution = Uniform(uniform=(0.03, 0.8))
    core_collapse: Distribution = Choice(choice=("IIP", "IIL", "Ibc"), weights=(0.57, 0.1, 0.33))
    absolute_ia: Distribution = Normal(normal=(-19.36, 0.1))
    stretch_ia: Distribution = Normal(normal=(0.98, 0.09), min=0.75, max=1.2)
    color_ia: Distribution = Normal(normal=(0, 0.09), min=-0.25, max=0.4)
    absolute_iip: Distribution = Normal(normal=(-16.75, 0.98), min=-19.0, max=-14.0)
    absolute_iil: Distribution = Normal(normal=(-17.98, 0.86), min=-19.7, max=-15.5)
    absolute_ibc: Distribution = Normal(normal=(-17.54, 1.1), min=-19.7, max=-15.0)
    stretch_cc: Distribution = Normal(normal=(1, 0.15), min=0.6, max=1.5)
    extinction_cc: Distribution = Normal(normal=(0, 0.3), min=0, max=1.5)


class StarSettings(SettingsSection):
    """Foreground stars: AB magnitude in r, temperature [K]; `field_width`: share of the cutout they fall in."""

    magnitude: Distribution = PowerLaw(power_law=(4, 17, 23))
    temperature: Distribution = LogNormal(lognormal=(4800, 0.25), min=3000, max=9000)
    field_width: float = Field(0.9, gt=0, le=1)


class ObservingSettings(SettingsSection):
    """How epochs differ from the survey's median: `sky_scatter` [mag], `time_scatter` [days]; and the reference image.

    `seeing_factor` and `sky_brighter` [mag] are the same for all epochs of a sample: for sets in other conditions.
    `reference_visits`: visits co-added in the image, from before the transient, that PSF photometry subtracts.
    """

    sky_scatter: Distribution = Normal(normal=(0, 0.25), min=-0.75, max=0.75)
    time_scatter: Distribution = Uniform(uniform=(0, 0.25))
    seeing_factor: Distribution = 1.0
    sky_brighter: Distribution = 0.0
    reference_visits: int = Field(20, ge=1)
    supersampling: int = Field(3, ge=1, le=9)

    @model_validator(mode="after")
    def _seeing(self):
        if not self.seeing_factor.support[0] > 0:
            raise ValueError("observing.seeing_factor must be positive; give it a positive minimum")
        return self


class SelectionSettings(SettingsSection):
    """Which supernovae are kept: PSF signal-to-noise of all images together above `snr` in `epochs` epochs, and that of
    the second brightest image of a lensed one above `second_image_snr` at its best."""

    snr: float = Field(5.0, ge=0)
    second_image_snr: float = Field(0.0, ge=0)
    epochs: int = Field(2, ge=0)
    attempts: int = Field(500, ge=1)


class EarlySettings(SettingsSection):
    """What was known before the last night: photometry, and with `images` the mean image, after so many `epochs`."""

    epochs: tuple[int, ...] = ()
    images: bool = True

    @model_validator(mode="after")
    def _in_order(self):
        if list(self.epochs) != sorted(set(self.epochs)) or min(self.epochs, default=1) < 1:
            raise ValueError("early.epochs must be whole numbers from 1 upwards, such as [3, 5, 7]")
        return self


class TransientSettings(KindSettings):
    """Settings of kind `transient`; `cubes` also puts out the images of every epoch."""

    galaxy: GalaxySettings = GalaxySettings()
    mass: MassSettings = MassSettings()
    source: SourceSettings = SourceSettings()
    neighbour: NeighbourSettings = NeighbourSettings()
    supernova: SupernovaSettings = SupernovaSettings()
    star: StarSettings = StarSettings()
    observing: ObservingSettings = ObservingSettings()
    selection: SelectionSettings = SelectionSettings()
    early: EarlySettings = EarlySettings()
    cubes: bool = False

    @model_validator(mode="after")
    def _possible(self):
        galaxy, source = self.galaxy, self.source
        check_positive(
            **{"galaxy.z": galaxy.z, "source.z": source.z, "supernova.z_unlensed": self.supernova.z_unlensed}
        )
        check_behind(galaxy.z, source.z, "galaxy.z", "source.z")
        if self.mass.theta_E_max <= self.mass.theta_E_min:
            raise ValueError("mass.theta_E_max must lie above mass.theta_E_min")
        return self
