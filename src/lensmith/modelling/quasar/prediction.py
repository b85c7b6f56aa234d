"""The images that a lens makes, whether they were seen or not."""

import numpy as np

from lensmith.modelling.quasar.parameters import lens_profiles
from lensmith.physics import lens_model
from lensmith.physics.critical_curves import Deflection
from lensmith.physics.point_source import PointImages, point_images

_FAINT = 0.05
"""Images magnified less than this are not looked for."""
_SAME = 0.1
"""A predicted image closer than this [arcsec] to one that was seen is that one."""
_GRID_POINTS = 60


def deflection_of(lens) -> Deflection:
    """Deflection ``(x, y) -> (alpha_x, alpha_y)`` [arcsec] of a lens vector."""
    profiles = lens_profiles([float(value) for value in lens])
    return lambda x, y: lens_model.deflection(x, y, profiles)


def predicted_images(lens) -> PointImages:
    """All images of the source that a lens vector makes, in the order in which they arrive."""
    profiles = lens_profiles([float(value) for value in lens])
    potential = lambda x, y: lens_model.potential(x, y, profiles)
    return point_images(
        deflection_of(lens), *lens[8:10], 3 * lens[0], tuple(lens[4:6]), potential=potential, points=_GRID_POINTS,
        magnification_limit=_FAINT,
    )  # fmt: skip


def unseen_images(lens, points) -> tuple[tuple[float, float, float], ...]:
    """Predicted images (x, y, magnification) that are not among `points` ``[point, 2]``."""
    found = predicted_images(lens)
    return tuple(
        (float(x), float(y), float(mu))
        for x, y, mu in zip(found.x, found.y, found.magnification)
        if np.hypot(points[:, 0] - x, points[:, 1] - y).min() > _SAME
    )
