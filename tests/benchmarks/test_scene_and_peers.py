"""Every code draws the same scene, and the codes take turns."""

import numpy as np
import pytest
from benchmarks.lenstronomy_image import image_function as lenstronomy_image
from benchmarks.peer import Code, Peer, PeerError, python_of
from benchmarks.scene import TRUTH, vectors
from benchmarks.speed import BLOCK, SAME_IMAGE, Case, alternate, measure, ratio
from benchmarks.speed_page import section

# lenstronomy's transforms use a form of scipy's that NumPy warns of.
pytestmark = pytest.mark.filterwarnings("ignore:`axes` should not be `None`:DeprecationWarning")


def test_lensmith_and_lenstronomy_draw_the_same_image():
    from benchmarks.lensmith_image import image_function

    for supersampling in (1, 2):
        theirs = lenstronomy_image("lenstronomy", "EPL", 12, supersampling)(TRUTH)
        ours = np.asarray(image_function(12, supersampling, "float32")(TRUTH.astype("float32")))
        assert ours.shape == theirs.shape == (12, 12)
        assert abs(ours - theirs).max() < 0.1 * SAME_IMAGE * theirs.max()


def test_the_source_is_in_the_image():
    moved = TRUTH.copy()
    moved[-2:] += 0.2
    draw = lenstronomy_image("lenstronomy", "EPL", 12, 1)
    assert abs(draw(moved) - draw(TRUTH)).max() > 10 * SAME_IMAGE * draw(TRUTH).max()


def test_a_peer_answers_from_its_own_process(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.peer.WORK", tmp_path)
    code = Code("lenstronomy EPL", "lenstronomy", "float64")
    served = Peer(code, python_of("lenstronomy"))
    try:
        served.greet()
        assert served.versions["lenstronomy"].startswith("1.13")
        image = np.array(served.ask("draw", side=9, supersampling=1)["image"])
        expected = lenstronomy_image("lenstronomy", "EPL", 9, 1)(vectors()[0])
        np.testing.assert_allclose(image, expected, rtol=1e-12)
        assert served.ask("time", what="image", calls=2)["seconds"] > 0
        with pytest.raises(PeerError, match="lenstronomy EPL float64: KeyError"):
            served.ask("time", what="gradient", calls=1)
    finally:
        served.stop()
    assert served.process.returncode == 0


class _Recorded:
    """A peer that takes as long as it is told."""

    def __init__(self, name: str, seconds: float, asked: list):
        self.code, self.seconds, self.asked = Code(name, name, "float64"), seconds, asked

    def ask(self, do: str, **task) -> dict:
        self.asked.append((self.code.name, task["calls"]))
        return {"seconds": self.seconds}


def test_codes_take_turns_and_the_slow_one_makes_fewer_calls():
    asked = []
    fast, slow = _Recorded("fast", BLOCK / 10, asked), _Recorded("slow", 10 * BLOCK, asked)
    seconds = alternate([fast, slow], "image", 3)
    assert asked[-6:] == [("fast", 10), ("slow", 1)] * 3
    case = Case(45, 1, {"image": seconds})
    assert ratio(case, ("image", "slow float64"), ("image", "fast float64")) == pytest.approx((100, 100, 100))
    assert ratio(case, ("image", "absent float64"), ("image", "fast float64")) is None


class _Drawing:
    """A peer that draws a given image and has a given gradient."""

    def __init__(self, label: str, image: np.ndarray):
        self.code, self.image, self.stopped = Code(label, label.split()[0], "float64"), image, False

    def ask(self, do: str, **task) -> dict:
        return {"draw": {"image": self.image.tolist()}, "fit": {"gradient": [1.0]}, "time": {"seconds": 1.0}}[do]

    def stop(self) -> None:
        self.stopped = True


def test_a_code_that_draws_another_image_is_not_timed(monkeypatch):
    monkeypatch.setattr("benchmarks.speed.SIDES", (4,))
    image = np.eye(4)
    peers = [_Drawing(name, image) for name in ("lensmith", "lenstronomy EPL")] + [_Drawing("other", 1.01 * image)]
    other, missing = peers[-1], []
    case = next(measure(peers, missing, 1))
    assert set(case.seconds["image"]) == {"lensmith float64", "lenstronomy EPL float64"}
    assert set(case.seconds["gradient"]) == {"lensmith float64"}
    assert other.stopped
    assert missing == ["other float64 draws another image: 1.0e-02 of the peak, 4 x 4, 1 x 1 pixels"]
    with pytest.raises(PeerError, match="lensmith float64 draws another image"):
        next(measure([_Drawing("lensmith", 2 * image), _Drawing("lenstronomy EPL", image)], missing, 1))


def test_the_tables_say_what_was_not_measured():
    ours = {"lensmith float32": np.array([2.0]), "lensmith float64": np.array([1.0])}
    image = ours | {"lenstronomy EPL float64": np.array([0.5]), "lenstronomy EPL_NUMBA float64": np.array([1.5])}
    case = Case(100, 1, {"image": image, "gradient": ours})
    text = section([case], ["JAXtronomy could not be installed: no network"], 3)
    assert "Not measured: JAXtronomy could not be installed: no network." in text
    assert "lensmith float64: JAXtronomy's takes - times as long (at least 10): not measured" in text
    assert "lensmith float64: lenstronomy's image alone, by its faster EPL, takes 1.5 (1.5 to 1.5)" in text
    assert "takes 0.75 (0.75 to 0.75) times as long (more than 1): NOT MET" in text
