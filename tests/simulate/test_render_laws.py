"""Laws of the simulator's lensing: magnification, image positions and time delays."""

import warnings

import numpy as np
import pytest
from lenstronomy.LensModel.lens_model import LensModel

from lensmith.physics import lens_model
from lensmith.physics.point_source import point_images
from lensmith.simulate.lens_scene import empty_scenes, put, take
from lensmith.simulate.render import Camera, map_samples, render_components
from lensmith.simulate.scene_mass import find_images
from lensmith.simulate.strong.distances import time_delay_days

N = 12
HALF_WIDTH = 4.0


@pytest.fixture(scope="module")
def lenses():
    """Random lenses, every other with a halo, and sources behind them."""
    random = np.random.default_rng(5)
    scenes = empty_scenes(N, 1, epl=2, nfw=1, shear=1, source=1)
    beta = random.uniform(-0.3, 0.3, (N, 2)).astype(np.float32)
    for sample in range(N):
        e1, e2 = random.uniform(-0.15, 0.15, 2)
        put(scenes, "epl", sample, 0, theta_E=random.uniform(0.8, 1.5), gamma=random.uniform(1.8, 2.2), e1=e1, e2=e2)
        scenes.shear["gamma1"][sample] = random.uniform(-0.05, 0.05)
        scenes.shear["gamma2"][sample] = random.uniform(-0.05, 0.05)
        if sample % 2:
            put(scenes, "nfw", sample, 0, Rs=20.0, alpha_Rs=3.0)
    return scenes, beta


def find(one):
    return find_images(one[0], one[1][0], one[1][1], HALF_WIDTH)


def profiles(scenes, sample):
    """The mass of one sample as `physics.lens_model` and lenstronomy take it, float64."""
    one = take(scenes, sample)
    lens = [("EPL", {name: float(values[0]) for name, values in one.epl.items()})]
    if one.nfw["alpha_Rs"][0]:
        lens.append(("NFW", {name: float(values[0]) for name, values in one.nfw.items()}))
    return [*lens, ("SHEAR", {name: float(values) for name, values in one.shear.items()})]


def test_image_positions_satisfy_the_lens_equation(lenses):
    scenes, beta = lenses
    images = map_samples(find, (scenes, beta))
    for sample in range(N):
        found = np.isfinite(images["x"][sample])
        assert found.sum() >= 2
        x, y = (images[name][sample][found].astype(float) for name in ("x", "y"))
        source = lens_model.ray_trace(x, y, profiles(scenes, sample))
        assert np.hypot(source[0] - beta[sample, 0], source[1] - beta[sample, 1]).max() < 1e-4


def test_no_image_is_missing_or_made_up(lenses):
    scenes, beta = lenses
    images = map_samples(find, (scenes, beta))
    for sample in range(N):
        lens = profiles(scenes, sample)
        slow = point_images(
            lambda x, y, lens=lens: lens_model.deflection(x, y, lens),
            *map(float, beta[sample]),
            HALF_WIDTH,
            potential=lambda x, y, lens=lens: lens_model.potential(x, y, lens),
            magnification_limit=1e-3,
        )
        found = np.isfinite(images["x"][sample])
        assert found.sum() == len(slow)
        assert np.abs(images["x"][sample][found] - slow.x).max() < 1e-4
        assert np.abs(images["magnification"][sample][found] / slow.magnification - 1).max() < 1e-2


def test_time_delays_are_lenstronomys(lenses):
    scenes, beta = lenses
    images = map_samples(find, (scenes, beta))
    z_lens, z_source = 0.5, 1.5
    for sample in range(N):
        lens = profiles(scenes, sample)
        found = np.isfinite(images["x"][sample])
        x, y = (images[name][sample][found].astype(float) for name in ("x", "y"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lenstronomy's own, under newer astropy
            model = LensModel([name for name, _ in lens], z_lens=z_lens, z_source=z_source, cosmo=_cosmology())
            arrival = model.arrival_time(x, y, [parameters for _, parameters in lens])
        fermat = images["fermat"][sample][found].astype(float)
        delays = time_delay_days(fermat - fermat[0], z_lens, z_source)
        assert delays[1:] == pytest.approx((arrival - arrival[0])[1:], rel=1e-3, abs=1e-3)


def test_a_small_source_is_magnified_by_the_determinant_of_its_images(lenses):
    scenes, beta = lenses
    images = map_samples(find, (scenes, beta))
    chosen = [sample for sample in range(N) if _far_from_caustics(scenes, beta, sample)][:4]
    assert len(chosen) >= 3
    some = take(scenes, chosen)
    for row, sample in enumerate(chosen):
        at = {"center_x": beta[sample, 0], "center_y": beta[sample, 1]}
        put(some, "source", row, 0, 1.0, R_sersic=0.012, n_sersic=0.5, e1=0.0, e2=0.0, **at)
    drawn = render_components(some, Camera(360, 0.024, supersampling=4), np.ones((1, 1, 1)))
    for row, sample in enumerate(chosen):
        expected = np.nansum(np.abs(images["magnification"][sample]))
        assert drawn["lensed_flux"][row, 0] == pytest.approx(expected, rel=0.01)


def _far_from_caustics(scenes, beta, sample):
    """Whether the magnification hardly changes over ten times the radius of the source."""
    around = beta[sample] + 0.05 * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]], np.float32)
    total = np.nansum(np.abs(map_samples(find, (take(scenes, [sample] * 5), around))["magnification"]), axis=1)
    return total.max() < 1.25 * total.min()


def _cosmology():
    from lensmith.physics.cosmology import DEFAULT

    return DEFAULT
