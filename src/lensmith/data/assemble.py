"""From the planes of a band to a checked `Band`: whatever is missing is measured or assumed, and said so."""

import numpy as np
from astropy.io import fits

from lensmith.data.headers import Counting, ab_zero_point, band_name, counting, header_text
from lensmith.data.loading import load_plane
from lensmith.data.masks import SENTINEL, NoDataError, flag_mask, image_mask, noise_mask, user_mask
from lensmith.data.noise import measure_background, measured_noise
from lensmith.data.options import ReadOptions
from lensmith.data.orientation import Orientation, read_orientation
from lensmith.data.psf_choice import choose_psf
from lensmith.data.records import Band
from lensmith.data.sources import BandSource
from lensmith.errors import InputError, MissingError
from lensmith.types import BoolArray, FloatArray

MIN_SIDE, MAX_SIDE = 16, 1000
"""Pixels a side between which an image is taken for a cutout of one lens."""


def assemble_band(source: BandSource, options: ReadOptions) -> Band:
    """Read the planes of `source` and make them a `Band`.

    Raises
    ------
    InputError
        if a plane cannot be read or makes no sense; the message begins with the file.
    MissingError
        if the pixel scale is nowhere given.
    """
    image, header = load_plane(source.sci)
    return band_from_arrays(image, header, source, options)


def band_from_arrays(
    image: FloatArray,
    header: fits.Header,
    source: BandSource,
    options: ReadOptions,
    noise: FloatArray | None = None,
    psf: FloatArray | None = None,
    mask: BoolArray | None = None,
) -> Band:
    """As `assemble_band`, for an image that was read already, as `noise` [1 sigma], `psf`, `mask` (1 = use) may be."""
    where = str(source.sci)
    _check_size(image, where)
    image = image.astype(np.float64)
    usable, notes = _usable(image, header, source, mask, where)
    placed, more = _orientation(header, image.shape, source, options, where)
    notes += more
    electrons = counting(header)
    noise, usable, more = _noise(source, noise, image, usable, electrons, where)
    notes += more
    psf, more = choose_psf(source, psf, header, image, usable, placed, options)
    notes += more
    return Band(
        name=source.name or band_name(header) or "image",
        image=_filled(image, usable, np.isfinite(image) & (np.abs(image) < SENTINEL)),
        noise=_filled(noise, usable, usable),
        psf=psf,
        mask=usable,
        pixel_to_sky=placed.pixel_to_sky,
        wcs=placed.wcs,
        oriented=placed.oriented,
        zero_point=_first(source.zero_point, ab_zero_point(header), options.zero_point),
        unit=electrons.unit,
        exposure=electrons.exposure,
        gain=electrons.gain,
        notes=notes,
    )


def _first(*values):
    return next((value for value in values if value is not None), None)


def _check_size(image: FloatArray, where: str) -> None:
    if image.ndim != 2:
        raise InputError(f"{where}: an image has two axes [y, x], this array has shape {image.shape}")
    rows, columns = image.shape
    if min(rows, columns) < MIN_SIDE:
        raise InputError(f"{where}: the image has {rows}x{columns} pixels, too small; give at least {MIN_SIDE} a side")
    if max(rows, columns) > MAX_SIDE:
        raise InputError(
            f"{where}: the image has {rows}x{columns} pixels, too large for a cutout of one lens (at most {MAX_SIDE} a "
            "side); cut out a stamp around each lens"
        )


def _usable(image, header: fits.Header, source: BandSource, mask, where: str) -> tuple[BoolArray, tuple[str, ...]]:
    """True where the image has a value, no flag is raised and no mask excludes the pixel; and notes."""
    usable, notes = image_mask(image, where)
    notes = (*source.notes, *notes)
    if source.flags is not None:
        flags, _ = load_plane(source.flags)
        do_not_use = 1 if header_text(header, "TELESCOP") == "JWST" else None  # its other bits are information
        good, more = flag_mask(flags, image.shape, do_not_use, str(source.flags))
        usable, notes = usable & good, notes + more
    if source.mask is not None:
        mask, _ = load_plane(source.mask)
        where = str(source.mask)
    if mask is not None:
        use, more = user_mask(mask, image.shape, source.mask_excludes, where)
        usable, notes = usable & use, notes + more
    if not usable.any():
        raise NoDataError(f"{where}: no usable pixel is left after masking")
    return usable, notes


def _filled(values: FloatArray, usable: BoolArray, kept: BoolArray) -> FloatArray:
    """`values` where `kept`, elsewhere the median of the usable ones: masked pixels must not poison arithmetic."""
    return np.where(kept, values, np.median(values[usable]))


def _orientation(header, shape, source: BandSource, options: ReadOptions, where: str):
    """The orientation with a pixel scale: manifest, then header, then option."""
    placed = read_orientation(header, shape)
    notes = placed.notes
    if source.pixel_scale is not None:
        if placed.pixel_to_sky is None:
            return Orientation(source.pixel_scale * np.eye(2)), notes
        scale = np.sqrt(abs(np.linalg.det(placed.pixel_to_sky)))
        if abs(source.pixel_scale / scale - 1) < 0.01:
            return placed, notes
        notes += (f"pixel scale {source.pixel_scale:g} arcsec from the manifest, not {scale:.4g} as the header says",)
        return Orientation(placed.pixel_to_sky * source.pixel_scale / scale, None, placed.oriented), notes
    if placed.pixel_to_sky is not None:
        return placed, notes
    if options.pixel_scale is None:
        raise MissingError(f"{where}: the header gives no pixel scale; say it with --pixel-scale or in a manifest")
    notes += (f"pixel scale assumed: {options.pixel_scale:g} arcsec from --pixel-scale",)
    return Orientation(options.pixel_scale * np.eye(2)), notes


def _noise(source: BandSource, noise, image, mask, electrons: Counting, where: str):
    """Noise [1 sigma], the mask that it leaves and notes: from its plane, from a weight map, or measured."""
    if noise is None and source.err is not None:
        noise, _ = load_plane(source.err)
        where = str(source.err)
    if noise is None:
        noise, note = measured_noise(image, mask, electrons.electrons_per_unit, where)
        return noise, mask, (note,)
    noise = np.asarray(noise, dtype=np.float64)
    if noise.shape != image.shape:
        raise InputError(f"{where}: the noise map has shape {noise.shape} but the image {image.shape}")
    if source.err_kind == "weight":
        return noise_from_weight(noise, image, mask, electrons, where)
    if source.err_kind == "variance":
        if np.nanmedian(noise) < 0:
            raise InputError(f"{where}: the variance map is negative")
        noise = np.sqrt(np.clip(noise, 0, None))
    mask, notes = noise_mask(noise, mask, where)
    return noise, mask, notes


def noise_from_weight(weight: FloatArray, image: FloatArray, mask: BoolArray, electrons: Counting, where: str):
    """Noise from a weight map: inverse variance if the image's own scatter agrees, else relative exposure time.

    Either leaves the light's own photon noise out; it is added where gain and exposure are known.
    """
    with np.errstate(invalid="ignore"):
        good = np.isfinite(weight) & (weight > 0) & mask
    if not good.any():
        raise InputError(f"{where}: the weight map is nowhere positive")
    typical = float(np.median(weight[good]))
    good &= weight > typical / 1e8
    background = measure_background(image, good, where)
    is_inverse_variance = 1 / 3 < background.sigma * np.sqrt(typical) < 3
    sigma = 1 / np.sqrt(typical) if is_inverse_variance else background.sigma
    relative = np.where(good, weight, typical) / typical
    sky = sigma / np.sqrt(relative)
    note = "noise from the weight map as inverse variance"
    if not is_inverse_variance:
        note = "noise measured: scatter of faint pixels, scaled by the weight map as exposure time"
    if electrons.electrons_per_unit is not None:
        photon, _ = measured_noise(image, good, electrons.electrons_per_unit, where)
        sky = np.sqrt(np.maximum(sky**2 + photon**2 - background.sigma**2, 0.25 * sky**2))
        note += ", photon noise added"
    lost = np.count_nonzero(mask & ~good)
    return sky, good, ((note, f"{lost} pixels without weight are masked") if lost else (note,))
