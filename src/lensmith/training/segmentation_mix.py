"""Simulated data sets of several surveys as one, for the segmenter that serves every instrument.

Each sample is shown as that segmenter sees it: one detection image of some of the bands in noise units, its pixels as
`lensmith.nets.segmenter_input.resampling_factor` makes them, varied; labels by the rule ``truth`` from the same bands.
"""

from pathlib import Path

import numpy as np

from lensmith.data.dataset import DataSet, open_dataset
from lensmith.data.dataset_folder import held_for_writing
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.labelling import ARRAY
from lensmith.data.labels import CLASSES, SNR, noise_equivalent_area, truth_classes
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.data.scene_components import component_names, sample_optics, scene_components, scene_noise
from lensmith.nets.segmenter_input import (
    FWHM_RANGE,
    SIDE,
    in_noise_units,
    resampled,
    resampled_classes,
    resampling_factor,
    sky_sigma,
    stretched,
)
from lensmith.training.view_variations import add_rays
from lensmith.types import FloatArray

SCALES = (0.8, 1.4)
"""Images are enlarged by so much more than they would be, at random."""
NOISES = (0.75, 1.35)
"""The noise is taken for this many times what it is, at random: noise maps are wrong by as much."""
CROPPED, NARROWEST = 0.3, 44
"""Share of the samples that are cut to fewer pixels, of no fewer than so many a side, their edge repeated outside."""
RAYS, RAYS_FWHM = 0.35, 0.3
"""Share of the samples with cosmic rays, with a PSF narrower than so many arcsec: single exposures from space."""
SHARES = (0.8, 0.1)
"""Of the samples for training and validation; the rest is for tests."""
_COLUMNS = {
    "split": Column("str", "", "train, val or test"),
    "survey": Column("str", "", "where the sample comes from"),
    "row": Column("int64", "", "which sample of its data set"),
    "is_lens": Column("bool", "", "whether the source is lensed; else it is a galaxy or a star alone"),
    "bands": Column("int64", "", "bands that the detection image was made of"),
    "pixel_scale": Column("float64", "arcsec", "side of a pixel"),
    "psf_fwhm": Column("float64", "pixels", "FWHM of the PSF"),
    "arc_snr": Column("float64", "", "S/N of the arcs in the best of all bands, over pixels above 1 sigma"),
    "theta_E": Column("float64", "pixels", "effective Einstein radius"),
}
_CHUNK = 64


def mix_segmentation(
    folders: list[Path | str], out: Path | str, side: int = SIDE, seed: int = 1, snr: float = SNR
) -> str:
    """Write simulated data sets with components into one labelled data set; what was done, in words.

    Images ``[1, side, side]``, classes ``[side, side]`` (rule ``truth``, S/N above `snr` in the PSF's area, in the
    bands shown). Samples that are no lens are taken as they are: galaxies without arcs.

    Raises
    ------
    InputError
        if a data set has no components, or does not say its pixel scale and PSF.
    """
    sets = [open_dataset(folder) for folder in folders]
    for dataset in sets:
        component_names(dataset)
        sample_optics(dataset, 0)
    n, image = sum(map(len, sets)), ArraySpec((1, side, side), ("band", "y", "x"), description="asinh(S/N / 3)")
    labels = ArraySpec((side, side), ("y", "x"), "uint8", description=f"classes {', '.join(CLASSES)}")
    about = {"kind": "segmentation", "survey": None, "seed": seed, "versions": {}}
    about["settings"] = {"sets": [dataset.path.name for dataset in sets], "side": side}
    about[ARRAY] = {"rule": "truth", "snr": snr, "within": "the PSF's noise-equivalent area", "classes": list(CLASSES)}
    origins = [(number, row) for number, dataset in enumerate(sets) for row in range(len(dataset))]
    with held_for_writing(Path(out)):
        writer = DataSetWriter(Path(out), n, {"image": image, ARRAY: labels}, _COLUMNS, about)
        while writer.done < n:
            rows = range(writer.done, min(writer.done + _CHUNK, n, writer.done + writer.room()))
            made = [
                _sample(sets[number], row, side, snr, np.random.default_rng([seed, number, row]))
                for number, row in (origins[k] for k in rows)
            ]
            images, classes, truth = zip(*made)
            columns = {name: np.array([row[name] for row in truth]) for name in _COLUMNS}
            writer.append(Samples(np.array(rows), {"image": np.stack(images), ARRAY: np.stack(classes)}, columns))
        writer.finish()
    return f"{out}: {n} samples of {len(sets)} data sets, {side}x{side} pixels, labelled by truth"


def _sample(dataset: DataSet, row: int, side: int, snr: float, random: np.random.Generator):
    """Image ``[1, side, side]``, classes ``[side, side]`` and truth of one sample."""
    (scale, fwhm, survey), rows = sample_optics(dataset, row), slice(row, row + 1)
    fwhm = fwhm / scale
    bands = np.sort(random.permutation(len(fwhm))[: random.integers(1, len(fwhm) + 1)])
    noise = scene_noise(dataset, rows)
    noise = noise[:, bands] if noise.shape[1] > 1 else noise
    parts = {name: light[:, bands] for name, light in scene_components(dataset, component_names(dataset), rows).items()}
    classes = truth_classes(parts, noise, snr, noise_equivalent_area(fwhm[bands])[None])[0]
    sigma, seed = sky_sigma(noise), random.bit_generator.seed_seq.spawn(1)[0]
    images = np.array(dataset.arrays["image"][rows][:, bands], np.float32)
    _add_rays(images[0], sigma, fwhm[bands].mean() * scale, np.random.default_rng(seed))
    units = in_noise_units(images, sigma * random.uniform(*NOISES))[0]
    width = fwhm[bands].mean()
    factor = resampling_factor(width, units.shape[-1])
    factor = float(np.clip(factor * random.uniform(*SCALES) * width, *FWHM_RANGE) / width)
    shown = min(side, round(units.shape[-1] * factor))
    if random.random() < CROPPED:
        shown = min(shown, int(random.integers(NARROWEST, side + 1)))
    edge = ((side - shown) // 2, side - shown - (side - shown) // 2)
    image = np.pad(stretched(resampled(units, factor, shown)), (edge, edge), mode="edge")
    classes = np.pad(resampled_classes(classes, factor, shown), (edge, edge), mode="edge")
    seen = {"survey": survey, "row": row, "bands": len(bands), "pixel_scale": scale / factor}
    return image[None], classes, _truth(dataset, seen | {"psf_fwhm": width * factor}, random.random())


def _add_rays(images: FloatArray, sigma: FloatArray, fwhm: float, random: np.random.Generator) -> None:
    """Cosmic rays in images ``[band, y, x]`` in place, or none; they are no object, so that labels know nothing of
    them. `sigma` ``[1, band or 1, 1, 1]``; `fwhm` is that of the PSF [arcsec].
    """
    if fwhm < RAYS_FWHM and random.random() < RAYS:
        for image, noise in zip(images, np.broadcast_to(sigma.ravel(), len(images))):
            add_rays(image, noise, random)


def _truth(dataset: DataSet, seen: dict, where: float) -> dict:
    """The row of the truth of a sample that is `seen` so; `where` is uniform in 0 ... 1."""
    known, row = dataset.columns, seen["row"]
    radius = float(dataset.column("theta_E_eff")[row]) if "theta_E_eff" in known else np.nan
    return {
        "split": "train" if where < SHARES[0] else "val" if where < sum(SHARES) else "test",
        "is_lens": bool(dataset.column("is_lens")[row]) if "is_lens" in known else True,
        "arc_snr": float(dataset.column("arc_snr")[row]) if "arc_snr" in known else np.nan,
        "theta_E": radius / seen["pixel_scale"],
    } | seen
