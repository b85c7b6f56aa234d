"""Numbers and words as they are printed: values to the digits that their errors bear, symbols, safe text."""

import math
from functools import cache

from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

SYMBOLS = {
    "theta_E": (r"$\theta_\mathrm{E}$", "″"),
    "theta_E_eff": (r"$\theta_\mathrm{E,eff}$", "″"),
    "gamma": (r"$\gamma$", ""),
    "e1": (r"$e_1$", ""),
    "e2": (r"$e_2$", ""),
    "q": (r"$q$", ""),
    "phi": (r"$\varphi$", "°"),
    "gamma1": (r"$\gamma_1$", ""),
    "gamma2": (r"$\gamma_2$", ""),
    "shear": (r"$\gamma_\mathrm{ext}$", ""),
    "phi_shear": (r"$\varphi_\mathrm{ext}$", "°"),
    "x_lens": (r"$x_\mathrm{lens}$", "″"),
    "y_lens": (r"$y_\mathrm{lens}$", "″"),
    "x_source": (r"$x_\mathrm{s}$", "″"),
    "y_source": (r"$y_\mathrm{s}$", "″"),
    "source_r": (r"$r_\mathrm{s}$", "″"),
}
"""Catalogue name of a parameter -> its symbol (mathtext) and the sign of its unit."""


UNIT_SIGNS = {
    "ELECTRONS/S": "e⁻/s",
    "ELECTRON/S": "e⁻/s",
    "E-/S": "e⁻/s",
    "ELECTRONS": "e⁻",
    "ELECTRON": "e⁻",
    "COUNTS/S": "counts/s",
    "COUNTS": "counts",
}
"""Flux units as FITS headers spell them (upper case, no blanks) -> as figures do."""


def rounded(value: float, low: float, high: float) -> tuple[str, str, str]:
    """`value` and its distances up to `high` and down to `low`, as text to two digits of their geometric mean.

    Distances that are not finite come out empty; a value that is not finite is a dash.
    """
    if not math.isfinite(value):
        return "–", "", ""
    up, down = high - value, value - low
    if not (math.isfinite(up) and math.isfinite(down)):
        return _minus(f"{value:.4g}"), "", ""
    up, down = max(up, 0.0), max(down, 0.0)
    typical = math.sqrt(up * down) or max(up, down) or abs(value) * 1e-3
    digits = min(max(1 - math.floor(math.log10(typical)), 0), 8) if typical > 0 else 0
    return _minus(f"{value:.{digits}f}"), f"{up:.{digits}f}", f"{down:.{digits}f}"


def split_errors(value: float, low: float, high: float) -> tuple[str, str, str]:
    """As `rounded`, but both distances the larger one where they differ by less than 20 %."""
    number, up, down = rounded(value, low, high)
    if up and abs(float(up) - float(down)) <= 0.2 * max(float(up), float(down)):
        up = down = max(up, down, key=float)
    return number, up, down


def with_error(value: float, low: float, high: float) -> str:
    """One line of plain text: ``1.234 ± 0.021``, or ``1.234 +0.031 −0.012`` where the two sides differ by over 20 %."""
    number, up, down = split_errors(value, low, high)
    if up == down:
        return f"{number} ± {up}" if up else number
    return f"{number} +{up} −{down}"


def drawable(text: str) -> str:
    """`text` with every character that the figures' font cannot draw (or that is not printable) replaced by ``?``."""
    known = _glyphs()
    return "".join(c if ord(c) in known else " " if c.isspace() else "?" for c in text)


def unit_sign(unit: str) -> str:
    """A flux unit as it is printed: the common long spellings of FITS headers shortened, others as they are."""
    spelling = unit.strip().upper().replace(" ", "").replace("SEC", "S").replace("PERS", "/S")
    return UNIT_SIGNS.get(spelling, unit.strip()) or "flux"


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(FT2Font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def _minus(number: str) -> str:
    return number.replace("-", "−")
