"""The verdict on a fit, with its reasons in words.

`accept`: nothing speaks against the model. `check`: a person should look, for the reasons given. `reject`: the data
show no lensed source that this model explains.
"""

from dataclasses import dataclass

import numpy as np

from lensmith.data import Verdict
from lensmith.modelling.modes import OTHER_RADIUS, Parity, field_penalty
from lensmith.modelling.solve import GUESSED, SAME_RADIUS

_GAP = 2.0
"""Least difference of the scores of two solutions that differ in ln theta_E by over `OTHER_RADIUS`."""
_COUNTER_IMAGE = 30.0
"""Least chi-square that the images of either parity must remove."""
_RATIO = (0.67, 1.5)
_ARC_CHI2 = 1.6
_ELLIPTICITY_WIDTH, _SHEAR_WIDTH = 0.15, 0.06
"""Widths of the lens population, as in the choice between solutions (`lensmith.modelling.modes.score_solution`)."""
_MAX_UNLIKELY = 14.0
"""Largest sum of the squared deviations of ellipticity, shear and slope from the population, in its widths."""
_MIN_Q = 0.5
_OFFSETS = (0.03, 0.8)
"""Range of source positions in units of theta_E: few lenses in a thousand are closer to the axis, ring galaxies are."""
_MIN_SOURCE = 0.03
"""Least half-light radius of the source [arcsec], a quarter of a kpc at redshift 1."""
_MAX_CHANGE = 0.05
"""Relative change of theta_E with the width of the source's grid, or with the weight of the mass's prior."""
_SURE = 0.95
_ARC_SNR = 10.0
_MIN_RESOLUTION = 0.9
"""Least theta_E in units of the PSF's FWHM."""


@dataclass(frozen=True)
class Evidence:
    """What the verdict is based on; the fields are explained by the reasons that they lead to."""

    theta_E: float
    theta_E_smooth: float
    q: float
    shear: float
    offset: float
    at_bound: tuple[str, ...]
    gap: float
    parity: Parity
    chi2_arc: float
    arc_snr: float
    field_radius: float
    fwhm: float
    inside: float
    left_over: float | None
    assumed: tuple[str, ...]
    other_radii: tuple[float, ...] = ()
    narrow_radius: float | None = None
    beyond: float | None = None
    gamma: float = 2.0
    slope_away: float = 0.0
    source_radius: float = 0.2
    p_lens: float | None = None
    free_radius: float | None = None
    second_radius: float | None = None

    @property
    def sure(self) -> bool:
        """Whether the finder takes it for a lens without doubt: P(lens) among as many lenses as impostors."""
        return self.p_lens is not None and self.p_lens >= _SURE

    @property
    def unlikely(self) -> float:
        """Sum of the squared deviations of ellipticity, shear and slope from those of lens galaxies, in their widths.

        Limits for each alone are kept by spiral galaxies, whose arms take a little of each.
        """
        ellipticity = (1 - self.q) / (1 + self.q)
        return (ellipticity / _ELLIPTICITY_WIDTH) ** 2 + (self.shear / _SHEAR_WIDTH) ** 2 + self.slope_away**2


def _solution_reasons(e: Evidence) -> list[str]:
    reasons = []
    if e.gap < 0:
        reasons.append(f"another solution fits better, with images where no pixel was fitted (score gap {e.gap:.1f})")
    elif e.gap < _GAP:
        reasons.append(f"another solution fits almost as well (score gap {e.gap:.1f})")
    if e.parity.negative < _COUNTER_IMAGE:
        reasons.append(f"no significant counter-image (chi-square {e.parity.negative:.0f})")
    if e.parity.positive < _COUNTER_IMAGE:
        reasons.append(f"no significant outer image (chi-square {e.parity.positive:.0f})")
    if e.parity.negative > 2 * e.parity.positive:
        reasons.append("the counter-images dominate, as of a neighbour fitted as a lone image")
    if not _RATIO[0] < e.parity.ratio < _RATIO[1]:
        reasons.append(f"image brightnesses do not match (counter-image {e.parity.ratio:.2f} of what it should be)")
    if not e.chi2_arc < _ARC_CHI2:
        reasons.append(f"the arcs are not fitted (chi-square a pixel {e.chi2_arc:.1f})")
    if e.other_radii:
        farthest = max(e.other_radii, key=lambda radius: abs(radius / e.theta_E - 1))
        if not abs(farthest / e.theta_E - 1) < _MAX_CHANGE:
            reasons.append(f"theta_E depends on the source model ({farthest:.2f} or {e.theta_E:.2f} arcsec)")
    if e.free_radius is not None and not abs(e.free_radius / e.theta_E - 1) < _MAX_CHANGE:
        reasons.append(
            f"theta_E depends on how far the mass may be from that of lens galaxies ({e.free_radius:.2f} or "
            f"{e.theta_E:.2f} arcsec)"
        )
    if e.narrow_radius is not None:
        reasons.append(f"a narrower field chooses another solution (theta_E {e.narrow_radius:.2f})")
    if e.beyond is not None:
        reasons.append(f"another solution has images beyond the field (theta_E {e.beyond:.2f})")
    return reasons


def has_source(e: Evidence) -> bool:
    """Whether the data show a lensed source, whatever its model is worth."""
    return e.arc_snr >= _ARC_SNR


def is_doubtful(e: Evidence) -> bool:
    """Whether the fit itself, not what had to be assumed about the data, keeps a significant source from `accept`."""
    return has_source(e) and bool(_solution_reasons(e) or _plausibility_reasons(e))


def has_strange_mass(e: Evidence) -> bool:
    """Whether there is a source, and its lens has a mass unlike those of lens galaxies, or at a limit."""
    return has_source(e) and bool(_mass_reasons(e))


def leaves_arcs(e: Evidence) -> bool:
    """Whether there is a source, and arcs are left over, as of another one, or ill fitted."""
    return has_source(e) and (e.left_over is not None or not e.chi2_arc < _ARC_CHI2)


def needs_wider_field(e: Evidence) -> bool:
    """Whether something says that arcs lie outside the field: an arc left over, images of one parity missing, much of
    the model's own light, or a solution that lost only because the field does not reach its images.
    """
    missing = min(e.parity.negative, e.parity.positive) < _COUNTER_IMAGE
    outside = e.left_over is not None or e.beyond is not None
    return outside or (e.arc_snr > _ARC_SNR and (missing or e.inside < GUESSED))


def _mass_reasons(e: Evidence) -> list[str]:
    reasons = [f"{name} is at the edge of its range" for name in e.at_bound]
    if e.unlikely > _MAX_UNLIKELY:
        reasons.append(f"the mass is unlike lens galaxies (q {e.q:.2f}, shear {e.shear:.2f}, gamma {e.gamma:.2f})")
    elif e.q < _MIN_Q:
        reasons.append(f"the mass is very elongated (q {e.q:.2f})")
    return reasons


def _plausibility_reasons(e: Evidence) -> list[str]:
    reasons = _mass_reasons(e)
    if e.free_radius is not None and not e.sure:
        reasons.append("left free, the fit has a mass unlike lens galaxies")
    if e.second_radius is not None and not e.sure:
        reasons.append(f"the fit needs a second source behind the first (theta_E {e.second_radius:.2f} arcsec)")
    # Of lenses few have such sources, of fits of spirals and rings many; a finder that is sure knows better.
    if e.offset > _OFFSETS[1] and not e.sure:
        reasons.append(f"the source is far off the axis ({e.offset:.2f} theta_E)")
    if e.offset < _OFFSETS[0] and not e.sure:
        reasons.append(f"the source is straight behind the lens ({e.offset:.3f} theta_E), as in fits of ring galaxies")
    if e.source_radius < _MIN_SOURCE:
        reasons.append(f"the source is as compact as a star (half-light radius {e.source_radius:.3f} arcsec)")
    if e.inside < GUESSED:
        reasons.append(f"{100 * (1 - e.inside):.0f} % of the lensed light would fall where no pixel was fitted")
    if e.left_over is not None:
        reasons.append(f"an arc-like object {e.left_over:.1f} arcsec from the lens is not explained")
    if e.theta_E > 0.85 * e.field_radius:
        reasons.append("theta_E is close to the edge of the field that was fitted")
    if e.theta_E < _MIN_RESOLUTION * e.fwhm:
        reasons.append(f"theta_E is not resolved (PSF FWHM {e.fwhm:.2f} arcsec)")
    return reasons


def judge(e: Evidence) -> Verdict:
    """Accept, check or reject."""
    if not has_source(e):
        return Verdict("reject", (f"no significant lensed source (S/N {e.arc_snr:.1f})",))
    solution, plausibility = _solution_reasons(e), _plausibility_reasons(e)
    reasons = (*solution, *plausibility, *e.assumed)
    missing = e.parity.negative < _COUNTER_IMAGE or e.parity.positive < _COUNTER_IMAGE
    if missing and len(solution) + len(plausibility) >= 3:
        return Verdict("reject", reasons)
    return Verdict("check" if reasons else "accept", reasons)


def score_gap(solutions, theta_E: float) -> float:
    """Score of the chosen (first) solution over the best one whose ln theta_E differs by more than `OTHER_RADIUS`."""
    others = [s.score for s in solutions if abs(s.theta[0] - np.log(theta_E)) > OTHER_RADIUS]
    return float(solutions[0].score - max(others)) if others else np.inf


def winner_beyond(solutions, field_radius: float) -> float | None:
    """theta_E of the solution that would have won if images beyond the field cost nothing, if that is another one than
    the chosen (first).
    """
    free = [s.score + field_penalty(s.theta, s.inside, field_radius) for s in solutions]
    chosen, winner = (float(np.exp(solutions[index].theta[0])) for index in (0, int(np.argmax(free))))
    return winner if abs(winner / chosen - 1) > SAME_RADIUS else None
