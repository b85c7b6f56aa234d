"""The shipped segmenter on real cutouts, and its speed: `python -m benchmarks.segment --out DIR`.

Draws contact sheets of the real lenses and galaxies in the folder that LENSMITH_REAL_DATA names (`../shared/real`
otherwise), prints Einstein radii from the masks against published ones; docs/segmentation.md shows what it prints.
"""

import argparse
import csv
import os
import time
from pathlib import Path

import numpy as np

from lensmith.data import Cutout, ReadOptions, find_candidates, gaussian_psf, read_candidate
from lensmith.data.labels import CLASSES
from lensmith.data.mask_measures import measure_classes
from lensmith.data.records import Band
from lensmith.errors import LensmithError
from lensmith.metrics import bootstrap_interval
from lensmith.nets import load_checkpoint
from lensmith.nets.segmenting import SHIPPED, segment
from lensmith.plots import DPI
from lensmith.plots.segmentation import class_sheet

REAL = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real"))
SETS = {
    "hst": ("hst_lenses", ReadOptions()),
    "des": ("des/manifest.csv", ReadOptions()),
    "des-galaxies": ("des/galaxies", ReadOptions(psf_fwhm=0.96)),
    "euclid": ("euclid", ReadOptions()),
    "bologna": ("bologna_space/lens", ReadOptions(pixel_scale=0.1, psf_fwhm=0.18)),
}
PAGE = 28
"""Cutouts on one sheet."""
REFERENCES = ("theta_E", "theta_E_auger09", "theta_E_tdcosmo4")


def main() -> None:
    """Sheets, radii, speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", default=SHIPPED)
    parser.add_argument("--out", type=Path, required=True)
    said = parser.parse_args()
    said.out.mkdir(parents=True, exist_ok=True)
    import torch

    network = load_checkpoint(said.checkpoint).network.to(memory_format=torch.channels_last)
    for name, (where, options) in SETS.items():
        cutouts = _read(REAL / where, options)
        if not cutouts:
            print(f"{name}: {REAL / where} holds nothing")
            continue
        found = segment(network, cutouts)
        _draw(said.out, name, cutouts, found)
        if name == "hst":
            _compare_radii(cutouts, found, said.out / "radii.csv")
    _time(network)


def _read(where: Path, options: ReadOptions) -> list[Cutout]:
    cutouts = []
    for candidate in find_candidates([where], options) if where.exists() else []:
        try:
            cutouts.append(read_candidate(candidate, options))
        except LensmithError as problem:
            print(f"{candidate.id}: {problem}")
    return cutouts


def _draw(out: Path, name: str, cutouts: list[Cutout], found: list[dict]) -> None:
    for page, start in enumerate(range(0, len(cutouts), PAGE), 1):
        here = slice(start, start + PAGE)
        images = [np.nan_to_num(cutout.bands[0].image) for cutout in cutouts[here]]
        classes = [one["classes"] for one in found[here]]
        titles = [f"{start + k} {cutout.id[:14]}" for k, cutout in enumerate(cutouts[here], 1)]
        class_sheet(images, classes, CLASSES[1:], titles).savefig(out / f"{name}-{page}.png", dpi=DPI)


def _compare_radii(cutouts: list[Cutout], found: list[dict], path: Path) -> None:
    """Relative difference of the radius from the arcs' pixels to the published one."""
    with open(REAL / "hst_references.csv", encoding="utf-8") as file:
        known = {row["name"]: next((float(row[k]) for k in REFERENCES if row[k]), None) for row in csv.DictReader(file)}
    off, without = [], 0
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "theta_E_mask", "theta_E_published", "x_lens", "y_lens", "lens_radius", "sigma"])
        for cutout, one in zip(cutouts, found):
            measures, reference = measure_classes(cutout, one["classes"]), known.get(cutout.id)
            writer.writerow([cutout.id, measures.theta_E, reference, *measures[:3], measures.sigma])
            if not np.isfinite(measures.theta_E):
                without += 1
            elif reference is not None:
                off.append(measures.theta_E / reference - 1)
    off = np.array(off)
    median = lambda values: bootstrap_interval(lambda count: float(np.median(np.repeat(values, count))), len(values))
    print(f"{len(cutouts)} HST lenses, {without} without an arc; {len(off)} radii against published ones:")
    print(f"  bias {median(off)}, |error| {median(np.abs(off))}, beyond 30 %: {int((np.abs(off) > 0.3).sum())}")


def _time(network) -> None:
    """Cutouts a second at 64x64, one band, in batches as a run asks; and whether a single one gets the same."""
    import torch

    random = np.random.default_rng(1)
    fields = {"noise": np.ones((64, 64)), "psf": gaussian_psf(0.8, 0.25, 25), "mask": np.ones((64, 64), bool)}
    y, x = np.mgrid[:64, :64] - 31.5
    galaxy = 100 * np.exp(-0.5 * (x**2 + y**2) / 16)
    cutouts = [
        Cutout(str(k), (Band("r", galaxy + random.normal(size=(64, 64)), pixel_to_sky=0.25 * np.eye(2), **fields),))
        for k in range(256)
    ]
    segment(network, cutouts[:64])
    wall, cpu = time.perf_counter(), time.process_time()
    found = [one for start in range(0, 256, 64) for one in segment(network, cutouts[start : start + 64])]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    alike = all(
        np.array_equal(segment(network, [cutout])[0]["probabilities"], one["probabilities"])
        for cutout, one in zip(cutouts[:8], found)
    )
    print(f"{256 / wall:.0f} cutouts a second, {256 / cpu:.0f} a second of CPU, {torch.get_num_threads()} threads")
    print(f"single and batch identical: {alike}")


if __name__ == "__main__":
    main()
