"""What the networks' findings add to a fit: notes, and a reason to look where network and fit disagree."""

from dataclasses import replace

import numpy as np

from lensmith.data import Findings, LensFit, Verdict

MOST_SIGMA = 3.0
"""By how many sigma the network's Einstein radius may differ from the fit's."""


def judged_with(fit: LensFit, found: Findings, compare: bool = True) -> LensFit:
    """The fit with the findings' notes; with `compare`, no accept where the Einstein radii differ, but a check."""
    reason = _disagreement(fit, found) if compare else None
    if reason is None:
        return replace(fit, notes=(*fit.notes, *found.notes))
    value = "check" if fit.verdict.value == "accept" else fit.verdict.value
    verdict = Verdict(value, (*fit.verdict.reasons, reason))
    return replace(fit, notes=(*fit.notes, *found.notes), verdict=verdict)


def _disagreement(fit: LensFit, found: Findings) -> str | None:
    """In units of both errors together; the fit's is half of its 16th to 84th percentile."""
    seen, sigma, fitted = found.value("theta_E"), found.sigma("theta_E"), fit.parameters.get("theta_E")
    if seen is None or fitted is None:
        return None
    away = abs(seen - fitted.median) / float(np.hypot(sigma, (fitted.hi - fitted.lo) / 2))
    if not away > MOST_SIGMA:
        return None
    return (
        f"the network's Einstein radius and the fit's differ by {away:.1f} sigma ({seen:.2f} +- {sigma:.2f} and "
        f"{fitted.median:.2f} arcsec)"
    )
