"""What the networks' findings add to a fit: notes, and a reason to look where network and fit disagree."""

from dataclasses import replace

import numpy as np

from lensmith.data import Findings, LensFit, Verdict
from lensmith.metrics import at_prior

LEAST_P = 0.5
"""P(lens), among as many lenses as impostors, from which the finder takes a candidate for a lens."""


def judged_with(fit: LensFit, found: Findings, most_sigma: float | None = None) -> LensFit:
    """The fit with the findings' notes; no accept, but a check, where the finder sees no lens.

    The same where the Einstein radii differ by over `most_sigma`, unless that is None.
    """
    reasons = [not_seen(found)]
    fitted = fit.parameters.get("theta_E")
    if most_sigma is not None and fitted is not None:
        reasons.append(disagreement(found, fitted.median, (fitted.hi - fitted.lo) / 2, most_sigma))
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


def disagreement(found: Findings, theta_E: float, error: float, most_sigma: float) -> str | None:
    """The reason to look where the network's Einstein radius and a fit's [arcsec] differ by over so many sigma.

    `error` is the fit's 1 sigma; sigma are those of both together.
    """
    seen, sigma = found.value("theta_E"), found.sigma("theta_E")
    if seen is None or not abs(seen - theta_E) > most_sigma * float(np.hypot(sigma, error)):
        return None
    away = abs(seen - theta_E) / float(np.hypot(sigma, error))
    return (
        f"the network's Einstein radius and the fit's differ by {away:.1f} sigma ({seen:.2f} +- {sigma:.2f} and "
        f"{theta_E:.2f} arcsec)"
    )
