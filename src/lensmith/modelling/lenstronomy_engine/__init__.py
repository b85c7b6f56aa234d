"""The second engine: the model through lenstronomy, particle swarm and emcee, as survey pipelines run it today."""

from lensmith.modelling.lenstronomy_engine.settings import LenstronomySettings

__all__ = ["LenstronomySettings", "model_with_lenstronomy"]


def __getattr__(name: str):
    """Import the fit when it is first asked for: a run's parent needs only the settings."""
    if name == "model_with_lenstronomy":
        from lensmith.modelling.lenstronomy_engine.fit import model_with_lenstronomy

        return model_with_lenstronomy
    raise AttributeError(f"module 'lensmith.modelling.lenstronomy_engine' has no attribute {name!r}")
