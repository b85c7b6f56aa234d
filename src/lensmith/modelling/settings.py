"""Settings of the modelling: every number that a rule needs, with what it stands for."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lensmith.modelling.lenstronomy_engine.settings import LenstronomySettings


class ModelSettings(BaseModel):
    """How one candidate is modelled. Frozen; an unknown name is an error.

    Lengths are arcsec. The defaults serve every instrument: what depends on the data (grid, field, range of theta_E)
    follows from its pixel scale, PSF and size.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, ge=0, description="seed of the posterior draws")
    n_draws: int = Field(2000, ge=100, le=100_000, description="posterior draws that are stored")
    theta_E_min: float = Field(0.4, gt=0, description="smallest Einstein radius that the search tries")
    theta_E_max: float = Field(2.8, gt=0, description="largest Einstein radius that the search tries, field allowing")
    field_radius: float = Field(2.6, gt=0, description="radius of the pixels that the search fits")
    light_error: float = Field(0.03, ge=0, description="relative error of the lens light model, added to the noise")
    arc_error: float = Field(0.10, ge=0, description="relative error of the source model, added to the noise")
    cauchy_search: float = Field(3.0, gt=0, description="scale in sigma of the robust loss while modes are compared")
    cauchy_final: float = Field(4.0, gt=0, description="the same in the final fit")
    ellipticity_sigma: float = Field(0.1, gt=0, description="prior of the mass ellipticity around the light's")
    shear_sigma: float = Field(0.05, gt=0, description="prior of each shear component")
    slope_mean: float = Field(2.05, description="prior mean of the slope gamma")
    slope_sigma: float = Field(0.12, gt=0, description="prior width of the slope gamma")
    offset_sigma: float = Field(0.3, gt=0, description="prior of the source position in units of theta_E")
    network_start: Literal["beside", "instead"] = Field(
        "beside",
        description="whether a network's estimate, if there is one, adds starts to the search or replaces it",
    )
    search_masses: int = Field(
        0,
        ge=0,
        description="with how many other masses the best of the search are fitted again; helps on mocks (0023)",
    )
    mask_drawn: bool = Field(
        False,
        description="mask in the final fit what the segmenter calls another object, outside the arcs (decision 0029)",
    )
    n_modes: int = Field(7, ge=1, description="distinct solutions that are refined and compared")
    noise_inflation: float = Field(
        1.25,
        ge=1,
        description="factor on the noise in the posterior, for what is frozen there; from mocks (decision 0017)",
    )
    temperature: float = Field(
        1.2,
        ge=1,
        description="the posterior's density is raised to the power 1/temperature; from mocks (decision 0030)",
    )
    systematic_floor: float = Field(0.02, ge=0, description="relative systematic error of theta_E")
    sampler: Literal["laplace", "importance", "nuts"] = Field(
        "laplace",
        description="how the posterior is drawn: importance and nuts sample the density, laplace approximates it",
    )
    second_order: bool = Field(
        False,
        description="centre the Laplace approximation on a skewed posterior's mean, not its maximum (decision 0026)",
    )
    round_draws: int = Field(192, ge=64, description="draws of one round of importance sampling")
    max_rounds: int = Field(5, ge=1, description="rounds of importance sampling at most")
    min_ess: float = Field(100.0, gt=0, description="effective draws at which importance sampling stops")
    n_chains: int = Field(4, ge=2, description="chains of nuts")
    warm_up: int = Field(300, ge=50, description="steps of every chain of nuts that are not stored")
    engine: Literal["fast", "lenstronomy"] = Field("fast", description="our own engine, or lenstronomy")
    lenstronomy: LenstronomySettings = Field(default_factory=LenstronomySettings, description="of that engine")
    point_images: Literal[0, 2, 4, "auto"] = Field(
        0, description="images of a lensed quasar that are modelled as points (experimental); 0: there is none"
    )
