"""Data sets read back: arrays in shards, truth with units, and files that are not what they should be."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lensmith.data import ArraySpec, Column, DataSetWriter, Samples, open_dataset
from lensmith.data.dataset import ShardedArray
from lensmith.errors import InputError

ARRAYS = {"image": ArraySpec((2, 3), ("y", "x"), unit="e-/s"), "word": ArraySpec((), (), "int16")}
COLUMNS = {"theta_E": Column("float64", "arcsec", "Einstein radius"), "type": Column("str"), "lens": Column("bool")}


def some(start: int, stop: int) -> Samples:
    indices = np.arange(start, stop)
    image = np.arange(start * 6, stop * 6, dtype=np.float32).reshape(-1, 2, 3)
    truth = {"theta_E": indices / 7, "type": np.array([f"é{i}" for i in indices]), "lens": indices % 2 == 0}
    return Samples(indices, {"image": image, "word": indices.astype(np.int16)}, truth)


def write(path, n=11, shard_size=4):
    writer = DataSetWriter(path, n, ARRAYS, COLUMNS, {"kind": "mine", "seed": 1, "settings": {}}, shard_size)
    while writer.done < n:
        writer.append(some(writer.done, writer.done + min(3, writer.room())))
    return writer.finish()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "set"
    path.mkdir()
    return write(path)


def test_arrays_and_truth(dataset):
    expected = some(0, 11)
    assert len(dataset) == 11
    assert np.array_equal(dataset.arrays["image"], expected.arrays["image"])
    assert dataset.arrays["word"][:].dtype == np.int16
    assert np.array_equal(dataset.column("theta_E"), expected.truth["theta_E"])
    assert dataset.column("type").tolist() == expected.truth["type"].tolist()
    assert dataset.specs == ARRAYS
    assert dataset.columns == COLUMNS
    assert dataset.truth.schema.field("theta_E").metadata == {b"unit": b"arcsec", b"description": b"Einstein radius"}
    assert [len(batch) for batch in dataset.batches(4)] == [4, 4, 3]
    assert dataset.samples(-1).indices.tolist() == [10]
    with pytest.raises(InputError, match="no column theta; it has index, theta_E"):
        dataset.column("theta")


def test_astropy_and_plain_numpy_read_the_files(dataset):
    assert np.load(dataset.path / "shard-00001/image.npy").shape == (4, 2, 3)
    from pyarrow import parquet

    table = parquet.read_table(dataset.path / "shard-00002/truth.parquet")
    assert table["index"].to_pylist() == [8, 9, 10]


KEYS = st.one_of(
    st.integers(-9, 8),
    st.slices(9),
    st.lists(st.integers(-9, 8), max_size=12).map(lambda rows: np.array(rows, dtype=int)),
    st.lists(st.booleans(), min_size=9, max_size=9).map(np.array),
    st.tuples(st.slices(9), st.integers(0, 1)),
    st.tuples(st.integers(0, 8), st.slices(2), st.integers(0, 2)),
)


@given(KEYS, st.lists(st.integers(1, 4), min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_a_sharded_array_reads_like_one(key, sizes):
    whole = np.arange(9 * 6).reshape(9, 2, 3)
    cuts = np.cumsum(sizes)
    parts = [part for part in np.split(whole, cuts[cuts < 9]) if len(part)]
    sharded = ShardedArray(parts)
    assert len(sharded) == 9
    assert sharded.shape == whole.shape
    assert np.array_equal(sharded[key], whole[key])


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (some(1, 3), "cannot follow"),
        (some(0, 5), "cannot follow"),
        (Samples(np.arange(1), {"image": np.zeros((1, 2, 3), np.float32)}, some(0, 1).truth), "no array word"),
        (Samples(np.arange(1), some(0, 1).arrays | {"image": np.zeros((1, 2, 3))}, some(0, 1).truth), "float64"),
        (Samples(np.arange(1), some(0, 1).arrays, {}), "missing"),
        (Samples(np.arange(1), some(0, 1).arrays, some(0, 1).truth | {"more": np.zeros(1)}), "undescribed"),
        (Samples(np.arange(1), some(0, 1).arrays, some(0, 1).truth | {"lens": np.array(["x"])}), "lens is not bool"),
    ],
)
def test_samples_that_do_not_fit(tmp_path, samples, says):
    writer = DataSetWriter(tmp_path, 11, ARRAYS, COLUMNS, {}, 4)
    with pytest.raises(InputError, match=says):
        writer.append(samples)
    assert writer.done == 0


def test_a_set_cannot_be_finished_early(tmp_path):
    writer = DataSetWriter(tmp_path, 11, ARRAYS, COLUMNS, {}, 4)
    writer.append(some(0, 4))
    with pytest.raises(InputError, match="4 of 11"):
        writer.finish()
    assert not (tmp_path / "dataset.json").exists()


def test_damaged_sets_do_not_read_as_whole(dataset, tmp_path):
    def copy(name):
        return shutil.copytree(dataset.path, tmp_path / name)

    with pytest.raises(InputError, match="there is no data set here"):
        open_dataset(tmp_path / "nothing")
    damaged = copy("gone")
    (damaged / "shard-00001/image.npy").unlink()
    with pytest.raises(InputError, match=r"shard-00001/image\.npy: it cannot be read"):
        open_dataset(damaged)
    damaged = copy("short")
    with open(damaged / "shard-00002/image.npy", "r+b") as file:
        file.truncate(140)
    with pytest.raises(InputError, match=r"shard-00002/image\.npy: it cannot be read"):
        open_dataset(damaged)
    damaged = copy("other")
    np.save(damaged / "shard-00000/image.npy", np.zeros((4, 2, 2), np.float32))
    with pytest.raises(InputError, match="are not those that"):
        open_dataset(damaged)
    damaged = copy("truth")
    (damaged / "shard-00000/truth.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="the truth cannot be read"):
        _ = open_dataset(damaged).truth
    damaged = copy("json")
    (damaged / "dataset.json").write_text(json.dumps({"arrays": {}}))
    with pytest.raises(InputError, match="not the description of a data set"):
        open_dataset(damaged)
