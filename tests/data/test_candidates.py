"""Finding candidates: what counts, in which order, under which ids."""

import pickle

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from make_files import SCALE, header, hst_style, psf, scene

from lensmith.data import find_candidates
from lensmith.data.candidates import Candidate, _with_unique_ids, safe_id


def ids(*inputs):
    return [candidate.id for candidate in find_candidates(inputs)]


def test_a_folder_is_searched_with_its_sub_folders_in_order(tmp_path):
    for name in ("b.fits", "a.fit", "c/d.fits.gz", "c/e.h5", ".hidden/x.fits", "notes.txt", "labels.csv", "c/f.FITS"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"anything: the scan does not open files to judge them")
    assert ids(tmp_path) == ["a", "b", "d", "e", "f"]


def test_clashing_stems_get_their_folders_names_in_front(tmp_path):
    for name in ("lens/1.fits", "nolens/1.fits", "nolens/2.fits", "x/lens/1.fits"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    root = tmp_path.name
    assert ids(tmp_path) == [f"{root}_lens_1", "nolens_1", "2", "x_lens_1"]


def test_the_same_file_twice_is_one_candidate(tmp_path):
    path = hst_style(tmp_path / "a.fits")
    assert ids(path, tmp_path, tmp_path / "." / "a.fits") == ["a"]


def test_run_folders_and_lone_companions_are_passed_over(tmp_path):
    hst_style(tmp_path / "lens.fits")
    (tmp_path / "run1" / "candidates" / "lens").mkdir(parents=True)
    (tmp_path / "run1" / "run.json").write_text("{}")
    hst_style(tmp_path / "run1" / "candidates" / "lens" / "model.fits")
    fits.writeto(tmp_path / "psf_F814W.fits", psf())
    assert ids(tmp_path) == ["lens"]


def test_a_manifest_speaks_for_its_folder(tmp_path):
    (tmp_path / "deep").mkdir()
    hst_style(tmp_path / "a.fits")
    hst_style(tmp_path / "deep" / "b.fits")
    (tmp_path / "manifest.csv").write_text("id,sci\nchosen,deep/b.fits[SCI]\n")
    assert ids(tmp_path) == ["chosen"]


def test_an_unknown_kind_of_file_given_by_name_is_left_to_the_reader(tmp_path):
    path = tmp_path / "picture.png"
    path.touch()
    assert ids(path) == ["picture"]


def test_only_four_axes_make_a_stack(tmp_path):
    fits.writeto(tmp_path / "plane.fits", scene())
    fits.writeto(tmp_path / "cube.fits", np.zeros((3, 40, 40), "f4"))
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((2, 1, 40, 40), "f4"))]).writeto(tmp_path / "stack.fits")
    assert ids(tmp_path) == ["cube", "plane", "stack_00000", "stack_00001"]


def test_candidates_are_small_and_picklable(tmp_path):
    fits.writeto(tmp_path / "data.fits", scene(), header(PIXSCALE=SCALE))
    fits.writeto(tmp_path / "psf.fits", psf())
    found = find_candidates([tmp_path])
    assert pickle.loads(pickle.dumps(found)) == found
    assert len(pickle.dumps(found)) < 2000


@settings(max_examples=100, deadline=None)
@given(names=st.lists(st.text(alphabet="ab/._ \\é", min_size=1, max_size=5), min_size=1, max_size=8))
def test_ids_are_unique_safe_folder_names(tmp_path_factory, names):
    root = tmp_path_factory.getbasetemp()
    found = _with_unique_ids([Candidate(name, root / str(place % 2) / "x") for place, name in enumerate(names)])
    out = [candidate.id for candidate in found]
    assert len(set(out)) == len(out)
    for name in out:
        assert name == safe_id(name)
        assert "/" not in name
        assert not name.startswith(".")


@pytest.mark.parametrize(("text", "safe"), [("../x", "_._x"), ("a b", "a_b"), ("SDSSJ0946+1006", "SDSSJ0946+1006")])
def test_safe_id(text, safe):
    assert safe_id(text) == safe
