"""Names and fingerprints of candidates, and folders that are there whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lensmith.data import find_candidates
from lensmith.errors import OutputError
from lensmith.pipeline.fingerprint import fingerprint
from lensmith.pipeline.folder import RunFolder, candidate_written, folder_name


@pytest.mark.parametrize("plain", ["SDSSJ0008-0004", "J1134+6027", "a.b_c", "Кольцо"])
def test_ids_that_can_be_names_are(plain):
    assert folder_name(plain) == plain


@given(st.text(min_size=1))
def test_any_id_becomes_the_name_of_one_folder(text):
    name = folder_name(text)
    assert name not in (".", "..")
    assert not set(name) & set('/\\\0:*?"<>| ')
    assert 0 < len(name.encode()) < 200
    assert name[0] != "."


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_ids_never_share_a_folder(one, other):
    assert (folder_name(one) == folder_name(other)) == (one == other)


def test_a_candidate_whose_writing_fails_leaves_what_was_there(tmp_path):
    with RunFolder(tmp_path / "run").held():
        with candidate_written(tmp_path / "run", "lens") as folder:
            (folder / "result").write_text("old")
        with pytest.raises(ZeroDivisionError), candidate_written(tmp_path / "run", "lens") as folder:
            (folder / "result").write_text(str(1 / 0))
        assert (tmp_path / "run/candidates/lens/result").read_text() == "old"
        with candidate_written(tmp_path / "run", "lens") as folder:
            (folder / "result").write_text("new")
        assert (tmp_path / "run/candidates/lens/result").read_text() == "new"
        assert list((tmp_path / "run/.partial").iterdir()) == []


def test_a_full_disk_is_one_sentence(tmp_path):
    with (
        RunFolder(tmp_path / "run").held(),
        pytest.raises(OutputError, match="No space left"),
        candidate_written(tmp_path / "run", "lens"),
    ):
        raise OSError(28, "No space left on device")


def test_what_is_left_of_a_killed_run_is_cleared_away(tmp_path):
    stale = tmp_path / "run/.partial/lens.123"
    with RunFolder(tmp_path / "run").held():
        stale.mkdir()
    stale.mkdir(parents=True)
    with RunFolder(tmp_path / "run").held():
        assert not stale.exists()


def fingerprints(path, settings=None) -> dict[str, str]:
    return {item.id: fingerprint(item, settings or {}) for item in find_candidates([path])}


def test_a_fingerprint_changes_with_file_and_settings_only(tmp_path, write_cutout):
    path = write_cutout(tmp_path / "in/lens.fits")
    before = fingerprints(path)
    write_cutout(tmp_path / "in/other.fits")
    assert fingerprints(path) == before
    assert fingerprints(path, {"model.seed": 1}) != before
    write_cutout(path, seed=1, side=20)
    assert fingerprints(path) != before


def test_a_manifests_new_row_changes_nothing_for_the_others(tmp_path, write_cutout):
    write_cutout(tmp_path / "a.fits")
    write_cutout(tmp_path / "b.fits")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("id,band,sci,z_lens\nB,F814W,b.fits[SCI],0.3\n")
    before = fingerprints(manifest)
    manifest.write_text("id,band,sci,z_lens\nA,F814W,a.fits[SCI],0.2\nB,F814W,b.fits[SCI],0.3\n")
    assert fingerprints(manifest)["B"] == before["B"]
    manifest.write_text("id,band,sci,z_lens\nB,F814W,b.fits[SCI],0.4\n")
    assert fingerprints(manifest)["B"] != before["B"]
    write_cutout(tmp_path / "b.fits", side=20)
    changed = fingerprints(manifest)["B"]
    manifest.write_text("id,band,sci,z_lens\nB,F814W,b.fits[SCI],0.3\n")
    assert fingerprints(manifest)["B"] not in (before["B"], changed)
