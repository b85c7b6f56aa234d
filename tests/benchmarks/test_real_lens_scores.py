"""Scores of real lenses from a run folder."""

import json

import numpy as np
import pytest
from astropy.io import fits
from benchmarks.lenses_page import held, made, section
from benchmarks.one_band import write_first_bands
from benchmarks.page import read, write
from benchmarks.scores import far, lenses_of, median, published, with_interval

from lensmith.data import row_failed, write_catalogue

REFERENCES = """name,theta_E,theta_E_auger09,theta_E_tdcosmo4,gamma,q,shear
a,1.0,2.0,,2.1,0.8,0.05
b,,1.0,3.0,1.9,0.7,0.02
c,,,1.0,,,
d,,,,,,
"""
SHAPE = {"gamma": 2.0, "q": 0.75, "shear": 0.04}


@pytest.fixture
def references(tmp_path):
    file = tmp_path / "hst_references.csv"
    file.write_text(REFERENCES, encoding="utf-8")
    return published(file)


def row(name: str, theta_E: float, verdict: str = "accept", bands: str = "F814W,F606W") -> dict:
    edges = {"lo": 0.98, "hi": 1.02, "stat_lo": 0.99, "stat_hi": 1.01}
    fitted = {f"theta_E_{edge}": theta_E * factor for edge, factor in edges.items()}
    return {"id": name, "theta_E": theta_E, "bands": bands, "verdict": verdict, "seconds": 6.0} | fitted | SHAPE


def run_of(rows: list[dict], folder):
    folder.mkdir()
    write_catalogue(rows, folder)
    record = {"versions": {"python": "3.11", "lensmith": "0.1.0"}, "started": "2026-01-02T03:04:05", "workers": 2}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def test_the_first_published_radius_counts(references):
    assert references == {"a": (1.0, "Tan+24"), "b": (1.0, "Auger+09"), "c": (1.0, "TDCOSMO IV")}


def test_errors_and_lenses_without_a_model(references, tmp_path):
    rows = [row("a", 1.1), row("b", 0.7, "check"), row_failed("c", "empty"), row("unknown", 1.0)]
    lenses = lenses_of(run_of(rows, tmp_path / "run"), references)
    assert [lens.name for lens in lenses] == ["a", "b", "c"]
    np.testing.assert_allclose([lens.error for lens in lenses], [0.1, 0.3, 1.0])
    errors = np.array([lens.error for lens in lenses])
    assert median(errors) == pytest.approx(30)
    assert far(errors) == pytest.approx(200 / 3)


def test_share_of_published_radii_within_the_intervals(references, tmp_path):
    rows = [row("a", 1.01), row("b", 1.03), row("c", 1.2, "check")]
    lenses = lenses_of(run_of(rows, tmp_path / "run"), references)
    assert held(lenses, 1.0) == 50
    assert held(lenses, 1.96) == 100


def test_intervals_hold_the_statistic_and_shrink_with_the_sample():
    random = np.random.default_rng(0)
    widths = []
    for n in (20, 2000):
        middle, low, high = with_interval(median, abs(random.normal(0, 0.02, n)))
        assert low <= middle <= high
        widths.append(high - low)
    assert widths[1] < 0.3 * widths[0]


@pytest.mark.slow
def test_the_section_on_real_lenses(tmp_path, monkeypatch, references):
    monkeypatch.setenv("LENSMITH_REAL_DATA", str(tmp_path))
    monkeypatch.setattr("benchmarks.lenses_page.FIGURE", tmp_path / "theta_E.png")
    monkeypatch.setattr("benchmarks.shapes.FIGURE", tmp_path / "shapes.png")
    joint = run_of([row("a", 1.01), row("b", 1.02), row_failed("c", "empty")], tmp_path / "joint")
    single = run_of([row("a", 1.03, bands="F814W"), row("b", 1.01, "check", "F814W")], tmp_path / "single")
    text = section(joint, single, "lensmith run hst")
    assert "| all | 3 | 2.00 %" in text
    assert "over 20 % off: 33.33 % (at most 3 %): NOT MET" in text
    assert "accepted, largest error: 2.00 % (at most 15 %): met" in text
    assert "accepted, 95 % interval with floor holds the published value: 100.00 % (at least 88 %): met" in text
    assert "3.00 s (at most 12 s): met" in text
    assert "Joint bands are closer to the published radius for 1 of 2 lenses" in text
    assert "| c | - | 1.000 | TDCOSMO IV | - | - | failed; empty |" in text
    assert "| slope gamma | 2 | +0.000 (-0.100 to +0.100) | 0.068 | 2 |" in text
    assert (tmp_path / "theta_E.png").stat().st_size > 1000
    assert "began on 2026-01-02, with 2 worker(s)" in made(joint, "make bench")


def test_sections_that_are_not_measured_stay(tmp_path):
    file = tmp_path / "benchmarks.md"
    write({"speed": "fast\n\n| a | b |"}, file)
    write({"stages": "slow"}, file)
    assert read(file) == {"speed": "fast\n\n| a | b |", "stages": "slow"}
    assert "Not measured yet." in file.read_text(encoding="utf-8")


def test_the_first_band_alone(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    planes = [fits.ImageHDU(np.full((3, 3), v, float), name=name, ver=v) for v in (1, 2) for name in ("SCI", "ERR")]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(source / "a.fits")
    target = write_first_bands(source, tmp_path / "target")
    with fits.open(target / "a.fits") as hdus:
        assert [(hdu.name, hdu.ver) for hdu in hdus[1:]] == [("SCI", 1), ("ERR", 1)]
    written = (target / "a.fits").stat().st_mtime_ns
    write_first_bands(source, target)
    assert (target / "a.fits").stat().st_mtime_ns == written
