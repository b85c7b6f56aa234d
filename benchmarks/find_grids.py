"""What averaging the log-odds of several looks does to the finder: bands one by one beside all bands together.

python -m benchmarks.find_grids DATA... [--threshold P]

DATA are data sets of `lensmith simulate strong` with several bands on one grid, where both can be done. Real candidates
whose bands lie on grids of their own leave no choice (docs/decisions/0021).
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.find import share_of, words
from lensmith.data.dataset import open_dataset
from lensmith.data.scene_components import sample_optics
from lensmith.nets import load_checkpoint
from lensmith.nets.finding import p_lens_of_views
from lensmith.nets.lens_view import View, view_factor, view_image


def main() -> None:
    """One row a set and way of looking: the shares of impostors and of lenses above the threshold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.find_grids", description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--threshold", type=float, default=0.903)
    said = parser.parse_args()
    finder = load_checkpoint("finder").network
    print(f"| set | looked at | impostors above {said.threshold} | lenses above it |\n|---|---|---|---|")
    ways: dict[str, list] = {"all bands together": [], "each band, log-odds averaged": []}
    for folder in said.data:
        lens, *p = looks(finder, open_dataset(folder))
        for name, one in zip(ways, p):
            ways[name].append((lens, one))
            print_row(folder.name, name, lens, one, said.threshold)
    for name, parts in ways.items():
        print_row("all", name, *(np.concatenate(each) for each in zip(*parts)), said.threshold)


def looks(finder, data) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which samples are lenses, and P(lens) of all bands together and of the bands one by one."""
    together, apart = [], []
    for row, images in enumerate(data.arrays["image"]):
        scale, fwhm, _ = sample_optics(data, row)
        bands = [slice(None), *(slice(k, k + 1) for k in range(len(images)))]
        views = [view(np.asarray(images[band]), scale, float(fwhm[band].mean())) for band in bands]
        together.append(views[:1])
        apart.append(views[1:])
    p = (np.array(p_lens_of_views(finder, views)) for views in (together, apart))
    return data.column("is_lens").astype(bool), *p


def view(images: np.ndarray, scale: float, fwhm: float) -> View:
    """The view of images ``[band, y, x]`` without a mask; `scale` and `fwhm` of the PSF in arcsec."""
    factor = view_factor(images.shape[1:], scale, fwhm / scale)
    return View(view_image(images, np.ones(images.shape, bool), factor), scale / factor)


def print_row(name: str, way: str, lens, p, threshold: float) -> None:
    """Shares with their intervals."""
    above = [words(share_of(p[kind] > threshold)) for kind in (~lens, lens)]
    print(f"| {name} | {way} | {' | '.join(above)} |", flush=True)


if __name__ == "__main__":
    main()
