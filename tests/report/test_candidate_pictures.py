from matplotlib.image import imread

from lensmith.report import write_candidate_pictures
from plots.mock_fit import THREE, make_fit

NAMES = ("corner", "magnification", "mass_profile", "modes", "source_plane", "summary", "thumb", "trace")


def test_all_pictures(tmp_path):
    write_candidate_pictures(make_fit(THREE), tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == sorted(NAMES)
    assert imread(tmp_path / "thumb.png").shape[:2] == (112, 342)
    assert imread(tmp_path / "summary.png").shape[1] > 1500
