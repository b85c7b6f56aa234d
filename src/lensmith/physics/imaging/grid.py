"""The pixel grid: where every pixel, or part of one, lies on the sky."""

import numpy as np

from lensmith.types import Array, FloatArray


def pixel_grid(
    shape: tuple[int, int], pixel_scale: float | FloatArray = 1.0, supersampling: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Coordinates (x, y) [arcsec], float64 ``[y * supersampling, x * supersampling]``, of the (sub)pixels' centres.

    `shape` is (rows, columns). `pixel_scale` is arcsec a pixel, or the 2x2 matrix from (column, row) offsets to (x, y)
    [arcsec]. The origin lies at column (nx - 1)/2, row (ny - 1)/2 counted from 0.
    """
    rows, columns = ((np.arange(side * supersampling) + 0.5) / supersampling - 0.5 - (side - 1) / 2 for side in shape)
    columns, rows = np.meshgrid(columns, rows)
    matrix = np.asarray(pixel_scale, dtype=float)
    if matrix.ndim == 0:
        return matrix * columns, matrix * rows
    return matrix[0, 0] * columns + matrix[0, 1] * rows, matrix[1, 0] * columns + matrix[1, 1] * rows


def bin_pixels(image: Array, factor: int) -> Array:
    """Mean over blocks of `factor` x `factor` of the last two axes, which must be multiples of `factor`."""
    *lead, rows, columns = image.shape
    return image.reshape(*lead, rows // factor, factor, columns // factor, factor).mean((-3, -1))
