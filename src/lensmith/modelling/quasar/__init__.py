"""Lensed quasars: point images with the PSF, lens light and host arcs, and the lens that their positions tell."""

from lensmith.modelling.quasar.fit import model_quasar
from lensmith.modelling.quasar.record import QuasarFit, QuasarImage
from lensmith.modelling.quasar.settings import QuasarSettings
from lensmith.modelling.quasar.to_lens_fit import lens_fit_of

__all__ = ["QuasarFit", "QuasarImage", "QuasarSettings", "lens_fit_of", "model_quasar"]
