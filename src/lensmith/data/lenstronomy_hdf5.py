"""HDF5 files with lenstronomy's ``kwargs_data`` and ``kwargs_psf``, as its users and dolphin store them."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from astropy.io import fits

from lensmith.data.loading import native
from lensmith.data.names import split_filter
from lensmith.data.planes import stem
from lensmith.data.psf import gaussian_psf
from lensmith.errors import InputError
from lensmith.types import FloatArray


@dataclass(frozen=True, eq=False)
class Hdf5Band:
    """One band from an HDF5 file: the image, a header in FITS words, and noise [1 sigma] and PSF where given."""

    name: str | None
    image: FloatArray
    header: fits.Header
    noise: FloatArray | None
    psf: FloatArray | None
    mask: FloatArray | None


def read_hdf5(path: Path, psf_path: Path | None = None) -> list[Hdf5Band]:
    """The bands in a file: its root, or each group, that holds ``image_data`` (in ``kwargs_data`` or directly).

    The PSF is ``kernel_point_source``, or a Gaussian of ``fwhm``, beside it, in ``kwargs_psf``, or in `psf_path`.

    Raises
    ------
    InputError
        if the file is no HDF5 or holds no ``image_data``.
    """
    try:
        values = _load(path)
        psf_values = _load(psf_path) if psf_path is not None else {}
    except OSError as error:
        where = path if psf_path is None else f"{path} and {psf_path.name}"
        raise InputError(f"{where}: it cannot be read as HDF5 ({str(error).split('(')[0].strip()})") from error
    groups = {prefix: _group(values, prefix) for prefix in dict.fromkeys(_prefixes(values))}
    bands = [
        _band(prefix.strip("/").rpartition("/")[2] or split_filter(stem(path))[1], group | _flat(psf_values), path)
        for prefix, group in groups.items()
    ]
    if not bands:
        raise InputError(f"{path}: it holds no data set image_data, as a lenstronomy file has")
    return bands


def _load(path: Path) -> dict[str, np.ndarray]:
    """Every data set and every attribute by its full name."""
    out: dict[str, np.ndarray] = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            out[name] = item[()]
        for key, value in item.attrs.items():
            out[f"{name}/{key}".lstrip("/")] = value

    with h5py.File(path, "r") as file:
        visit("", file)
        file.visititems(visit)
    return out


def _prefixes(values: dict) -> list[str]:
    """Where each band's values begin: the path in front of ``image_data``, less ``kwargs_data``."""
    found = [name[: -len("image_data")] for name in values if name == "image_data" or name.endswith("/image_data")]
    return [prefix.removesuffix("kwargs_data/") for prefix in found]


def _group(values: dict, prefix: str) -> dict:
    own = {name[len(prefix) :]: value for name, value in values.items() if name.startswith(prefix)}
    return _flat(own)


def _flat(values: dict) -> dict:
    out = {}
    for name, value in values.items():
        head, _, key = name.rpartition("/")
        if head in ("", "kwargs_data", "kwargs_psf"):
            out[key] = value
    return out


def _number(values: dict, *keys: str) -> float | None:
    for key in keys:
        if key in values and np.size(values[key]) == 1:
            value = np.asarray(values[key]).ravel()[0]
            if np.issubdtype(type(value), np.number) and np.isfinite(value):
                return float(value)
    return None


def _header(values: dict, where: str) -> fits.Header:
    """The same facts as FITS cards, so that one reader understands both; lenstronomy's fluxes are electrons/s."""
    header = fits.Header()
    matrix = values.get("transform_pix2angle")
    if matrix is not None:
        matrix = np.asarray(matrix, dtype=float)
        if matrix.shape != (2, 2) or not np.isfinite(matrix).all():
            raise InputError(f"{where}: transform_pix2angle must be a 2x2 matrix of arcsec a pixel")
        if matrix[0, 0] == matrix[1, 1] > 0 and matrix[0, 1] == matrix[1, 0] == 0:
            header["PIXSCALE"] = matrix[0, 0]  # the default of simulations, which says nothing of the sky
        else:
            for i in (0, 1):
                for j in (0, 1):
                    header[f"PIX2A{i + 1}{j + 1}"] = matrix[i, j]
    scale = _number(values, "pixel_size", "pixel_scale", "deltaPix", "delta_pix")
    if scale is not None and "PIXSCALE" not in header:
        header["PIXSCALE"] = scale
    exposure = _number(values, "exposure_time", "exp_time")
    if exposure is not None and exposure > 0:
        header["EXPTIME"], header["BUNIT"] = exposure, "electrons/s"
    return header


def _band(name: str, values: dict, path: Path) -> Hdf5Band:
    where = f"{path}"
    image = native(values["image_data"], where)
    header = _header(values, where)
    noise = values.get("noise_map")
    if noise is None:
        noise = _noise(values, image)
    psf = values.get("kernel_point_source")
    fwhm, scale = _number(values, "fwhm"), _scale(header)
    if psf is None and fwhm is not None and scale is not None:
        psf = gaussian_psf(fwhm, scale, min(image.shape))
    mask = values.get("mask", values.get("likelihood_mask"))
    arrays = [None if array is None else native(array, where) for array in (noise, psf, mask)]
    return Hdf5Band(name or None, image, header, *arrays)


def _scale(header: fits.Header) -> float | None:
    if "PIX2A11" in header:
        return abs(header["PIX2A11"] * header["PIX2A22"] - header["PIX2A12"] * header["PIX2A21"]) ** 0.5
    return header.get("PIXSCALE")


def _noise(values: dict, image: FloatArray) -> FloatArray | None:
    """lenstronomy's own noise model: background_rms^2 + max(image, 0) / exposure_time."""
    background = values.get("background_rms")
    if background is None:
        return None
    variance = np.broadcast_to(np.asarray(background, dtype=float) ** 2, image.shape)
    exposure = values.get("exposure_time", values.get("exp_time"))
    if exposure is not None:
        exposure = np.broadcast_to(np.asarray(exposure, dtype=float), image.shape)
        counted = np.clip(image.astype(float), 0, None) / np.where(exposure > 0, exposure, np.inf)
        variance = variance + counted
    return np.sqrt(variance)
