"""lensmith: from survey pixels to trustworthy gravitational lenses."""

from importlib.metadata import version

__version__ = version("lensmith")
__all__ = ["Cutout", "LensFit", "model", "read"]

_HOME = {"Cutout": "lensmith.data", "LensFit": "lensmith.data", "read": "lensmith.data", "model": "lensmith.modelling"}


def __getattr__(name: str):
    """Import the public names when first asked for, so that `import lensmith` costs nothing."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'lensmith' has no attribute {name!r}")
