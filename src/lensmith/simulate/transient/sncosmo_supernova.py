"""Supernovae from sncosmo's spectral templates (Barbary et al. 2016), where it is installed with its data.

As `Supernova`, a band is its effective wavelength. Samples then depend on sncosmo's version: settings say which
templates were used.
"""

from functools import lru_cache

import numpy as np

from lensmith.errors import SettingsError
from lensmith.simulate.transient.supernovae import Supernova
from lensmith.types import FloatArray

_SOURCES = {
    "Ia": ("salt2", "bessellb"),
    "IIP": ("nugent-sn2p", "bessellv"),
    "IIL": ("nugent-sn2l", "bessellv"),
    "Ibc": ("nugent-sn1bc", "bessellv"),
}
"""sncosmo's source of each type, and the band of its absolute magnitude."""


class SncosmoSupernova(Supernova):
    """A supernova whose spectrum is sncosmo's; for SN Ia SALT2's x1 and c stand for stretch and extinction."""

    def magnitudes(self, days, bands: FloatArray) -> FloatArray:
        """As `Supernova.magnitudes`. Raises SettingsError if sncosmo or its data are missing."""
        model, band = _model(self.kind)
        days, bands = np.broadcast_arrays(np.asarray(days, float), np.asarray(bands, float))
        stretch = self.stretch
        if self.kind == "Ia":
            # Guy et al. 2007, A&A 466, 11, sect. 6, to first order.
            model.set(x1=(stretch - 0.98) / 0.091, c=self.extinction / 3.1)
            stretch = 1.0
        model.set(z=0.0, t0=0.0)
        model.source.set_peakmag(self.absolute + (self.extinction if self.kind == "Ia" else 0.0), band, "ab")
        phase = days.ravel() / (1 + self.z) / stretch
        wavelength = np.clip(bands.ravel() / (1 + self.z), model.minwave(), model.maxwave())
        flux = np.array([float(model.flux(at, [where])[0]) for at, where in zip(phase, wavelength)])
        with np.errstate(divide="ignore"):
            # AB magnitude of a flux an angstrom (Oke & Gunn 1983), then its shift to the observer's frame.
            rest = -2.5 * np.log10(np.maximum(flux, 0)) - 5 * np.log10(wavelength) - 2.40795
        return rest.reshape(days.shape) + self.modulus - 2.5 * np.log10(1 + self.z)


@lru_cache(maxsize=8)
def _model(kind: str):
    source, band = _SOURCES[kind]
    try:
        import sncosmo

        return sncosmo.Model(source=source), band
    except ImportError:
        raise SettingsError(
            "supernova.templates = sncosmo needs the package sncosmo; install it or use templates: analytic"
        ) from None
    except Exception as error:
        # Its data are fetched when first used: offline that fails in many ways.
        raise SettingsError(
            f"sncosmo has no data for {source} here ({error}); fetch them once online, or use templates: analytic"
        ) from None
