"""The shipped segmenter on real lenses, as far as the files are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from lensmith.data import find_candidates, read_candidate
from lensmith.data.mask_measures import measure_classes
from lensmith.nets import load_checkpoint
from lensmith.nets.segmenting import SHIPPED, segment

REAL = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real"))
KNOWN = {"SDSSJ0946+1006": 1.38, "SDSSJ0737+3216": 0.96}
"""Einstein radii [arcsec] of lenses with arcs on both sides (hst_references.csv)."""


@pytest.fixture(scope="module")
def found():
    files = [REAL / "hst_lenses" / f"{name}.fits" for name in KNOWN]
    if not all(file.is_file() for file in files):
        pytest.skip(f"{REAL} holds no hst_lenses: set LENSMITH_REAL_DATA")
    cutouts = [read_candidate(find_candidates([file])[0]) for file in files]
    return list(zip(cutouts, segment(load_checkpoint(SHIPPED).network, cutouts)))


def test_the_lens_is_in_the_middle(found):
    for cutout, one in found:
        measures = measure_classes(cutout, one["classes"])
        assert one["classes"].shape == cutout.bands[0].shape
        assert np.hypot(measures.x_lens, measures.y_lens) < 0.3


def test_plain_arcs_are_seen_where_they_are(found):
    for cutout, one in found:
        measures = measure_classes(cutout, one["classes"])
        assert measures.theta_E == pytest.approx(KNOWN[cutout.id], rel=0.3), cutout.id
