from dataclasses import replace

import numpy as np
import pytest

from lensmith.data.filters import wavelength
from lensmith.plots import thumbnail
from plots.mock_fit import ONE, SIX, THREE, MockBand, make_fit


@pytest.mark.parametrize("bands", [ONE, THREE, SIX])
def test_three_squares(bands):
    strip = thumbnail(make_fit(bands), side=40)
    assert strip.shape == (40, 126, 3)
    assert strip.dtype == np.uint8
    assert np.ptp(strip[:, :40]) > 150


def test_one_band_is_grey_and_two_are_coloured():
    def colour(bands):
        data = thumbnail(make_fit(bands), side=40)[:, :40].astype(int)
        return np.ptp(data, axis=-1).max()

    assert colour(ONE) == 0
    assert colour((MockBand("F814W"), MockBand("F606W"))) > 10
    assert colour((MockBand("one"), MockBand("two"))) == 0


def test_red_is_the_redder_band():
    fit = make_fit((MockBand("F475W"), MockBand("F814W")))
    blob = fit.bands[0].image.copy()
    blob[80:90, 20:30] = blob.max()
    strip = thumbnail(replace(fit, bands=(fit.bands[0], replace(fit.bands[1], image=blob))), side=110)
    red, _, blue = strip[110 - 85, 25].astype(int)
    assert red == 255
    assert blue < 100


def test_top_row_is_up():
    fit = make_fit()
    image = np.zeros_like(fit.bands[0].image)
    image[80:, :] = 10.0
    strip = thumbnail(replace(fit, bands=(replace(fit.bands[0], image=image),)), side=40)
    assert strip[2, 20, 0] > strip[-3, 20, 0]


def test_bands_without_content():
    fit = make_fit(THREE)
    empty = {name: np.full_like(fit.bands[0].image, np.nan) for name in ("image", "lens_light", "arcs", "noise")}
    band = replace(fit.bands[0], **empty, arc_snr=np.nan)
    assert np.ptp(thumbnail(replace(fit, bands=(band,)), side=20)[:, :20]) == 0


@pytest.mark.parametrize(
    ("name", "micrometres"),
    [("F814W", 0.814), ("ACS_F606W", 0.606), ("f160w", 1.60), ("F444W", 4.44), ("F850LP", 0.85), ("F277W", 2.77),
     ("g", 0.48), ("DES_Z", 0.9), ("NIR_H", 1.63), ("VIS", 0.72), ("band1", None), ("", None), ("image", None)],
)  # fmt: skip
def test_wavelengths_from_names(name, micrometres):
    assert wavelength(name) == micrometres
