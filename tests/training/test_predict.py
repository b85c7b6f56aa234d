"""Tables of predictions of files, stacks, folders and data sets; bad ones are rows, not crashes."""

import csv

import numpy as np
import pytest

from lensmith.cli import run_command
from lensmith.errors import SettingsError
from lensmith.training import predict
from training.rings import ring


def table(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_files_stacks_and_folders_agree_and_bad_ones_are_rows(trained, tmp_path):
    run, _ = trained
    images = np.stack([ring(k % 3, 50 + k) for k in range(6)])
    (tmp_path / "folder").mkdir()
    for k, image in enumerate(images):
        np.save(tmp_path / "folder" / f"{k}.npy", image)
    np.save(tmp_path / "stack.npy", images[:, 0])
    np.save(tmp_path / "small.npy", np.zeros((20, 20), np.float32))
    np.save(tmp_path / "nan.npy", np.full((32, 32), np.nan, np.float32))
    (tmp_path / "broken.npy").write_bytes(b"nothing")
    inputs = [tmp_path / name for name in ("folder", "stack.npy", "small.npy", "nan.npy", "broken.npy")]
    assert predict(run, inputs, tmp_path / "out.csv", tell=str) == 15
    rows = table(tmp_path / "out.csv")
    good, bad = [row for row in rows if not row["problem"]], [row for row in rows if row["problem"]]
    assert len(good) == 12
    for one, other in zip(good[:6], good[6:]):
        assert float(one["p_no"]) == pytest.approx(float(other["p_no"]), abs=1e-5)
    problems = {row["name"].rpartition("/")[2]: row["problem"] for row in bad}
    assert "(1, 20, 20)" in problems["small.npy"]
    assert "not finite" in problems["nan.npy"]
    assert "no sound array" in problems["broken.npy"]


def test_wrong_table_is_refused(trained, tmp_path):
    with pytest.raises(SettingsError, match=r"\.csv"):
        predict(trained[0], [tmp_path], tmp_path / "out.fits")


def test_commands(trained, rings, tmp_path, capsys):
    run, _ = trained
    assert run_command(["evaluate", str(run), "--data", str(rings), "--out", str(tmp_path / "scores")]) == 0
    assert "accuracy" in capsys.readouterr().out
    assert (tmp_path / "scores" / "roc.png").stat().st_size > 0
    assert run_command(["predict", str(run), str(rings / "val"), "--out", str(tmp_path / "p.csv")]) == 0
    assert len(table(tmp_path / "p.csv")) == 18
    assert run_command(["nets"]) == 0
    shown = capsys.readouterr().out
    for word in ("lens-physics", "resnet18", "M parameters", "lensmith train resnet10"):
        assert word in shown
    assert run_command(["train", "resnet18", "--data", str(rings), "--out", str(run)]) == 2
    assert "--resume" in capsys.readouterr().err
    assert run_command(["evaluate", "no-such", "--data", str(rings), "--out", str(tmp_path / "x")]) == 2
    assert run_command(["train", "resnet18", "--set", "loop.epoch=2", "--out", str(tmp_path / "y")]) == 2
    assert "epochs" in capsys.readouterr().err
