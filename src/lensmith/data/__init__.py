"""Images in, records between, catalogues out: all that touches a file or is handed from one stage to the next."""

from lensmith.data.atomic import atomic_write
from lensmith.data.candidates import Candidate, find_candidates
from lensmith.data.catalogue import catalogue_table, read_catalogue, row_failed, row_from_fit, write_catalogue
from lensmith.data.columns import COLUMNS, FITTED
from lensmith.data.conversions import convert
from lensmith.data.coolest import coolest_template, write_model_json
from lensmith.data.dataset import DataSet, open_dataset
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.findings import Findings, read_findings, write_findings
from lensmith.data.fits_writer import write_model_fits
from lensmith.data.lenstronomy_kwargs import write_lenstronomy_kwargs
from lensmith.data.noise import measure_background, measured_noise
from lensmith.data.options import ReadOptions
from lensmith.data.orientation import (
    compass,
    frame_offset,
    frame_to_radec,
    frame_to_sky,
    image_centre,
    north_angle,
    pixel_to_frame,
    position_angle,
)
from lensmith.data.posterior import write_params_txt, write_posterior
from lensmith.data.psf import gaussian_psf, prepare_psf, psf_fwhm
from lensmith.data.read import read, read_candidate
from lensmith.data.records import Band, Cutout, Steering
from lensmith.data.results import VERDICTS, BandFit, Estimate, LensFit, Mode, Verdict
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.data.segmentation_file import write_segmentation
from lensmith.data.sharp_bands import effective_fwhm, sharp_bands, with_sharp_bands

__all__ = [
    "COLUMNS",
    "FITTED",
    "VERDICTS",
    "ArraySpec",
    "Band",
    "BandFit",
    "Candidate",
    "Column",
    "Cutout",
    "DataSet",
    "DataSetWriter",
    "Estimate",
    "Findings",
    "LensFit",
    "Mode",
    "ReadOptions",
    "Samples",
    "Steering",
    "Verdict",
    "atomic_write",
    "catalogue_table",
    "compass",
    "convert",
    "coolest_template",
    "effective_fwhm",
    "find_candidates",
    "frame_offset",
    "frame_to_radec",
    "frame_to_sky",
    "gaussian_psf",
    "image_centre",
    "measure_background",
    "measured_noise",
    "north_angle",
    "open_dataset",
    "pixel_to_frame",
    "position_angle",
    "prepare_psf",
    "psf_fwhm",
    "read",
    "read_candidate",
    "read_catalogue",
    "read_findings",
    "row_failed",
    "row_from_fit",
    "sharp_bands",
    "with_sharp_bands",
    "write_catalogue",
    "write_findings",
    "write_lenstronomy_kwargs",
    "write_model_fits",
    "write_model_json",
    "write_params_txt",
    "write_posterior",
    "write_segmentation",
]
