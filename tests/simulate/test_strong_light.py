"""The light of the galaxies in the middle: envelopes that are turned and moved, and real galaxies for impostors too."""

import numpy as np
import pytest

from lensmith.simulate.strong import StrongSettings
from lensmith.simulate.strong.draw import draw_scene
from lensmith.simulate.strong.pictures import SIDE, Picture
from lensmith.simulate.strong.sky import Sky, new_scenes

SKY = Sky(64, 0.1, 0.16, ("VIS",), np.array([7150.0]), np.array([25.9]))
ALONE = {"neighbours": {"density": 0.0, "star_density": 0.0}}


def drawn_light(name="elliptical", choose=None, **deflector):
    """The light's two components of one scene, and how it was drawn."""
    always = {"scale": "galaxy", "envelope": 1.0, "axis_ratio": 0.7, "offset": 0.0}
    settings = StrongSettings(**ALONE, deflector=always | deflector)
    scenes = new_scenes(1, 1, choose is not None)
    drawn, pictures = draw_scene(name, scenes, 0, SKY, settings, np.random.default_rng(5), choose)
    return {key: values[0] for key, values in scenes.light.items()}, drawn, pictures


def test_an_envelope_lies_along_the_galaxy_by_default():
    light, _, _ = drawn_light()
    assert light["e1"][1] == pytest.approx(0.7 * light["e1"][0], rel=1e-5)
    assert light["e2"][1] == pytest.approx(0.7 * light["e2"][0], rel=1e-5)
    assert light["center_x"][1] == light["center_x"][0]


def test_an_envelope_is_flattened_turned_and_moved_as_asked():
    light, _, _ = drawn_light(envelope_flattening=1.5, envelope_twist=30.0, envelope_offset=0.1)
    inner, outer = (np.array([light["e1"][k] + 1j * light["e2"][k]]) for k in (0, 1))
    assert np.abs(outer) == pytest.approx(1.5 * np.abs(inner), rel=1e-4)
    assert np.degrees(np.angle(outer / inner)) == pytest.approx(60, abs=1e-3)
    assert light["center_x"][1] - light["center_x"][0] == pytest.approx(0.1 * light["R_sersic"][0], rel=1e-4)


@pytest.mark.parametrize("name", ["lens", "elliptical"])
def test_lens_and_lone_galaxy_may_have_a_real_galaxys_light(name):
    picture = Picture(np.full((SIDE, SIDE), SIDE**-2.0, np.float32), 0.03, 20.0)
    light, drawn, pictures = drawn_light(name, lambda rng: picture, catalogue_fraction=1.0)
    assert len(pictures) == 1
    assert not light["R_sersic"].any() or not drawn.scenes.light_flux[0].any()
    assert drawn.scenes.light_stamp_flux[0].any()
