import pickle

import numpy as np
import pytest

from lensmith.data.dataset import open_dataset
from lensmith.data.deepgravilens import CLASSES, class_index, read_deepgravilens, write_deepgravilens
from lensmith.data.restricted_pickle import load_plain
from lensmith.errors import InputError


class Planted:
    """A pickle of this would run a command when it is read."""

    def __reduce__(self):
        return (print, ("a pickle ran",))


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for group in range(1, 5):
        n = group + 2
        np.save(tmp_path / f"GROUP_{group}_ims_14.npy", rng.random((n, 4, 45, 45)))
        np.save(tmp_path / f"GROUP_{group}_lcs_14.npy", rng.random((n, 14, 4)))
        notes = {i: {"OBJID": group * 100 + i, "name": "x", "z": np.array([0.1, 0.5])} for i in range(n)}
        np.save(tmp_path / f"GROUP_{group}_mds_14.npy", notes, allow_pickle=True)
    return tmp_path


def save_split(folder, ids):
    everything = [
        note for group in range(1, 5) for note in load_plain(folder / f"GROUP_{group}_mds_14.npy").item().values()
    ]
    for split, wanted in ids.items():
        notes = {i: everything[k] for i, k in enumerate(wanted)}
        np.save(folder / f"des_deep_data_{split}_md_14.npy", notes, allow_pickle=True)


def test_reads_classes_in_order(folder):
    found = read_deepgravilens(folder)
    assert found.images.shape == (18, 4, 45, 45)
    assert found.light_curves.shape == (18, 14, 4)
    assert found.images.dtype == np.float32
    np.testing.assert_array_equal(np.bincount(found.labels), [3, 4, 5, 6])
    assert found.metadata is None
    np.testing.assert_allclose(found.images[3], np.load(folder / "GROUP_2_ims_14.npy")[0], atol=1e-7)


def test_reads_metadata_and_the_published_split(folder):
    assert read_deepgravilens(folder, metadata=True).split is None
    save_split(folder, {"train": range(10), "validation": range(10, 14), "test": range(14, 18)})
    found = read_deepgravilens(folder, metadata=True)
    assert found.metadata[3]["OBJID"] == 200
    assert list(found.split) == ["train"] * 10 + ["validation"] * 4 + ["test"] * 4


def test_a_split_that_does_not_fit_is_an_error(folder):
    save_split(folder, {"train": range(10), "validation": range(10, 14), "test": range(13, 18)})
    with pytest.raises(InputError, match=r"test_md.*in none of the groups"):
        read_deepgravilens(folder, metadata=True)
    save_split(folder, {"test": range(14, 17)})
    with pytest.raises(InputError, match="in no split"):
        read_deepgravilens(folder, metadata=True)
    (folder / "des_deep_data_test_md_14.npy").unlink()
    with pytest.raises(InputError, match="test"):
        read_deepgravilens(folder, metadata=True)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickles_of_every_protocol_are_read(tmp_path, protocol):
    content = {
        0: {"a": [1, 2.5, None, True], "b": ("x", b"y"), "c": np.arange(6.0).reshape(2, 3), "d": np.float32(2)},
        1: {"e": {1, 2}, "f": np.array(["u", "v"]), "g": np.asfortranarray(np.eye(3))},
    }
    path = tmp_path / "GROUP_1_mds_14.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
        pickle.dump(np.array(content, dtype=object), file, protocol=protocol)
    read = load_plain(path).item()
    assert read[0]["a"] == [1, 2.5, None, True]
    np.testing.assert_array_equal(read[0]["c"], content[0]["c"])
    np.testing.assert_array_equal(read[1]["g"], np.eye(3))
    assert list(read[1]["f"]) == ["u", "v"]


def test_a_pickle_that_would_run_something_is_refused(folder, capsys):
    path = folder / "GROUP_2_mds_14.npy"
    np.save(path, {0: Planted()}, allow_pickle=True)
    with pytest.raises(InputError, match=r"GROUP_2_mds_14.*builtins\.print"):
        read_deepgravilens(folder, metadata=True)
    assert "a pickle ran" not in capsys.readouterr().out
    read_deepgravilens(folder)


@pytest.mark.parametrize("name", ["os.system", "numpy.fromfile", "numpy.load", "builtins.eval", "builtins.getattr"])
def test_names_beyond_arrays_are_refused(tmp_path, name):
    module, _, function = name.rpartition(".")
    path = tmp_path / "x.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
        file.write(b"c" + f"{module}\n{function}\n".encode() + b".")
    with pytest.raises(InputError, match="only plain"):
        load_plain(path)


@pytest.mark.parametrize("content", [b"", b"not numpy", b"\x93NUMPY\x01\x00v\x00"])
def test_broken_files(tmp_path, content):
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.npy"):
        load_plain(path)


def test_what_is_wrong_is_named(folder):
    curves = folder / "GROUP_3_lcs_14.npy"
    good = np.load(curves)
    bad = good.copy()
    bad[2, 5, 1] = np.nan
    for array, words in (
        (bad, "GROUP_3_lcs_14.npy: sample 2"),
        (good[:, :13], "belong here"),
        (good.transpose(0, 2, 1), r"\(5, 4, 14\) of float64, but numbers \(N, 14, 4\) belong here"),
        (np.array([object()] * 5), "no .npy file of numbers"),
        (good[:0], "empty"),
        (good[:-1], "must be equal"),
    ):
        np.save(curves, array)
        with pytest.raises(InputError, match=words):
            read_deepgravilens(folder)
    curves.unlink()
    with pytest.raises(InputError, match="no such file"):
        read_deepgravilens(folder)


@pytest.mark.parametrize("shape", [(5, 56), (5, 1, 14, 4), (5, 14, 4, 1)])
def test_flattened_curves_are_read(folder, shape):
    curves = folder / "GROUP_3_lcs_14.npy"
    whole = np.load(curves)
    np.save(curves, whole.reshape(shape))
    np.testing.assert_array_equal(read_deepgravilens(folder).light_curves[7:12], whole.astype(np.float32))


def test_metadata_that_do_not_fit(folder):
    path = folder / "GROUP_1_mds_14.npy"
    np.save(path, {0: "a"}, allow_pickle=True)
    with pytest.raises(InputError, match="1 samples for 3"):
        read_deepgravilens(folder, metadata=True)
    np.save(path, np.array(["a", "b", "c"], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="dict"):
        read_deepgravilens(folder, metadata=True)


def test_both_vocabularies():
    assert [class_index(name) for name in CLASSES] == [0, 1, 2, 3]
    assert [class_index(name) for name in ("Non-lens", "galaxy scale", "group-scale", "cluster-scale")] == [0, 1, 2, 3]
    with pytest.raises(InputError, match="no class"):
        class_index("ring")


@pytest.mark.slow
def test_a_simulated_set_goes_there_and_back(tmp_path):
    from lensmith.simulate.dataset_job import simulate_dataset

    simulate_dataset("transient", tmp_path / "set", 8, 1, survey="des-deep")
    dataset = open_dataset(tmp_path / "set")
    write_deepgravilens(dataset, tmp_path / "public")
    found = read_deepgravilens(tmp_path / "public", metadata=True)
    labels = dataset.column("class_index")
    order = np.argsort(labels, kind="stable")
    np.testing.assert_array_equal(found.labels, labels[order])
    np.testing.assert_array_equal(found.images, dataset.arrays["image"][order])
    np.testing.assert_array_equal(found.light_curves, dataset.arrays["light_curve"][order])
    assert [note["system"] for note in found.metadata] == list(dataset.column("system")[order])
