"""The main job: stages over a catalogue, in worker processes, into a run folder that can be resumed."""

from importlib import import_module

_HOME = {
    "RunSettings": "settings",
    "RunSummary": "job",
    "ask": "asking",
    "compilation_cache": "machine",
    "doctor_lines": "doctor",
    "inject": "injection",
    "load_settings": "settings",
    "model_one": "single",
    "run_demo": "demo",
    "run_job": "job",
    "run_simulation": "simulation",
}
__all__ = [*_HOME]


def __getattr__(name: str):
    """Import a public name when first asked for: `lensmith doctor` has to work where a package is broken."""
    if name in _HOME:
        return getattr(import_module(f"lensmith.pipeline.{_HOME[name]}"), name)
    raise AttributeError(f"module 'lensmith.pipeline' has no attribute {name!r}")
