"""A made-up but plausible `LensFit`: a singular isothermal sphere with shear, drawn band by band on its own pixels."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from lensmith.data.results import BandFit, Estimate, LensFit, Mode, Verdict

THETA_E, SHEAR, SOURCE = 1.35, 0.08, np.array([0.12, -0.07])


@dataclass(frozen=True)
class MockBand:
    """How one band of the mock was taken."""

    name: str
    side: int = 110
    scale: float = 0.05
    rotation: float = 0.0
    flip: bool = False
    seeing: float = 0.05
    noise: float = 0.02
    oriented: bool = True
    unit: str = "e-/s"


ONE = (MockBand("F814W"),)
THREE = (
    MockBand("F814W"),
    MockBand("F606W", side=130, scale=0.04, rotation=117.0, flip=True),
    MockBand("F160W", side=50, scale=0.13, rotation=-20.0, seeing=0.12, oriented=False),
)
SIX = (
    MockBand("VIS", side=64, scale=0.1, unit="uJy"),
    MockBand("NIR_Y", side=64, scale=0.1, seeing=0.2, unit="uJy"),
    MockBand("NIR_J", side=22, scale=0.3, seeing=0.2, unit="uJy"),
    MockBand("DES_G", side=28, scale=0.263, rotation=1.0, seeing=0.4, unit=""),
    MockBand("DES_R", side=28, scale=0.263, rotation=1.0, seeing=0.4, unit=""),
    MockBand("DES_I", side=28, scale=0.263, rotation=1.0, seeing=0.4, unit="e-/s"),
)
NORTH = 30.0
"""Direction of North in the frame, degrees from +y towards +x; East lies 90 degrees counter-clockwise of it."""


def frame_to_sky() -> np.ndarray:
    """(x, y) in the frame to (East, North)."""
    t = np.deg2rad(NORTH)
    return np.array([[-np.cos(t), np.sin(t)], [np.sin(t), np.cos(t)]])


def source_plane(x, y):
    """Where a ray of the image plane comes from."""
    r = np.maximum(np.hypot(x, y), 1e-9)
    return x - THETA_E * x / r - SHEAR * x, y - THETA_E * y / r + SHEAR * y


def source_light(x, y):
    """Surface brightness of the source: two Gaussian blobs."""
    first = np.exp(-0.5 * ((x - SOURCE[0]) ** 2 + (y - SOURCE[1]) ** 2) / 0.07**2)
    return first + 0.4 * np.exp(-0.5 * ((x - SOURCE[0] - 0.16) ** 2 + (y - SOURCE[1] - 0.05) ** 2) / 0.05**2)


def curves(points: int = 200):
    """The tangential critical curve, r = theta_E (1 - g cos 2 phi) / (1 - g^2), and its caustic."""
    phi = np.linspace(0, 2 * np.pi, points, endpoint=False)
    r = THETA_E * (1 - SHEAR * np.cos(2 * phi)) / (1 - SHEAR**2)
    critical = np.stack([r * np.cos(phi), r * np.sin(phi)], axis=1)
    return critical, np.stack(source_plane(*critical.T), axis=1)


def mock_band(spec: MockBand, rng: np.random.Generator) -> BandFit:
    """One band, its pixels rotated (and mirrored) with respect to the frame, a neighbour and the corners masked."""
    t = np.deg2rad(spec.rotation)
    matrix = spec.scale * np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    if spec.flip:
        matrix = matrix @ np.diag([-1.0, 1.0])
    middle = (spec.side - 1) / 2
    row, column = np.indices((spec.side, spec.side))
    x, y = np.einsum("ij,jyx->iyx", matrix, np.stack([column - middle, row - middle]))
    light = 2.5 * np.exp(-3.2 * ((0.8 * x**2 + 1.25 * y**2) / 0.8**2 + 0.003) ** 0.2) * 8
    neighbour = 0.8 * np.exp(-0.5 * ((x - 2.0) ** 2 + (y - 1.6) ** 2) / 0.12**2)
    arcs = source_light(*source_plane(x, y))
    light, arcs, neighbour = (
        gaussian_filter(a, spec.seeing / spec.scale) * spec.scale**2 / 0.0025 for a in (light, arcs, neighbour)
    )
    noise = np.sqrt(spec.noise**2 + 1e-3 * (light + arcs)) * np.ones_like(light) * np.sqrt(spec.scale / 0.05)
    image = light + arcs + neighbour + rng.normal(size=light.shape) * noise
    mask = (np.hypot(x, y) < 2.7) & (np.hypot(x - 2.0, y - 1.6) > 0.4)
    grid = np.linspace(-0.5, 0.5, 48)
    source = source_light(*np.meshgrid(SOURCE[0] + grid, SOURCE[1] + grid)) / 0.0025
    return BandFit(
        name=spec.name,
        unit=spec.unit,
        image=image.astype(np.float32),
        noise=noise.astype(np.float32),
        model=(light + arcs).astype(np.float32),
        lens_light=light.astype(np.float32),
        arcs=arcs.astype(np.float32),
        residual=((image - light - arcs) / noise).astype(np.float32),
        mask=mask,
        arc_mask=mask & (arcs > 2 * noise),
        source=source.astype(np.float32),
        source_centre=tuple(SOURCE),
        source_width=1.0 * 48 / 47,
        origin=(middle, middle),
        pixel_to_frame=matrix,
        chi2_red=1.03,
        chi2_arc=1.1,
        arc_snr=57.0,
        oriented=spec.oriented,
        pixel_to_sky=frame_to_sky() @ matrix if spec.oriented else None,
    )


CENTRAL = {
    "theta_E": (THETA_E, 0.006, 0.027, "arcsec"),
    "theta_E_eff": (1.358, 0.006, 0.027, "arcsec"),
    "gamma": (2.04, 0.06, 0.09, ""),
    "e1": (0.03, 0.02, 0.03, ""),
    "e2": (-0.06, 0.02, 0.03, ""),
    "q": (0.87, 0.03, 0.04, ""),
    "phi": (-31.0, 6.0, 8.0, "deg"),
    "gamma1": (SHEAR, 0.01, 0.02, ""),
    "gamma2": (0.0, 0.01, 0.02, ""),
    "shear": (SHEAR, 0.01, 0.02, ""),
    "phi_shear": (0.4, 4.0, 6.0, "deg"),
    "x_lens": (0.0, 0.002, 0.004, "arcsec"),
    "y_lens": (0.0, 0.002, 0.004, "arcsec"),
    "x_source": (SOURCE[0], 0.01, 0.02, "arcsec"),
    "y_source": (SOURCE[1], 0.01, 0.02, "arcsec"),
    "source_r": (0.11, 0.01, 0.02, "arcsec"),
}


def make_fit(bands=ONE, *, seed: int = 3, n_draws: int = 4000, **changes) -> LensFit:
    """The mock fit with the bands given; `changes` replace fields of the record."""
    rng = np.random.default_rng(seed)
    parameters = {
        name: Estimate(v, v, v - stat, v + stat, v - total, v + 1.1 * total, unit)
        for name, (v, stat, total, unit) in CENTRAL.items()
    }
    common = rng.normal(size=n_draws)
    samples = {
        name: v + stat * (0.6 * common + 0.8 * rng.normal(size=n_draws)) for name, (v, stat, _, _) in CENTRAL.items()
    }
    critical, caustic = curves()
    phi = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    cut = THETA_E * np.stack([np.cos(phi), np.sin(phi)], axis=1)
    fit = LensFit(
        id="SDSSJ0946+1006",
        bands=tuple(mock_band(spec, rng) for spec in bands),
        parameters=parameters,
        draws=samples,
        critical_curves=(critical,),
        caustics=(caustic, cut),
        modes=(Mode(THETA_E, 0.03, -0.06, SHEAR, 0.0, *SOURCE, 0.0, 1.0),),
        verdict=Verdict("check", ("two solutions explain the arcs almost equally well (1.35 and 1.71 arcsec)",)),
        diagnostics={"chi2_red": 1.03, "n_like": 8123, "seconds": 7.4},
        notes=("PSF assumed: Gaussian of FWHM 0.10 arcsec",),
        ra=146.72291,
        dec=10.11297,
        z_lens=0.222,
        z_source=0.609,
    )
    return replace(fit, **changes)
