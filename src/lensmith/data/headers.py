"""What FITS headers say, under the many keywords in use."""

import math
import re
from dataclasses import dataclass

from astropy.io import fits

PIXEL_SCALE_KEYS = ("PIXSCALE", "PIXSCAL", "PIXELSCL", "PIXSIZE", "PSCALE", "SECPIX", "SECPIX1", "D001SCAL")
FWHM_KEYS = ("PSF_FWHM", "PSFFWHM", "FWHM", "SEEING", "IQ", "FWHM_ARC")
ZERO_POINT_KEYS = ("MAGZERO", "MAGZPT", "ZEROPT", "ZP_AB", "ABZPT", "ABMAGZP", "MAGZP", "ZPAB")
EXPOSURE_KEYS = ("EXPTIME", "TEXPTIME", "EXPOSURE", "XPOSURE", "EFFEXPTM")
GAIN_KEYS = ("GAIN", "CCDGAIN", "EGAIN", "ATODGAIN")
_HST_FILTER = re.compile(r"\bF\d{3,4}(?:LP|W|M|N|X)\b")


def header_float(header: fits.Header, *keys: str, positive: bool = False) -> float | None:
    """The first of `keys` that holds a finite number (and, if asked, a positive one)."""
    for key in keys:
        try:
            value = float(header[key])
        except (KeyError, TypeError, ValueError, fits.VerifyError):
            continue
        if math.isfinite(value) and (value > 0 or not positive):
            return value
    return None


def header_text(header: fits.Header, key: str) -> str:
    """The keyword's value as stripped text, empty where absent or undefined."""
    try:
        value = header.get(key, "")
    except fits.VerifyError:
        return ""
    return value.strip() if isinstance(value, str) else ""


def band_name(header: fits.Header) -> str | None:
    """The filter's name: BAND, FILTER (its first word), FILTER1/2 (whichever is no clear glass), PHOTMODE; or None."""
    for key in ("BAND", "FILTER"):
        if text := header_text(header, key):
            return text.split()[0]
    for key in ("FILTER1", "FILTER2", "FILTNAM1", "FILTNAM2", "FILTER01"):
        text = header_text(header, key)
        if text and not text.upper().startswith(("CLEAR", "N/A", "NONE", "OPEN")):
            return text.split()[0]
    match = _HST_FILTER.search(header_text(header, "PHOTMODE"))
    return match.group(0) if match else None


def ab_zero_point(header: fits.Header) -> float | None:
    """AB magnitude of one unit: from a zero-point keyword, or PHOTFLAM and PHOTPLAM.

    The latter as the ACS Data Handbook gives it: ZP_AB = -2.5 log10 PHOTFLAM - 5 log10 PHOTPLAM - 2.408.
    """
    if (value := header_float(header, *ZERO_POINT_KEYS)) is not None:
        return value
    flam = header_float(header, "PHOTFLAM", positive=True)
    plam = header_float(header, "PHOTPLAM", positive=True)
    if flam is None or plam is None:
        return None
    return -2.5 * math.log10(flam) - 5.0 * math.log10(plam) - 2.408


@dataclass(frozen=True)
class Counting:
    """How many electrons one unit of flux stands for.

    `gain` is electrons per unit, for rates per unit times second; `exposure` is seconds. `electrons_per_unit` is
    their product where the unit is a rate, `gain` where it is not, None where unknown.
    """

    unit: str
    exposure: float | None
    gain: float | None
    is_rate: bool

    @property
    def electrons_per_unit(self) -> float | None:
        """Electrons that one unit of flux in a pixel stands for, or None."""
        if self.gain is None:
            return None
        if self.is_rate:
            return None if self.exposure is None else self.gain * self.exposure
        return self.gain


def counting(header: fits.Header) -> Counting:
    """Unit, exposure and gain from BUNIT, EXPTIME and GAIN as their writers meant them.

    SWarp scales a stack to a common zero-point and writes the effective gain (electrons per scaled unit) as GAIN,
    while BUNIT is inherited from a single frame: there GAIN counts. Elsewhere electrons are electrons.
    """
    unit = header_text(header, "BUNIT")
    low = unit.lower().replace(" ", "")
    is_rate = bool(re.search(r"(/s(ec(onds?)?)?|s\^?-1|s\*\*-1|persecond)$", low))
    exposure = header_float(header, *EXPOSURE_KEYS, positive=True)
    gain = header_float(header, *GAIN_KEYS, positive=True)
    if "swarp" in header_text(header, "SOFTNAME").lower():
        return Counting(unit, exposure, gain, is_rate=False)
    if re.match(r"(electrons?|e-?|photons?)(?![a-z])", low):
        return Counting(unit, exposure, 1.0, is_rate)
    if re.match(r"(counts?|adu|dn|data)(?![a-z])", low):
        return Counting(unit, exposure, gain, is_rate)
    return Counting(unit, exposure, None, is_rate)
