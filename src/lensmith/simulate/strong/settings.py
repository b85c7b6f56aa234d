"""Settings of the kind `strong`; recipes/simulate/strong.yaml holds the same defaults with the source of each."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from lensmith.simulate.distributions import Distribution, distribution
from lensmith.simulate.settings import KindSettings, SettingsSection, check_behind, check_positive

Range = tuple[float, float]


def _law(**content) -> Distribution:
    """A distribution as it stands in YAML."""
    return distribution(content)


class DeflectorSettings(SettingsSection):
    """The galaxy that lenses: its redshift and velocity dispersion set its light, size and Einstein radius."""

    scale: Distribution = _law(choice=["galaxy", "group", "cluster"], weights=[0.86, 0.11, 0.03])
    profile: Distribution = _law(choice=["EPL", "SIE"], weights=[0.8, 0.2])
    z: Distribution = _law(normal=[0.48, 0.18], min=0.12, max=1.0)
    sigma_v: Distribution = _law(normal=[265, 50], min=160, max=400)
    gamma: Distribution = _law(normal=[2.08, 0.15], min=1.6, max=2.5)
    axis_ratio: Distribution = _law(normal=[0.78, 0.13], min=0.4, max=1.0)
    axis_ratio_scatter: Distribution = _law(normal=[0.0, 0.07], min=-0.2, max=0.2)
    misalignment: Distribution = _law(normal=[0.0, 8.0])
    shear: Distribution = _law(rayleigh=0.035, max=0.2)
    offset: Distribution = _law(normal=[0.0, 0.35], min=-1.5, max=1.5)
    magnitude_scatter: Distribution = _law(normal=[0.0, 0.35])
    size_scatter: Distribution = _law(normal=[0.0, 0.12])
    n_sersic: Distribution = _law(lognormal=[4.2, 0.2], min=2.5, max=7.0)
    envelope: float = Field(0.3, ge=0, le=1)
    envelope_flux: Distribution = _law(uniform=[0.15, 0.4])
    envelope_size: Distribution = _law(uniform=[2.0, 3.5])
    envelope_flattening: Distribution | None = None
    envelope_twist: Distribution | None = None
    envelope_offset: Distribution | None = None
    catalogue_fraction: float = Field(0.0, ge=0, le=1)


class GroupSettings(SettingsSection):
    """What a group or cluster adds to the galaxy in its middle: a halo and other members."""

    sigma_v: Distribution = _law(normal=[300, 35], min=220, max=420)
    log_mass: Distribution = _law(uniform=[13.3, 14.1])
    concentration: Distribution = _law(lognormal=[6.0, 0.25], min=3.0, max=12.0)
    members: Distribution = _law(choice=[2, 3, 4, 5, 6])
    radius: Distribution = _law(uniform=[0.25, 1.1])
    fainter: Distribution = _law(uniform=[0.8, 4.0])


class ClusterSettings(GroupSettings):
    """As `GroupSettings`, with more of everything."""

    sigma_v: Distribution = _law(normal=[330, 40], min=250, max=450)
    log_mass: Distribution = _law(uniform=[14.2, 14.8])
    members: Distribution = _law(choice=[6, 7, 8, 9, 10, 11, 12])


class SourceSettings(SettingsSection):
    """The galaxy behind: intrinsic i-band AB magnitude, from it the redshift, from both the size."""

    magnitude: Distribution = _law(normal=[24.3, 1.0], min=21.5, max=27.0)
    z_median: Distribution = _law(lognormal=[1.0, 0.4], min=0.4, max=3.0)
    z_slope: float = 0.2
    z: Distribution | None = None
    offset: Distribution = _law(power_law=[1.0, 0.001, 0.6])
    size_scatter: Distribution = _law(normal=[0.0, 0.18], min=-0.5, max=0.5)
    n_sersic: Distribution = _law(lognormal=[1.1, 0.3], min=0.5, max=4.0)
    axis_ratio: Distribution = _law(uniform=[0.3, 1.0])
    redness: Distribution = _law(normal=[0.08, 0.12], min=0.0, max=0.7)
    clumpy: float = Field(0.45, ge=0, le=1)
    clumps: Distribution = _law(choice=[2, 3, 4, 5])
    clump_flux: Distribution = _law(uniform=[0.15, 0.5])
    catalogue_fraction: float = Field(0.0, ge=0, le=1)


class QuasarSettings(SettingsSection):
    """Lensed quasars: share of the lenses, brightness relative to the galaxy around, scatter of each image."""

    fraction: float = Field(0.05, ge=0, le=1)
    brighter: Distribution = _law(uniform=[0.5, 3.5])
    microlensing: Distribution = _law(normal=[0.0, 0.15])


class NeighbourSettings(SettingsSection):
    """Galaxies and stars that happen to be near: how many to the square arcmin, and how bright (i-band AB)."""

    density: float = Field(60.0, ge=0)
    magnitude: Distribution = _law(normal=[24.5, 1.3], min=18.0, max=26.5)
    redness: Distribution = _law(uniform=[0.0, 0.9])
    star_density: float = Field(1.5, ge=0)
    star_magnitude: Distribution = _law(uniform=[17.5, 25.0])


class ImpostorSettings(SettingsSection):
    """What is no lens: classes by weight, and how each is drawn."""

    kinds: Distribution = _law(
        choice=["elliptical", "spiral", "ring", "merger", "star", "satellite", "spikes"],
        weights=[0.32, 0.27, 0.08, 0.15, 0.06, 0.06, 0.06],
    )
    spiral_magnitude: Distribution = _law(normal=[19.8, 0.9], min=17.5, max=22.0)
    spiral_radius: Distribution = _law(lognormal=[1.2, 0.3], min=0.6, max=3.0)
    star_magnitude: Distribution = _law(uniform=[17.0, 21.0])
    spike_magnitude: Distribution = _law(uniform=[14.5, 17.5])
    spike_arms: int = Field(4, ge=2, le=8)


class SelectionSettings(SettingsSection):
    """Which lenses are kept; what fails is drawn again. None switches a cut off."""

    arc_snr: float | None = 30.0
    magnification: float | None = 2.5
    theta_E: Range | None = (0.4, 20.0)
    theta_E_over_fwhm: float | None = 1.0
    theta_E_over_frame: float | None = 0.7
    isolation: float | None = None
    arc_magnitude: Range | None = None
    attempts: int = Field(500, ge=1)


class StrongSettings(KindSettings):
    """Lenses of galaxy, group and cluster scale, and what is taken for one."""

    bands: tuple[str, ...] | None = None
    side: int | None = Field(None, ge=16, le=1000)
    supersampling: int | None = Field(None, ge=1, le=8)
    wavelengths: dict[str, float] = Field(default_factory=dict)
    lens_fraction: float = Field(0.5, ge=0, le=1)
    components: bool = False
    psf: bool = False
    sigma: bool = False
    profiles: bool = True
    catalogue: Path | None = None
    into: Path | None = None
    paint: Literal["arcs", "all"] = "arcs"
    deflector: DeflectorSettings = DeflectorSettings()
    group: GroupSettings = GroupSettings()
    cluster: ClusterSettings = ClusterSettings()
    source: SourceSettings = SourceSettings()
    quasar: QuasarSettings = QuasarSettings()
    neighbours: NeighbourSettings = NeighbourSettings()
    impostors: ImpostorSettings = ImpostorSettings()
    selection: SelectionSettings = SelectionSettings()

    @model_validator(mode="after")
    def _possible(self):
        check_positive(**{"deflector.z": self.deflector.z, "source.z_median": self.source.z_median})
        if self.source.z is not None:
            check_positive(**{"source.z": self.source.z})
            check_behind(self.deflector.z, self.source.z, "deflector.z", "source.z")
        return self
