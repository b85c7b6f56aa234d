"""The segmenter's place in a run: the files that it leaves are what it says of each candidate by itself."""

import json

import numpy as np
import pytest
import torch
from astropy.io import fits
from run_rows import QUICK

from lensmith.data import find_candidates, read_candidate
from lensmith.data.labels import CLASSES
from lensmith.nets import NetworkSpec, build_network, load_checkpoint, save_checkpoint
from lensmith.nets.segmenting import segment
from lensmith.pipeline import RunSettings, run_job
from lensmith.pipeline.settings import NetSettings


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    settings = {"encoder": "regnetx_002", "decoder": [16, 16, 8], "refine": 4, "left_over": True}
    spec = NetworkSpec(name="unet", settings=settings, inputs={"scale": "none"}, shape=(1, 64, 64), classes=CLASSES)
    save_checkpoint(path, build_network(spec), {})
    return path


def test_every_candidate_has_its_segmentation(cutouts, weights, tmp_path):
    nets = NetSettings(finder=None, segmenter=str(weights), batch=4)
    run_job([cutouts], tmp_path / "run", RunSettings(pictures=False, nets=nets), workers=1, model=QUICK)
    network = load_checkpoint(weights).network
    for candidate in find_candidates([cutouts]):
        (alone,) = segment(network, [read_candidate(candidate)])
        with fits.open(tmp_path / "run/candidates" / candidate.id / "segmentation.fits") as hdus:
            assert np.array_equal(hdus["CLASSES"].data, alone["classes"])
            assert np.array_equal(hdus["PROBABILITIES"].data, alone["probabilities"])
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert len(record["weights"]["segmenter"]["sha256"]) == 64


def test_without_networks_there_is_none(cutouts, tmp_path):
    nets = NetSettings(finder=None, segmenter=None)
    run_job([cutouts], tmp_path / "run", RunSettings(pictures=False, nets=nets), workers=1, model=QUICK)
    assert not list((tmp_path / "run").rglob("segmentation.fits"))
