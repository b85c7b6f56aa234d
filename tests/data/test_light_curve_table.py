"""Light curves from a table."""

import numpy as np
import pytest

from lensmith.data.light_curve_table import read_light_curves
from lensmith.errors import InputError

HEAD = "name,band,time,flux,flux_error\n"


def write(path, *rows):
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_nights_become_epochs_and_what_is_missing_has_no_error(tmp_path):
    rows = ["a,r,60007.31,5,1", "a,g,60000.30,2,0.5", "a,r,60000.31,3,0.6", "b,i,59000,1,1", "a,y,60000.3,9,9"]
    found = read_light_curves(write(tmp_path / "t.csv", *rows), ("g", "r", "i", "z"))
    assert list(found) == ["a", "b"]
    curve = found["a"]
    np.testing.assert_allclose(curve.flux, [[2, 3, 0, 0], [0, 5, 0, 0]])
    np.testing.assert_allclose(curve.flux_error, [[0.5, 0.6, 0, 0], [0, 1, 0, 0]])
    np.testing.assert_allclose(curve.time, [[0, 0.01, 0, 0], [0, 7.01, 0, 0]], atol=1e-3)


@pytest.mark.parametrize(
    ("row", "said"),
    [("a,r,1,x,1", "line 2: time, flux"), ("a,r,1,nan,1", "must be finite"), ("a,r,1,1,0", "flux_error above 0"),
     ("a,y,1,1,1", "no measurement in the bands g, r")],
)  # fmt: skip
def test_bad_rows_are_named(tmp_path, row, said):
    with pytest.raises(InputError, match=said):
        read_light_curves(write(tmp_path / "t.csv", row), ("g", "r"))


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "t.csv").write_text("name,time,flux,flux_error\na,1,1,1\n")
    with pytest.raises(InputError, match="no column band"):
        read_light_curves(tmp_path / "t.csv", ("g",))
    with pytest.raises(InputError, match="cannot be read"):
        read_light_curves(tmp_path / "none.csv", ("g",))
