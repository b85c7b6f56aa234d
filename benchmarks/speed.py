"""Image, and value + gradient, of the same scene by every code in turn."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from benchmarks import scene
from benchmarks.machine import WORK
from benchmarks.peer import CODES, Code, Peer, PeerError, python_of

SIDES, SUPERSAMPLINGS = (45, 64, 100), (1, 2)
BLOCK = 0.03
"""Seconds that one turn of a code takes: many calls of a fast code, one of a slow one."""
SAME_IMAGE = 1e-3
"""Largest difference from the reference image, relative to its peak, with which a code may take part."""
REFERENCE = "lenstronomy EPL float64"


@dataclass
class Case:
    """One image size: seconds a call of every code that took part, ``[round]``, and how they differ.

    `image_difference` is relative to the peak of lenstronomy's image, `gradient_difference` to the largest component of
    lensmith's float64 gradient.
    """

    side: int
    supersampling: int
    seconds: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    image_difference: dict[str, float] = field(default_factory=dict)
    gradient_difference: dict[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Pixels, and sub-pixels of each."""
        return f"{self.side} x {self.side}, {self.supersampling} x {self.supersampling}"


def start(codes: Sequence[Code] = CODES) -> tuple[list[Peer], list[str]]:
    """Processes of all codes that can be had, and a sentence for each that cannot."""
    WORK.mkdir(exist_ok=True)
    interpreters, missing, peers = {}, [], []
    for package in dict.fromkeys(code.package for code in codes):
        try:
            interpreters[package] = python_of(package)
        except PeerError as problem:
            missing.append(str(problem))
    started = [Peer(code, interpreters[code.package]) for code in codes if code.package in interpreters]
    for peer in started:
        try:
            peer.greet()
            peers.append(peer)
        except PeerError as problem:
            missing.append(str(problem))
            peer.stop()
    return peers, missing


def measure(peers: list[Peer], missing: list[str], rounds: int) -> Iterator[Case]:
    """Every case in turn; a code that fails, or draws another image, leaves `peers`, and `missing` says why.

    Raises
    ------
    PeerError
        if that is lensmith or the reference.
    """
    for side in SIDES:
        for supersampling in SUPERSAMPLINGS:
            case = Case(side, supersampling)
            _check(case, peers, missing)
            for what in ("image", "gradient"):
                able = [peer for peer in peers if what == "image" or peer.code.package != "lenstronomy"]
                case.seconds[what] = alternate(able, what, rounds)
            yield case


def alternate(peers: list[Peer], what: str, rounds: int) -> dict[str, np.ndarray]:
    """Seconds a call ``[round]`` of each code; in every round each code has one turn."""
    calls = {}
    for peer in peers:
        peer.ask("time", what=what, calls=1)
        calls[peer.code.label] = max(1, round(BLOCK / peer.ask("time", what=what, calls=3)["seconds"]))
    seconds = {peer.code.label: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            label = peer.code.label
            seconds[label].append(peer.ask("time", what=what, calls=calls[label])["seconds"])
    return {label: np.array(values) for label, values in seconds.items()}


def _check(case: Case, peers: list[Peer], missing: list[str]) -> None:
    """Make sure that all codes draw the same image, and have the same gradient, before any is timed."""
    drawn = {}
    for peer in list(peers):
        with _or_leaves(peer, peers, missing):
            answer = peer.ask("draw", side=case.side, supersampling=case.supersampling)
            drawn[peer.code.label] = np.array(answer["image"])
    reference = drawn[REFERENCE]
    for peer in list(peers):
        with _or_leaves(peer, peers, missing):
            label = peer.code.label
            difference = float(abs(drawn[label] - reference).max() / reference.max())
            if not difference < SAME_IMAGE:
                raise PeerError(f"{label} draws another image: {difference:.1e} of the peak, {case.label} pixels")
            case.image_difference[label] = difference
    data, sigma = scene.observed(reference)
    gradients = {}
    for peer in [peer for peer in peers if peer.code.package != "lenstronomy"]:
        with _or_leaves(peer, peers, missing):
            gradients[peer.code.label] = np.array(peer.ask("fit", data=data.tolist(), sigma=sigma)["gradient"])
    ours = gradients["lensmith float64"]
    case.gradient_difference = {label: float(abs(g - ours).max() / abs(ours).max()) for label, g in gradients.items()}


@contextmanager
def _or_leaves(peer: Peer, peers: list[Peer], missing: list[str]) -> Iterator[None]:
    """Do without a code that fails, unless it is lensmith or the reference."""
    try:
        yield
    except PeerError as problem:
        if peer.code.package == "lensmith" or peer.code.label == REFERENCE:
            raise
        missing.append(str(problem))
        peers.remove(peer)
        peer.stop()


def ratio(case: Case, slower: tuple[str, str], faster: tuple[str, str]) -> tuple[float, float, float] | None:
    """Median, 16th and 84th percentile over the rounds of one time over another, each ``(what, code)``."""
    above, below = (case.seconds[what].get(label) for what, label in (slower, faster))
    if above is None or below is None:
        return None
    middle, low, high = np.percentile(above / below, [50, 16, 84])
    return float(middle), float(low), float(high)
