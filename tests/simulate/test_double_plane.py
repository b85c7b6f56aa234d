from dataclasses import replace

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from lenstronomy.Data.pixel_grid import PixelGrid
from lenstronomy.Data.psf import PSF
from lenstronomy.ImSim.image_model import ImageModel
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LightModel.light_model import LightModel

from lensmith.errors import InputError, SettingsError
from lensmith.physics import cosmology
from lensmith.physics.lens_model import deflection
from lensmith.physics.light import sersic
from lensmith.physics.multi_plane import ray_trace_planes
from lensmith.physics.point_source import point_images
from lensmith.simulate.double_plane import DoublePlaneSettings, DoublePlaneSimulator
from lensmith.simulate.double_plane.cutouts import Background
from lensmith.simulate.double_plane.selection import isolation
from lensmith.simulate.settings import RECIPES, resolve_settings
from lensmith.simulate.survey import load_survey

ONE_BAND = {"bands": ("i",), "clean": True, "most_attempts": 500}


@pytest.fixture(scope="module")
def simulator():
    return DoublePlaneSimulator(None, DoublePlaneSettings(**ONE_BAND))


@pytest.fixture(scope="module")
def drawn(simulator):
    return simulator.samples(5, range(20))


def row(samples, i) -> dict:
    return {name: values[i] for name, values in samples.truth.items()}


def planes_of(truth: dict) -> list:
    """The lens planes in `physics.multi_plane`'s terms, all for the farther source."""
    shape = {name: truth[name] for name in ("e1", "e2", "center_x", "center_y")}
    lens = {"theta_E": truth["theta_E_2"], "gamma": truth["gamma"]} | shape
    near = {
        "theta_E": truth["theta_E_near"],
        "e1": truth["source_1_e1"],
        "e2": truth["source_1_e2"],
        "center_x": truth["source_1_x"],
        "center_y": truth["source_1_y"],
    }
    return [[("EPL", lens), ("SHEAR", {"gamma1": truth["gamma1"], "gamma2": truth["gamma2"]})], [("SIE", near)]]


def lenstronomy_images(truth: dict, psf, zero_point: float, side=45, pixel_scale=0.263, supersampling=3) -> list:
    """Both sources, ray-traced by lenstronomy through all planes."""
    (lens, shear), (near,) = planes_of(truth)
    redshifts = [truth["z_lens"], truth["z_lens"], truth["z_source_1"]]
    corner = -(side - 1) / 2 * pixel_scale
    grid = PixelGrid(side, side, np.eye(2) * pixel_scale, corner, corner)
    images = []
    for k in (1, 2):
        model = LensModel(
            [lens[0], shear[0], near[0]],
            lens_redshift_list=redshifts,
            z_source=truth[f"z_source_{k}"],
            z_source_convention=truth["z_source_2"],
            multi_plane=True,
            cosmo=FlatLambdaCDM(H0=70, Om0=0.3),
        )
        shape = {name: truth[f"source_{k}_{name}"] for name in ("R_sersic", "n_sersic", "e1", "e2")}
        shape |= {"center_x": truth[f"source_{k}_x"], "center_y": truth[f"source_{k}_y"]}
        flux = 10 ** (0.4 * (zero_point - truth[f"source_{k}_magnitude_i"]))
        light = [shape | {"amp": flux / sersic.total_flux(1.0, **shape)}]
        numerics = {"supersampling_factor": supersampling, "supersampling_convolution": False}
        image = ImageModel(grid, psf, model, LightModel(["SERSIC_ELLIPSE"]), kwargs_numerics=numerics)
        images.append(image.image([lens[1], shear[1], near[1]], light))
    return images


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("deflector", [True, False])
def test_images_are_lenstronomys_multi_plane_ones(deflector):
    simulator = DoublePlaneSimulator(None, DoublePlaneSettings(**ONE_BAND, deflector=deflector))
    samples = simulator.samples(3, range(2))
    for i in range(2):
        truth = row(samples, i)
        assert (truth["theta_E_near"] > 0) == deflector
        kernel = simulator.survey.bands[0].psf_kernel(truth["fwhm_i"], simulator.survey.psf_side)
        psf = PSF("PIXEL", kernel_point_source=kernel)
        wanted = lenstronomy_images(truth, psf, simulator.survey.bands[0].zero_point)
        for k in (1, 2):
            image = samples.arrays[f"source_{k}"][i, 0]
            assert np.abs(image - wanted[k - 1]).max() < 1e-3 * wanted[k - 1].max(), (i, k)


def test_the_nearer_source_bends_the_farther_one_only():
    settings = {
        "bands": ("i",),
        "clean": True,
        "cuts": {"theta_E": (0.5, 4.0), "magnification": None, "isolation": None},
    }
    on, off = (
        DoublePlaneSimulator(None, DoublePlaneSettings(**settings, deflector=deflector)).samples(2, range(4))
        for deflector in (True, False)
    )
    assert np.array_equal(on.truth["source_2_x"], off.truth["source_2_x"])
    peak = on.arrays["source_2"].max((1, 2, 3))
    changed = np.abs(on.arrays["source_2"] - off.arrays["source_2"]).max((1, 2, 3)) / peak
    assert (changed > 0.01).all()
    np.testing.assert_allclose(on.arrays["source_1"], off.arrays["source_1"], atol=1e-5 * on.arrays["source_1"].max())


def test_einstein_radii_of_both_planes(drawn):
    for i in range(20):
        truth = row(drawn, i)
        z = [truth[name] for name in ("z_lens", "z_source_1", "z_source_2")]
        assert z[0] + 0.2 <= z[1]
        assert z[1] + 0.1 <= z[2]
        assert truth["theta_E_2"] == pytest.approx(cosmology.sis_theta_E(truth["sigma_v"], z[0], z[2]), rel=1e-4)
        assert truth["theta_E_near"] == pytest.approx(cosmology.sis_theta_E(truth["sigma_v_near"], *z[1:]), rel=1e-4)
        scaling = cosmology.plane_scaling(z[:2], z[2])
        assert truth["scaling"] == pytest.approx(scaling[0, 1], rel=1e-4)
        # At its Einstein radius a round lens deflects by that radius.
        round_lens = [("EPL", {"theta_E": truth["theta_E_2"], "gamma": truth["gamma"], "e1": 0.0, "e2": 0.0})]
        alpha, _ = deflection(truth["theta_E_1"], 0.0, round_lens)
        assert truth["scaling"] * alpha == pytest.approx(truth["theta_E_1"], rel=1e-4)


def test_farthest_images_solve_the_lens_equation(drawn):
    for i in range(3):
        truth = row(drawn, i)
        planes, scaling = planes_of(truth), np.array([[0, truth["scaling"], 1.0], [0, 0, 1.0]])
        centre = truth["center_x"], truth["center_y"]

        def near(x, y, lens=planes[0], share=truth["scaling"]):
            return tuple(share * component for component in deflection(x, y, lens))

        def far(x, y, planes=planes, scaling=scaling):
            beta = ray_trace_planes(x, y, planes, scaling)
            return x - beta[0], y - beta[1]

        for k, alpha in ((1, near), (2, far)):
            images = point_images(alpha, truth[f"source_{k}_x"], truth[f"source_{k}_y"], 8.0, magnification_limit=1e-3)
            distance = np.hypot(images.x - centre[0], images.y - centre[1]).max()
            assert truth[f"image_distance_{k}"] == pytest.approx(distance, abs=2e-3)


def test_samples_do_not_depend_on_the_batch_and_pass_the_cuts(simulator, drawn):
    few = simulator.samples(5, [17, 2])
    for name in simulator.arrays:
        assert np.array_equal(few.arrays[name], drawn.arrays[name][[17, 2]])
    for name in simulator.columns:
        np.testing.assert_array_equal(few.truth[name], drawn.truth[name][[17, 2]])
    assert set(drawn.arrays) == set(simulator.arrays)
    assert set(drawn.truth) == set(simulator.columns)
    cuts = simulator.settings.cuts
    for k in (1, 2):
        for name in ("theta_E", "magnification", "isolation"):
            low, high = getattr(cuts, name)
            values = drawn.truth[f"{name}_{k}"]
            assert low <= values.min()
            assert values.max() <= high
        assert drawn.truth["attempts"].max() > 1


def test_image_is_source_and_lens_and_the_flux_is_the_magnitudes(simulator, drawn):
    arrays, truth = drawn.arrays, drawn.truth
    np.testing.assert_allclose(arrays["image"], arrays["source"] + arrays["lens"], rtol=1e-5, atol=1e-4)
    band = simulator.survey.bands[0]
    for k in (1, 2):
        flux = arrays[f"source_{k}"].sum((1, 2, 3), dtype=float)
        lensed = band.flux(truth[f"lensed_magnitude_{k}"])
        # The PSF carries a little light out of the cutout.
        assert np.median(flux / lensed) == pytest.approx(1, abs=0.01)
        intrinsic = band.flux(truth[f"source_{k}_magnitude_i"])
        np.testing.assert_allclose(lensed / intrinsic, truth[f"magnification_{k}"], rtol=1e-6)
    noise = arrays["source"] - arrays["source_1"] - arrays["source_2"]
    expected = (arrays["source_1"] + arrays["source_2"]) / band.electrons_per_unit
    assert (noise**2).sum() / expected.sum() == pytest.approx(1, abs=0.03)


def test_isolation_is_the_share_under_the_arcs():
    source, lens = np.zeros((1, 5, 5)), np.zeros((1, 5, 5))
    source[0, 2, 1:4] = 10
    lens[0, 2, 1] = 30
    lens[0, 0] = 1000
    assert isolation(source, lens) == pytest.approx(0.5)
    assert isolation(source, 0 * lens) == 1


def backgrounds(n=2, side=45) -> list[Background]:
    rng = np.random.default_rng(1)
    image = rng.normal(0, 2, (n, 3, side, side)).astype(np.float32)
    image[:, :, 20:25, 22:27] += 300
    psf = np.zeros((3, 25, 25), np.float32)
    psf[:, 12, 12:14] = 0.5
    return [Background(f"c{i}", image[i], psf, np.full(3, 30.0), (2 * 0.263, 0.0)) for i in range(n)]


def test_painting_leaves_the_cutout_as_it_is(monkeypatch):
    real = backgrounds()
    monkeypatch.setattr("lensmith.simulate.double_plane.simulator.read_backgrounds", lambda *_: real)
    settings = resolve_settings("double-plane", preset="des-double", sets=["into=somewhere", "clean=true"])
    simulator = DoublePlaneSimulator(load_survey("des"), settings)
    samples = simulator.samples(1, range(3))
    turns = [one.turned(k, flip).image for one in real for k in range(4) for flip in (False, True)]
    for i in range(3):
        assert any(np.array_equal(samples.arrays["lens"][i], image) for image in turns)
        # Magnitude 30 is one count in these cutouts.
        flux = samples.arrays["source_1"][i, 0].sum(dtype=float)
        assert 30 - 2.5 * np.log10(flux) == pytest.approx(samples.truth["lensed_magnitude_1"][i], abs=0.1)
        assert np.hypot(samples.truth["center_x"][i], samples.truth["center_y"][i]) == pytest.approx(2 * 0.263)
    assert set(samples.truth["cutout"]) <= {"c0", "c1"}


@pytest.mark.parametrize(("quarters", "mirrored"), [(0, True), (1, False), (3, True)])
def test_a_turned_cutout_keeps_its_centre_on_its_galaxy(quarters, mirrored):
    one = replace(backgrounds(1)[0], centre=(2 * 0.263, 3 * 0.263))
    image = np.zeros((3, 45, 45), np.float32)
    image[:, 25, 24] = 1
    turned = replace(one, image=image).turned(quarters, mirrored)
    y, x = np.unravel_index(turned.image[0].argmax(), (45, 45))
    assert turned.centre == pytest.approx(((x - 22) * 0.263, (y - 22) * 0.263))


def test_recipes():
    assert resolve_settings("double-plane", RECIPES / "double-plane.yaml") == DoublePlaneSettings()
    preset = resolve_settings("double-plane", preset="des-double")
    assert preset.lens.sigma_v.support == (300, 650)
    assert preset.cuts.theta_E == (0.2, 6.6)
    assert preset.cuts.lensed_magnitude == (19.2, 22.6)
    assert preset.cuts.magnification[0] == 3.6
    assert preset.cuts.isolation[0] == 0.4
    assert preset.cuts.image_distance == (1.3, 5.6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cutz": {}}, "did you mean cuts"),
        ({"near": {"z": 0.1}}, "in front of the lens"),
        ({"far": {"z": {"uniform": [-1, 2]}}}, "positive"),
        ({"cuts": {"theta_E": (2, 1)}}, "keeps nothing"),
        ({"lens": {"sigma_v": {"normal": [200, 50]}}}, "sigma_v must be positive"),
    ],
)
def test_wrong_settings_are_one_sentence(settings, message):
    with pytest.raises(SettingsError, match=message):
        DoublePlaneSettings(**settings)


def test_what_cannot_be_simulated_is_said(tmp_path):
    with pytest.raises(SettingsError, match="reference is band z"):
        DoublePlaneSimulator(None, DoublePlaneSettings(reference="z"))
    with pytest.raises(InputError, match="no such folder"):
        DoublePlaneSimulator(None, DoublePlaneSettings(into=tmp_path / "absent"))
    far_apart = DoublePlaneSettings(lens={"sigma_v": 30.0}, bands=("i",))
    with pytest.raises(SettingsError, match="no draw in"):
        DoublePlaneSimulator(None, far_apart).samples(1, [0])
    never = DoublePlaneSettings(cuts={"magnification": (500, 1000)}, bands=("i",), most_attempts=2)
    with pytest.raises(SettingsError, match="none of 2 systems passes the cuts"):
        DoublePlaneSimulator(None, never).samples(1, [4])
