"""The relations behind the scenes of kind `strong`: distances, haloes, colours, sizes."""

import warnings

import numpy as np
import pytest

from lensmith.errors import SettingsError
from lensmith.physics import cosmology
from lensmith.simulate.strong import distances, spectra
from lensmith.simulate.strong.deflector import early_type, effective_theta_E
from lensmith.simulate.strong.sky import Sky

GRIZ = ("g", "r", "i", "z")


def sky(bands=GRIZ):
    return Sky(45, 0.263, 0.9, bands, spectra.wavelengths(bands), np.full(len(bands), 27.0))


@pytest.mark.parametrize(("z_lens", "z_source"), [(0.15, 0.4), (0.5, 1.5), (1.1, 4.0)])
def test_tables_of_distances_are_those_of_the_cosmology(z_lens, z_source):
    between = cosmology.distance_between(z_lens, z_source) / cosmology.distance(z_source)
    assert distances.lensing_ratio(z_lens, z_source) == pytest.approx(between, rel=1e-5)
    assert distances.theta_E(250, z_lens, z_source) == pytest.approx(
        cosmology.sis_theta_E(250, z_lens, z_source), rel=1e-5
    )
    kpc = distances.arcsec_per_kpc(z_lens) * cosmology.distance(z_lens) * 1e3 * np.pi / 180 / 3600
    assert kpc == pytest.approx(1, rel=1e-5)
    modulus = cosmology.DEFAULT.distmod(z_lens).value
    assert distances.modulus(z_lens) == pytest.approx(modulus, abs=1e-4)
    assert distances.lensing_ratio(z_source, z_lens) == 0


def test_a_halo_has_lenstronomys_angles():
    from lenstronomy.Cosmo.lens_cosmo import LensCosmo

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lens = LensCosmo(0.4, 1.5, cosmo=cosmology.DEFAULT)
        Rs, alpha_Rs = lens.nfw_physical2angle(M=3e14, c=6.0)
    assert distances.nfw_angles(3e14, 6.0, 0.4, 1.5) == pytest.approx((Rs, alpha_Rs), rel=1e-3)


def test_the_effective_einstein_radius_is_the_parameter_where_there_is_no_halo():
    assert effective_theta_E(1.3, 2.0, 10.0, 0.0) == pytest.approx(1.3, rel=0.03)
    assert effective_theta_E(1.3, 2.0, 10.0, 2.0) > 1.4


def test_luminous_red_galaxies_have_their_colours():
    """Eisenstein et al. 2001: g - r near 1.8 and r - i near 0.8 at redshift 0.5, g - r near 1.2 at 0.2."""
    middle, near = (early_type(sky(), z, 250.0, 0, 0)[0] for z in (0.5, 0.2))
    assert middle[0] - middle[1] == pytest.approx(1.8, abs=0.25)
    assert middle[1] - middle[2] == pytest.approx(0.8, abs=0.2)
    assert near[0] - near[1] == pytest.approx(1.2, abs=0.2)
    assert middle[2] == pytest.approx(18.8, abs=0.7)


def test_more_massive_galaxies_are_brighter_and_larger():
    magnitudes, radii = zip(*(early_type(sky(), 0.4, sigma_v, 0, 0) for sigma_v in (180.0, 250.0, 330.0)))
    assert (np.diff(np.array(magnitudes), axis=0) < 0).all()
    assert (np.diff(radii) > 0).all()
    assert 0.5 < radii[1] < 3


def test_sources_are_blue_and_quasars_bluer_than_ellipticals():
    observed = spectra.wavelengths(GRIZ)
    young, early = (spectra.galaxy_magnitudes(redness, 1.2, observed) for redness in (0.0, 1.0))
    quasar = spectra.quasar_magnitudes(1.2, observed)
    assert young[0] - young[2] < 0.5 < early[0] - early[2]
    assert abs(quasar[0] - quasar[2]) < 0.6


def test_wavelengths_follow_from_the_names_of_bands():
    names = ("g", "VIS", "F814W", "F606W", "F160W", "F115W", "F277W", "F444W", "F475X", "F600LP")
    expected = [4810, 7150, 8140, 6060, 16000, 11500, 27700, 44400, 4750, 6000]
    assert list(spectra.wavelengths(names)) == expected
    assert spectra.wavelengths(("Y", "J", "H"))[0] > 10500  # Euclid's
    assert spectra.wavelengths(("r", "Y"))[1] < 10000  # DES's
    assert list(spectra.wavelengths(("odd",), {"odd": 5000})) == [5000]
    with pytest.raises(SettingsError, match=r"wavelengths.odd="):
        spectra.wavelengths(("odd",))
