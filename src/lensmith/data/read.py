"""Reading one candidate into a `Cutout`, whatever its layout."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from lensmith.data.assemble import assemble_band, band_from_arrays
from lensmith.data.candidates import Candidate, find_candidates
from lensmith.data.extensions import axes_to_plane, read_extensions
from lensmith.data.manifest import manifest_sources, shared_values, steering
from lensmith.data.masks import NoDataError
from lensmith.data.names import distinct_names
from lensmith.data.options import ReadOptions
from lensmith.data.orientation import image_centre
from lensmith.data.planes import HDF5_SUFFIXES, Plane, has_suffix
from lensmith.data.records import Band, Cutout
from lensmith.data.sources import BandSource
from lensmith.data.stacks import array_shape, stack_sources
from lensmith.errors import InputError, LensmithError


def read_candidate(candidate: Candidate, options: ReadOptions | None = None) -> Cutout:
    """The candidate's images and what goes with them.

    A band without any data is left out, with a note, as long as another one has some.

    Raises
    ------
    InputError
        for anything that is wrong with the data: one sentence that names the file and the cause.
    MissingError
        if something is needed that an option can supply.
    """
    options = options or ReadOptions()
    try:
        return _read(candidate, options)
    except InputError:
        raise
    except LensmithError as error:
        raise InputError(str(error)) from error
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        raise InputError(f"{candidate.path}: it cannot be read ({type(error).__name__}: {text})") from error


def read(path: Path | str, **options) -> Cutout:
    """The one candidate in a file (or in a folder or manifest that holds just one).

    `options` are those of `ReadOptions`: pixel_scale, psf, psf_fwhm, zero_point.

    Raises
    ------
    InputError
        as `read_candidate`, and if `path` holds several candidates.
    """
    settings = ReadOptions(**options)
    found = find_candidates([Path(path)], settings)
    if len(found) != 1:
        raise InputError(f"{path}: it holds {len(found)} candidates, not one; use find_candidates and read_candidate")
    return read_candidate(found[0], settings)


def _read(candidate: Candidate, options: ReadOptions) -> Cutout:
    values, notes = {}, ()
    if candidate.rows:
        values, notes = shared_values(candidate.rows), candidate.rows[0].notes
    bands, more = _bands(_sources(candidate), options)
    ra, dec = (values.get("ra"), values.get("dec")) if candidate.rows else (None, None)
    if ra is None or dec is None:
        ra, dec = _position(bands[0])
    return Cutout(
        id=candidate.id,
        bands=tuple(bands),
        z_lens=values.get("z_lens"),
        z_source=values.get("z_source"),
        ra=ra,
        dec=dec,
        source=str(candidate.path),
        notes=notes + more,
        **({"steering": steering(values)} if candidate.rows else {}),
    )


def _sources(candidate: Candidate) -> list[BandSource]:
    if candidate.rows:
        return manifest_sources(candidate.rows)
    if candidate.sources:
        return list(candidate.sources)
    if candidate.index is not None:
        return stack_sources(candidate.path, candidate.index)
    if has_suffix(candidate.path, HDF5_SUFFIXES):
        return [BandSource(Plane(candidate.path))]
    if has_suffix(candidate.path, (".npy",)):
        shape = array_shape(candidate.path)
        if shape is None:
            raise InputError(f"{candidate.path}: it cannot be read as a NumPy array")
        return [BandSource(Plane(candidate.path, None, axes_to_plane(shape, candidate.path, 0)))]
    return read_extensions(candidate.path)


def _bands(sources: list[BandSource], options: ReadOptions) -> tuple[list[Band], tuple[str, ...]]:
    """The bands that have data, their names made to differ, and notes on those that have none."""
    bands, notes, first_error = [], [], None
    for source in sources:
        try:
            bands += _read_source(source, options)
        except NoDataError as error:
            first_error = first_error or error
            notes.append(f"band {source.name or source.sci} is left out: {error}")
    if not bands:
        raise first_error or InputError("the candidate has no bands")
    names, more = distinct_names([band.name for band in bands])
    return [replace(band, name=name) for band, name in zip(bands, names, strict=True)], (*notes, *more)


def _read_source(source: BandSource, options: ReadOptions) -> list[Band]:
    if not (has_suffix(source.sci.path, HDF5_SUFFIXES) and source.sci.extension is None):
        return [assemble_band(source, options)]
    from lensmith.data.lenstronomy_hdf5 import read_hdf5  # h5py only where it is needed

    psf_path = source.psf.path if source.psf and has_suffix(source.psf.path, HDF5_SUFFIXES) else None
    other_psf = None if psf_path else source.psf
    return [
        band_from_arrays(
            band.image,
            band.header,
            replace(source, name=source.name or band.name, psf=other_psf),
            options,
            noise=band.noise,
            psf=band.psf,
            mask=band.mask,
        )
        for band in read_hdf5(source.sci.path, psf_path)
    ]


def _position(band: Band) -> tuple[float | None, float | None]:
    """ICRS position of the image's centre, where a WCS knows it."""
    if band.wcs is None:
        return None, None
    sky = band.wcs.pixel_to_world(*image_centre(band.shape)).icrs
    ra, dec = float(sky.ra.deg), float(sky.dec.deg)
    return (ra, dec) if np.isfinite([ra, dec]).all() else (None, None)
