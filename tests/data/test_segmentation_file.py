import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from lensmith.data import Band, Cutout, Findings, gaussian_psf, write_segmentation
from lensmith.data.mask_measures import background_level, central_piece, measure_classes
from lensmith.errors import InputError

SHAPE, SCALE = (51, 61), 0.2


def cutout(wcs=None, image=None):
    image = np.random.default_rng(0).normal(3, 2, SHAPE) if image is None else image
    matrix = SCALE * np.array([[-1.0, 0.0], [0.0, 1.0]])
    fields = {"noise": np.full(SHAPE, 2.0), "psf": gaussian_psf(0.6, SCALE, 15), "mask": np.ones(SHAPE, bool)}
    return Cutout("one", (Band("r", image, pixel_to_sky=matrix, oriented=True, wcs=wcs, **fields),))


def ring(x=2.0, y=-3.0, radius=10, width=1.5):
    """Classes of a round lens at (x, y) [pixels from the middle], a whole ring and a neighbour in a corner."""
    row, column = np.indices(SHAPE) - (np.array(SHAPE)[:, None, None] - 1) / 2
    distance = np.hypot(column - x, row - y)
    classes = np.where(distance < 5, 1, np.where(np.abs(distance - radius) < width, 2, 0))
    classes[:6, :6] = 3
    return classes.astype(np.uint8)


def sky():
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.0, 2.0], [31, 26]
    wcs.wcs.cdelt = [-SCALE / 3600, SCALE / 3600]
    return wcs


def test_measures_of_a_ring():
    found = measure_classes(cutout(), ring())
    assert (found.x_lens, found.y_lens) == pytest.approx((2 * SCALE, -3 * SCALE), abs=0.05 * SCALE)
    assert found.lens_radius == pytest.approx(SCALE * np.sqrt(np.sum(ring() == 1) / np.pi))
    assert found.theta_E == pytest.approx(10 * SCALE, rel=0.02)
    assert found.sky == pytest.approx(3, abs=0.2)
    assert found.sigma == pytest.approx(2, rel=0.08)
    assert found.arc_pixels == np.sum(ring() == 2)


def test_axes_are_not_swapped_and_pixels_are_not_shifted():
    """A single pixel in a frame that is no square: x goes with columns, and the middle is at 0."""
    classes = np.zeros(SHAPE, np.uint8)
    classes[25, 30] = 1
    assert measure_classes(cutout(), classes)[:2] == (0, 0)
    classes[25, 30], classes[25, 40] = 0, 1
    assert measure_classes(cutout(), classes)[:2] == pytest.approx((10 * SCALE, 0))


def test_nothing_there_is_nan():
    found = measure_classes(cutout(), np.zeros(SHAPE, np.uint8))
    assert np.isnan([found.x_lens, found.y_lens, found.lens_radius, found.theta_E]).all()
    assert np.isfinite(found.sigma)
    full = measure_classes(cutout(), np.ones(SHAPE, np.uint8))
    assert np.isnan([full.sky, full.sigma, full.theta_E]).all()
    assert full.x_lens == 0


def test_a_piece_of_lens_elsewhere_does_not_move_the_lens():
    classes = ring()
    classes[44:49, 50:59] = 1
    assert measure_classes(cutout(), classes).x_lens == measure_classes(cutout(), ring()).x_lens
    pieces = np.zeros((20, 20), bool)
    pieces[9:12, 9:12] = pieces[0, 0] = True
    assert central_piece(pieces).sum() == 9


def test_the_background_does_not_feel_an_outlier():
    image = np.random.default_rng(1).normal(size=(40, 40))
    image[:3, :3] = 1e6
    level, sigma = background_level(image, np.ones((40, 40), bool))
    assert abs(level) < 0.1
    assert sigma == pytest.approx(1, rel=0.08)


@pytest.mark.parametrize("wcs", [None, sky()])
def test_written_and_read_again(tmp_path, wcs):
    candidate, classes = cutout(wcs), ring()
    shares = np.moveaxis(np.eye(5, dtype=np.float32)[classes], -1, 0)
    path = tmp_path / "segmentation.fits"
    write_segmentation(Findings(classes=classes, probabilities=shares, notes=("blurred: H",)), candidate, path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    with fits.open(path) as hdus:
        assert [hdu.name for hdu in hdus[1:]] == ["CLASSES", "PROBABILITIES"]
        assert np.array_equal(hdus["CLASSES"].data, classes)
        assert hdus["CLASSES"].data.dtype == np.uint8
        assert np.array_equal(hdus["PROBABILITIES"].data, shares)
        assert [hdus[0].header[f"CLASS{k}"] for k in range(5)] == ["background", "lens", "arc", "other", "point"]
        assert hdus[0].header["THETAE"] == pytest.approx(10 * SCALE, rel=0.02)
        assert "blurred: H" in str(hdus[0].header["HISTORY"])
        header = hdus["CLASSES"].header
        assert header["PIXSCALE"] == pytest.approx(SCALE)
        if wcs is not None:
            world = WCS(header).pixel_to_world(30, 25)
            assert (world.ra.deg, world.dec.deg) == pytest.approx((150.0, 2.0))
        else:
            assert header["PIX2A11"] == pytest.approx(-SCALE)


def test_what_was_not_measured_is_not_written(tmp_path):
    empty = np.zeros(SHAPE, np.uint8)
    write_segmentation(Findings(classes=empty), cutout(), tmp_path / "s.fits")
    with fits.open(tmp_path / "s.fits") as hdus:
        assert "THETAE" not in hdus[0].header
        assert len(hdus) == 2


def test_classes_of_another_grid_are_refused(tmp_path):
    with pytest.raises(InputError, match="not on the pixels"):
        write_segmentation(Findings(classes=np.zeros((5, 5))), cutout(), tmp_path / "s.fits")
    with pytest.raises(InputError, match="not on the pixels"):
        measure_classes(cutout(), np.zeros((5, 5)))
    three = Findings(classes=np.zeros(SHAPE), probabilities=np.zeros((3, *SHAPE)))
    with pytest.raises(InputError, match="3 probabilities, 5 classes"):
        write_segmentation(three, cutout(), tmp_path / "s.fits")
    assert list(tmp_path.iterdir()) == []
