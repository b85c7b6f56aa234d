"""How often there is a halo where one was said to be likely: P(halo) of the evidence and of sky-net, as a picture."""

import numpy as np

from benchmarks.halos_detection import Templates, as_columns, evidence
from benchmarks.halos_kept import kept
from benchmarks.halos_skies import SEED, SIDE
from benchmarks.machine import ROOT
from lensmith.data.atomic import atomic_write
from lensmith.data.shear_grid import shear_grid
from lensmith.metrics import reliability, wilson_interval
from lensmith.metrics.calibration import Reliability
from lensmith.nets import load_checkpoint
from lensmith.simulate.distributions import Choice, Uniform
from lensmith.simulate.sky import SkySettings
from lensmith.simulate.sky.catalogue import draw_sky

FIGURE = ROOT / "docs" / "halos_reliability.png"
SKIES = 800
BINS = 10
SETTINGS = SkySettings(n_haloes=Choice(choice=(0, 1)), n_galaxies=Uniform(uniform=(100, 736)))
NAMES = {"evidence": "lensmith halos, ln evidence", "net": "sky-net"}


def chances_of(index: int, network) -> dict:
    """Whether simulated sky `index` has a halo, and the ln odds of one at even odds before the sky was seen."""
    catalogue, haloes, _ = draw_sky(SEED + 2, index, SETTINGS)
    x, y, e1, e2 = catalogue.T
    grid = shear_grid(x / SIDE, y / SIDE, e1, e2)
    return {
        "truth": len(haloes) > 0,
        "evidence": float(evidence(Templates(x, y), as_columns((e1 + 1j * e2)[:, None]))[0]),
        "net": float(network.places({"shear": grid[None]})[0][0]),
    }


def reliable(share: float) -> str:
    """P(halo) against the share of skies that have one, in tenths of the skies; draws `FIGURE`."""
    network = load_checkpoint("sky-net").network
    rows = [kept(f"reliable/{k}", lambda k=k: chances_of(k, network)) for k in range(round(SKIES * share))]
    truth = np.array([bool(row["truth"]) for row in rows])
    found = {}
    for name in NAMES:
        odds = np.clip(np.array([float(row[name]) for row in rows]), -500, 500)
        found[name] = reliability(1 / (1 + np.exp(-odds)), truth, BINS)
    draw(found)
    lines = [
        f"{len(truth)} simulated skies of 100 to 736 galaxies, {int(truth.sum())} with one halo of the Dark Worlds "
        "population, in tenths by P(halo) at even odds: mean P(halo) and the share that has one, with its 95 % Wilson "
        f"interval. ![Reliability of P(halo)]({FIGURE.name})",
        "",
        "| " + " | ".join(f"{NAMES[name]}: P(halo) | have one" for name in NAMES) + " |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for k in range(BINS):
        cells = []
        for bins in found.values():
            low, high = _interval(bins)[:, k]
            cells += [f"{bins.confidence[k]:.3f}", f"{bins.correct[k]:.3f} ({low:.3f} to {high:.3f})"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _interval(bins: Reliability) -> np.ndarray:
    """Wilson intervals ``[2, bin]`` of the shares that have a halo."""
    found = [wilson_interval(round(share * count), int(count)) for share, count in zip(bins.correct, bins.count)]
    return np.array([(one.low, one.high) for one in found]).T


def draw(found: dict[str, Reliability]) -> None:
    """The reliability diagram of all detectors."""
    from matplotlib.figure import Figure

    from lensmith.plots import DPI

    figure = Figure(figsize=(4.6, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle=":")
    for name, marker in zip(found, "os"):
        bins = found[name]
        error = np.abs(_interval(bins) - bins.correct)
        axes.errorbar(
            bins.confidence, bins.correct, yerr=error, fmt=f"{marker}-", markersize=4, linewidth=0.9, label=NAMES[name]
        )
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="P(halo)", ylabel="share of the skies that have a halo")
    axes.legend(frameon=False, loc="upper left")
    with atomic_write(FIGURE) as temporary:
        figure.savefig(temporary, dpi=DPI, format="png")
