"""The table of networks over their seeds."""

import numpy as np
import pytest
from benchmarks.over_seeds import main, table

from lensmith.training.scores import write_scores
from lensmith.training.seeds import networks_over_seeds

CLASSES = ("no", "yes")


def run(folder, network, seed, right):
    """A folder of scores in which this share of 40 samples is right."""
    labels = np.arange(40) % 2
    said = np.where(np.arange(40) < 40 * right, labels, 1 - labels)
    names = [f"{index:02d}" for index in range(40)]
    write_scores(folder, names, labels, np.eye(2)[said] * 0.8 + 0.1, CLASSES, {"network": network, "seed": seed})
    return folder


def test_the_first_network_is_compared_seed_by_seed(tmp_path):
    folders = [run(tmp_path / f"a{seed}", "ours", seed, 0.9 + 0.05 * seed) for seed in (1, 2)]
    folders += [run(tmp_path / f"b{seed}", "theirs", seed, 0.5) for seed in (1, 2)]
    ours, theirs = table(networks_over_seeds(folders)).splitlines()[2:]
    assert ours.startswith("| `ours` | 1 2 | 0.975")
    assert ours.endswith("|  |")
    assert "| `theirs` | 1 2 | 0.500 [0.500, 0.500]" in theirs
    assert theirs.count("+0.") >= 4, "a difference and its interval for each seed"


def test_a_seed_twice_is_refused_in_one_sentence(tmp_path, monkeypatch, capsys):
    folders = [run(tmp_path / name, "ours", 1, 0.9) for name in ("a", "b")]
    monkeypatch.setattr("sys.argv", ["over_seeds", *map(str, folders)])
    with pytest.raises(SystemExit):
        main()
    assert "same seed twice" in capsys.readouterr().err
