"""The verdict on a model that lenstronomy sampled: what can be said without a comparison of solutions."""

from lensmith.data import Verdict
from lensmith.modelling.lenstronomy_engine.convergence import Convergence

_ARC_SNR, _ARC_CHI2, _CHI2 = 10.0, 1.6, 1.5
_AUTOCORRELATIONS, _R_HAT = 50.0, 1.05
_MIN_RESOLUTION = 0.9
"""Least theta_E in units of the PSF's FWHM."""


def judge(
    bands, at_bound: tuple[str, ...], theta_E: float, fwhm: float, reached: Convergence, assumed: list[str]
) -> Verdict:
    """`accept` needs a converged chain that fits."""
    r_hat, lengths = reached.r_hat, reached.lengths
    arc_snr = sum(band.arc_snr**2 for band in bands) ** 0.5
    if not arc_snr > _ARC_SNR:
        return Verdict("reject", (f"no significant lensed source (S/N {arc_snr:.1f})",))
    reasons = [f"{name} is at the edge of its range" for name in at_bound]
    for band in bands:
        if band.chi2_arc > _ARC_CHI2:
            reasons.append(f"the arcs are not fitted in {band.name} (chi-square a pixel {band.chi2_arc:.1f})")
        elif band.chi2_red > _CHI2:
            reasons.append(f"the image is not fitted in {band.name} (chi-square a pixel {band.chi2_red:.1f})")
    if theta_E < _MIN_RESOLUTION * fwhm:
        reasons.append(f"theta_E is not resolved (PSF FWHM {fwhm:.2f} arcsec)")
    if not r_hat < _R_HAT:
        reasons.append(f"the chain has not converged (R-hat {r_hat:.2f})")
    if not lengths > _AUTOCORRELATIONS:
        reasons.append(f"the chain is only {lengths:.0f} autocorrelation times long; give it more steps (n_run)")
    reasons += assumed
    return Verdict("check" if reasons else "accept", tuple(reasons))
