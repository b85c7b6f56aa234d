"""What makes a panel readable: scale bar, North and East arrows, colour bar."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from lensmith.plots.quantity import drawable
from lensmith.plots.stretch import Stretch
from lensmith.plots.style import INK, LABEL_SIZE, TICK_SIZE
from lensmith.plots.view import View

ON_SKY = {"color": "white", "path_effects": [withStroke(linewidth=1.6, foreground=INK)]}
"""Lines and words upon an image: white with a dark rim, to be seen on dark and bright alike."""


def scale_bar(ax: Axes, view: View) -> float:
    """Draw a bar of a round length in the lower left corner; returns the length, arcsec."""
    room = 2 * view.half * 0.36
    power = 10.0 ** math.floor(math.log10(room))
    length = max(m * power for m in (1, 2, 5) if m * power <= room * (1 + 1e-9))
    (left, _), (bottom, _) = view.limits
    x, y = left + 0.12 * view.half, bottom + 0.14 * view.half
    ax.plot([x, x + length], [y, y], linewidth=2.0, solid_capstyle="butt", **ON_SKY)
    ax.text(
        x + length / 2, y + 0.05 * view.half, f"{length:g}″", ha="center", va="bottom", fontsize=LABEL_SIZE, **ON_SKY
    )
    return length


def compass(ax: Axes, view: View, frame_to_sky: np.ndarray) -> None:
    """Draw North and East arrows in the lower right corner; `frame_to_sky` (2, 2) takes (x, y) to (East, North)."""
    east, north = np.linalg.inv(frame_to_sky).T
    arrows = {"N": north / np.hypot(*north), "E": east / np.hypot(*east)}
    length = 0.26 * view.half
    (_, right), (bottom, _) = view.limits
    reach = np.array(list(arrows.values())) * length * 1.45
    margin = 0.13 * view.half
    start = np.array([right - margin - max(reach[:, 0].max(), 0), bottom + margin - min(reach[:, 1].min(), 0)])
    for label, direction in arrows.items():
        tip = start + length * direction
        ax.annotate(
            "",
            tip,
            start,
            arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 6, "lw": 1.0, **ON_SKY},
        ).set_gid(f"compass-{label}")
        place = start + 1.36 * length * direction
        ax.text(*place, label, ha="center", va="center", fontsize=LABEL_SIZE - 0.5, fontweight="bold", **ON_SKY)


def colour_bar(ax: Axes, stretch: Stretch, cmap: str, label: str = "", ticks: list[float] | None = None) -> None:
    """Fill `ax` with a vertical colour bar of `stretch`, its ticks in data units and its `label` beside it.

    Very large and very small numbers are written in units of a power of ten that the label names.
    """
    ax.imshow(np.linspace(0, 1, 128)[:, None], cmap=cmap, origin="lower", aspect="auto", extent=(0, 1, 0, 1))
    values = stretch.ticks() if ticks is None else ticks
    largest = max((abs(v) for v in values), default=0.0)
    power = math.floor(math.log10(largest)) if largest > 0 and not 1e-2 <= largest < 1e4 else 0
    labels = [f"{v / 10.0**power:.4g}".replace("-", "−") for v in values]
    ax.set_xticks([])
    ax.yaxis.tick_right()
    ax.set_yticks([float(stretch(v)) for v in values], labels, fontsize=TICK_SIZE)
    ax.tick_params(axis="y", length=2, width=0.5, pad=1.5)
    ax.set_ylim(0, 1)
    for spine in ax.spines.values():
        spine.set_linewidth(0.5)
    times = f"10{str(power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))} " if power else ""
    if times or label:
        ax.yaxis.set_label_position("right")
        ax.set_ylabel(drawable(times + label), fontsize=LABEL_SIZE - 1.5, labelpad=2, parse_math=False)
