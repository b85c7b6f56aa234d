"""Tables of many cutouts and the selection function, with small untrained networks: what counts is the bookkeeping."""

import csv
import json

import numpy as np
import pytest
import torch
from astropy.io import fits
from typer.testing import CliRunner

from lensmith.cli import app
from lensmith.errors import SettingsError
from lensmith.nets import NetworkSpec, build_network, save_checkpoint
from lensmith.nets.estimator import NAMES
from lensmith.pipeline import ask, asking, inject

SMALL = {"options": {"channels": [8, 8, 8, 8], "stem_width": 8}}


def weights(path, name="finder", seed=1):
    torch.manual_seed(seed)
    classes = ("impostor", "lens") if name == "finder" else NAMES
    save_checkpoint(path, build_network(NetworkSpec(name=name, settings=SMALL, shape=(2, 64, 64), classes=classes)), {})
    return str(path)


@pytest.fixture
def survey(tmp_path):
    """Five cutouts of 40 pixels and one that is too small."""
    for number, side in enumerate((40, 40, 40, 40, 40, 12)):
        image = np.random.default_rng(number).normal(0, 1, (side, side)).astype(np.float32)
        sci = fits.ImageHDU(image, name="SCI")
        sci.header["PIXSCALE"], sci.header["BAND"], sci.header["MAGZERO"] = 0.2, "i", 30.0
        sci.header["BUNIT"], sci.header["EXPTIME"] = "e-/s", 100.0
        y, x = np.indices((9, 9)) - 4
        psf = np.exp(-0.5 * (x**2 + y**2) / 1.5**2)
        hdus = [fits.PrimaryHDU(), sci, fits.ImageHDU(np.ones((side, side), np.float32), name="ERR")]
        path = tmp_path / "survey" / f"c{number}.fits"
        path.parent.mkdir(exist_ok=True)
        fits.HDUList([*hdus, fits.ImageHDU((psf / psf.sum()).astype(np.float32), name="PSF")]).writeto(path)
    return tmp_path / "survey"


def table(path):
    with open(path, newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_every_candidate_has_a_row(survey, tmp_path):
    (survey / "text.fits").write_text("not an image")
    result = CliRunner().invoke(
        app, ["predict", weights(tmp_path / "w.safetensors"), str(survey), "--out", str(tmp_path / "t.csv")]
    )
    assert result.exit_code == 0, result.output
    found = table(tmp_path / "t.csv")
    assert len(found) == 7
    assert 0 < float(found["c0"]["p_lens"]) < 1
    assert "12x12" in found["c5"]["notes"]
    assert "text.fits" in found["text"]["notes"]
    assert not list(tmp_path.glob(".t.csv*"))


def test_an_estimators_table(survey, tmp_path):
    ask(weights(tmp_path / "w.safetensors", "estimator"), [survey], tmp_path / "t.csv")
    assert float(table(tmp_path / "t.csv")["c1"]["theta_E_sigma"]) > 0


def test_a_killed_command_goes_on_to_the_same_table(survey, tmp_path, monkeypatch):
    finder = weights(tmp_path / "w.safetensors")
    ask(finder, [survey], tmp_path / "whole.csv")
    monkeypatch.setattr(asking, "BATCH", 2)
    calls = []

    def interrupted(batch, options, stage):
        calls.append(len(batch))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rows(batch, options, stage)

    rows = asking._rows
    monkeypatch.setattr(asking, "_rows", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask(finder, [survey], tmp_path / "t.csv")
    with open(tmp_path / ".t.csv.partial", "a") as file:
        file.write("c3,0.1")  # killed in the middle of a line
    with pytest.raises(SettingsError, match="other weights"):
        ask(weights(tmp_path / "o.safetensors", seed=2), [survey], tmp_path / "t.csv")
    ask(finder, [survey], tmp_path / "t.csv")
    assert table(tmp_path / "t.csv") == table(tmp_path / "whole.csv")
    assert sum(calls) == 2 + 2 + 4


@pytest.mark.slow
def test_injection_counts_what_it_painted(survey, tmp_path):
    (survey / "c5.fits").unlink()
    finder = weights(tmp_path / "w.safetensors")
    sets = ("deflector.scale=galaxy", "source.magnitude=23.0")
    lines = inject(survey, tmp_path / "out", 8, seed=3, threshold=0.4, sets=sets, finder=finder, tell=str)
    injected, own = table(tmp_path / "out/injected.csv"), table(tmp_path / "out/own.csv")
    assert len(injected) == 8
    assert len(own) == 5
    found = sum(float(row["p_lens"]) >= 0.4 for row in injected.values())
    assert f"{found} of 8" in lines[0]
    with open(tmp_path / "out/completeness.csv", newline="") as file:
        bins = [row for row in csv.DictReader(file) if row["quantity"] == "theta_E"]
    assert sum(int(row["n"]) for row in bins) == 8
    assert sum(int(row["found"]) for row in bins) == found
    record = json.loads((tmp_path / "out/inject.json").read_text())
    assert record["weights"]["finder"]["sha256"]
    assert (tmp_path / "out/completeness.png").stat().st_size > 1000


def test_injection_refuses_what_makes_no_sense(survey, tmp_path):
    with pytest.raises(SettingsError, match="prior"):
        inject(survey, tmp_path / "out", 8, prior=0.0)
