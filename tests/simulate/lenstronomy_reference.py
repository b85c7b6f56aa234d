"""The same scene drawn by lenstronomy, for the tests of the renderer."""

import warnings

import numpy as np
from lenstronomy.Data.imaging_data import ImageData
from lenstronomy.Data.psf import PSF
from lenstronomy.ImSim.image_model import ImageModel
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LightModel.light_model import LightModel
from lenstronomy.PointSource.point_source import PointSource

from lensmith.physics.light import sersic


def lenstronomy_image(camera, psf, lens=(), lens_light=(), source=(), points=()):
    """Noise-free image ``[y, x]`` of one band.

    `lens` holds (name, parameters); `lens_light` and `source` Sersic parameters with their total `flux`; `points`
    (x, y, flux).
    """
    reach = -(camera.side - 1) / 2 * camera.pixel_scale
    data = ImageData(
        np.zeros((camera.side, camera.side)),
        ra_at_xy_0=reach,
        dec_at_xy_0=reach,
        transform_pix2angle=np.eye(2) * camera.pixel_scale,
    )
    model = ImageModel(
        data,
        PSF("PIXEL", kernel_point_source=np.asarray(psf, float)),
        LensModel([name for name, _ in lens]),
        LightModel(["SERSIC_ELLIPSE"] * len(source)),
        LightModel(["SERSIC_ELLIPSE"] * len(lens_light)),
        PointSource(["UNLENSED"] if points else []),
        kwargs_numerics={"supersampling_factor": camera.supersampling, "supersampling_convolution": False},
    )
    x, y, flux = np.reshape(points, (-1, 3)).T
    arguments = dict(
        kwargs_lens=[parameters for _, parameters in lens],
        kwargs_source=[with_amplitude(**one) for one in source],
        kwargs_lens_light=[with_amplitude(**one) for one in lens_light],
        kwargs_ps=[{"ra_image": x, "dec_image": y, "point_amp": flux}] if points else [],
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`axes` should not be", DeprecationWarning)  # its own, under NumPy 2
        return model.image(**arguments)


def with_amplitude(flux, **parameters):
    """lenstronomy's parameters of Sersic light of a total flux."""
    return parameters | {"amp": float(flux / sersic.total_flux(1.0, **parameters))}


def closeness(image, reference):
    """Largest and root mean square difference, relative to the reference's peak."""
    difference = (np.asarray(image, float) - reference) / np.abs(reference).max()
    return np.abs(difference).max(), np.sqrt(np.mean(difference**2))
