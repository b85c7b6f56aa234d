"""Trainings of several networks from several seeds, judged on the same test samples, side by side.

python -m benchmarks.over_seeds FOLDERS... [--out CSV]

FOLDERS are run folders of `lensmith train` with one split (or folders of `lensmith evaluate`), the first of the network
that the others are compared with. Printed are a table with the mean of each network over its seeds, and by how much
the first is ahead, seed by seed, by a paired bootstrap over the samples.
"""

import argparse
from pathlib import Path

import numpy as np

from lensmith.training.seeds import networks_over_seeds, write_seeds


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.over_seeds", description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = networks_over_seeds(options.folders)
    if not rows:
        parser.error("a network has the same seed twice: give trainings that differ in their seeds alone")
    print(table(rows))
    if options.out:
        write_seeds(options.out, rows)


def table(rows: list[dict]) -> str:
    """Markdown of the rows of `networks_over_seeds`: the first network's row, then those that it is compared with."""
    first = rows[0]["network"]
    lines = [f"| network | seeds | accuracy | macro AUC | calibration error | `{first}` less this, by seed |"]
    lines.append("|---|---|---|---|---|---|")
    for row in rows:
        seeds = " ".join(map(str, row["seeds"]))
        ahead = ", ".join(f"{value:+.3f} [{low:+.3f}, {high:+.3f}]" for _, value, low, high in row["ahead"])
        shown = " | ".join(_said(row[name]) for name in ("accuracy", "auc", "calibration"))
        lines.append(f"| `{row['network']}` | {seeds} | {shown} | {ahead} |")
    return "\n".join(lines)


def _said(interval) -> str:
    value, low, high = interval
    return f"{value:.3f}" if np.isnan(low) else f"{value:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
