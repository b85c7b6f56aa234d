"""The parts of simulated scenes, as labels need them: noise-free light, noise, and the width of the PSF."""

from typing import NamedTuple

import numpy as np

from lensmith.data.dataset import DataSet
from lensmith.data.labels import COMPONENT_CLASS
from lensmith.errors import InputError
from lensmith.types import FloatArray


class Optics(NamedTuple):
    """How a data set was seen: `pixel_scale` [arcsec], `fwhm` of the PSF [arcsec] ``[sample, band]``, its survey."""

    pixel_scale: float
    fwhm: FloatArray
    survey: str


def component_names(dataset: DataSet) -> list[str]:
    """The components that a data set holds.

    Raises
    ------
    InputError
        if lens or source is not among them.
    """
    names = [name for name in COMPONENT_CLASS if name in dataset.arrays]
    if not {"lens", "source"} <= set(names):
        raise InputError(
            f"{dataset.path} holds no images of its components: simulate it with --set components=true, then label it"
        )
    return names


def scene_components(dataset: DataSet, names: list[str], rows) -> dict[str, FloatArray]:
    """Noise-free light ``[sample, band, y, x]`` of `rows` by component.

    The simulator draws images of a quasar and stars of the Milky Way alike, as points. Where the truth says that no
    quasar is lensed they are stars: other objects. A star beside a lensed quasar goes for one of its images.
    """
    parts = {name: np.asarray(dataset.arrays[name][rows], np.float32) for name in names}
    if {"points", "other"} <= set(names) and "quasar" in dataset.columns:
        stars = np.where(dataset.column("quasar")[rows].astype(bool)[:, None, None, None], 0, parts["points"])
        parts |= {"points": parts["points"] - stars, "other": parts["other"] + stars}
    return parts


def scene_noise(dataset: DataSet, rows) -> FloatArray:
    """1 sigma of samples: as stored, else the scatter of what the noise added, one number a sample and band.

    Raises
    ------
    InputError
        if the images have no noise.
    """
    if "sigma" in dataset.arrays:
        return np.asarray(dataset.arrays["sigma"][rows])
    added = dataset.arrays["image"][rows] - sum(dataset.arrays[name][rows] for name in component_names(dataset))
    middle = np.median(added, (-2, -1), keepdims=True)
    sigma = 1.4826 * np.median(np.abs(added - middle), (-2, -1), keepdims=True)
    if not (sigma > 0).all():
        raise InputError(f"{dataset.path}: the images have no noise, so no pixel has an S/N; use --rule percentile")
    return sigma


def scene_optics(dataset: DataSet) -> Optics | None:
    """Pixel scale and PSF of a data set; None where it does not say them."""
    survey = dataset.description.get("survey") or {}
    bands = survey.get("bands") or ()
    names = [f"psf_fwhm_{band['name']}" for band in bands]
    if not names or any(name not in dataset.columns for name in names):
        return None
    fwhm = np.stack([dataset.column(name) for name in names], 1)
    return Optics(float(bands[0]["pixel_scale"]), fwhm, str(survey["name"]))


def sample_optics(dataset: DataSet, row: int) -> tuple[float, FloatArray, str]:
    """Pixel scale [arcsec], FWHM of the PSF in each band [arcsec], and name of the survey of a sample.

    Raises
    ------
    InputError
        if the data set does not say them.
    """
    found = scene_optics(dataset)
    if found is None:
        raise InputError(f"{dataset.path} does not say its pixel scale and PSF: simulate it with --survey")
    return found.pixel_scale, found.fwhm[row], found.survey
