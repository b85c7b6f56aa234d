"""Stand-ins for the modelling, so that the tests of the main job take moments; workers import them by name."""

import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np

from lensmith.data import BandFit, Estimate, LensFit, Mode, Verdict
from lensmith.errors import FitError


def quick(cutout, settings, findings):
    """An answer that depends on the pixels; ids that begin with `kill`, `crash` or `unfit` misbehave."""
    if cutout.id.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if cutout.id.startswith("crash"):
        raise ZeroDivisionError("a bug in the modelling")
    if cutout.id.startswith("unfit"):
        raise FitError(f"{cutout.id}: there is nothing here that looks like a lens")
    band = cutout.bands[0]
    return fit_of(cutout, theta_E=1 + float(np.mean(band.image)))


def slow(cutout, settings, findings):
    """As `quick`, but it takes long enough to be stopped half-way."""
    time.sleep(2.0)
    return quick(cutout, settings, findings)


def kill_once(cutout, settings, findings):
    """Die at the first attempt on each candidate, as where memory was short for a moment."""
    mark = f"{os.environ['FAKE_MARKS']}/{cutout.id}"
    if not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(cutout, settings, findings)


def endless(cutout, settings, findings):
    """Never come back."""
    time.sleep(3600)


def vandal(cutout, settings, findings):
    """Put a file where the results should go."""
    shutil.rmtree(Path(os.environ["FAKE_RUN"], ".partial"))
    Path(os.environ["FAKE_RUN"], ".partial").write_text("")
    return quick(cutout, settings, findings)


def fit_of(cutout, theta_E: float) -> LensFit:
    """A complete `LensFit` of the cutout with no thought behind it."""
    band = cutout.bands[0]
    parameters = {
        name: Estimate(value, value, value - 0.01, value + 0.01, value - 0.02, value + 0.02, unit)
        for name, value, unit in (
            ("theta_E", theta_E, "arcsec"),
            ("gamma", 2.0, ""),
            ("e1", 0.1, ""),
            ("e2", 0.0, ""),
            ("q", 0.8, ""),
            ("phi", 10.0, "deg"),
            ("gamma1", 0.02, ""),
            ("gamma2", 0.01, ""),
            ("shear", 0.022, ""),
            ("phi_shear", 13.0, "deg"),
            ("x_lens", 0.0, "arcsec"),
            ("y_lens", 0.0, "arcsec"),
            ("theta_E_eff", theta_E, "arcsec"),
            ("x_source", 0.05, "arcsec"),
            ("y_source", 0.02, "arcsec"),
            ("source_r", 0.1, "arcsec"),
        )
    }
    draws = {name: np.linspace(e.stat_lo, e.stat_hi, 100) for name, e in parameters.items()}
    angle = np.linspace(0, 2 * np.pi, 50)
    circle = theta_E * np.stack([np.cos(angle), np.sin(angle)], -1)
    zero = np.zeros(band.shape, np.float32)
    used = np.asarray(band.mask)
    band_fit = BandFit(
        name=band.name,
        unit=band.unit,
        image=band.image,
        noise=band.noise,
        model=zero,
        lens_light=zero,
        arcs=zero,
        residual=zero,
        mask=used,
        arc_mask=used,
        source=np.zeros((5, 5), np.float32),
        source_centre=(0.0, 0.0),
        source_width=1.0,
        origin=((band.shape[1] - 1) / 2, (band.shape[0] - 1) / 2),
        pixel_to_frame=band.pixel_to_sky,
        chi2_red=1.0,
        chi2_arc=1.0,
        arc_snr=20.0,
        wcs=band.wcs,
        oriented=band.oriented,
        pixel_to_sky=band.pixel_to_sky,
    )
    return LensFit(
        id=cutout.id,
        bands=(band_fit,),
        parameters=parameters,
        draws=draws,
        critical_curves=(circle,),
        caustics=(circle * 0.05,),
        modes=(Mode(theta_E, 0.1, 0.0, 0.02, 0.01, 0.05, 0.02, 0.0, 1.0),),
        verdict=Verdict("accept"),
        diagnostics={"chi2_red": 1.0, "n_like": 100.0, "seconds": 0.1, "ess": 100.0},
        timings={"all": 0.1},
    )
