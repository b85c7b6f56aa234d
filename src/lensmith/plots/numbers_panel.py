"""The panel of a summary that says in words and numbers what the fit found."""

import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from lensmith.data.orientation import position_angle
from lensmith.data.results import LensFit
from lensmith.plots.quantity import SYMBOLS, drawable, with_error
from lensmith.plots.style import FAINT_INK, INK, VERDICT_COLOURS

SHOWN = ("theta_E", "theta_E_eff", "gamma", "q", "phi", "shear", "phi_shear", "source_r")
SIZES = (8.0, 7.5, 7.0, 6.5, 6.0)
"""Sizes of the type to try, points."""
LINE, HEAD = 1.42, 3.2
"""Distance between lines in units of the size of the type; lines that name and verdict take."""


@dataclass(frozen=True)
class Line:
    """One line of the panel: a symbol and its value, or words across the panel."""

    words: str
    value: str = ""
    colour: str = INK


def numbers_panel(ax: Axes, fit: LensFit, bands_shown: int) -> None:
    """Write name, verdict and its reasons, parameters with their total errors, chi2 and notes into `ax`.

    The type shrinks until all fits in; what still does not is cut, and the last line then says so.
    """
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_axis_off()
    width, height = (72 * side for side in ax.get_figure().get_size_inches() * ax.get_position().size)
    for size in SIZES:
        step = LINE * size / height
        lines = _lines(fit, bands_shown, characters=max(16, int(width / (0.56 * size))))
        room = max(int(1 / step - HEAD), 1)
        if len(lines) <= room:
            break
    else:
        lines = [*lines[: room - 1], Line("…", colour=FAINT_INK)]
    _heading(ax, fit, size, step, width)
    for row, line in enumerate(lines):
        y = 1 - (HEAD + row) * step
        ax.text(0, y, line.words, va="top", fontsize=size, color=line.colour, parse_math=bool(line.value))
        if line.value:
            ax.text(0.3, y, line.value, va="top", fontsize=size, color=line.colour, parse_math=False)


def _heading(ax: Axes, fit: LensFit, size: float, step: float, width: float) -> None:
    name = drawable(textwrap.shorten(fit.id, 60, placeholder="…") or "–")
    name_size = min(size + 2.5, 1.35 * width / max(len(name), 1))
    ax.text(0, 1, name, va="top", fontsize=name_size, fontweight="bold", color=INK, parse_math=False)
    verdict = fit.verdict.value
    chip = {"boxstyle": "round,pad=0.25", "facecolor": VERDICT_COLOURS[verdict], "edgecolor": "none"}
    ax.text(0.02, 1 - 2.2 * step, verdict, va="center", fontsize=size, color="white", fontweight="bold", bbox=chip)


def _lines(fit: LensFit, bands_shown: int, characters: int) -> list[Line]:
    parts = _reasons(fit), _numbers(fit), _notes(fit, bands_shown)
    return [line for part in parts for line in _wrapped(part, characters)]


def _reasons(fit: LensFit) -> list[Line]:
    return [Line(f"• {reason}") for reason in fit.verdict.reasons]


def _numbers(fit: LensFit) -> list[Line]:
    lines = [Line("")]
    for name in SHOWN:
        estimate = fit.parameters.get(name)
        if estimate is not None and np.isfinite(estimate.median):
            symbol, unit = SYMBOLS[name]
            lines.append(Line(symbol, with_error(estimate.median, estimate.lo, estimate.hi) + unit))
            if name == "phi" and (angle := _position_angle(fit, estimate.median)) is not None:
                lines.append(Line("PA", f"{angle:.0f}° East of North"))
    for key, symbol in (("chi2_red", r"$\chi^2/\nu$"), ("chi2_arc", r"$\chi^2/\nu$, arcs")):
        number = fit.diagnostics.get(key)
        if number is not None and np.isfinite(number):
            lines.append(Line(symbol, f"{number:.2f}"))
    redshifts = [f"{z:.3f}" if z is not None else "–" for z in (fit.z_lens, fit.z_source)]
    if fit.z_lens is not None or fit.z_source is not None:
        lines.append(Line(r"$z_\mathrm{l},\ z_\mathrm{s}$", ", ".join(redshifts)))
    if fit.ra is not None and fit.dec is not None:
        lines.append(Line("RA, Dec", f"{fit.ra:.5f}°, {fit.dec:+.5f}°".replace("-", "−")))
    return lines


def _position_angle(fit: LensFit, phi: float) -> float | None:
    band = fit.bands[0]
    return float(position_angle(band, phi)) if band.oriented and band.pixel_to_sky is not None else None


def _notes(fit: LensFit, bands_shown: int) -> list[Line]:
    words = ["Medians; errors: 68 %, systematic floor included."]
    words += [note for note in fit.notes if not any(reason in note for reason in fit.verdict.reasons)]
    if bands_shown < len(fit.bands):
        words.insert(0, f"{bands_shown} of {len(fit.bands)} bands shown: those with the clearest arcs.")
    return [Line(""), *(Line(note, colour=FAINT_INK) for note in words)]


def _wrapped(lines: list[Line], characters: int) -> list[Line]:
    out = []
    for line in lines:
        if line.value or not line.words:
            out.append(line)
            continue
        hang = "  " if line.words.startswith("•") else ""
        pieces = textwrap.wrap(drawable(line.words), characters, subsequent_indent=hang)
        out += [Line(piece, colour=line.colour) for piece in pieces]
    return out
