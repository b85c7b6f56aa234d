"""Settings of the model of a lensed quasar."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class QuasarSettings(BaseModel):
    """How a lensed quasar is modelled. Frozen; an unknown name is an error. Lengths are arcsec."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, ge=0, description="seed of the posterior draws")
    n_draws: int = Field(1000, ge=100, le=100_000, description="posterior draws")
    band: str = Field("", description="name of the band to fit; empty for the first")
    point_images: Literal["auto", 2, 3, 4, 5] = Field("auto", description="how many point images there are")
    mass: Literal["EPL", "SIE"] = Field("EPL", description="with a free slope, or isothermal; both with shear")
    host: bool = Field(True, description="fit the lensed light of the host galaxy")
    field_radius: float = Field(4.0, gt=0, description="half the side of the square that is fitted")
    min_significance: float = Field(10.0, gt=0, description="of a point image, in sigma, where `auto` counts them")
    min_flux_ratio: float = Field(0.02, ge=0, lt=1, description="of a point image to the brightest, for `auto`")
    position_error: float = Field(0.003, gt=0, description="by how much images may miss the smooth lens' positions")
    psf_error: float = Field(0.02, ge=0, description="relative error of the PSF, added to the noise")
    light_error: float = Field(0.03, ge=0, description="relative error of the lens light model, added to the noise")
    arc_error: float = Field(0.10, ge=0, description="relative error of the host's model, added to the noise")
    centre_error: float = Field(0.02, gt=0, description="prior distance of the mass' centre from the light's")
    ellipticity_sigma: float = Field(0.1, gt=0, description="prior of the mass ellipticity around the light's")
    shear_sigma: float = Field(0.05, gt=0, description="prior of each shear component")
    slope_mean: float = Field(2.05, description="prior mean of the slope gamma")
    slope_sigma: float = Field(0.12, gt=0, description="prior width of the slope gamma")
