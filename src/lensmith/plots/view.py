"""The patch of sky that the panels of one figure show, and how a band's pixels fall on it."""

from dataclasses import dataclass

import numpy as np

from lensmith.data.results import BandFit, LensFit


@dataclass(frozen=True, eq=False)
class Grid:
    """Where pixels lie: (column, row) = `origin` is the frame's (0, 0); `matrix` (2, 2) in arcsec a pixel."""

    origin: tuple[float, float]
    matrix: np.ndarray

    @classmethod
    def of(cls, band: BandFit) -> "Grid":
        """The grid of a fitted band, in the frame of the fit."""
        return cls(band.origin, np.asarray(band.pixel_to_frame, dtype=float))

    @classmethod
    def centred(cls, shape: tuple[int, int], pixel_scale: float) -> "Grid":
        """The grid of an image alone: x along columns, y along rows, (0, 0) at its centre."""
        return cls(((shape[1] - 1) / 2, (shape[0] - 1) / 2), pixel_scale * np.eye(2))

    def positions(self, shape: tuple[int, int]) -> np.ndarray:
        """Frame positions of all pixels, float64 ``[2, y, x]``, arcsec."""
        row, column = np.indices(shape, dtype=float)
        return np.einsum("ij,jyx->iyx", self.matrix, np.stack([column - self.origin[0], row - self.origin[1]]))


@dataclass(frozen=True)
class View:
    """A square of sky: its centre (x, y) in the frame and half its side, arcsec."""

    centre: tuple[float, float]
    half: float

    @classmethod
    def of(cls, fit: LensFit) -> "View":
        """What a fit is about: its fitted pixels, but neither less than 1.6 nor more than 4 Einstein radii around."""
        centre = tuple(_central(fit, name) or 0.0 for name in ("x_lens", "y_lens"))
        radius = _central(fit, "theta_E") or 0.0
        reach, coarsest = 0.0, 0.0
        for band in fit.bands:
            x, y = Grid.of(band).positions(band.image.shape)
            used = band.mask if band.mask.any() else np.ones_like(band.mask)
            offset = np.maximum(abs(x - centre[0]), abs(y - centre[1]))[used]
            reach, coarsest = max(reach, float(offset.max())), max(coarsest, band.pixel_scale)
        return cls(centre, max(min(reach, max(4 * radius, 16 * coarsest)), 1.6 * radius, 4 * coarsest) + 0.5 * coarsest)

    @property
    def limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Limits of the x and the y axis, arcsec."""
        (x, y), half = self.centre, self.half
        return (x - half, x + half), (y - half, y + half)

    def window(self, grid: Grid, shape: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of an image that touch the view: what need not be drawn is not drawn."""
        corners = np.array([(x, y) for x in self.limits[0] for y in self.limits[1]])
        pixels = np.linalg.solve(grid.matrix, corners.T) + np.array(grid.origin)[:, None]
        size = np.array(shape[::-1])
        first = np.clip(np.floor(pixels.min(axis=1)).astype(int), 0, size - 1)
        last = np.clip(np.ceil(pixels.max(axis=1)).astype(int) + 1, first + 1, size)
        return slice(first[1], last[1]), slice(first[0], last[0])


def _central(fit: LensFit, name: str) -> float | None:
    estimate = fit.parameters.get(name)
    return float(estimate.median) if estimate is not None and np.isfinite(estimate.median) else None
