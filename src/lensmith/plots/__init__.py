"""One figure a function: records and arrays in, `matplotlib.figure.Figure` out, no global state.

`thumbnail` alone gives pixels. Nothing here writes files: `figure.savefig(path, dpi=lensmith.plots.DPI)` does.
"""

from lensmith.plots.compare import compare
from lensmith.plots.completeness import completeness_panels
from lensmith.plots.confusion import confusion
from lensmith.plots.contact_sheet import contact_sheet
from lensmith.plots.corner_plot import corner_plot
from lensmith.plots.magnification_map import magnification_map
from lensmith.plots.mass_profile import mass_profile
from lensmith.plots.modes_comparison import modes_comparison
from lensmith.plots.quantity import split_errors, with_error
from lensmith.plots.reliability import reliability_diagram
from lensmith.plots.roc import roc
from lensmith.plots.score_against import score_against
from lensmith.plots.source_plane import source_plane
from lensmith.plots.stamp import stamp
from lensmith.plots.style import DPI, VERDICT_COLOURS
from lensmith.plots.summary import summary
from lensmith.plots.thumbnail import thumbnail
from lensmith.plots.trace_plot import trace_plot
from lensmith.plots.training_curves import training_curves

__all__ = [
    "DPI",
    "VERDICT_COLOURS",
    "compare",
    "completeness_panels",
    "confusion",
    "contact_sheet",
    "corner_plot",
    "magnification_map",
    "mass_profile",
    "modes_comparison",
    "reliability_diagram",
    "roc",
    "score_against",
    "source_plane",
    "split_errors",
    "stamp",
    "summary",
    "thumbnail",
    "trace_plot",
    "training_curves",
    "with_error",
]
