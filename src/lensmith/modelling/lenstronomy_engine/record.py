"""From lenstronomy's chain to the record that both engines hand over."""

from dataclasses import dataclass

import numpy as np

from lensmith.data import BandFit
from lensmith.modelling.alignment import AlignedBands
from lensmith.modelling.lenstronomy_engine.images import BandImages
from lensmith.modelling.lenstronomy_engine.sample import Chain
from lensmith.modelling.result import frame_offset_of, on_image
from lensmith.physics.critical_curves import CriticalCurves, critical_curves
from lensmith.physics.ellipticity import axis_ratio_and_angle
from lensmith.physics.lens_model import deflection
from lensmith.physics.mass import shear

_ARC_SNR = 1.0
"""Pixels belong to the arcs where the model of the lensed source exceeds this many sigma."""


@dataclass(frozen=True)
class _Columns:
    """Columns of a chain ``[draw, parameter]`` by lenstronomy's name, with a value for what is not free."""

    names: tuple[str, ...]
    draws: np.ndarray

    def __call__(self, name: str, otherwise: float = 0.0) -> np.ndarray:
        if name in self.names:
            return self.draws[:, self.names.index(name)]
        return np.full(len(self.draws), otherwise)


def named_draws(names, draws, aligned: AlignedBands, radius_ratio: float) -> dict[str, np.ndarray]:
    """Catalogue parameters of a chain ``[draw, parameter]``; `radius_ratio` is theta_E_eff over theta_E.

    The shear acts about the origin there and about the lens here: the source is moved by what that changes.
    """
    column, offset = _Columns(names, draws), frame_offset_of(aligned)
    e1, e2, gamma1, gamma2 = (column(name) for name in ("e1_lens0", "e2_lens0", "gamma1_lens1", "gamma2_lens1"))
    q, phi = (np.asarray(values) for values in axis_ratio_and_angle(e1, e2))
    theta_E = column("theta_E_lens0")
    x_lens, y_lens = column("center_x_lens0"), column("center_y_lens0")
    tide_x, tide_y = shear.deflection(x_lens, y_lens, gamma1, gamma2)
    return {
        "theta_E": theta_E,
        "theta_E_eff": theta_E * radius_ratio,
        "gamma": column("gamma_lens0", 2.0),
        "e1": e1,
        "e2": e2,
        "q": q,
        "phi": np.degrees(phi),
        "gamma1": gamma1,
        "gamma2": gamma2,
        "shear": np.hypot(gamma1, gamma2),
        "phi_shear": np.degrees(np.arctan2(gamma2, gamma1) / 2),
        "x_lens": x_lens + offset[0],
        "y_lens": y_lens + offset[1],
        "x_source": column("center_x_source_light0") + tide_x + offset[0],
        "y_source": column("center_y_source_light0") + tide_y + offset[1],
        "source_r": column("R_sersic_source_light0"),
    }


def curves_of(best: dict, mass: str) -> CriticalCurves:
    """Critical curves and caustics of the best model, in the fit's frame."""
    lens = [(mass, best["kwargs_lens"][0]), ("SHEAR", best["kwargs_lens"][1])]
    centre = best["kwargs_lens"][0]["center_x"], best["kwargs_lens"][0]["center_y"]
    return critical_curves(lambda x, y: deflection(x, y, lens), 2.5 * best["kwargs_lens"][0]["theta_E"], centre)


def band_fits(aligned: AlignedBands, masks, images: list[BandImages]) -> tuple[BandFit, ...]:
    """The record of every band, on the pixels of its image."""
    offset = frame_offset_of(aligned)
    records = zip(aligned.bands, aligned.lights, masks, images)
    return tuple(_band_fit(band, light, mask, one, offset) for band, light, mask, one in records)


def _band_fit(band, light, mask, images: BandImages, offset) -> BandFit:
    foreground = images.lens_light + light.sky
    residual = (band.image - foreground - images.arcs) / images.noise
    arc_mask = images.arcs > _ARC_SNR * images.noise
    judged = arc_mask & mask
    place = lambda stamp, fill=np.nan, dtype=np.float32: on_image(stamp, band.corner, band.band.shape, fill, dtype)
    origin = np.array(band.centre_pixel) - np.linalg.solve(band.matrix, offset)
    source = images.kwargs["kwargs_source"][0]
    return BandFit(
        name=band.band.name,
        unit=band.band.unit,
        image=band.band.image,
        noise=place(images.noise),
        model=place(foreground + images.arcs),
        lens_light=place(foreground),
        arcs=place(images.arcs),
        residual=place(residual),
        mask=place(mask, False, bool),
        arc_mask=place(arc_mask, False, bool),
        source=images.source.astype(np.float32),
        source_centre=(float(source["center_x"] + offset[0]), float(source["center_y"] + offset[1])),
        source_width=images.source_width,
        origin=(float(origin[0]), float(origin[1])),
        pixel_to_frame=band.matrix,
        chi2_red=float(np.mean(residual[mask] ** 2)),
        chi2_arc=float(np.mean(residual[judged] ** 2)) if judged.sum() > 5 else float("nan"),
        arc_snr=float(np.sqrt(np.sum((images.arcs / images.noise)[mask] ** 2))),
        wcs=band.band.wcs,
        oriented=band.band.oriented,
        pixel_to_sky=band.band.pixel_to_sky,
    )


def draws_of(chain: Chain) -> np.ndarray:
    """All walkers and steps of the chain, ``[draw, parameter]``."""
    return chain.samples.reshape(-1, chain.samples.shape[-1])
