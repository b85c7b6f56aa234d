"""The shipped segmenter on whole cutouts, and its speed: `python -m benchmarks.segment --out DIR`.

With `--mix MIX` (and the simulated data sets that it was made of beside it) it first looks at the test part of MIX as a
run would: all bands, original pixels, nothing varied; measures from the masks against the truth. Then it draws contact
sheets of the real lenses and galaxies in the folder that LENSMITH_REAL_DATA names (`../shared/real` otherwise), and
prints Einstein radii from the masks against published ones; docs/segmentation.md shows what it prints.
"""

import argparse
import csv
import os
import time
from pathlib import Path

import numpy as np

from lensmith.data import Cutout, ReadOptions, find_candidates, gaussian_psf, open_dataset, read_candidate
from lensmith.data.labels import CLASSES
from lensmith.data.mask_measures import measure_classes
from lensmith.data.records import Band
from lensmith.data.scene_components import sample_optics
from lensmith.errors import LensmithError
from lensmith.metrics import bootstrap_interval
from lensmith.nets import load_checkpoint
from lensmith.nets.segmenter_input import sky_sigma
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
    parser.add_argument("--mix", type=Path)
    said = parser.parse_args()
    said.out.mkdir(parents=True, exist_ok=True)
    import torch

    network = load_checkpoint(said.checkpoint).network.to(memory_format=torch.channels_last)
    if said.mix:
        _measure_simulated(network, said.mix)
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


def _measure_simulated(network, mix: Path) -> None:
    """What a run would take from the masks, for the test samples of each survey, against the truth."""
    mixed = open_dataset(mix)
    row, test = mixed.column("row"), mixed.column("split") == "test"
    sets = [open_dataset(mix.parent / name) for name in mixed.settings["sets"]]
    ends = np.cumsum([0, *map(len, sets)])
    print("survey, cutouts | centre [arcsec] | theta_E: bias, |error|, without | sigma / true: median, 16 to 84 %")
    for dataset, start, end in zip(sets, ends, ends[1:]):
        rows = row[start:end][test[start:end]]
        cutouts = [_simulated(dataset, k) for k in rows]
        found = [one for k in range(0, len(rows), 64) for one in segment(network, cutouts[k : k + 64])]
        measured = [measure_classes(cutout, one["classes"]) for cutout, one in zip(cutouts, found)]
        truth = lambda name: dataset.column(name)[rows]  # noqa: B023
        lens = truth("is_lens").astype(bool)
        of = lambda name: np.array([getattr(one, name) for one in measured])  # noqa: B023
        centre = np.hypot(of("x_lens") - truth("lens_center_x"), of("y_lens") - truth("lens_center_y"))
        ratio = (of("theta_E") / truth("theta_E_eff"))[lens] - 1
        noise = of("sigma") / np.array([sky_sigma(cutout.bands[0].noise).item() for cutout in cutouts])
        noise = noise[np.isfinite(noise)]
        print(
            f"{dataset.path.name}, {len(rows)} | {_median(centre[lens])} | {_median(ratio)}, {_median(np.abs(ratio))}, "
            f"{int(np.isnan(ratio).sum())} of {int(lens.sum())} | {np.median(noise):.3f}, "
            f"{np.quantile(noise, 0.16):.3f} to {np.quantile(noise, 0.84):.3f}"
        )


def _simulated(dataset, row: int) -> Cutout:
    """A sample as a cutout with all its bands; its PSF is a Gaussian as wide as the simulator's."""
    scale, fwhm, survey = sample_optics(dataset, row)
    images, noises = dataset.arrays["image"][row], dataset.arrays["sigma"][row]
    bands = []
    for number, (image, noise, width) in enumerate(zip(images, noises, fwhm)):
        psf, mask = gaussian_psf(width, scale, 25), np.ones(image.shape, bool)
        bands.append(Band(str(number), image, noise, psf, mask, scale * np.eye(2)))
    return Cutout(f"{survey}-{row}", tuple(bands))


def _median(values: np.ndarray) -> str:
    values = np.asarray(values)[np.isfinite(values)]
    found = bootstrap_interval(lambda count: float(np.median(np.repeat(values, count))), len(values))
    return "{:.3f} [{:.3f}, {:.3f}]".format(*found)


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
    print(f"{len(cutouts)} HST lenses, {without} without an arc; {len(off)} radii against published ones:")
    print(f"  bias {_median(off)}, |error| {_median(np.abs(off))}, beyond 30 %: {int((np.abs(off) > 0.3).sum())}")


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
