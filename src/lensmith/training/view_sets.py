"""Simulated lenses and impostors of several surveys as one data set of views, for finder and estimator.

Every sample is shown as those networks see it (`lensmith.nets.lens_view`): some of the bands, pixels made coarser or
finer at random, cutouts of varied size, now and then a border or a block of pixels without data.
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

SCALES = (0.8, 1.2)
"""Pixels are made so many times finer or coarser than a run would, at random."""
SMALLEST_SHARE = 0.6
"""Of a cutout's side that is kept at least."""
VALIDATION = 0.1
"""Share of the samples that is set apart for validation."""
_BLEMISHED = 0.06
"""Share of the samples with a border or a block of pixels without data."""
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


def make_views(folders: list[Path | str], out: Path | str, seed: int = 1, test: bool = False) -> str:
    """Write the samples of simulated data sets (kind ``strong``) as views into `out`; what was done, in words.

    With `test` all samples are of the split ``test`` and nothing is varied: a cutout is seen as in a run.

    Raises
    ------
    InputError
        if a data set does not say which samples are lenses, its pixel scale or PSF.
    """
    sets = [open_dataset(folder) for folder in folders]
    for dataset in sets:
        if "is_lens" not in dataset.columns:
            raise InputError(f"{dataset.path} does not say which samples are lenses: use `lensmith simulate strong`")
    image = ArraySpec((2, SIDE, SIDE), ("plane", "y", "x"), description="noise units; 1 where that is known")
    about = {"kind": "views", "survey": None, "seed": seed, "versions": {}}
    about["settings"] = {"sets": [dataset.path.name for dataset in sets], "test": test}
    n, start = sum(map(len, sets)), 0
    kinds = [dataset.column("class").astype(str) for dataset in sets]
    with held_for_writing(Path(out)):
        writer = DataSetWriter(Path(out), n, {"image": image}, _COLUMNS, about)
        for number, dataset in enumerate(sets):
            for first in range(0, len(dataset), 500):
                rows = range(first, min(first + 500, len(dataset)))
                indices = np.arange(start, start + len(rows))
                start += len(rows)
                if start <= writer.done:
                    continue
                made = [_sample(dataset, row, np.random.default_rng([seed, number, row]), test) for row in rows]
                for row, (_, truth) in zip(rows, made):
                    truth["kind_of"] = kinds[number][row]
                columns = {name: np.array([truth[name] for _, truth in made]) for name in _COLUMNS}
                writer.append(Samples(indices, {"image": np.stack([view for view, _ in made])}, columns))
        writer.finish()
    return f"{out}: {n} views of {len(sets)} data sets"


def _sample(dataset: DataSet, row: int, random: np.random.Generator, test: bool) -> tuple[np.ndarray, dict]:
    """View ``[2, SIDE, SIDE]`` and truth of one sample."""
    images = np.asarray(dataset.arrays["image"][row])
    scale, fwhm, survey = sample_optics(dataset, row)
    bands, known, jitter = np.arange(len(fwhm)), np.ones(images.shape, bool), 1.0
    if not test:
        bands = np.sort(random.permutation(len(fwhm))[: random.integers(1, len(fwhm) + 1)])
        jitter = random.uniform(*SCALES)
        known = known & _blemish(images.shape[1:], random)
        half = images.shape[-1] - int(images.shape[-1] * random.uniform(SMALLEST_SHARE, 1)) >> 1
        cut = slice(half, images.shape[-1] - half)
        images, known = images[:, cut, cut], known[:, cut, cut]
    width = fwhm[bands].mean() / scale
    factor = view_factor(images.shape[1:], scale, width)
    factor = float(np.clip(factor * jitter, min(FWHM_RANGE[0] / width, factor), max(factor, 1.0)))
    view = view_image(images[bands], known[bands], factor)
    where = "test" if test else "val" if random.random() < VALIDATION else "train"
    lens = bool(dataset.column("is_lens")[row])
    truth = {"class": "lens" if lens else "impostor", "split": where, "survey": survey, "row": row}
    truth |= {"bands": len(bands), "pixel_scale": scale / factor, "psf_fwhm": width * scale}
    truth["arc_snr"] = dataset.column("arc_snr")[row]
    return view, truth | {
        name: float(dataset.column(_TRUTH.get(name, name))[row]) if lens else np.nan for name in PARAMETERS
    }


def _blemish(shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """True where there are data, ``[y, x]``."""
    known = np.ones(shape, bool)
    if random.random() >= _BLEMISHED:
        return known
    side = shape[-1]
    if random.random() < 0.5:
        known = np.rot90(known, random.integers(4)).copy()
        known[: int(side * random.uniform(0.05, 0.3))] = False
        return np.rot90(known, random.integers(4)).copy()
    size = int(side * random.uniform(0.05, 0.2)) + 1
    row, column = random.integers(side - size, size=2)
    known[row : row + size, column : column + size] = False
    return known
