"""One lens: data preparation, lens light, first guess, fit, posterior, verdict."""

from lensmith.modelling.fit import model
from lensmith.modelling.settings import ModelSettings

__all__ = ["ModelSettings", "model"]
