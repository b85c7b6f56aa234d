"""The lens light before the arcs are known."""

import numpy as np
import pytest

from lensmith.modelling import ModelSettings
from lensmith.modelling.lens_light import fit_lens_light, lower_envelope
from lensmith.modelling.prepare import prepare_band

from .mock_lens import TRUTH, mock_band, observed


def prepared(**options):
    band = mock_band(side=120, **options)
    return prepare_band(band, 0.05 * np.eye(2), (59.5, 59.5))


def test_a_galaxy_alone_is_fitted_to_the_noise():
    band = prepared(source_flux=0.0)
    light = fit_lens_light(band, ModelSettings())
    residual = ((band.image - light.galaxy - light.sky) / band.noise)[band.use]
    assert np.mean(residual**2) == pytest.approx(1.0, abs=0.08)
    # The widest Gaussians and the sky are hard to tell apart on a stamp.
    assert light.flux == pytest.approx(120 * 0.05**2, rel=0.1)


@pytest.mark.parametrize("source_flux", [2.5, 12.0])
def test_bright_arcs_do_not_pull_the_light(source_flux):
    """The ring is 0.6 and 3 times as bright as the galaxy under it: of its flux, the light may take a little."""
    band = prepared(source_flux=source_flux)
    light = fit_lens_light(band, ModelSettings())
    row, column = band.corner
    truth = np.zeros(band.image.shape)
    inside = np.s_[-row : -row + 120, -column : -column + 120]
    truth[inside] = observed(120, 0.05, 0.09, source_flux=0.0)
    ring = (band.radius > 0.3) & (band.radius < 2.0) & band.inside
    swallowed = (light.galaxy + light.sky - truth)[ring].sum() / (band.image - truth)[ring].sum()
    assert abs(swallowed) < 0.15
    centre = light.theta[:2] + 0.05 * (np.array(band.centre_pixel) - 59.5)
    assert np.hypot(centre[0] - TRUTH["x_lens"], centre[1] - TRUTH["y_lens"]) < 0.02


def test_envelope_runs_below_the_arcs():
    band = prepared(source_flux=12.0)
    envelope, sky = lower_envelope(band)
    plain = prepared(source_flux=0.0)
    ring = (band.radius > 0.8) & (band.radius < 1.5) & band.use
    assert envelope[ring].mean() + sky < band.image[ring].mean()
    assert envelope[ring].mean() + sky == pytest.approx(plain.image[ring].mean(), rel=0.35)
    assert (np.diff(envelope[64, 64:110]) <= 1e-9).all()
