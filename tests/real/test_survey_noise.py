"""The noise of the surveys beside that of real images."""

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.stats import sigma_clipped_stats

from lensmith.simulate.survey import load_survey

REAL = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real"))


def files(pattern: str) -> list[Path]:
    found = sorted(REAL.glob(pattern))
    if not found:
        pytest.skip(f"no {pattern} in {REAL}")
    return found


def magnitude_of_noise(survey: str, band: str) -> float:
    (one,) = load_survey(f"{survey}:{band}").bands
    return float(one.magnitude(one.background_rms))


@pytest.mark.parametrize(
    ("band", "prefix", "zero_point"),
    [("VIS", "VIS", 24.6), ("Y", "NIR_Y", 29.8), ("J", "NIR_J", 30), ("H", "NIR_H", 29.9)],
)
def test_euclid_has_the_noise_of_the_q1_maps(band, prefix, zero_point):
    """Median of the noise maps, 1 sigma a pixel in AB magnitudes: within 0.3 mag, as maps differ by 0.25 themselves."""
    measured = []
    for path in files("euclid/**/*.fits"):
        with fits.open(path) as hdus:
            noise = hdus[f"{prefix}_RMS"].data
            measured.append(zero_point - 2.5 * np.log10(np.median(noise[noise < 1e10])))
    assert np.mean(measured) == pytest.approx(magnitude_of_noise("euclid", band), abs=0.3)


@pytest.mark.parametrize("band", ["g", "r", "i", "z"])
def test_des_with_four_exposures_has_the_noise_of_dr1_images(band):
    """DR1 has 4 exposures in the median, the settings those of the full survey: scatter of the sky within 0.35 mag."""
    (full,) = load_survey(f"des:{band}").bands
    four = full.with_exposures(4)
    measured = []
    for path in files("des/galaxies/*.fits"):
        with fits.open(path) as hdus:
            image = next(hdu.data for hdu in hdus if hdu.header.get("BAND", "").strip() == band)
            measured.append(30 - 2.5 * np.log10(sigma_clipped_stats(image, sigma=2.5)[2]))
    assert np.median(measured) == pytest.approx(float(four.magnitude(four.background_rms)), abs=0.35)
