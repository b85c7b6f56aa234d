"""Findings: what they refuse, what they give the catalogue, and that a file holds all of them."""

import numpy as np
import pytest

from lensmith.data import COLUMNS, Findings, read_findings, write_findings
from lensmith.errors import InputError


def some(**changes):
    values = {"p_lens": 0.9, "parameters": ("theta_E", "e1"), "mean": [1.2, 0.1], "covariance": [[0.04, 0], [0, 0.01]]}
    return Findings(**{**values, **changes})


def test_row_fills_columns_of_the_catalogue():
    row = some().row()
    assert row == {"p_lens": 0.9, "nn_theta_E": pytest.approx(1.2), "nn_theta_E_sigma": pytest.approx(0.2)}
    assert set(row) <= {column.name for column in COLUMNS}


def test_nothing_found_fills_nothing():
    assert Findings().row() == {}
    assert Findings().value("theta_E") is None
    assert some().sigma("gamma1") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"p_lens": 1.2},
        {"p_lens": float("nan")},
        {"parameters": ("theta_E", "slope")},
        {"mean": [1.2]},
        {"mean": [1.2, np.nan]},
        {"covariance": [[1, 2], [2, 1]]},
        {"covariance": [[1, 0.5], [0, 1]]},
        {"classes": np.zeros((1, 4, 4))},
        {"classes": np.zeros((4, 4)), "probabilities": np.zeros((5, 4, 5))},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InputError):
        some(**wrong)


def test_arrays_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        some().mean[0] = 2


@pytest.mark.parametrize("segmented", [False, True])
def test_a_file_holds_all_of_it(tmp_path, segmented):
    more = {"classes": np.eye(4), "probabilities": np.random.default_rng(1).random((5, 4, 4))} if segmented else {}
    before = some(notes=("no PSF: “assumed”",), **more)
    write_findings(before, tmp_path / "found.npz")
    after = read_findings(tmp_path / "found.npz")
    assert after.notes == before.notes
    assert after.p_lens == before.p_lens
    assert after.parameters == before.parameters
    for name in ("mean", "covariance", "classes", "probabilities"):
        one, other = getattr(before, name), getattr(after, name)
        assert (one is None and other is None) or np.array_equal(one, other)


def test_half_a_file_is_an_error(tmp_path):
    path = tmp_path / "found.npz"
    write_findings(some(), path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="holds no findings"):
        read_findings(path)
