"""The scene drawn by lenstronomy, or by JAXtronomy, which has the same interface."""

from importlib import import_module

import numpy as np

from benchmarks import scene


def image_function(package: str, mass_profile: str, side: int, supersampling: int):
    """A function from the vector of parameters to the image ``[y, x]``.

    `package` is ``lenstronomy`` or ``jaxtronomy``. Light is averaged over the sub-pixels, then convolved on pixels.
    """

    def of(module: str, name: str):
        return getattr(import_module(f"{package}.{module}"), name)

    scale = scene.FIELD / side
    corner = -(side - 1) / 2 * scale
    data = of("Data.imaging_data", "ImageData")(
        image_data=np.zeros((side, side)),
        background_rms=1.0,
        exposure_time=1.0,
        ra_at_xy_0=corner,
        dec_at_xy_0=corner,
        transform_pix2angle=scale * np.eye(2),
    )
    light = of("LightModel.light_model", "LightModel")
    model = of("ImSim.image_model", "ImageModel")(
        data,
        import_module("lenstronomy.Data.psf").PSF(psf_type="PIXEL", kernel_point_source=scene.psf(side)),
        of("LensModel.lens_model", "LensModel")([mass_profile, "SHEAR"]),
        light(["SERSIC_ELLIPSE"]),
        light(["SERSIC_ELLIPSE"]),
        kwargs_numerics={"supersampling_factor": supersampling, "supersampling_convolution": False},
    )

    def image(vector):
        mass, tide, lens, source = scene.split(vector)
        return model.image(
            [mass, tide | {"ra_0": 0.0, "dec_0": 0.0}],
            [source | {"amp": scene.SOURCE_AMPLITUDE}],
            [lens | {"amp": scene.LENS_AMPLITUDE}],
        )

    return image
