"""The lens equation and imaging: pure functions of arrays of NumPy, JAX or PyTorch; no files, no state.

`critical_curves`, `point_source` and `cosmology` are NumPy. Modules are imported by name where they are used, so that
none pays for another's imports.
"""

__all__ = [
    "arrays",
    "cosmology",
    "critical_curves",
    "ellipticity",
    "imaging",
    "lens_model",
    "light",
    "mass",
    "multi_plane",
    "point_source",
]
