"""The best mass model as keyword arguments that can be pasted into lenstronomy."""

from pathlib import Path
from pprint import pformat

import numpy as np

from lensmith.data.atomic import atomic_write
from lensmith.data.results import BandFit, LensFit


def lenstronomy_kwargs(fit: LensFit) -> dict:
    """lenstronomy's arguments (conventions of 1.13) of the maximum a posteriori mass model and of each band's grid.

    Coordinates are those of the fit: arcsec, x along the first band's columns, y along its rows, origin in the middle
    of its image. The shear acts about the lens centre, which `ra_0` and `dec_0` say.
    """
    best = {name: float(estimate.best) for name, estimate in fit.parameters.items()}
    mass = {name: best[name] for name in ("theta_E", "gamma", "e1", "e2")}
    centre = {"center_x": best["x_lens"], "center_y": best["y_lens"]}
    tide = {"gamma1": best["gamma1"], "gamma2": best["gamma2"], "ra_0": best["x_lens"], "dec_0": best["y_lens"]}
    return {
        "lens_model_list": ["EPL", "SHEAR"],
        "kwargs_lens": [mass | centre, tide],
        "source_position": {"ra": best["x_source"], "dec": best["y_source"]},
        "z_lens": fit.z_lens,
        "z_source": fit.z_source,
        "kwargs_pixel": {band.name: _grid(band) for band in fit.bands},
    }


def _grid(band: BandFit) -> dict:
    """Arguments of lenstronomy's PixelGrid for one band's image."""
    rows, columns = np.shape(band.image)
    first = -np.asarray(band.pixel_to_frame) @ np.asarray(band.origin)
    return {
        "nx": columns,
        "ny": rows,
        "ra_at_xy_0": float(first[0]),
        "dec_at_xy_0": float(first[1]),
        "transform_pix2angle": np.asarray(band.pixel_to_frame, float).tolist(),
    }


def write_lenstronomy_kwargs(fit: LensFit, path: Path | str) -> None:
    """Write `lenstronomy_kwargs` as Python text: ``name = value``, one after the other."""
    lines = ["# Best model in lenstronomy's conventions (1.13); angles in arcsec, origin in the middle of the image."]
    lines += [f"{name} = {pformat(value, sort_dicts=False)}" for name, value in lenstronomy_kwargs(fit).items()]
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
