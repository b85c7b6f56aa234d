"""Manifests: columns, paths, what they say of a candidate, and what is refused."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from make_files import SCALE, SIGMA, header, hst_style, psf, scene

from lensmith.data import Steering, find_candidates, read, read_candidate
from lensmith.data.planes import parse_plane
from lensmith.errors import InputError, SettingsError


@pytest.fixture
def folder(tmp_path):
    fits.writeto(tmp_path / "sci.fits", scene())
    fits.writeto(tmp_path / "err.fits", np.full((40, 40), SIGMA))
    fits.writeto(tmp_path / "psf.fits", psf())
    mask = np.ones((40, 40), np.uint8)
    mask[:3] = 0
    fits.writeto(tmp_path / "mask.fits", mask)
    return tmp_path


def manifest(folder, text, name="manifest.csv"):
    path = folder / name
    path.write_text(text)
    return path


def test_every_column_reaches_the_cutout(folder):
    path = manifest(
        folder,
        "id,band,sci,err,psf,mask,pixel_scale,zero_point,z_lens,z_source,ra,dec,x_lens,y_lens,theta_E_min,theta_E_max\n"
        "J1,F814W,sci.fits,err.fits,psf.fits,mask.fits,0.05,25.9,0.2,0.6,150.1,2.2,0.1,-0.2,0.5,2\n",
    )
    cutout = read(path)
    (band,) = cutout.bands
    assert (cutout.id, band.name, band.zero_point) == ("J1", "F814W", 25.9)
    assert (cutout.z_lens, cutout.z_source, cutout.ra, cutout.dec) == (0.2, 0.6, 150.1, 2.2)
    assert cutout.steering == Steering(0.1, -0.2, 0.5, 2.0)
    assert band.pixel_scale == pytest.approx(0.05)
    assert np.allclose(band.noise, SIGMA)
    assert not band.mask[:3].any()
    assert band.mask[3:].all()  # ours: 1 = use
    assert band.notes == ()


def test_rows_with_one_id_are_its_bands(folder):
    fits.writeto(folder / "cube.fits", np.stack([scene(seed=k) for k in range(3)]))
    rows = "".join(f"L,{band},cube.fits[0][{k}],psf.fits,{SCALE}\n" for k, band in enumerate("gri"))
    cutout = read(manifest(folder, f"id,band,sci,psf,pixel_scale\n{rows}"))
    assert [band.name for band in cutout.bands] == ["g", "r", "i"]
    np.testing.assert_array_equal(cutout.bands[2].image, scene(seed=2))


def test_a_cube_with_the_band_last(folder):
    fits.writeto(folder / "last.fits", np.stack([scene(seed=k) for k in range(2)], axis=-1))
    cutout = read(manifest(folder, f'id,sci,psf,pixel_scale\nL,"last.fits[0][:,:,1]",psf.fits,{SCALE}\n'))
    np.testing.assert_array_equal(cutout.bands[0].image, scene(seed=1))


@pytest.mark.parametrize(("word", "top_used"), [("yes", True), ("no", False), ("", False)])
def test_mask_excludes_turns_the_mask_round(folder, word, top_used):
    rows = f"id,sci,mask,mask_excludes,pixel_scale\nL,sci.fits,mask.fits,{word},0.05\n"
    (band,) = read(manifest(folder, rows)).bands
    assert band.mask[:3].all() == top_used
    assert band.mask[3:].all() != top_used


def test_a_mask_that_leaves_out_the_lens_is_doubted_aloud(folder):
    mask = np.zeros((40, 40))
    mask[:, :6] = 1
    fits.writeto(folder / "neighbours.fits", mask)
    rows = "id,sci,mask,pixel_scale\nL,sci.fits,neighbours.fits,0.05\n"
    assert any("mask_excludes" in note for note in read(manifest(folder, rows)).bands[0].notes)


def test_ecsv(folder):
    table = Table({"id": ["L"], "band": ["g"], "sci": ["sci.fits"], "pixel_scale": [0.05], "psf_fwhm": [0.12]})
    table.write(folder / "manifest.ecsv", format="ascii.ecsv")
    (band,) = read(folder / "manifest.ecsv").bands
    assert any("0.12 arcsec from the manifest" in note for note in band.notes)


def test_the_manifest_goes_before_the_header_and_says_so(folder):
    fits.writeto(folder / "scaled.fits", scene(), header(PIXSCALE=0.1))
    (band,) = read(manifest(folder, "id,sci,pixel_scale\nL,scaled.fits,0.05\n")).bands
    assert band.pixel_scale == pytest.approx(0.05)
    assert any("from the manifest, not 0.1" in note for note in band.notes)


@pytest.mark.parametrize(
    ("header_line", "message"),
    [
        ("id,band,sci,pixelscale", "column pixelscale; did you mean pixel_scale"),
        ("id,sci,z_lense", "did you mean z_lens"),
        ("id,sci,theta_E_mim", "did you mean theta_E_min"),
        ("name,image", "needs the columns id and sci"),
        ("id,sci,sci", "sci twice"),
    ],
)
def test_wrong_columns_name_the_nearest(folder, header_line, message):
    with pytest.raises(SettingsError, match=message):
        find_candidates([manifest(folder, f"{header_line}\nx,sci.fits,1\n")])


def test_unknown_columns_are_noted(folder):
    cutout = read(manifest(folder, "id,sci,pixel_scale,comment,survey\nL,sci.fits,0.05,nice,X\n"))
    assert any("not used: comment, survey" in note for note in cutout.notes)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("L,sci.fits,abc,,", r"row 1 \(L\): pixel_scale is 'abc', not a number"),
        ("L,sci.fits,-1,,", "pixel_scale must be positive"),
        ("L,nowhere.fits,0.05,,", r"nowhere\.fits: no such file"),
        ("L,sci.fits[SCI],0.05,,", "no extension SCI"),
        ("L,sci.fits[7],0.05,,", "no extension 7"),
        ("L,sci.fits[0][50],0.05,,", "axis 0 has 40 planes"),
        ("L,sci.fits,0.05,0.5,0.3", "z_source .* must exceed z_lens"),
    ],
)
def test_a_wrong_row_fails_its_own_candidate_only(folder, row, message):
    path = manifest(folder, f"id,sci,pixel_scale,z_lens,z_source\n{row}\ngood,sci.fits,0.05,,\n")
    bad, good = find_candidates([path])
    with pytest.raises(InputError, match=message):
        read_candidate(bad)
    assert read_candidate(good).id == "good"


def test_rows_that_disagree(folder):
    path = manifest(folder, "id,band,sci,pixel_scale,z_lens\nL,g,sci.fits,0.05,0.2\nL,r,sci.fits,0.05,0.3\n")
    with pytest.raises(InputError, match="do not agree on z_lens"):
        read(path)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "id,sci\n", "id,sci\n,sci.fits\n", "id,sci\nL,a,b\n"])
def test_empty_and_ragged_manifests(folder, text):
    with pytest.raises(InputError):
        find_candidates([manifest(folder, text)])


@pytest.mark.parametrize(
    ("text", "extension", "index"),
    [
        ("a.fits", None, ()),
        ("a.fits[2]", 2, ()),
        ("a.fits[SCI]", "SCI", ()),
        ("a.fits[SCI,2]", ("SCI", 2), ()),
        ("a.fits[0][3]", 0, (3,)),
        ("a.fits[0][:, :, 1]", 0, (None, None, 1)),
    ],
)
def test_parse_plane(text, extension, index):
    plane = parse_plane(text)
    assert (plane.path.name, plane.extension, plane.index) == ("a.fits", extension, index)


def test_a_file_whose_name_has_brackets(tmp_path):
    path = hst_style(tmp_path / "odd[1].fits")
    assert parse_plane(str(path)).extension is None
    with pytest.raises(InputError):
        parse_plane("a.fits[]")
    with pytest.raises(InputError, match="does not name a plane"):
        parse_plane("a.fits[0][x]")
