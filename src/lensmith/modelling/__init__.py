"""One lens: data preparation, lens light, first guess, fit, posterior, verdict."""

from lensmith.modelling.settings import ModelSettings

__all__ = ["ModelSettings", "model"]


def __getattr__(name: str):
    """Import the fit, and JAX with it, when it is first asked for: the parent of a run needs only the settings."""
    if name == "model":
        from lensmith.modelling.engine import model

        return model
    raise AttributeError(f"module 'lensmith.modelling' has no attribute {name!r}")
