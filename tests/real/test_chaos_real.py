"""CHAOS CT: the slices, the reference masks and the sample segmentation that the challenge's evaluation comes with."""

import os
from pathlib import Path

import numpy as np
import pytest

from lensmith.data.chaos import find_chaos, read_dicom_slice, read_liver_mask, read_liver_volume
from lensmith.metrics import mask_scores, relative_volume_difference

CHAOS = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real")) / "chaos_ct"
pytestmark = pytest.mark.skipif(not CHAOS.is_dir(), reason="no chaos_ct in LENSMITH_REAL_DATA")


def test_published_scores_of_the_sample_segmentation():
    truth, sample = read_liver_volume(CHAOS / "Ground"), read_liver_volume(CHAOS / "Segmentation")
    assert truth.shape == sample.shape == (78, 512, 512)
    # One mask for the whole volume: slices one under the other.
    scores = mask_scores(truth.reshape(-1, 512), sample.reshape(-1, 512))
    assert round(float(scores.dice), 3) == 0.978
    assert round(100 * relative_volume_difference(truth, sample), 3) == 0.665


def test_slices_lie_on_their_masks():
    found = find_chaos(CHAOS)
    assert len(found) == 10
    for one in found[2:]:
        image, spacing = read_dicom_slice(one.image)
        liver = read_liver_mask(one.mask, one.modality)
        assert image.shape == liver.shape == (512, 512)
        assert spacing == pytest.approx((0.7266, 0.7266), abs=1e-4)
        # Liver with contrast agent: some 100 Hounsfield units, muscle and fat around it less.
        assert 60 < np.median(image[liver]) < 160
        assert np.mean(image[liver] > 0) > 0.95
