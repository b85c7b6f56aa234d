"""Galaxy catalogues and sky pictures: what is read, and what is refused with one sentence."""

import numpy as np
import pytest
from astropy.table import Table

from lensmith.data.dark_worlds import TrueHaloes, read_true_haloes, sky_name, write_sky, write_true_haloes
from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.sky_pictures import SkyPictureWriter, read_picture, read_picture_folder
from lensmith.data.sky_tables import read_sky_table
from lensmith.errors import InputError


def galaxies(n: int = 40, side: float = 4200.0) -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.concatenate([rng.random((n, 2)) * side, np.clip(0.2 * rng.standard_normal((n, 2)), -0.6, 0.6)], axis=1)


def written(path, catalogue, names=("x", "y", "e1", "e2"), **units):
    table = Table(catalogue, names=names)
    for name, unit in units.items():
        table[name].unit = unit
    table.write(path)
    return path


def test_a_dark_worlds_sky_comes_back_as_written(tmp_path):
    catalogue = galaxies()
    write_sky(tmp_path / "Sky7.csv", catalogue)
    field = read_sky_table(tmp_path / "Sky7.csv")
    assert (field.id, field.layout, field.unit, field.extent) == ("Sky7", "dark-worlds", "pixel", (0, 4200, 0, 4200))
    np.testing.assert_allclose([field.x, field.y], catalogue[:, :2].T, atol=0.006)
    np.testing.assert_allclose([field.e1, field.e2], catalogue[:, 2:].T, atol=1e-6)


def test_true_haloes_come_back_as_written(tmp_path):
    skies = [
        TrueHaloes("Sky1", np.array([[1.5, 2.25]]), np.array([3.0, 4.0])),
        TrueHaloes("Sky2", np.empty((0, 2)), np.zeros(2)),
    ]
    write_true_haloes(tmp_path / "halos.csv", skies)
    found = read_true_haloes(tmp_path / "halos.csv")
    np.testing.assert_array_equal(found["Sky1"].positions, [[1.5, 2.25]])
    assert found["Sky2"].positions.shape == (0, 2)
    assert sky_name("Training_Sky12") == "Sky12"


def test_a_file_of_something_else_is_no_file_of_haloes(tmp_path):
    (tmp_path / "halos.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="line 2"):
        read_true_haloes(tmp_path / "halos.csv")


def test_sky_coordinates_become_arcsec_to_the_west_and_north(tmp_path):
    from astropy.coordinates import SkyCoord

    catalogue = galaxies()
    catalogue[:, 0] = (359.95 + catalogue[:, 0] / 4200 * 0.1) % 360
    catalogue[:, 1] = 40 + catalogue[:, 1] / 4200 * 0.1
    field = read_sky_table(written(tmp_path / "field.fits", catalogue, ("RA", "Dec", "e1", "e2"), RA="deg", Dec="deg"))
    centre = SkyCoord(*field.centre, unit="deg")
    there = SkyCoord(catalogue[:, 0], catalogue[:, 1], unit="deg").transform_to(centre.skyoffset_frame())
    np.testing.assert_allclose(field.x, -there.lon.wrap_at("180d").arcsec, atol=0.01)
    np.testing.assert_allclose(field.y, there.lat.arcsec, atol=0.01)
    assert field.unit == "arcsec"


def test_flipping_e2_is_all_that_flipping_does(tmp_path):
    path = written(tmp_path / "field.ecsv", galaxies())
    plain, flipped = read_sky_table(path), read_sky_table(path, flip_e2=True)
    np.testing.assert_array_equal(flipped.e2, -plain.e2)
    np.testing.assert_array_equal(flipped.e1, plain.e1)


def broken(change):
    catalogue = galaxies()
    change(catalogue)
    return catalogue


@pytest.mark.parametrize(
    ("catalogue", "reason"),
    [
        (broken(lambda c: c.__setitem__((3, 2), 1.4)), "ellipticity of 1"),
        (broken(lambda c: c.__setitem__((3, 3), np.nan)), "e2 of galaxy 4 is not a finite number"),
        (broken(lambda c: c.__setitem__((slice(None), slice(2, 4)), 0.0)), "every ellipticity is 0"),
        (broken(lambda c: c.__setitem__((slice(None), 0), 5.0)), "share one x or y"),
        (broken(lambda c: c.__setitem__((slice(8), slice(2)), c[:8, :2] / 3600)), "8 of .* positions are in one unit"),
        (galaxies()[:2], "only 2 galaxies"),
        (galaxies()[:0], "no galaxies"),
    ],
)
def test_a_bad_catalogue_is_refused_in_one_sentence(tmp_path, catalogue, reason):
    path = tmp_path / "bad.csv"
    path.write_text("x,y,e1,e2\n" + "".join(",".join(map(str, row)) + "\n" for row in catalogue))
    with pytest.raises(InputError, match=reason):
        read_sky_table(path)


def test_missing_columns_mixed_units_and_words_are_refused(tmp_path):
    with pytest.raises(InputError, match="column e2 missing"):
        read_sky_table(written(tmp_path / "a.csv", galaxies()[:, :3], ("x", "y", "e1")))
    with pytest.raises(InputError, match="column x and y"):
        read_sky_table(written(tmp_path / "b.csv", galaxies()[:, 1:], ("y", "e1", "e2")))
    with pytest.raises(InputError, match="both must be in degrees"):
        read_sky_table(written(tmp_path / "c.ecsv", galaxies(), ("ra", "dec", "e1", "e2"), ra="hourangle", dec="deg"))
    with pytest.raises(InputError, match="different units"):
        read_sky_table(written(tmp_path / "d.ecsv", galaxies(), x="pix", y="arcsec"))
    (tmp_path / "e.csv").write_text("x,y,e1,e2\n1,2,round,0\n")
    with pytest.raises(InputError, match="does not hold numbers"):
        read_sky_table(tmp_path / "e.csv")
    with pytest.raises(InputError, match="is not there"):
        read_sky_table(tmp_path / "none.csv")
    (tmp_path / "f.txt").write_text("")
    with pytest.raises(InputError, match="a sky is a"):
        read_sky_table(tmp_path / "f.txt")


def test_weights_must_be_positive():
    x, y, e1, e2 = galaxies().T
    with pytest.raises(InputError, match="weights must be positive"):
        GalaxyField("sky", x, y, e1, e2, weight=np.zeros(len(x)))


def picture_folder(root, n=4):
    with SkyPictureWriter(root, "training") as writer:
        for k in range(n):
            writer.add(
                f"sky-{k:03d}", np.full((8, 8, 3), 10 * k, np.uint8), np.array([[1.0, 2.0]] * (k % 2)).reshape(-1, 2)
            )
    return root


def test_pictures_come_back_with_their_labels(tmp_path):
    folder = read_picture_folder(picture_folder(tmp_path), "training")
    assert [p.count for p in folder.pictures] == [0, 1, 0, 1]
    assert folder.notes == ()
    np.testing.assert_array_equal(folder.pictures[1].lenses, [[1, 2]])
    np.testing.assert_array_equal(read_picture(folder.pictures[3].path), np.full((8, 8, 3), 30, np.uint8))


def test_labels_are_joined_by_number_and_otherwise_by_order_saying_so(tmp_path):
    root = picture_folder(tmp_path)
    (root / "training-lenses.csv").unlink()
    labels = root / "training-labels.csv"
    labels.write_text("id,count\n3,7\n2,6\n1,5\n0,4\n")
    assert [p.count for p in read_picture_folder(root, "training").pictures] == [4, 5, 6, 7]
    labels.write_text("a,1\nb,2\nc,3\nd,4\n")
    folder = read_picture_folder(root, "training")
    assert [p.count for p in folder.pictures] == [1, 2, 3, 4]
    assert "sorted order" in folder.notes[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,1\nb,2\n", "names no picture"),
        ("sky-000,1\nsky-001,1\nsky-002,1\nother,0\n", "none of its rows names sky-003.png"),
        ("sky-000,1\nsky-001,one\nsky-002,1\nsky-003,0\n", "row 2"),
    ],
)
def test_labels_that_do_not_belong_are_an_error(tmp_path, text, reason):
    root = picture_folder(tmp_path)
    (root / "training-lenses.csv").unlink()
    (root / "training-labels.csv").write_text(text)
    with pytest.raises(InputError, match=reason):
        read_picture_folder(root, "training")


def test_lenses_and_counts_must_agree(tmp_path):
    root = picture_folder(tmp_path)
    (root / "training-lenses.csv").write_text("sky-id,row,column\nsky-000,1,2\n")
    with pytest.raises(InputError, match="has 1 lenses for sky-000"):
        read_picture_folder(root, "training")
    with pytest.raises(InputError, match="pictures there"):
        read_picture_folder(root, "validation")
