"""Checkpoints by path, name and hub id, and what is said where there is none."""

from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import save_file

from lensmith.errors import InputError
from lensmith.nets import NetworkSpec, build_network, checkpoint, load_checkpoint, save_checkpoint, shipped_weights

SPEC = NetworkSpec(name="lens-pinn", settings={"width": 8, "hidden": 8}, shape=(1, 32, 32), classes=("a", "b"))


@pytest.fixture
def saved(tmp_path) -> Path:
    traces = np.ones((3, 12), np.float32)
    save_checkpoint(tmp_path / "run" / "model.safetensors", build_network(SPEC), {"cost": "nothing"}, traces)
    return tmp_path / "run"


def test_file_and_run_folder_give_the_same_network(saved):
    known, again = load_checkpoint(saved), load_checkpoint(saved / "model.safetensors")
    assert known.network.spec == SPEC
    assert known.header == {"cost": "nothing"}
    assert known.traces.shape == (3, 12)
    for name, value in known.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])


def test_weights_are_as_open_to_others_as_any_file(saved, tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    assert (saved / "model.safetensors").stat().st_mode == plain.stat().st_mode


def test_shipped_weights_by_name(saved, monkeypatch):
    monkeypatch.setattr(checkpoint, "WEIGHTS", saved.parent)
    assert shipped_weights() == ("run",)
    assert load_checkpoint("run").network.spec == SPEC


def test_hub_id_is_taken_from_the_cache_before_anything_is_fetched(saved, monkeypatch):
    asked = []

    def download(name, file, local_files_only=False):
        asked.append((name, local_files_only))
        if local_files_only and name != "owner/cached":
            raise LocalEntryNotFoundError("not in the cache")
        if name == "owner/missing":
            raise OSError("no way out")
        return str(saved / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert load_checkpoint("owner/cached").network.spec == SPEC
    assert asked == [("owner/cached", True)]
    assert load_checkpoint("owner/fetched").network.spec == SPEC
    with pytest.raises(InputError, match="owner/missing"):
        load_checkpoint("owner/missing")


def test_what_is_no_checkpoint_is_said_in_one_sentence(saved, tmp_path):
    with pytest.raises(InputError, match="no such checkpoint"):
        load_checkpoint("resnet99")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="--resume"):
        load_checkpoint(tmp_path / "empty")
    whole = (saved / "model.safetensors").read_bytes()
    (saved / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="no sound safetensors"):
        load_checkpoint(saved)
    save_file({"x": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="no lensmith checkpoint"):
        load_checkpoint(tmp_path / "other.safetensors")
