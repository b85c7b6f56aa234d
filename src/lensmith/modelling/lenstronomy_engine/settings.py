"""Settings of the second engine: the model through lenstronomy, as surveys run it today."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LenstronomySettings(BaseModel):
    """A parametric model sampled by lenstronomy; the defaults are the long chains that published DES work used.

    An ensemble has `walker_ratio` walkers for every free parameter. One lens of three bands takes over an hour with
    the defaults on one core; for a look, an eighth of each length serves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mass: Literal["EPL", "SIE"] = Field("EPL", description="mass profile, always with external shear")
    n_particles: int = Field(500, ge=10, description="particles of the swarm")
    n_iterations: int = Field(500, ge=1, description="iterations of the swarm")
    walker_ratio: int = Field(10, ge=2, description="walkers for every free parameter")
    n_burn: int = Field(400, ge=0, description="steps of the chain that are thrown away")
    n_run: int = Field(1000, ge=10, description="steps of the chain that are kept")
    noise: Literal["map", "blank"] = Field(
        "map", description="the band's own noise map, or one number measured in blank pixels and photon noise"
    )
    supersampling: int = Field(1, ge=1, le=5, description="points along the side of a pixel at which light is computed")
