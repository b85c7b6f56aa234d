"""Scene, survey and seed in, labelled samples out: strong, double plane, substructure, transient, sky."""

from importlib import import_module

_HOME = {
    "KINDS": "registry",
    "KindSettings": "settings",
    "SURVEYS": "survey",
    "Simulator": "kind",
    "Survey": "survey",
    "load_survey": "survey",
    "make_simulator": "registry",
    "resolve_settings": "settings",
    "samples": "dataset_job",
    "simulate_dataset": "dataset_job",
    "simulate_demo": "demo_survey",
}
__all__ = [*_HOME]


def __getattr__(name: str):
    """Import a public name when first asked for: a survey's numbers are had without JAX."""
    if name in _HOME:
        return getattr(import_module(f"lensmith.simulate.{_HOME[name]}"), name)
    raise AttributeError(f"module 'lensmith.simulate' has no attribute {name!r}")
