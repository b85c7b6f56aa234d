"""How the survey sees scenes of this kind: seeing of the night, PSF, noise, and what can be measured of the arcs."""

from collections.abc import Callable
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.simulate.expose import add_survey_noise
from lensmith.simulate.render import COMPONENTS, Camera, component_images, map_samples
from lensmith.simulate.scene_mass import find_images
from lensmith.simulate.survey import Survey
from lensmith.types import FloatArray

SEEING_STEPS = 24
"""Kernels kept for each band: the seeing is drawn among as many quantiles of its distribution."""

MOST_IMAGES = 5
"""Images of one source that the truth has room for."""


class PsfBank:
    """Kernels of every band for the quantiles of its seeing: ``kernels`` ``[band, step, k, k]``, ``fwhm`` [arcsec]."""

    def __init__(self, survey: Survey):
        quantiles = (np.arange(SEEING_STEPS) + 0.5) / SEEING_STEPS
        self.fwhm = np.array([[float(band.psf.fwhm.at(u)) for u in quantiles] for band in survey.bands])
        self.kernels = np.array(
            [
                [band.psf_kernel(fwhm, survey.psf_side) for fwhm in widths]
                for band, widths in zip(survey.bands, self.fwhm)
            ],
            np.float32,
        )

    def draw(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Kernels ``[band, k, k]`` and their FWHM ``[band]``; the night's seeing is shared by the bands."""
        step = int(rng.random() * SEEING_STEPS)
        steps = np.clip(step + rng.integers(-3, 4, len(self.fwhm)), 0, SEEING_STEPS - 1)
        bands = np.arange(len(self.fwhm))
        return self.kernels[bands, steps], self.fwhm[bands, steps]


def observe(camera: Camera, arguments: dict) -> dict[str, FloatArray]:
    """Noisy images and what is measured of them, of many samples: see `_observation`."""
    return map_samples(_observation(camera), arguments)


def image_positions(scenes, beta_x: FloatArray, beta_y: FloatArray, half_width: FloatArray) -> dict[str, FloatArray]:
    """`scene_mass.find_images` of many scenes, ``[sample, image]`` each."""
    mass = scenes._replace(**{name: None for name in scenes._fields if name not in ("epl", "nfw", "shear")})
    arguments = mass, *(np.asarray(values, np.float32) for values in (beta_x, beta_y, half_width))
    return map_samples(_finder, arguments)


def _finder(one):
    return find_images(*one, most=MOST_IMAGES)


@lru_cache(maxsize=16)
def _observation(camera: Camera) -> Callable:
    """One sample, of the arrays of a `canvas.Place` with its `scene`, `key` and perhaps `pictures`."""

    def observation(one: dict) -> dict[str, jax.Array]:
        drawn = component_images(one["scene"], camera, one["psf"], one.get("pictures"))
        # Fused with what made them, the images would be made again by each of their readers: half as long more.
        drawn = jax.lax.optimization_barrier(drawn)
        light = jax.lax.optimization_barrier(sum(drawn[name] for name in COMPONENTS))
        variance = one["rms"] ** 2 + jnp.maximum(light, 0) / one["electrons"][:, None, None]
        sigma = jnp.sqrt(variance)
        seen = drawn["source"] > sigma
        signal = jnp.where(seen, drawn["source"], 0).sum((-2, -1))
        noise = jnp.sqrt(jnp.where(seen, variance, 0).sum((-2, -1)))
        added = jnp.broadcast_to(one["added_rms"], one["electrons"].shape)
        image = one["background"] + add_survey_noise(
            jax.random.wrap_key_data(one["key"], impl="threefry2x32"), light, added, one["electrons"]
        )
        return drawn | {
            "image": jnp.minimum(image, one["ceiling"][:, None, None]),
            "sigma": sigma,
            "arc_snr": jnp.where(noise > 0, signal / jnp.maximum(noise, 1e-30), 0),
        }

    return observation
