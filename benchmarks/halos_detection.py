"""One halo against none: our evidence beside the likelihood ratio that knows the profile, and aperture mass."""

from itertools import product

import numpy as np

from benchmarks.halos_kept import kept
from benchmarks.halos_skies import (
    PRIOR,
    SEED,
    SIDE,
    auc_gap,
    auc_text,
    interval_text,
    real_field,
    real_truths,
    share_text,
)
from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos.aperture import filter_bank
from lensmith.halos.one_halo import shape_nodes
from lensmith.metrics import reliability
from lensmith.physics.weak_lensing import SHEAR_LAWS, halo_ellipticity, reduced_shear

COUNTS = (530, 267, 134)
GRID = 40
PROFILES = {"one profile, wide": (0.118, 1110.0), "one profile, compact": (0.5, 332.0), "population": None}
"""Amplitude and scale [px] of the halo in all skies: the middles of the two kinds of Dark Worlds haloes."""

_HEAD = (
    "| haloes | galaxies | likelihood ratio, profile known | ln evidence (ours) | difference "
    "| told the kind: difference | aperture mass |"
)


def centres(side: int = GRID) -> np.ndarray:
    """Positions that a halo may have: ``[position, 2]`` [px]."""
    along = (np.arange(side) + 0.5) / side * SIDE
    return np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)


class Templates:
    """Ellipticities that a halo at each position gives the galaxies at `x`, `y`: one look-up a profile, to 1e-3."""

    grid = np.linspace(np.log(1e-4), np.log(1e4), 20_000)

    def __init__(self, x: np.ndarray, y: np.ndarray):
        places = centres()
        dx, dy = x[None] - places[:, :1], y[None] - places[:, 1:]
        square = dx * dx + dy * dy
        self.per_unit = 1 / (self.grid[1] - self.grid[0])
        self.place = ((0.5 * np.log(square) - self.grid[0]) * self.per_unit).astype(np.float32)
        self.tangential = np.concatenate([-(dx * dx - dy * dy) / square, -2 * dx * dy / square], axis=1)
        self.tangential = self.tangential.astype(np.float32)

    def of(self, amplitude: float, scale: float) -> np.ndarray:
        """A halo's ellipticities: float32 ``[position, 2 * galaxy]``."""
        kappa, gamma = UNIT_LAW
        law = reduced_shear(amplitude * kappa, amplitude * gamma).astype(np.float32)
        place = (self.place - np.float32(np.log(scale) * self.per_unit - 0.5)).astype(np.int32)
        g = law.take(place, mode="clip")
        out = self.tangential.copy()
        out[:, : g.shape[1]] *= g
        out[:, g.shape[1] :] *= g
        return out


UNIT_LAW = SHEAR_LAWS[PRIOR.law](np.exp(Templates.grid))
"""kappa and gamma for unit amplitude at the nodes of `Templates.grid`."""


def log_mean_exp(values: np.ndarray, axis: int) -> np.ndarray:
    """ln of the mean of exp."""
    top = values.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.exp(values - top).mean(axis=axis))


def evidence_by_kind(templates: Templates, e: np.ndarray, strength: float | None = None) -> np.ndarray:
    """ln evidence over no halo times prior share, ``[kind, sky]``, of skies `e` ``[2 * galaxy, sky]``.

    Galaxy positions are shared. The grid of `halos.one_halo`, with the likelihood of `halos.likelihood`, for many skies
    at once; kinds are those of the prior's first halo. `strength`: how well the scatter of shapes is known, else the
    prior's own.
    """
    mixture = PRIOR.mixture(0)
    nodes, _, masses = shape_nodes(mixture)
    a = PRIOR.shape_noise_strength if strength is None else strength
    b = a * PRIOR.shape_noise**2
    square = (e**2).sum(axis=0)
    shares = np.exp(masses - masses.max())
    total = []
    for node, mass in zip(nodes, np.log(shares / shares.sum())):
        g = templates.of(float(np.exp(node[0])), float(np.exp(node[1])) * SIDE)
        chi2 = square - 2 * g @ e + (g**2).sum(axis=1)[:, None]
        log_l = -(a + len(e) / 2) * (np.log1p(chi2 / (2 * b)) - np.log1p(square / (2 * b)))
        total.append(mass + log_mean_exp(log_l, axis=0))
    kinds = np.array(total).reshape(len(mixture.log_weight), -1, e.shape[1])
    return np.logaddexp.reduce(kinds, axis=1)


def evidence(templates: Templates, e: np.ndarray, strength: float | None = None) -> np.ndarray:
    """ln evidence of one halo over none ``[sky]``; see `evidence_by_kind`."""
    return np.logaddexp.reduce(evidence_by_kind(templates, e, strength), axis=0)


def aperture_peak(x, y, e: np.ndarray) -> np.ndarray:
    """Highest S/N of the aperture mass of each sky."""
    n = len(x)
    field = GalaxyField("sky", x, y, np.full(n, 0.1), np.zeros(n), extent=(0, SIDE, 0, SIDE))
    bank = filter_bank(field, "aperture_mass", GRID)
    return bank.signal_to_noise((e[:n] + 1j * e[n:]).astype(np.complex64)).max(axis=(1, 2))


def simulated_detection(n: int, skies: int, rng: np.random.Generator, profile=None, noise: float = 0.21, batch=100):
    """Truth and scores (likelihood ratio of known profile, ours of each kind, aperture mass) of skies of `n` galaxies.

    Haloes are those of the population, each sky's own profile known to the likelihood ratio; or all are `profile`.
    """
    truth, scores = [], []
    for _ in range(max(skies // (2 * batch), 1)):
        x, y = rng.random((2, n)) * SIDE
        templates = Templates(x, y)
        shape = np.exp(PRIOR.mixture(0).draw(rng, batch)) * np.array([1, SIDE])
        if profile is not None:
            shape[:] = profile
        place = rng.random((batch, 2)) * SIDE
        e = (noise * rng.standard_normal((2 * n, 2 * batch))).astype(np.float32)
        for k in range(batch):
            e[:, k] += np.concatenate(halo_ellipticity(PRIOR.law, x, y, *place[k], *shape[k]))
        truth.append(np.arange(2 * batch) < batch)
        known = _known(templates, e, shape, noise, profile is not None)
        scores.append((known, *evidence_by_kind(templates, e), aperture_peak(x, y, e)))
    return np.concatenate(truth), np.concatenate(scores, axis=1)


def _known(templates: Templates, e: np.ndarray, shape: np.ndarray, noise: float, alike: bool) -> np.ndarray:
    """ln likelihood ratio of each sky with its own profile known; sky k with a halo and its empty twin share one."""
    batch, known = len(shape), np.empty(e.shape[1])
    for pair in [np.arange(e.shape[1])] if alike else [np.array([k, batch + k]) for k in range(batch)]:
        g = templates.of(*shape[pair[0]])
        log_ratio = (g @ e[:, pair] - 0.5 * (g**2).sum(axis=1)[:, None]) / noise**2
        known[pair] = log_mean_exp(log_ratio, axis=0)
    return known


def detection(share: float) -> str:
    """One halo against none, 2,000 skies: haloes of one profile, and of the Dark Worlds population."""
    lines = [
        f"{round(2000 * share)} simulated skies a row, half with a halo: AUC. Haloes are of one profile (NFW, the "
        "middle of either kind of Dark Worlds haloes), known to the likelihood ratio and not to lensmith; or of the "
        "Dark Worlds population, the likelihood ratio told the profile of each sky, also of those without halo. "
        "Differences to that likelihood ratio with their paired intervals; told the kind: our evidence with the "
        "prior of that kind alone, its scatter included.",
        "",
        _HEAD,
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    every = enumerate(product(COUNTS, PROFILES))
    rows = [kept(f"detection/{k}", lambda at=at: detection_row(*at, share)) for k, at in every]
    reliable = [str(row["bins"]) for row in rows if str(row["bins"])]
    lines += [str(row["row"]) for row in rows]
    head = ["", "P(halo) at even odds / share that has one, in eighths of the skies of the population:", ""]
    return "\n".join([*lines, *head, "| galaxies |" + " |" * 8, "| --- |" + " ---: |" * 8, *reliable])


def detection_row(n: int, what: str, share: float) -> dict[str, str]:
    """The row of `n` galaxies and one of `PROFILES`, and of the population how reliable P(halo) is; seeds its own."""
    profile = PROFILES[what]
    rng = np.random.default_rng([SEED, n, list(PROFILES).index(what)])
    truth, (known, *kinds, aperture) = simulated_detection(n, round(2000 * share), rng, profile)
    ours = np.logaddexp.reduce(kinds, axis=0)
    cells = [auc_text(truth, known), auc_text(truth, ours), interval_text(auc_gap(truth, ours, known), 4, "+")]
    told = None if profile is None else auc_gap(truth, kinds[list(PROFILES).index(what)], known)
    cells.append("" if told is None else interval_text(told, 4, "+"))
    row = f"| {what} | {n} | {' | '.join(cells)} | {auc_text(truth, aperture)} |"
    if profile is not None:
        return {"row": row, "bins": ""}
    found = reliability(1 / (1 + np.exp(-ours)), truth, 8)
    bins = " | ".join(f"{p:.2f} / {q:.2f}" for p, q in zip(found.confidence, found.correct))
    return {"row": row, "bins": f"| {n} | {bins} |"}


def real_detection(share: float) -> str:
    """The real one-halo skies against the same galaxies turned at random, thinned to fewer galaxies."""
    skies = [truth for truth in real_truths() if len(truth.positions) == 1][:: max(round(1 / share), 1)]
    lines = [
        f"{len(skies)} real one-halo skies against the same galaxies turned at random (10 times each): AUC, and how "
        "many turned skies have an evidence above 20, which at most 5 % of skies without halo may have (Markov).",
        "",
        "| galaxies (mean) | ln evidence (ours) | aperture mass | turned skies with evidence above 20 |",
        "| --- | ---: | ---: | ---: |",
    ]
    for part in (1, 2, 4):
        rows = [kept(f"turned/{part}-{sky.sky}", lambda s=sky, p=part: _turned(s, p)) for sky in skies]
        truth = np.tile(np.arange(11) == 0, len(rows))
        scores = np.concatenate([row["scores"] for row in rows], axis=1)
        alarms = share_text(int((scores[0][~truth] > np.log(20)).sum()), int((~truth).sum()))
        size = np.mean([row["size"] for row in rows])
        lines.append(f"| {size:.0f} | {auc_text(truth, scores[0])} | {auc_text(truth, scores[1])} | {alarms} |")
    return "\n".join(lines)


def _turned(sky, part: int) -> dict:
    """Evidence and aperture mass ``[2, 11]`` of a real sky thinned to one in `part`, and of ten random turns of it."""
    rng = np.random.default_rng([SEED, part, int(sky.sky.removeprefix("Sky"))])
    field = real_field(sky)
    keep = rng.permutation(len(field))[: len(field) // part]
    x, y, e = field.x[keep], field.y[keep], field.e1[keep] + 1j * field.e2[keep]
    turned = e[:, None] * np.exp(2j * np.pi * rng.random((len(e), 10)))
    shapes = as_columns(np.concatenate([e[:, None], turned], axis=1))
    return {"scores": np.array([evidence(Templates(x, y), shapes), aperture_peak(x, y, shapes)]), "size": len(e)}


def as_columns(e: np.ndarray) -> np.ndarray:
    """Complex shapes ``[galaxy, sky]`` as float32 ``[2 * galaxy, sky]``."""
    return np.concatenate([e.real, e.imag]).astype(np.float32)
