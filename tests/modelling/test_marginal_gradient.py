"""The gradient of the marginal likelihood that is written by hand is the one that JAX derives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lensmith.fitting.jax_setup import use_double_precision
from lensmith.modelling.lensed_source import GRID_SIDE, N_GAUSSIANS, source_offsets
from lensmith.modelling.marginal_gradient import log_likelihood, log_likelihood_gradient
from lensmith.modelling.marginal_likelihood import BandArrays, images_of, integrated, reduced

use_double_precision()

SIDE, SCALE, MODES, FIXED = 24, 0.1, 7, 3
CORE = np.array([np.log(0.8), 2.1, 0.1, -0.05, 0.01, 0.02, 0.03, -0.02, 0.1, -0.05, 0.1, 0.05, np.log(0.11)])


def band(supersampling: int, grid: bool) -> BandArrays:
    """A band of made-up numbers in double precision; a third of its pixels unused, the grid out of reach of some."""
    rng = np.random.default_rng(1)
    steps = (np.arange(SIDE * supersampling) - (SIDE * supersampling - 1) / 2) * SCALE / supersampling
    x, y = np.meshgrid(steps, steps)
    psf = np.zeros((SIDE, SIDE))
    psf[:3, :3] = rng.uniform(0.1, 1, (3, 3))
    pixels = np.sort(rng.choice(SIDE**2, 2 * SIDE**2 // 3, replace=False))
    padding = 5
    used = np.zeros(SIDE**2)
    used[pixels] = 1
    lit = np.flatnonzero(np.hypot(x, y).ravel() < 1.1)
    place = np.full(x.size, len(lit) + padding)
    place[lit] = np.arange(len(lit))
    columns = N_GAUSSIANS + grid * GRID_SIDE**2
    return BandArrays(
        x=jnp.asarray(x),
        y=jnp.asarray(y),
        kernel_fft=jnp.asarray(np.fft.rfft2(psf / psf.sum()), jnp.complex128),
        lit=jnp.asarray(np.pad(lit, (0, padding), mode="edge"), jnp.int32),
        place=jnp.asarray(place, jnp.int32),
        root_weight=jnp.asarray(used * rng.uniform(5, 10, SIDE**2)),
        data=jnp.asarray(used * rng.normal(size=SIDE**2)),
        best=jnp.asarray(rng.uniform(0, 0.05, columns), float),
        modes=jnp.asarray(0.05 * rng.normal(size=(columns, MODES)), float),
        mode_precision=jnp.asarray(rng.uniform(0.2, 1, MODES)),
        mode_pull=jnp.asarray(rng.normal(size=MODES)),
        fixed=jnp.asarray(np.linalg.qr(used[:, None] * rng.normal(size=(SIDE**2, FIXED)))[0].T),
        fixed_pull=jnp.asarray(rng.normal(size=FIXED)),
        constant=jnp.asarray(-3.0),
        spacing=jnp.asarray(0.03, float),
        log_size=jnp.asarray(CORE[12] - 0.1, float),
        source_flux=jnp.ones(MODES + 1),
    )


@pytest.mark.parametrize(("supersampling", "grid"), [(2, True), (1, False)])
def test_against_automatic_differentiation(supersampling, grid):
    arrays, how = band(supersampling, grid), (SIDE, supersampling)
    traced = lambda core: images_of(core, source_offsets(core, arrays.x, arrays.y), arrays)
    plain = lambda core: integrated(reduced(traced(core), arrays, *how), arrays.constant)[0]
    value, expected = jax.jit(jax.value_and_grad(plain))(jnp.asarray(CORE))
    found = log_likelihood_gradient(jnp.asarray(CORE), arrays, *how)
    assert found[0] == pytest.approx(float(value), rel=1e-9)
    sampled = jax.value_and_grad(log_likelihood)(jnp.asarray(CORE), arrays, *how)
    assert float(sampled[0]) == pytest.approx(found[0], rel=1e-9)
    np.testing.assert_allclose(sampled[1], found[1], rtol=1e-9)
    assert (np.abs(expected) > 1e-3 * np.abs(expected).max()).all()
    np.testing.assert_allclose(found[1], expected, rtol=1e-6)
