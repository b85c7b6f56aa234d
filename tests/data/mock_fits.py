"""A small `LensFit` for the writers."""

import numpy as np

from lensmith.data import BandFit, Estimate, LensFit, Mode, Verdict

UNITS = {"theta_E": "arcsec", "phi": "deg", "phi_shear": "deg", "x_lens": "arcsec", "y_lens": "arcsec"}


def estimate(median: float, width: float = 0.1, unit: str = "") -> Estimate:
    return Estimate(
        best=median + 0.01 * width,
        median=median,
        stat_lo=median - 0.5 * width,
        stat_hi=median + 0.6 * width,
        lo=median - width,
        hi=median + 1.1 * width,
        unit=unit,
    )


def band_fit(name: str = "F814W", side: int = 24, wcs=None, pixel_to_sky=None) -> BandFit:
    rng = np.random.default_rng(3)
    planes = ("image", "noise", "model", "lens_light", "arcs", "residual")
    arrays = {key: rng.normal(size=(side, side)).astype(np.float32) for key in planes}
    return BandFit(
        name=name,
        unit="ELECTRONS/S",
        **arrays,
        mask=np.arange(side * side).reshape(side, side) % 7 > 0,
        arc_mask=np.zeros((side, side), bool),
        source=rng.normal(size=(30, 30)).astype(np.float32),
        source_centre=(0.11, -0.07),
        source_width=1.5,
        origin=((side - 1) / 2, (side - 1) / 2),
        pixel_to_frame=0.05 * np.eye(2),
        chi2_red=1.02,
        chi2_arc=1.1,
        arc_snr=55.0,
        wcs=wcs,
        oriented=pixel_to_sky is not None,
        pixel_to_sky=pixel_to_sky,
    )


def lens_fit(candidate: str = "lens", bands=None, **changes) -> LensFit:
    values = {"theta_E": 1.2, "gamma": 2.05, "q": 0.7, "phi": 30.0, "shear": 0.04, "phi_shear": 170.0}
    values |= {"x_lens": 0.01, "y_lens": -0.02, "source_r": 0.2}
    rng = np.random.default_rng(5)
    settings = {
        "id": candidate,
        "bands": bands or (band_fit(),),
        "parameters": {name: estimate(value, unit=UNITS.get(name, "")) for name, value in values.items()},
        "draws": {name: rng.normal(value, 0.05, 200) for name, value in values.items()},
        "critical_curves": (np.zeros((5, 2)),),
        "caustics": (np.zeros((5, 2)),),
        "modes": (Mode(1.2, 0.1, 0.0, 0.02, 0.01, 0.0, 0.0, -10.0, 1.0),),
        "verdict": Verdict("check", ("the PSF was assumed",)),
        "diagnostics": {"chi2_red": 1.02, "n_like": 1234, "seconds": 6.5},
        "notes": ("noise measured: 0.02",),
    }
    return LensFit(**(settings | changes))
