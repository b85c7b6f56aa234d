"""Simulate one lens, model it, and compare with the truth.

    python examples/one_lens.py [FOLDER]

Your own image goes the same way: `lensmith.read("cutout.fits")` in place of the simulated file.
"""

import sys
from pathlib import Path

import lensmith
from lensmith.simulate import simulate_demo


def main(folder: Path) -> None:
    """Write a simulated cutout into `folder` and model it."""
    (truth,) = simulate_demo(folder, n=1, seed=1)
    cutout = lensmith.read(folder / "cutouts" / f"{truth['id']}.fits")
    fit = lensmith.model(cutout)
    radius = fit.parameters["theta_E"]
    print(f"{fit.id}: {fit.verdict.value} {'; '.join(fit.verdict.reasons)}")
    print(f"theta_E = {radius.median:.3f} ({radius.lo:.3f} to {radius.hi:.3f}) arcsec; truth {truth['theta_E']:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("one_lens"))
