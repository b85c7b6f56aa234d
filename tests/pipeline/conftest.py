import shutil

import numpy as np
import pytest
from astropy.io import fits

from lensmith.pipeline import RunSettings, run_job


def _write_cutout(path, seed=0, side=16):
    rng = np.random.default_rng(seed)
    image = rng.normal(0.5, 0.1, (side, side)).astype(np.float32)
    sci = fits.ImageHDU(image, name="SCI")
    sci.header["PIXSCALE"], sci.header["BAND"] = 0.05, "F814W"
    err = fits.ImageHDU(np.full((side, side), 0.1, np.float32), name="ERR")
    psf = fits.ImageHDU(np.full((3, 3), 1 / 9, np.float32), name="PSF")
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.HDUList([fits.PrimaryHDU(), sci, err, psf]).writeto(path, overwrite=True)
    return path


def _write_six(folder):
    for number in range(6):
        _write_cutout(folder / f"lens{number}.fits", seed=number)
    return folder


@pytest.fixture
def write_cutout():
    """Write a small FITS cutout; the seed decides its pixels."""
    return _write_cutout


@pytest.fixture
def cutouts(tmp_path):
    """A folder of six cutouts, to do with as one likes."""
    return _write_six(tmp_path / "cutouts")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Six cutouts and the run folder of an undisturbed run on them, by one worker: both to be left as they are."""
    folder = tmp_path_factory.mktemp("finished")
    _write_six(folder / "cutouts")
    settings = RunSettings(pictures=False)
    run_job([folder / "cutouts"], folder / "run", settings, workers=1, model="fake_models:quick")
    return folder


@pytest.fixture
def done(finished, tmp_path):
    """A copy of the finished run folder, and the cutouts that it was made from."""
    shutil.copytree(finished / "run", tmp_path / "run")
    return finished / "cutouts", tmp_path / "run"
