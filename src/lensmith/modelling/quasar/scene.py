"""The picture of a lensed quasar: sky, lens light, point images and the host's arcs, linear in their amplitudes."""

import numpy as np

from lensmith.modelling.quasar.field import Field
from lensmith.modelling.quasar.parameters import LENS, N_LENS, N_LIGHT, lens_profiles
from lensmith.physics.ellipticity import radius_squared
from lensmith.physics.imaging import bin_pixels, convolve_transformed, kernel_transform
from lensmith.physics.lens_model import ray_trace

N_WIDTHS = 9
HOST_WIDTHS = (0.5, 1.0, 2.0)
"""Of the host's round, concentric Gaussians in units of its size, which is fitted: the lens' slope depends on it."""
_STEP = 1e-4
"""Step of the differences [arcsec, or dimensionless]."""


class Scene:
    """Columns of one field for vectors (lens,) light, points; `with_host` says whether the lens and its arcs are in.

    Amplitudes are fluxes: of `N_WIDTHS` Gaussians of the lens, of every point, of the host's Gaussians (unlensed).
    """

    def __init__(self, field: Field, n_points: int, *, with_lens: bool, with_host: bool):
        self.field, self.n_points, self.with_host = field, n_points, with_host
        self.n_lens = N_LENS if with_lens else 0
        self.first_point = self.n_lens + N_LIGHT
        self.n_host = len(HOST_WIDTHS) if with_host else 0
        half = 0.5 * min(np.ptp(field.x), np.ptp(field.y))
        self.widths = np.geomspace(0.5 * field.pixel_scale, half, N_WIDTHS)
        self.transform = kernel_transform(field.psf, field.image.shape)

    @property
    def n_columns(self) -> int:
        """Columns beside the sky."""
        return N_WIDTHS + self.n_points + self.n_host

    def split(self, amplitudes):
        """Amplitudes (without the sky's) of lens light, points and host."""
        return np.split(np.asarray(amplitudes), [N_WIDTHS, N_WIDTHS + self.n_points])

    def points(self, theta) -> np.ndarray:
        """Positions ``[point, 2]``."""
        return np.asarray(theta)[self.first_point :].reshape(-1, 2)

    def host_widths(self, theta) -> np.ndarray:
        """Widths [arcsec] of the host's Gaussians; empty without a host."""
        return np.exp(theta[N_LENS - 1]) * np.array(HOST_WIDTHS[: self.n_host])

    def columns(self, theta) -> np.ndarray:
        """Images ``[column, y, x]`` of unit flux."""
        points = [self.field.point(*xy) for xy in self.points(theta)]
        parts = [self._observe(self._light(theta)), np.reshape(points, (-1, *self.field.image.shape))]
        if self.with_host:
            parts.append(self._observe(self._host(theta)))
        return np.concatenate(parts)

    def jacobian(self, theta, amplitudes) -> np.ndarray:
        """Derivatives ``[parameter, y, x]`` of ``amplitudes @ columns`` by central differences."""
        light, points, host = self.split(amplitudes)
        theta = np.asarray(theta, float)
        out = np.zeros((len(theta), *self.field.image.shape))
        arcs = lambda vector: np.tensordot(host, self._host(vector), 1)
        galaxy = lambda vector: np.tensordot(light, self._light(vector), 1)
        if self.with_host:
            out[: len(LENS)] = self._observe(self._differences(arcs, theta, range(self.n_lens)))
        along = range(self.n_lens, self.first_point)
        out[self.n_lens : self.first_point] = self._observe(self._differences(galaxy, theta, along))
        for index in range(2 * self.n_points):
            shift = np.zeros(2)
            shift[index % 2] = _STEP
            here = self.points(theta)[index // 2]
            change = self.field.point(*(here + shift)) - self.field.point(*(here - shift))
            out[self.first_point + index] = points[index // 2] * change / (2 * _STEP)
        return out

    def _differences(self, function, theta, indices) -> np.ndarray:
        steps = np.eye(len(theta)) * _STEP
        return np.stack([(function(theta + steps[i]) - function(theta - steps[i])) / (2 * _STEP) for i in indices])

    def _light(self, theta) -> np.ndarray:
        x, y, e1, e2 = theta[self.n_lens : self.first_point]
        square = radius_squared(self.field.fine_x - x, self.field.fine_y - y, e1, e2)
        return _gaussians(square, self.widths)

    def _host(self, theta) -> np.ndarray:
        lens = theta[: self.n_lens]
        x, y = ray_trace(self.field.fine_x, self.field.fine_y, lens_profiles(lens))
        return _gaussians((x - lens[8]) ** 2 + (y - lens[9]) ** 2, self.host_widths(theta))

    def _observe(self, brightness) -> np.ndarray:
        pixels = bin_pixels(brightness, self.field.supersampling) * self.field.pixel_scale**2
        return convolve_transformed(pixels, self.transform, self.field.psf.shape)


def _gaussians(square, widths) -> np.ndarray:
    """Round Gaussians ``[width, y, x]`` of unit flux at squared radii `square`."""
    variance = np.asarray(widths)[:, None, None] ** 2
    return np.exp(-0.5 * square / variance) / (2 * np.pi * variance)
