"""Simulated lenses and impostors of several surveys as one data set of views, for finder and estimator.

Every sample is shown as those networks see it (`lensmith.nets.lens_view`): some of the bands, pixels made coarser or
finer at random, and varied as `lensmith.training.view_variations` says.
"""

from pathlib import Path

import numpy as np

from lensmith.data.dataset import DataSet, open_dataset
from lensmith.data.dataset_folder import held_for_writing
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.findings import PARAMETERS
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.data.scene_components import sample_optics
from lensmith.errors import InputError
from lensmith.nets.lens_view import FWHM_RANGE, SIDE, view_factor, view_image
from lensmith.nets.pixel_noise import noise_of
from lensmith.nets.view_colour import colour_image
from lensmith.training.view_variations import blemish, framing, varied

SCALES = (0.8, 1.2)
"""Pixels are made so many times finer or coarser than a run would, at random."""
VALIDATION = 0.1
"""Share of the samples that is set apart for validation."""
_TRUTH = {"theta_E": "theta_E_eff", "x_lens": "center_x", "y_lens": "center_y"}
"""Where the simulator calls a parameter otherwise; theta_E is that of galaxy and halo together."""
_COLUMNS = {
    "class": Column("str", "", "lens or impostor"),
    "split": Column("str", "", "train, val or test"),
    "survey": Column("str", "", "where the sample comes from"),
    "kind_of": Column("str", "", "lens, or what kind of impostor"),
    "row": Column("int64", "", "which sample of its data set"),
    "bands": Column("int64", "", "bands that the view was made of"),
    "pixel_scale": Column("float64", "arcsec", "side of a pixel of the view"),
    "psf_fwhm": Column("float64", "arcsec", "FWHM of the PSF"),
    "arc_snr": Column("float64", "", "S/N of the arcs in the best band"),
} | {name: Column("float64", unit, "truth of the lens, NaN for impostors") for name, unit in PARAMETERS.items()}


def make_views(
    folders: list[Path | str],
    out: Path | str,
    seed: int = 1,
    test: bool = False,
    copies: int = 1,
    plain: float = 0.0,
) -> str:
    """Write the samples of simulated data sets (kind ``strong``) as views into `out`; what was done, in words.

    Each sample is shown `copies` times, varied each time but for a share `plain` of the views: cutouts as a run
    sees them. With `test` all samples are of the split ``test`` and nothing is varied.

    Raises
    ------
    InputError
        if a data set does not say which samples are lenses, its pixel scale or PSF.
    """
    sets = [open_dataset(folder) for folder in folders]
    for dataset in sets:
        if "is_lens" not in dataset.columns:
            raise InputError(f"{dataset.path} does not say which samples are lenses: use `lensmith simulate strong`")
    image = ArraySpec((3, SIDE, SIDE), ("plane", "y", "x"), description="noise units; 1 where that is known; colour")
    about = {"kind": "views", "survey": None, "seed": seed, "versions": {}}
    about["settings"] = {"sets": [dataset.path.name for dataset in sets], "test": test, "copies": copies}
    if plain:
        about["settings"]["plain"] = plain
    n, start = copies * sum(map(len, sets)), 0
    kinds = [dataset.column("class").astype(str) for dataset in sets]
    lenses = [np.flatnonzero(dataset.column("is_lens")) for dataset in sets]
    with held_for_writing(Path(out)):
        writer = DataSetWriter(Path(out), n, {"image": image}, _COLUMNS, about)
        for number, dataset in enumerate(sets):
            for first in range(0, copies * len(dataset), 500):
                rows = [divmod(k, copies) for k in range(first, min(first + 500, copies * len(dataset)))]
                indices = np.arange(start, start + len(rows))
                start += len(rows)
                if start <= writer.done:
                    continue
                places = [(seed, number, *place) for place in rows]
                made = [_sample(dataset, place, lenses[number], test, test or _stays(place, plain)) for place in places]
                for (row, _), (_, truth) in zip(rows, made):
                    truth["kind_of"] = kinds[number][row]
                columns = {name: np.array([truth[name] for _, truth in made]) for name in _COLUMNS}
                writer.append(Samples(indices, {"image": np.stack([view for view, _ in made])}, columns))
        writer.finish()
    return f"{out}: {n} views of {len(sets)} data sets"


def _stays(place: tuple[int, int, int, int], share: float) -> bool:
    """Whether a view is one of the share that is not varied."""
    return bool(np.random.default_rng((*place, 1)).random() < share)


def _sample(dataset: DataSet, place: tuple[int, int, int, int], lenses: np.ndarray, test: bool, plain: bool) -> tuple:
    """View ``[3, SIDE, SIDE]`` and truth of a sample, varied unless `plain`; `place`: seed, data set, row, copy."""
    row, random = place[2], np.random.default_rng(place)
    images = np.asarray(dataset.arrays["image"][row])
    scale, fwhm, survey = sample_optics(dataset, row)
    bands, known, moved = np.arange(len(fwhm)), np.ones(images.shape, bool), (0.0, 0.0)
    lens, jitter, snr = bool(dataset.column("is_lens")[row]), 1.0, float(dataset.column("arc_snr")[row])
    if not plain:
        bands = np.sort(random.permutation(len(fwhm))[: random.integers(1, len(fwhm) + 1)])
        jitter = random.uniform(*SCALES)
        like = row if lens or not len(lenses) else int(random.choice(lenses))
        images, known, moved, snr = _varied(dataset, images[bands], fwhm[bands].mean(), like, random)
        snr = snr if lens else np.nan
    width = fwhm[bands].mean() / scale
    factor = view_factor(images.shape[1:], scale, width)
    factor = float(np.clip(factor * jitter, min(FWHM_RANGE[0] / width, factor), max(factor, 1.0)))
    names = [dataset.description["survey"]["bands"][band]["name"] for band in bands]
    colour = colour_image(images, known, names, fwhm[bands] / scale, factor, SIDE)
    view = np.concatenate([view_image(images, known, factor), colour[None]])
    # The same for all copies of a sample: none may be trained on where another is for validation.
    where = "test" if test else "val" if np.random.default_rng(place[:3]).random() < VALIDATION else "train"
    truth = {"class": "lens" if lens else "impostor", "split": where, "survey": survey, "row": row}
    truth |= {"bands": len(bands), "pixel_scale": scale / factor, "psf_fwhm": width * scale, "arc_snr": snr}
    for name in PARAMETERS:
        truth[name] = float(dataset.column(_TRUTH.get(name, name))[row]) if lens else np.nan
    truth["x_lens"] -= moved[0] * scale
    truth["y_lens"] -= moved[1] * scale
    return view, truth


def _varied(dataset: DataSet, images: np.ndarray, fwhm: float, like: int, random: np.random.Generator):
    """Images ``[band, y, x]`` as varied, what is known of them, by how many pixels (x, y) their middle moved, S/N.

    Frame and noise are such that the lens of row `like` would still be seen.
    """
    theta_E, side = dataset.column("theta_E_eff")[like], images.shape[-1]
    reach = theta_E / dataset.description["survey"]["bands"][0]["pixel_scale"]
    rows, columns = framing(side, float(np.nan_to_num(reach)), random)
    middle = (side - 1) / 2
    moved = tuple((cut.start + cut.stop - 1) / 2 - middle for cut in (columns, rows))
    images = images[:, rows, columns]
    noise = np.array([noise_of(image, 1) for image in images])
    images, snr, part = varied(images, noise, fwhm, float(dataset.column("arc_snr")[like]), random)
    moved = (moved[0] - part[0], moved[1] - part[1])
    known = np.broadcast_to(blemish(images.shape[1:], random), images.shape)
    return images, known, moved, snr
