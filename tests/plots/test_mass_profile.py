from dataclasses import replace

import numpy as np
import pytest

from lensmith.physics import cosmology
from lensmith.physics.mass import epl
from lensmith.plots import mass_profile
from lensmith.plots.mass_profile import mean_convergence
from plots.mock_fit import THETA_E, make_fit


@pytest.mark.parametrize(("gamma", "e1"), [(2.0, 0.0), (1.8, 0.2), (2.2, -0.1)])
def test_mean_convergence_is_the_integral_of_the_convergence(gamma, e1):
    """Over the ellipse of circularised radius R, the power law's own axes."""
    q, radius = (1 - abs(e1)) / (1 + abs(e1)), 0.9
    r, phi = np.meshgrid((np.arange(4000) + 0.5) / 4000 * radius, (np.arange(64) + 0.5) / 64 * 2 * np.pi)
    major, minor = r * np.cos(phi) / np.sqrt(q), r * np.sin(phi) * np.sqrt(q)
    x, y = (major, minor) if e1 >= 0 else (minor, major)
    kappa = epl.convergence(x, y, 1.2, gamma, e1, 0.0)
    mean = (kappa * r).sum() / r.sum()
    assert mean == pytest.approx(mean_convergence([radius], [1.2], [gamma])[0, 0], rel=5e-3)


def test_the_curve_passes_one_at_the_einstein_radius_and_the_mass_there_is_the_einstein_mass():
    fit = make_fit()
    upper, lower = mass_profile(fit).axes[:2]
    radius, kappa = upper.lines[0].get_data()
    assert np.interp(THETA_E, radius, kappa) == pytest.approx(1, abs=0.01)
    radius, mass = lower.lines[0].get_data()
    truth = cosmology.einstein_mass(THETA_E, fit.z_lens, fit.z_source)
    assert np.interp(THETA_E, radius, mass) == pytest.approx(truth, rel=0.02)


def test_the_band_holds_68_percent_of_the_draws():
    fit = make_fit()
    upper = mass_profile(fit).axes[0]
    edges = upper.collections[0].get_paths()[0].vertices
    radius = upper.lines[0].get_xdata()[-1]
    low, high = np.sort(edges[np.isclose(edges[:, 0], radius), 1])[[0, -1]]
    values = mean_convergence([radius], fit.draws["theta_E"], fit.draws["gamma"])
    assert np.mean((values > low) & (values < high)) == pytest.approx(0.683, abs=0.01)


def test_without_redshifts_or_slope(tmp_path):
    fit = replace(make_fit(), z_lens=None, z_source=None)
    draws = {"theta_E": fit.draws["theta_E"]}
    figure = mass_profile(replace(fit, draws=draws, prior_decides=("gamma",)))
    assert len(figure.axes) == 2
    assert "Sigma" in figure.axes[1].get_ylabel()
    assert "2.00" in figure.texts[0].get_text()
    assert "decided by its prior" in figure.texts[0].get_text()
    figure.savefig(tmp_path / "mass_profile.png", dpi=40)


def test_no_draws(tmp_path):
    mass_profile(replace(make_fit(), draws={})).savefig(tmp_path / "mass_profile.png", dpi=40)
