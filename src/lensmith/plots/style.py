"""Colours and sizes shared by the figures: stated once and passed explicitly, so that no global setting is changed.

Every palette is safe for colour-blind readers: perceptually uniform maps for fluxes, a red-blue diverging one for
residuals, and the Okabe-Ito colours (Okabe & Ito 2008, https://jfly.uni-koeln.de/color/) for what is categorical.
"""

FLUX_CMAP = "viridis"
SOURCE_CMAP = "magma"
RESIDUAL_CMAP = "RdBu_r"

MASKED_GREY = "#c8c8c8"
"""Where there is no usable pixel."""

INK = "#1a1a1a"
FAINT_INK = "#666666"
POSTERIOR = "#0072b2"

VERDICT_COLOURS = {"accept": "#009e73", "check": "#e69f00", "reject": "#d55e00", "failed": "#7f7f7f"}

TITLE_SIZE = 9.0
LABEL_SIZE = 8.0
TICK_SIZE = 6.5
"""Points."""

DPI = 110
"""Dots per inch of the pictures in a run folder."""
