"""The demonstration's survey: seeded, readable, with arcs where the truth says so."""

import csv

import numpy as np
import pytest
from astropy.io import fits

from lensmith.data import read
from lensmith.simulate import simulate_demo


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey")
    return folder, simulate_demo(folder, 8, seed=3)


def test_candidate_i_of_a_seed_is_the_same_whatever_n(survey, tmp_path):
    folder, rows = survey
    assert simulate_demo(tmp_path, 3, seed=3) == rows[:3]
    for path in (tmp_path / "cutouts").iterdir():
        assert path.read_bytes() == (folder / "cutouts" / path.name).read_bytes()
    assert simulate_demo(tmp_path, 1, seed=4) != rows[:1]


def test_a_file_that_is_there_already_is_left_alone(survey):
    folder, _ = survey
    before = {path: path.stat().st_mtime_ns for path in (folder / "cutouts").iterdir()}
    simulate_demo(folder, 8, seed=3)
    assert {path: path.stat().st_mtime_ns for path in (folder / "cutouts").iterdir()} == before


def test_half_are_lenses_from_either_telescope_and_the_table_says_which(survey):
    folder, rows = survey
    assert sum(row["is_lens"] for row in rows) == 4
    assert {row["telescope"] for row in rows if row["is_lens"]} == {"hst", "des"}
    with open(folder / "truth.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["id"] for row in table] == [row["id"] for row in rows]
    assert all((float(row["theta_E"]) > 0) if row["is_lens"] == "1" else row["theta_E"] == "" for row in table)


def test_the_reader_finds_everything_in_the_files(survey):
    folder, rows = survey
    for row in rows[:2]:
        cutout = read(folder / "cutouts" / f"{row['id']}.fits")
        names = ["F814W"] if row["telescope"] == "hst" else ["g", "r", "i"]
        assert [band.name for band in cutout.bands] == names
        assert cutout.pixel_scale == pytest.approx(0.05 if row["telescope"] == "hst" else 0.263, rel=1e-5)
        for band in cutout.bands:
            assert band.zero_point is not None
            assert band.oriented
            assert band.psf.sum() == pytest.approx(1, abs=1e-5)


def test_the_noise_map_is_that_of_the_noise(survey):
    """Corners hold sky alone: there the scatter is what ERR says."""
    folder, rows = survey
    for row in rows:
        with fits.open(folder / "cutouts" / f"{row['id']}.fits") as hdus:
            image, noise = hdus["SCI", 1].data, hdus["ERR", 1].data
        corner = np.s_[:8, :8]
        assert np.std(image[corner] / noise[corner]) == pytest.approx(1, abs=0.35)


def test_lenses_show_arcs_at_their_einstein_radius(survey):
    """A lens is brighter at theta_E than the light of its galaxy alone, drawn from the two radii beside it."""
    folder, rows = survey
    for row in rows:
        if row["telescope"] != "hst" or not row["is_lens"]:
            continue
        with fits.open(folder / "cutouts" / f"{row['id']}.fits") as hdus:
            image, noise = hdus["SCI"].data.astype(float), hdus["ERR"].data
        y, x = (np.indices(image.shape) - (image.shape[0] - 1) / 2) * 0.05
        radius = np.hypot(x, y) / row["theta_E"]
        ring, inner, outer = (np.abs(radius - at) < 0.12 for at in (1.0, 0.55, 1.6))
        galaxy = np.sqrt(np.mean(image[inner]) * np.mean(image[outer]))
        assert (np.percentile(image[ring], 95) - galaxy) / np.median(noise[ring]) > 3
