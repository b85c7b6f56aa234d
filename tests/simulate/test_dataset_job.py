"""Data sets on disk: the same bytes however they were interrupted, never whole when they are not."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lensmith.data import dataset_writer as writer_module
from lensmith.data import open_dataset
from lensmith.errors import InputError, OutputError, SettingsError
from lensmith.simulate import dataset_job, samples, simulate_dataset


def contents(folder: Path) -> dict[str, str]:
    """Every file with a hash of its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A data set of 47 samples in shards of 20, made at one go."""
    from lensmith.simulate.registry import KINDS

    out = tmp_path_factory.mktemp("whole") / "set"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KINDS, "fake", ("fake_kind", "FakeSettings", "FakeSimulator"))
        simulate_dataset("fake", out, 47, 3, shard_size=20)
    return out


def test_files_of_a_sharded_set(whole):
    names = {f"shard-0000{shard}/{file}" for shard in range(3) for file in ("image.npy", "mask.npy", "truth.parquet")}
    assert set(contents(whole)) == {"dataset.json", *names}


def test_what_was_written_is_what_the_stream_gives(fake, whole):
    dataset = open_dataset(whole)
    assert len(dataset) == 47
    assert dataset.kind == "fake"
    assert dataset.seed == 3
    start = 0
    for batch in samples("fake", 3, stop=47, batch=9):
        rows = slice(start, start + len(batch))
        stored = dataset.samples(rows)
        for name in ("image", "mask"):
            assert np.array_equal(stored.arrays[name], batch.arrays[name])
        for name in ("magnitude", "bright", "name", "count"):
            assert np.array_equal(stored.truth[name], batch.truth[name])
        start += len(batch)
    assert start == 47


def test_a_sample_does_not_depend_on_its_batch(fake):
    (together,) = samples("fake", 11, stop=17, batch=17)
    (later,) = samples("fake", 11, start=13, stop=14)
    alone = [next(samples("fake", 11, start=i, batch=1)) for i in (0, 5, 16)]
    assert np.array_equal(later.arrays["image"][0], together.arrays["image"][13])
    for one, i in zip(alone, (0, 5, 16), strict=True):
        assert np.array_equal(one.arrays["image"][0], together.arrays["image"][i])
    (other,) = samples("fake", 12, stop=1)
    assert not np.array_equal(other.arrays["image"][0], together.arrays["image"][0])


def test_a_small_set_has_its_arrays_at_the_top(fake, tmp_path):
    dataset = simulate_dataset("fake", tmp_path / "set", 7, 1, survey="des:i", settings={"side": 9})
    assert set(contents(tmp_path / "set")) == {"dataset.json", "image.npy", "mask.npy", "truth.parquet"}
    assert isinstance(dataset.arrays["image"], np.memmap)
    assert dataset.arrays["image"].shape == (7, 1, 9, 9)
    assert dataset.settings["side"] == 9
    assert dataset.description["survey"]["bands"][0]["name"] == "i"
    field = dataset.truth.schema.field("magnitude")
    assert field.metadata == {b"unit": b"mag", b"description": b"of the blob"}


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("n_written", [1, 2, 4, 5])
def test_an_exception_in_the_middle_and_the_same_command_again(fake, whole, tmp_path, monkeypatch, n_written):
    """Batches are 10 samples, the first two make a shard; the fifth, of 7, is the last."""
    original, left = writer_module._append, [2 * n_written - 1]

    def torn(file, values):
        left[0] -= 1
        if left[0] < 0:
            original(file, values[: len(values) // 2])
            raise Interrupted
        original(file, values)

    out = tmp_path / "set"
    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "_append", torn)
        with pytest.raises(Interrupted):
            simulate_dataset("fake", out, 47, 3, shard_size=20)
    with pytest.raises(InputError, match="only half-written"):
        open_dataset(out)
    made = []
    simulate_dataset("fake", out, 47, 3, shard_size=20, progress=lambda done, total: made.append(done))
    assert made[0] == [0, 0, 10, 20, 30, 40][n_written]
    assert contents(out) == contents(whole)


@pytest.mark.parametrize("place", ["close", "finish"])
def test_stopped_between_the_last_sample_and_the_end(fake, tmp_path, monkeypatch, place):
    whole, out = tmp_path / "whole", tmp_path / "set"
    simulate_dataset("fake", whole, 12, 3)

    def stop(*_, **__):
        raise Interrupted

    with monkeypatch.context() as patch:
        if place == "close":
            patch.setattr(os, "replace", _fails_for("image.npy", os.replace))
        else:
            patch.setattr(writer_module.DataSetWriter, "finish", stop)
        with pytest.raises((Interrupted, OutputError)):
            simulate_dataset("fake", out, 12, 3)
    with pytest.raises(InputError, match="only half-written"):
        open_dataset(out)
    made = []
    simulate_dataset("fake", out, 12, 3, progress=lambda done, total: made.append(done))
    assert made == [12]
    assert contents(out) == contents(whole)


def _fails_for(name, replace):
    def fails(source, target):
        if Path(target).name == name:
            raise OSError(errno.EIO, "Input/output error")
        replace(source, target)

    return fails


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import fake_kind
from lensmith.simulate import simulate_dataset
fake_kind.register()
def told(done, total):
    print(done, flush=True)
simulate_dataset("fake", sys.argv[2], 47, 3, settings={"seconds": float(sys.argv[3])}, shard_size=20, progress=told)
"""


def test_killed_and_repeated_it_has_the_bytes_of_an_undisturbed_run(fake, tmp_path):
    out = tmp_path / "set"
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(out), "0.2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        for line in process.stdout:
            if int(line) >= 30:
                process.send_signal(signal.SIGKILL)
                break
    with pytest.raises(InputError, match="only half-written"):
        open_dataset(out)
    settings = {"seconds": 0.2}
    simulate_dataset("fake", out, 47, 3, settings=settings, shard_size=20)
    simulate_dataset("fake", tmp_path / "undisturbed", 47, 3, settings=settings, shard_size=20)
    assert contents(out) == contents(tmp_path / "undisturbed")


def test_a_full_disk_is_one_sentence_and_the_command_goes_on(fake, whole, tmp_path, monkeypatch):
    out, original, room = tmp_path / "set", writer_module._append, [50_000]

    def full(file, values):
        room[0] -= values.nbytes
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(file, values)

    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "_append", full)
        with pytest.raises(OutputError, match=r"No space left on device; mend that and repeat the same command"):
            simulate_dataset("fake", out, 47, 3, shard_size=20)
    with pytest.raises(InputError, match="only half-written"):
        open_dataset(out)
    simulate_dataset("fake", out, 47, 3, shard_size=20)
    assert contents(out) == contents(whole)


def test_a_whole_set_is_left_as_it_is(fake, whole, monkeypatch):
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*.npy")}
    made = []
    simulate_dataset("fake", whole, 47, 3, shard_size=20, progress=lambda done, total: made.append((done, total)))
    assert made == [(47, 47)]
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*.npy")} == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 4}, "seed 3 instead of 4"),
        ({"n": 48}, "n 47 instead of 48"),
        ({"settings": {"blob": {"magnitude": 20}}}, "settings.blob.magnitude"),
        ({"survey": "lsst:g,r"}, "survey.bands"),
        ({"shard_size": 30}, "shards"),
    ],
)
def test_another_set_in_the_folder_is_an_error(fake, whole, change, says):
    arguments = {"n": 47, "seed": 3, "shard_size": 20} | change
    before = contents(whole)
    with pytest.raises(SettingsError, match="holds another data set") as caught:
        simulate_dataset("fake", whole, **arguments)
    assert says in str(caught.value)
    assert contents(whole) == before


def test_a_folder_with_other_things_is_left_alone(fake, tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(SettingsError, match="is not empty and is not a data set"):
        simulate_dataset("fake", tmp_path, 3, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_wrong_numbers(fake, tmp_path):
    with pytest.raises(SettingsError, match="at least 1, not 0"):
        simulate_dataset("fake", tmp_path / "set", 0, 1)
    with pytest.raises(SettingsError, match="seed must not be negative"):
        simulate_dataset("fake", tmp_path / "set", 1, -1)
    with pytest.raises(SettingsError, match="batch >= 1"):
        samples("fake", 1, batch=0)
    with pytest.raises(SettingsError, match="did you mean strong"):
        samples("stong", 1)
    assert list(tmp_path.iterdir()) == []


def test_the_files_that_a_kind_adds_are_made_again_where_they_were_interrupted(fake, tmp_path, monkeypatch):
    import fake_kind

    calls = []

    def finish(self, folder):
        calls.append(len(open_dataset(folder)))
        if len(calls) == 1:
            raise Interrupted
        (folder / "extra.txt").write_text("whole")

    monkeypatch.setattr(fake_kind.FakeSimulator, "finish", finish, raising=False)
    with pytest.raises(Interrupted):
        simulate_dataset("fake", tmp_path / "set", 3, 1)
    for _ in range(2):
        simulate_dataset("fake", tmp_path / "set", 3, 1)
    assert calls == [3, 3]
    assert (tmp_path / "set/extra.txt").read_text() == "whole"
    assert not (tmp_path / "set" / dataset_job._UNFINISHED).exists()


def test_preview(fake, tmp_path):
    from matplotlib.image import imread

    simulate_dataset("fake", tmp_path / "set", 5, 1, preview=True)
    assert imread(tmp_path / "set/preview.png").std() > 0


def test_memory_does_not_grow_with_the_number_of_samples(fake, tmp_path):
    """Python's own allocations at their highest, for 20 and for 400 samples of one shard."""
    import tracemalloc

    peaks = []
    for n in (20, 400):
        simulate_dataset("fake", tmp_path / f"warm{n}", 1, 1, survey="des:i", settings={"side": 40})
        tracemalloc.start()
        simulate_dataset("fake", tmp_path / str(n), n, 1, survey="des:i", settings={"side": 40})
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    size = (tmp_path / "400/image.npy").stat().st_size
    assert peaks[1] - peaks[0] < 0.05 * size
