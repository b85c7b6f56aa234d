"""Real lenses, modelled from their pixels alone; published radii are used only to judge.

Images: Tan et al. 2024 (arXiv:2311.09307) and the AutoLens workspace; radii: the same and Auger et al. 2009.
"""

import os
from pathlib import Path

import pytest

from lensmith.data import ReadOptions, find_candidates, read, read_candidate
from lensmith.modelling import model

REAL = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real"))


def real(path: str) -> Path:
    if not (REAL / path).exists():
        pytest.skip(f"no real data at {REAL / path}; set LENSMITH_REAL_DATA")
    return REAL / path


@pytest.mark.slow
def test_autolens_trio_through_its_manifest():
    (candidate,) = find_candidates([real("hst_autolens/manifest.csv")], ReadOptions())
    fit = model(read_candidate(candidate, ReadOptions()))
    assert fit.parameters["theta_E"].best == pytest.approx(1.38, rel=0.04)
    assert fit.verdict.value in ("accept", "check")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "theta_E"), [("SDSSJ0330-0020", 1.094), ("SDSSJ0912+0029", 1.609)])
def test_several_bands_of_one_lens(name, theta_E):
    fit = model(read(real(f"hst_lenses/{name}.fits")))
    assert fit.parameters["theta_E"].best == pytest.approx(theta_E, rel=0.05)
    assert len(fit.bands) > 1


@pytest.mark.slow
def test_euclid_lenses_are_fitted_in_the_sharpest_of_eight_bands():
    for path in sorted(real("euclid").glob("*.fits")):
        fit = model(read(path))
        assert [band.name for band in fit.bands] == ["VIS"]
        assert fit.verdict.value == "accept", fit.verdict.reasons


@pytest.mark.slow
def test_des_galaxies_are_not_accepted():
    for path in sorted(real("des/galaxies").glob("*.fits"))[:3]:
        assert model(read(path)).verdict.value != "accept"
