"""Whether there is a halo and where, of skies that nobody has labelled: catalogues and pictures in, a table out."""

import csv
import math
from pathlib import Path

from lensmith.data.atomic import atomic_write
from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.shear_grid import grid_of_field
from lensmith.data.sky_files import list_skies, read_sky
from lensmith.errors import LensmithError
from lensmith.nets.sky_net import SkyNet, most_likely_place


def predict_skies(network: SkyNet, inputs: list[Path], out: Path, tell=print) -> int:
    """Write one row a sky to the CSV table `out`; how many.

    Columns: name, p_halo, x, y of least expected distance in the sky's own unit, r68 about it, unit, problem. A sky
    that cannot be read is a row without numbers that says why.

    Raises
    ------
    InputError
        if there is no sky.
    """
    paths = list_skies(inputs)
    with atomic_write(out) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "p_halo", "x", "y", "r68", "unit", "problem"])
        for number, (name, path) in enumerate(paths.items(), start=1):
            try:
                field = read_sky(path)
            except LensmithError as error:
                writer.writerow([name, "", "", "", "", "", str(error)])
                continue
            chance, *place = place_of(network, field)
            writer.writerow([name, f"{chance:.6g}", *(f"{v:.2f}" for v in place), field.unit, ""])
            if number % 100 == 0:
                tell(f"{number} of {len(paths)} skies")
    return len(paths)


def place_of(network: SkyNet, field: GalaxyField) -> tuple[float, float, float, float]:
    """Probability of a halo in a sky, and x, y and r68 in the sky's own unit."""
    log_odds, shares = network.places({"shear": grid_of_field(field)[None]})
    x, y, radius = (field.side * value for value in most_likely_place(shares[0]))
    return (
        1 / (1 + math.exp(-min(max(float(log_odds[0]), -700), 700))),
        x + field.extent[0],
        y + field.extent[2],
        radius,
    )
