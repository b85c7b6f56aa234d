"""The shipped finder on real cutouts: all of them can be looked at, and lenses stand above galaxies."""

import os
from pathlib import Path

import numpy as np
import pytest

from lensmith.data import ReadOptions, find_candidates, read_candidate

REAL = Path(os.environ.get("LENSMITH_REAL_DATA", Path(__file__).parents[3] / "shared/real"))


def said(folder: str, options: ReadOptions) -> np.ndarray:
    from lensmith.nets import load_checkpoint
    from lensmith.nets.finding import find

    if not (REAL / folder).exists():
        pytest.skip(f"{REAL / folder} is missing")
    network = load_checkpoint("finder").network
    cutouts = [read_candidate(one, options) for one in find_candidates([REAL / folder], options)]
    found = find(network, cutouts)
    assert all("p_lens" in one for one in found), [one for one in found if "p_lens" not in one]
    return np.array([one["p_lens"] for one in found])


@pytest.mark.slow
def test_lenses_stand_above_galaxies():
    lenses = said("hst_lenses", ReadOptions())
    galaxies = np.r_[said("des/manifest.csv", ReadOptions()), said("des/galaxies", ReadOptions(psf_fwhm=0.96))]
    assert len(lenses) == 82
    assert len(galaxies) == 33
    # The threshold that keeps 1 % of the simulated impostors, and the bar of nine tenths (docs/find.md).
    assert (lenses > 0.917).mean() >= 0.9
    assert (galaxies < 0.917).all()
    assert (lenses[:, None] > galaxies).mean() > 0.95
