"""The layout of Kaggle's Observing Dark Worlds: a CSV of galaxies a sky, one CSV of the haloes of all skies.

Sky: ``GalaxyID,x,y,e1,e2`` in pixels of a 4200 x 4200 field. Haloes: ``SkyId,numberHalos,x_ref,y_ref,halo_x1,halo_y1,
..`` for up to 3, zeros where there is none; (x_ref, y_ref) is the point from which the competition measures angles.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.data.atomic import atomic_write
from lensmith.errors import InputError

FIELD_SIDE = 4200.0
"""Pixels."""

MOST_HALOES = 3


@dataclass(frozen=True, eq=False)
class TrueHaloes:
    """The haloes of one sky: `positions` ``[halo, 2]`` [px] and the competition's `reference` point ``[2]``."""

    sky: str
    positions: np.ndarray
    reference: np.ndarray


def sky_name(name: str) -> str:
    """The sky that a file's stem speaks of: ``Training_Sky12`` and ``Test_Sky12`` are ``Sky12``."""
    return name.rpartition("_")[2] if name.startswith(("Training_", "Test_")) else name


def read_true_haloes(path: Path | str) -> dict[str, TrueHaloes]:
    """Haloes by sky of a competition file of halos.

    Raises
    ------
    InputError
        naming the row that is not one.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a file of haloes: {error}") from error
    found = {}
    for number, row in enumerate(rows, start=2):
        try:
            count = int(float(row["numberHalos"]))
            points = [(float(row[f"halo_x{j}"]), float(row[f"halo_y{j}"])) for j in range(1, count + 1)]
            reference = np.array([float(row["x_ref"]), float(row["y_ref"])])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}, line {number}: not a row of Dark Worlds haloes ({error})") from error
        found[row["SkyId"]] = TrueHaloes(row["SkyId"], np.array(points).reshape(-1, 2), reference)
    return found


def write_true_haloes(path: Path | str, skies: Iterable[TrueHaloes]) -> None:
    """Write the competition's file of haloes; numbers to 0.01 px as it has them."""
    names = [f"halo_{axis}{j}" for j in range(1, MOST_HALOES + 1) for axis in "xy"]
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["SkyId", "numberHalos", "x_ref", "y_ref", *names])
        for sky in skies:
            points = np.zeros((MOST_HALOES, 2))
            points[: len(sky.positions)] = sky.positions
            numbers = [f"{value:.2f}" for value in (*sky.reference, *points.ravel())]
            writer.writerow([sky.sky, len(sky.positions), *numbers])


def write_sky(path: Path | str, catalogue: np.ndarray) -> None:
    """Write one sky: `catalogue` ``[galaxy, 4]`` of x, y [px], e1, e2."""
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["GalaxyID", "x", "y", "e1", "e2"])
        for number, (x, y, e1, e2) in enumerate(catalogue, start=1):
            writer.writerow([f"Galaxy{number}", f"{x:.2f}", f"{y:.2f}", f"{e1:.6f}", f"{e2:.6f}"])
