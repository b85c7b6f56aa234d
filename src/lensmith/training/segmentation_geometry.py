"""What matters after segmentation: how far centre of the lens and Einstein radius from the masks are off."""

import numpy as np

from lensmith import metrics
from lensmith.data.mask_measures import central_piece, mask_centre, ring_radius

_ARCS = ("arc", "source", "point")
_RESAMPLES = 1000


def mask_geometry(truth: np.ndarray, said: np.ndarray, classes: tuple[str, ...], theta_E=None) -> dict:
    """Medians with 95 % intervals; `truth` and `said` bool ``[sample, class, y, x]``, `theta_E` [pixels] or None.

    ``centre_error_pixels`` and ``ring_radius_error`` (relative) compare with what the true masks give, and
    ``theta_E_error`` (relative) and ``theta_E_bias`` with the true Einstein radius, for the predicted and for the true
    masks: the second is what the method costs even where the network is right.
    """
    arcs = [classes.index(name) for name in _ARCS if name in classes]
    if "lens" not in classes or not arcs:
        return {}
    lens = classes.index("lens")
    centres, radii = (np.array(values) for values in zip(*(_measured(pair, lens, arcs) for pair in zip(truth, said))))
    there = truth[:, arcs].any((1, 2, 3))
    scores = {
        "centre_error_pixels": _median(np.hypot(*(centres[:, 1] - centres[:, 0]).T)),
        "ring_radius_error": _median(np.abs(radii[:, 1] / radii[:, 0] - 1)),
        "without_radius": int((there & ~np.isfinite(radii[:, 1])).sum()),
    }
    if theta_E is not None:
        ratios = radii / np.asarray(theta_E, float)[:, None]
        scores["theta_E_error"] = _median(np.abs(ratios[:, 1] - 1))
        scores["theta_E_bias"] = _median(ratios[:, 1] - 1)
        scores["theta_E_error_of_true_masks"] = _median(np.abs(ratios[:, 0] - 1))
    return scores


def _measured(pair, lens: int, arcs: list[int]):
    """Centres (x, y) and ring radii of true and predicted masks ``[class, y, x]``."""
    centres = [mask_centre(central_piece(masks[lens])) for masks in pair]
    return centres, [ring_radius(masks[arcs].any(0), centre) for masks, centre in zip(pair, centres)]


def _median(values: np.ndarray) -> list[float | None]:
    values = values[np.isfinite(values)]
    if not values.size:
        return [None, None, None]
    score = lambda count: float(np.median(np.repeat(values, count)))
    return [round(float(value), 6) for value in metrics.bootstrap_interval(score, len(values), _RESAMPLES)]
