"""What the networks' findings add to a fit: notes, and a reason to look where network and fit disagree."""

from dataclasses import replace

import numpy as np

from lensmith.data import Findings, LensFit, Verdict
from lensmith.metrics import at_prior

MOST_SIGMA = 3.0
"""By how many sigma the network's Einstein radius may differ from the fit's."""
LEAST_P = 0.5
"""P(lens), among as many lenses as impostors, from which the finder takes a candidate for a lens."""


def judged_with(fit: LensFit, found: Findings, compare: bool = True) -> LensFit:
    """The fit with the findings' notes; no accept, but a check, where the finder sees no lens.

    With `compare`, the same where the Einstein radii differ.
    """
    reasons = [not_seen(found)]
    if compare:
        reasons.append(_disagreement(fit, found))
    reasons = [reason for reason in reasons if reason is not None]
    if not reasons:
        return replace(fit, notes=(*fit.notes, *found.notes))
    value = "check" if fit.verdict.value == "accept" else fit.verdict.value
    verdict = Verdict(value, (*fit.verdict.reasons, *reasons))
    return replace(fit, notes=(*fit.notes, *found.notes), verdict=verdict)


def not_seen(found: Findings) -> str | None:
    """The reason to look where the finder takes a candidate for no lens."""
    if found.p_lens is None:
        return None
    p = float(at_prior(found.p_lens, 0.5, before=found.prior))
    return None if p >= LEAST_P else f"the finder takes it for no lens (P {p:.2f} among as many lenses as impostors)"


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
