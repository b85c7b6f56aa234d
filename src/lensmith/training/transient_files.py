"""Cutouts and a table of light curves as what a network of transients reads."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lensmith.data import Candidate, ReadOptions, find_candidates, read_candidate
from lensmith.data.light_curve_table import LightCurve, read_light_curves
from lensmith.errors import InputError, SettingsError
from lensmith.nets.images import crop
from lensmith.nets.network import Network

BANDS = ("g", "r", "i", "z")
"""Bands of the surveys that transients are simulated for, in the order of the arrays."""

Sample = tuple[str, dict[str, np.ndarray], str]


def transient_samples(network: Network, inputs: list[Path], table: Path) -> Iterator[Sample]:
    """Name, arrays and (else) problem of every cutout and every light curve; those of one name belong together.

    A cutout's name is its id (the file's stem). Light curves without a cutout come last, with an image of nothing if
    the network takes that.

    Raises
    ------
    SettingsError
        if the network reads no light curves.
    InputError
        if the table is not sound.
    """
    if not {"flux", "light_curve"} & set(network.reads):
        raise SettingsError(f"{network.spec.name} reads no light curves: leave out --light-curves")
    curves = read_light_curves(table, BANDS[: network.spec.shape[0]])
    seen = set()
    for candidate in find_candidates(inputs, _OPTIONS) if inputs else ():
        seen.add(candidate.id)
        try:
            image = _image(candidate, network.spec.shape)
            yield candidate.id, _arrays(network, image, curves.get(candidate.id)), ""
        except InputError as error:
            yield candidate.id, {}, str(error)
    for name in curves:
        if name not in seen:
            nothing = np.zeros(network.spec.shape, np.float32)
            problem = "" if "flux" in network.reads else f"no cutout of this name, which {network.spec.name} needs"
            yield name, {} if problem else _arrays(network, nothing, curves[name]), problem


_OPTIONS = ReadOptions(pixel_scale=1.0, psf_fwhm=1.0)
"""Only pixels are read here: what the files do not say of scale and PSF is of no matter."""


def _image(candidate: Candidate, shape: tuple[int, int, int]) -> np.ndarray:
    """The central pixels of the bands, float32 ``[band, y, x]``."""
    cutout = read_candidate(candidate, _OPTIONS)
    wanted, names = BANDS[: shape[0]], [band.name for band in cutout.bands]
    by_letter = {name.rpartition(".")[2].rpartition("_")[2].lower(): name for name in names}
    if set(wanted) <= set(by_letter):
        cutout = cutout.only(*(by_letter[band] for band in wanted))
    elif len(names) != shape[0]:
        raise InputError(f"{cutout.source}: it has the bands {', '.join(names)}; {', '.join(wanted)} are needed")
    image = np.nan_to_num(np.asarray(cutout.stack(), np.float32))
    if min(image.shape[1:]) < min(shape[1:]):
        raise InputError(f"{cutout.source}: {image.shape[1:]} pixels, and {shape[1:]} are needed")
    return crop(image, shape[-1])


def _arrays(network: Network, image: np.ndarray, curve: LightCurve | None) -> dict[str, np.ndarray]:
    if curve is None and "flux" not in network.reads:
        raise InputError(f"no light curve of this name, which {network.spec.name} needs")
    if curve is None:
        none = np.zeros((1, len(image)), np.float32)
        return {"image": image, "flux": none, "flux_error": none, "time": none}
    arrays = {"image": image, "flux": curve.flux, "flux_error": curve.flux_error, "time": curve.time}
    if "light_curve" in network.reads:
        arrays["light_curve"] = _scaled(curve)
    return arrays


def _scaled(curve: LightCurve) -> np.ndarray:
    """Fluxes brought to [0, 1] over all epochs and bands, as the public sets have them."""
    if (curve.flux_error == 0).any():
        raise InputError("a measurement is missing: this network needs every band in every epoch")
    low, high = curve.flux.min(), curve.flux.max()
    return (curve.flux - low) / (high - low if high > low else 1)
