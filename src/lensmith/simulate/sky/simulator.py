"""The kind `sky`: settings and seed in, catalogues of sheared galaxies out, and pictures of them where asked for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.errors import SettingsError
from lensmith.simulate.sky.catalogue import draw_sky
from lensmith.simulate.sky.layouts import write_dark_worlds, write_pictures
from lensmith.simulate.sky.picture import paint_sky
from lensmith.simulate.sky.settings import MOST_HALOES, SkySettings

CATALOGUE_COLUMNS = ("x", "y", "e1", "e2")
HALO_COLUMNS = ("x", "y", "amplitude", "scale")
_MEANING = {
    "x": ("pixel", "halo position along columns"),
    "y": ("pixel", "halo position along rows"),
    "amplitude": ("", "amplitude of the halo law"),
    "scale": ("pixel", "scale or core radius"),
}


class SkySimulator:
    """Skies of galaxies behind haloes.

    Arrays: ``catalogue`` ``[galaxy, 4]`` of x, y [pixel], e1, e2, padded with NaN; ``haloes`` ``[3, 4]`` of x, y,
    amplitude, scale, padded with NaN; ``image`` ``[row, column, colour]`` uint8 (setting `image`, or layout pictures).
    Truth: ``n_haloes``, ``n_galaxies``, ``shape_noise``, and each halo's parameters (NaN where there is none).

    Raises
    ------
    SettingsError
        if a survey is given: a sky of shapes has none.
    """

    def __init__(self, survey=None, settings: SkySettings | None = None, n: int | None = None):
        if survey is not None:
            raise SettingsError("a sky is made of galaxy shapes and takes no survey; leave --survey out")
        self.settings = SkySettings() if settings is None else settings
        self.arrays = self._array_specs()
        self.columns = {
            "n_haloes": Column("int64", "", "haloes in the sky"),
            "n_galaxies": Column("int64", "", "galaxies in the sky"),
            "shape_noise": Column("float64", "", "scatter of an intrinsic ellipticity component"),
        }
        for number in range(1, MOST_HALOES + 1):
            for name, (unit, text) in _MEANING.items():
                self.columns[f"halo_{name}{number}"] = Column("float64", unit, f"{text}, halo {number}")

    def samples(self, seed: int, indices: Sequence[int] | np.ndarray) -> Samples:
        """Skies `indices` of `seed`: each the same whatever else is asked for beside it."""
        indices = np.asarray(indices, np.int64)
        skies = [draw_sky(seed, int(i), self.settings) for i in indices]
        arrays = {
            "catalogue": np.full((len(indices), self.settings.most_galaxies, 4), np.nan, np.float32),
            "haloes": np.full((len(indices), MOST_HALOES, 4), np.nan, np.float32),
        }
        for row, (catalogue, haloes, _) in enumerate(skies):
            arrays["catalogue"][row, : len(catalogue)] = catalogue
            arrays["haloes"][row, : len(haloes)] = haloes
        if self.settings.pictures:
            painted = [paint_sky(seed, int(i), sky[0], self.settings) for i, sky in zip(indices, skies)]
            arrays["image"] = np.array(painted, np.uint8).reshape(len(indices), *self.arrays["image"].shape)
        truth = {
            "n_haloes": np.array([len(haloes) for _, haloes, _ in skies], np.int64),
            "n_galaxies": np.array([len(catalogue) for catalogue, _, _ in skies], np.int64),
            "shape_noise": np.array([noise for *_, noise in skies]),
        }
        for number in range(MOST_HALOES):
            for column, name in enumerate(HALO_COLUMNS):
                values = [haloes[number, column] if number < len(haloes) else np.nan for _, haloes, _ in skies]
                truth[f"halo_{name}{number + 1}"] = np.array(values, float)
        return Samples(indices, arrays, truth)

    def preview(self, samples: Samples):
        """A figure of the first skies, as pictures or as whiskers."""
        from lensmith.plots.sky import sky_sheet

        haloes = samples.arrays["haloes"][..., :2]
        if self.settings.pictures:
            scale = self.settings.picture.side / self.settings.side
            return sky_sheet(haloes * scale - 0.5, pictures=samples.arrays["image"])
        return sky_sheet(haloes, catalogues=samples.arrays["catalogue"])

    def finish(self, folder: Path | str) -> None:
        """Write the layout that the settings ask for into `folder`, from the data set there."""
        if self.settings.layout == "dark-worlds":
            write_dark_worlds(Path(folder))
        elif self.settings.layout == "pictures":
            write_pictures(Path(folder), self.settings)

    def _array_specs(self) -> dict[str, ArraySpec]:
        specs = {
            "catalogue": ArraySpec(
                (self.settings.most_galaxies, 4),
                ("galaxy", "column"),
                description="x, y [pixel], e1, e2 of the galaxies, NaN after the last",
            ),
            "haloes": ArraySpec(
                (MOST_HALOES, 4),
                ("halo", "column"),
                description="x, y [pixel], amplitude, scale [pixel] of the haloes, NaN after the last",
            ),
        }
        if self.settings.pictures:
            side = self.settings.picture.side
            axes = ("row", "column", "colour")
            specs["image"] = ArraySpec((side, side, 3), axes, "uint8", description="picture, row 0 at y = 0")
        return specs
