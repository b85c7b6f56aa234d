"""One figure a function: records and arrays in, `matplotlib.figure.Figure` out, no global state.

`thumbnail` alone gives pixels. Nothing here writes files: `figure.savefig(path, dpi=lensmith.plots.DPI)` does.
"""

from lensmith.plots.compare import compare
from lensmith.plots.corner_plot import corner_plot
from lensmith.plots.quantity import split_errors, with_error
from lensmith.plots.stamp import stamp
from lensmith.plots.style import DPI, VERDICT_COLOURS
from lensmith.plots.summary import summary
from lensmith.plots.thumbnail import thumbnail

__all__ = [
    "DPI",
    "VERDICT_COLOURS",
    "compare",
    "corner_plot",
    "split_errors",
    "stamp",
    "summary",
    "thumbnail",
    "with_error",
]
