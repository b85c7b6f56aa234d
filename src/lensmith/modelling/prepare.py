"""From a `Band` to the arrays that a fit works on: cosmic rays masked, lens centred, padded to one of few shapes.

Few shapes mean few compilations, and compiled functions that every worker shares through JAX's cache.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.ndimage as ndi
from scipy.fft import next_fast_len

from lensmith.data import Band
from lensmith.modelling.cosmic_rays import clean_cosmic_rays
from lensmith.physics.imaging import bin_pixels, resize_kernel

GRID_SIDES = (32, 48, 64, 96, 128, 160, 192, 256)
"""Sides that a stamp is padded or cut to [pixels]."""
STAMP_WIDTH = 6.4
"""Width of a stamp [arcsec], where the pixels are not so coarse that the smallest side is wider."""
MIN_STAMP_FWHM = 12.0
"""A stamp is at least this many FWHM of the PSF wide."""
SEARCH_SUPERSAMPLING = 2
"""Of binned pixels: their model is then the mean of the model on the pixels that were binned."""


@dataclass(frozen=True, eq=False)
class PreparedBand:
    """One band on its fitting grid.

    `image`, `noise` float64 ``[side, side]``; `use` bool, pixels that count; `inside` bool, pixels that exist;
    `x`, `y` arcsec in the fit's frame (origin: the first band's peak), `radius` their distance from the stamp's
    middle; `fine_x`, `fine_y` float32 on the grid supersampled by `supersampling`; `kernel_fft` of the PSF for FFTs
    of side `fft_side`; `corner` (row, column) of the stamp in the band's image, `centre_pixel` (column, row) in it of
    the frame's origin; `matrix` from pixel offsets to the frame; `fwhm` of the PSF [arcsec]; `information_loss` the
    factor by which correlated noise lowers the log-likelihood (`noise_correlation`); `taken_off` the model ``[y, x]``
    of what was subtracted from the image, the arcs of a second source, or None.
    """

    band: Band
    image: np.ndarray
    noise: np.ndarray
    use: np.ndarray
    inside: np.ndarray
    cosmic_rays: np.ndarray
    x: np.ndarray
    y: np.ndarray
    radius: np.ndarray
    fine_x: np.ndarray
    fine_y: np.ndarray
    kernel: np.ndarray
    kernel_fft: np.ndarray
    fft_side: int
    corner: tuple[int, int]
    centre_pixel: tuple[float, float]
    matrix: np.ndarray
    pixel_scale: float
    fwhm: float
    supersampling: int
    information_loss: float = 1.0
    taken_off: np.ndarray | None = None

    @property
    def side(self) -> int:
        """Side of the grid in pixels."""
        return len(self.image)


def psf_fwhm(psf: np.ndarray, pixel_scale: float) -> float:
    """Full width at half maximum of a kernel [arcsec]: diameter of the circle with the area above half its peak.

    The half-maximum area is measured on the kernel enlarged by spline interpolation, so that it holds for a PSF that
    fills only a few pixels.
    """
    zoom = 8
    rows, columns = psf.shape
    half = min(rows // 2, columns // 2, 12)
    core = psf[rows // 2 - half : rows // 2 + half + 1, columns // 2 - half : columns // 2 + half + 1]
    fine = ndi.zoom(core.astype(float), zoom, order=3, mode="nearest", grid_mode=True)
    return float(2 * np.sqrt((fine > 0.5 * fine.max()).sum() / np.pi) / zoom * pixel_scale)


def grid_side(shape, pixel_scale: float, fwhm: float) -> int:
    """Smallest shape class that holds the field of interest, or the whole image where that is smaller."""
    wanted = max(STAMP_WIDTH, MIN_STAMP_FWHM * fwhm) / pixel_scale
    need = min(max(shape), wanted)
    return next((side for side in GRID_SIDES if side >= need * 0.98), GRID_SIDES[-1])


def find_centre(image, matrix, guess, pixel_scale: float, fwhm: float):
    """(row, column) of the lens: peak of the smoothed image near `guess` (column, row), with a soft window.

    The median filter removes what is left of cosmic rays and flattens thin arcs.
    """
    size = max(3, 2 * round(0.13 / pixel_scale) + 1) if fwhm < 0.4 else 1
    smooth = ndi.gaussian_filter(ndi.median_filter(image, size), 1.5 if fwhm < 0.4 else 1.0)
    rows, columns = np.indices(image.shape)
    offset = np.tensordot(matrix, np.stack([columns - guess[0], rows - guess[1]]), 1)
    window = np.exp(-0.5 * (offset**2).sum(0) / max(0.8, 0.8 * fwhm) ** 2)
    level = np.median(image)
    return np.unravel_index(np.argmax((smooth - level) * window), image.shape)


def _place(array, corner, side, fill):
    """Copy `array` into a square of `side` whose pixel (0, 0) is `corner` of the array."""
    out = np.full((side, side), fill, dtype=np.asarray(array).dtype)
    row, column = corner
    rows, columns = array.shape
    top, bottom = max(0, row), min(rows, row + side)
    left, right = max(0, column), min(columns, column + side)
    out[top - row : bottom - row, left - column : right - column] = array[top:bottom, left:right]
    return out


def fit_kernel(psf, side: int):
    """The PSF cut or padded to the one size that a grid of `side` uses, sum 1."""
    return resize_kernel(np.asarray(psf, float), 41 if side > 64 else 31)


def fft_side_of(need: int) -> int:
    """Smallest side from `need` on that FFTs are fast at: a multiple of 16 with no prime factor above 5."""
    side = -(-need // 16) * 16
    while next_fast_len(side, real=True) != side:
        side += 16
    return side


def padded_transform(kernel, fft_side: int):
    """FFT of side `fft_side` of a kernel centred on pixel (0, 0), and that side."""
    half = len(kernel) // 2
    padded = np.zeros((fft_side, fft_side))
    padded[: len(kernel), : len(kernel)] = kernel
    return np.fft.rfft2(np.roll(padded, (-half, -half), (0, 1))), fft_side


def kernel_transform(kernel, side: int):
    """`padded_transform` of the smallest fast side for which no wrap-around reaches a grid of `side`."""
    return padded_transform(kernel, fft_side_of(side + len(kernel) // 2))


def _coordinates(side, matrix, supersampling, centre):
    """x, y of pixel centres [arcsec] on a grid whose pixel side // 2 lies at `centre` of the frame."""
    steps = (np.arange(side * supersampling) - (supersampling - 1) / 2) / supersampling - side // 2
    column, row = np.meshgrid(steps, steps)
    return np.tensordot(matrix, np.stack([column, row]), 1) + np.asarray(centre)[:, None, None]


def _filled(array, mask):
    """float64 copy with the median in place of what is masked."""
    return np.where(mask, array, np.median(array[mask])).astype(float)


def prepare_band(band: Band, matrix, guess, fixed: bool = False) -> PreparedBand:
    """Clean, centre and pad one band.

    Parameters
    ----------
    matrix : ``(2, 2)`` arcsec a pixel, from pixel offsets to the fit's frame.
    guess : (column, row) of the lens: near which its peak is looked for, or where the frame's origin is if `fixed`.
    """
    image, noise = _filled(band.image, band.mask), _filled(band.noise, band.mask)
    scale, fwhm = band.pixel_scale, psf_fwhm(band.psf, band.pixel_scale)
    hits, cleaned = clean_cosmic_rays(image, noise, band.mask)
    row, column = np.round(guess).astype(int)[::-1] if fixed else find_centre(cleaned, matrix, guess, scale, fwhm)
    centre = np.asarray(matrix) @ (np.array([column, row]) - np.asarray(guess)) if fixed else np.zeros(2)
    side = grid_side(band.shape, scale, fwhm)
    corner = (int(row) - side // 2, int(column) - side // 2)
    supersampling = 1 if scale <= 0.06 else (2 if scale <= 0.15 else 3)
    x, y = _coordinates(side, matrix, 1, centre)
    fine_x, fine_y = _coordinates(side, matrix, supersampling, centre)
    radius = np.hypot(x - centre[0], y - centre[1])
    hits = ndi.binary_dilation(_place(hits, corner, side, False) & (radius > max(0.3, fwhm)), iterations=1)
    kernel = fit_kernel(band.psf, side)
    kernel_fft, fft_side = kernel_transform(kernel, side)
    return PreparedBand(
        band=band,
        image=_place(image, corner, side, 0.0),
        noise=_place(noise, corner, side, 1.0),
        use=_place(np.asarray(band.mask), corner, side, False) & ~hits,
        inside=_place(np.ones(band.shape, bool), corner, side, False),
        cosmic_rays=hits,
        x=x,
        y=y,
        radius=radius,
        fine_x=fine_x.astype(np.float32),
        fine_y=fine_y.astype(np.float32),
        kernel=kernel,
        kernel_fft=kernel_fft.astype(np.complex64),
        fft_side=fft_side,
        corner=corner,
        centre_pixel=tuple(float(v) for v in (np.array([column, row]) - np.linalg.solve(matrix, centre))),
        matrix=np.asarray(matrix, float),
        pixel_scale=scale,
        fwhm=fwhm,
        supersampling=supersampling,
    )


def _binned_kernel(kernel):
    """PSF on pixels twice as large: averaged over the positions that two large pixels can have, then sampled."""
    pair = np.array([0.25, 0.5, 0.25])
    wide = ndi.convolve1d(ndi.convolve1d(kernel, pair, 0, mode="constant"), pair, 1, mode="constant")
    first = (len(kernel) // 2) % 2
    out = wide[first::2, first::2]
    return out / out.sum()


def bin_band(band: PreparedBand) -> PreparedBand:
    """The same band on pixels twice as large, weighted by the inverse variance: for the search."""
    weight = band.use / band.noise**2
    total = bin_pixels(weight, 2)
    use = total > 0
    image = np.where(use, bin_pixels(band.image * weight, 2) / np.where(use, total, 1), 0.0)
    noise = np.where(use, 1 / np.sqrt(4 * np.where(use, total, 1)), 1.0)
    side = band.side // 2
    kernel = fit_kernel(_binned_kernel(band.kernel), side)
    kernel_fft, fft_side = kernel_transform(kernel, side)
    middle = band.side // 2
    centre = np.array([band.x[middle, middle], band.y[middle, middle]]) + band.matrix @ np.array([0.5, 0.5])
    fine_x, fine_y = _coordinates(side, 2 * band.matrix, SEARCH_SUPERSAMPLING, centre)
    return replace(
        band,
        image=image,
        noise=noise,
        use=use,
        inside=bin_pixels(band.inside.astype(float), 2) > 0,
        cosmic_rays=~use,
        x=bin_pixels(band.x, 2),
        y=bin_pixels(band.y, 2),
        radius=bin_pixels(band.radius, 2),
        fine_x=fine_x.astype(np.float32),
        fine_y=fine_y.astype(np.float32),
        kernel=kernel,
        kernel_fft=kernel_fft.astype(np.complex64),
        fft_side=fft_side,
        matrix=2 * band.matrix,
        pixel_scale=2 * band.pixel_scale,
        supersampling=SEARCH_SUPERSAMPLING,
    )
