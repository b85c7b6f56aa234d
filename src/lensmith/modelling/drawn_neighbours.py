"""Objects that a network has drawn beside the lens: masked, and the chosen solution fitted once more without them.

They are masked where a blob that a model leaves unexplained may be (`lensmith.modelling.unexplained`): well outside the
arcs of the solution, where it has no light of its source. The choice between solutions is over by then, as a drawn arc
may be called another object, and a wrong solution would have the right one's images masked.
"""

from dataclasses import replace

import numpy as np
import scipy.ndimage as ndi

from lensmith.data.labels import CLASSES
from lensmith.modelling.alignment import AlignedBands
from lensmith.modelling.refine import Refined, band_images, fit_smooth, fit_structured, leaves_enough
from lensmith.modelling.solve import SAME_RADIUS, Clock, Solved
from lensmith.modelling.unexplained import apart_from_arcs

_OTHER = CLASSES.index("other")


def mask_drawn(solved: Solved, findings) -> Solved:
    """`solved`, fitted once more without the objects that `findings` (`lensmith.data.Findings`, or None) have drawn.

    As it is where nothing more would be masked, or next to nothing be left; where the mass is held or there is a second
    source; and where without them the fit would leave for another Einstein radius: masks are to mend a solution, not to
    choose one.
    """
    drawn = drawn_neighbours(findings, solved.run.aligned)
    if not drawn or solved.free is not None or solved.second is not None:
        return solved
    run, clock = solved.run, Clock()
    radius = run.final_radius(solved.solutions[0].theta)
    masks = _more_masks(solved.final, drawn, radius)
    if masks is None:
        return solved
    try:
        smooth, final = clock("neighbours", lambda: _fitted_again(solved, masks, radius))
    except (np.linalg.LinAlgError, FloatingPointError):
        return solved
    run.n_like += smooth.objective.n_evaluations + final.objective.n_evaluations
    solved = replace(solved, seconds=solved.seconds | clock.seconds)
    if abs(final.theta[0] - solved.final.theta[0]) > np.log(1 + SAME_RADIUS):
        return solved
    return replace(solved, smooth=smooth, final=final, n_drawn=_newly_masked(solved.final, masks, radius))


def _more_masks(fit: Refined, drawn, radius: float) -> tuple[np.ndarray, ...] | None:
    """A fit's masks and what was drawn apart from its arcs, or None where that adds no pixel that was fitted."""
    masks = []
    for index, (field, (_, arcs)) in enumerate(
        zip(fit.objective.bands, band_images(fit.objective, fit.theta, fit.state))
    ):
        apart = apart_from_arcs(field, fit.objective.core(fit.theta, index), arcs, drawn[index])
        mask = fit.masks[index] | apart
        if not leaves_enough(field, mask, radius):
            mask = fit.masks[index]
        masks.append(mask)
    return tuple(masks) if _newly_masked(fit, masks, radius) else None


def _newly_masked(fit: Refined, masks, radius: float) -> int:
    """Pixels of all bands within `radius` [arcsec] that were fitted and no longer are."""
    return sum(
        int((new & ~old & field.prepared.use & (field.prepared.radius < radius)).sum())
        for field, new, old in zip(fit.objective.bands, masks, fit.masks)
    )


def _fitted_again(solved: Solved, masks, radius: float) -> tuple[Refined, Refined]:
    run, before = solved.run, solved.smooth
    around = radius, run.settings, before.prior, before.bounds
    smooth = fit_smooth(run.aligned, before.theta, before.arcs, masks, *around)
    return smooth, fit_structured(run.aligned, smooth, radius, run.settings)


def drawn_neighbours(findings, aligned: AlignedBands) -> tuple[np.ndarray, ...]:
    """bool ``[y, x]`` a band on its stamp, True where another object was drawn; () where nothing was.

    `findings` is what networks said (`lensmith.data.Findings`), its classes on the pixels of the first of `aligned`, or
    None.
    """
    first = aligned.bands[0]
    if findings is None or findings.classes is None or findings.classes.shape != first.band.shape:
        return ()
    other = ndi.binary_dilation(findings.classes == _OTHER)
    return tuple(_on_stamp(other, first, band) for band in aligned.bands)


def _on_stamp(drawn: np.ndarray, first, band) -> np.ndarray:
    """The nearest pixel of the first band's image for every pixel of a band's stamp; False off the image."""
    place = np.stack([band.x.ravel(), band.y.ravel()])
    columns, rows = np.linalg.solve(first.matrix, place) + np.array(first.centre_pixel)[:, None]
    values = ndi.map_coordinates(drawn.astype(np.uint8), [rows, columns], order=0, mode="constant", cval=0)
    return values.reshape(band.x.shape).astype(bool)
