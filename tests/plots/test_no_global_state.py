import subprocess
import sys

import matplotlib

from lensmith import plots
from plots.mock_fit import make_fit


def test_settings_of_matplotlib_are_left_alone():
    before = dict(matplotlib.rcParams)
    plots.summary(make_fit())
    plots.corner_plot(make_fit())
    assert dict(matplotlib.rcParams) == before


def test_pyplot_and_arviz_are_not_imported():
    """Neither when the rooms are imported nor later: pyplot is global state, arviz takes seconds."""
    unwanted = "{'matplotlib.pyplot', 'arviz', 'corner'}"
    code = f"import sys, lensmith.plots, lensmith.report; print({unwanted} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
