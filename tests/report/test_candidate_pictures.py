from matplotlib.image import imread

from lensmith.report import write_candidate_pictures
from plots.mock_fit import THREE, make_fit


def test_three_pictures(tmp_path):
    write_candidate_pictures(make_fit(THREE), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corner.png", "summary.png", "thumb.png"]
    assert imread(tmp_path / "thumb.png").shape[:2] == (112, 342)
    assert imread(tmp_path / "summary.png").shape[1] > 1500
