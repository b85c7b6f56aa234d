"""Skies as pictures in the example's layout: sky-net and sky-resnet18 beside the likelihood ratio and aperture mass.

Every sky is drawn, painted and measured here, from a seed that no training has; the likelihood ratio reads the true
shapes and the true profile.
"""

import os

import numpy as np

from benchmarks.halos_detection import Templates, aperture_peak, as_columns, centres, evidence, log_mean_exp
from benchmarks.halos_kept import kept
from benchmarks.halos_skies import SEED, SIDE, auc_gap, auc_text, interval_text, real_field, real_truths, share_text
from lensmith.data.galaxy_shapes import measure_image
from lensmith.data.shear_grid import grid_of_field
from lensmith.metrics import bootstrap_interval
from lensmith.nets import load_checkpoint
from lensmith.nets.sky_net import most_likely_place
from lensmith.physics.weak_lensing import halo_ellipticity
from lensmith.simulate import resolve_settings
from lensmith.simulate.sky.catalogue import draw_sky
from lensmith.simulate.sky.picture import paint_sky

SKIES = 400
PSF = 0.8
RATE = 0.05
RESNET = "LENSMITH_SKY_RESNET18"
"""The run folder of a trained sky-resnet18: its weights do not ship."""


def known_ratio(catalogue: np.ndarray, halo: np.ndarray, noise: float) -> float:
    """ln likelihood ratio of a halo of known profile anywhere over none, for exact shear (Seitz & Schneider 1997).

    An ellipticity e of a galaxy of Gaussian intrinsic shape behind g has the density of (e - g) / (1 - g* e) times
    (1 - |g|^2)^2 / |1 - g* e|^4; where |g| > 1 (some pixels about a halo) g is cut to 0.95 as in the simulation.
    """
    x, y, e = catalogue[:, 0], catalogue[:, 1], catalogue[:, 2] + 1j * catalogue[:, 3]
    place = centres()
    g1, g2 = halo_ellipticity("nfw", x, y, place[:, :1], place[:, 1:], *halo[2:])
    g = g1 + 1j * g2
    g /= np.maximum(np.abs(g) / 0.95, 1)
    turned = 1 - np.conj(g) * e
    source = (e - g) / turned
    log_ratio = (np.abs(e) ** 2 - np.abs(source) ** 2) / (2 * noise**2)
    log_ratio += 2 * np.log1p(-(np.abs(g) ** 2)) - 4 * np.log(np.abs(turned))
    return float(log_mean_exp(log_ratio.sum(axis=1), axis=0))


def one_sky(index: int, settings, alone, network) -> dict:
    """Truth, scores and distances of one sky; `alone` has a halo in every sky: the profile that an empty one lacks."""
    catalogue, haloes, noise = draw_sky(SEED, index, settings)
    profile = haloes[0] if len(haloes) else draw_sky(SEED + 1, index, alone)[1][0]
    image = paint_sky(SEED, index, catalogue, settings)
    field = measure_image(image.mean(axis=2), "sky", PSF)
    scale = SIDE / settings.picture.side
    x, y = (field.x + 0.5) * scale, (field.y + 0.5) * scale
    shapes = as_columns((field.e1 + 1j * field.e2)[:, None])
    true = (catalogue[:, 2] + 1j * catalogue[:, 3])[:, None]
    row = {
        "truth": len(haloes) > 0,
        "ratio": known_ratio(catalogue, profile, noise),
        "population": float(evidence(Templates(*catalogue[:, :2].T), as_columns(true))[0]),
        "aperture": float(aperture_peak(x, y, shapes)[0]),
        "measured": len(field) / len(catalogue),
    }
    row |= _of_sky_net(network, grid_of_field(field), haloes)
    return row | {"aperture distance": _aperture_distance(field, scale, haloes)}


def _of_sky_net(network, grid: np.ndarray, haloes: np.ndarray) -> dict:
    log_odds, shares = network.places({"shear": grid[None]})
    x, y, radius = (SIDE * value for value in most_likely_place(shares[0]))
    distance = np.hypot(*(haloes[0, :2] - (x, y))) if len(haloes) else np.nan
    return {"net": float(log_odds[0]), "net distance": distance, "net inside": distance <= radius}


def _aperture_distance(field, scale: float, haloes: np.ndarray) -> float:
    """Distance of the highest peak of the aperture mass from the halo."""
    from lensmith.halos.aperture import filter_bank, grid_axes

    if not len(haloes):
        return np.nan
    bank = filter_bank(field, "aperture_mass", 40)
    image = bank.signal_to_noise((field.e1 + 1j * field.e2).astype(np.complex64))
    row, column = np.unravel_index(image.argmax(), image.shape)
    x, y = grid_axes(field, 40)
    return float(np.hypot(*(haloes[0, :2] - (np.array([x[column], y[row]]) + 0.5) * scale)))


def pictures(share: float) -> str:
    """Detection from pictures, with position errors at equal false-alarm rate."""
    settings = resolve_settings("sky", preset="pictures")
    network = load_checkpoint("sky-net").network
    alone = settings.model_copy(update={"n_haloes": resolve_settings("sky", sets=["n_haloes=1"]).n_haloes})
    every = range(round(SKIES * share))
    rows = [kept(f"pictures/{index}", lambda index=index: one_sky(index, settings, alone, network)) for index in every]
    found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    if os.environ.get(RESNET):
        resnet = load_checkpoint(os.environ[RESNET]).network
        said = [kept(f"resnet/{index}", lambda index=index: _of_pixels(index, settings, resnet)) for index in every]
        found["resnet"] = np.array([row["score"] for row in said])
    return pictures_text(found)


def _of_pixels(index: int, settings, network) -> dict:
    """What a classifier of pictures says: ln odds of a halo."""
    image = paint_sky(SEED, index, draw_sky(SEED, index, settings)[0], settings)
    chance = network.probabilities({"image": np.moveaxis(image, 2, 0)[None].astype(np.float32)})[0]
    return {"score": np.log(chance[1] + 1e-12) - np.log(chance[0] + 1e-12)}


def pictures_text(found: dict[str, np.ndarray]) -> str:
    """The section, from the columns of all skies."""
    truth = found["truth"]
    names = {
        "ratio": ("likelihood ratio, true shapes, each sky's profile known", None),
        "population": ("likelihood ratio, true shapes, population known", None),
        "net": ("sky-net, measured shapes", "net distance"),
        "aperture": ("aperture mass, measured shapes", "aperture distance"),
        "resnet": ("sky-resnet18, pixels", None),
    }
    lines = [
        f"{len(truth)} simulated pictures ({int(truth.sum())} with one halo; 512 x 512, "
        f"{100 * found['measured'].mean():.0f} shapes measured for 100 galaxies), seed {SEED}. Detections and "
        f"distances at a false-alarm rate of {100 * RATE:.0f} %, the threshold set on the empty skies.",
        "",
        "| detector | AUC | less the ratio of the population | less that of the profile | haloes found "
        "| their distance: median, mean | median of all |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, (what, distance) in names.items():
        if name not in found:
            continue
        score = found[name]
        seen = truth & (score > np.quantile(score[~truth], 1 - RATE))
        gap = " | ".join(interval_text(auc_gap(truth, score, found[best]), 4, "+") for best in ("population", "ratio"))
        places = " | " if distance is None else _distances(found[distance], truth, seen)
        lines.append(
            f"| {what} | {auc_text(truth, score)} | {gap} | {share_text(seen.sum(), truth.sum())} | {places} |"
        )
    return "\n".join([*lines, "", _margins(found)])


def _distances(distance: np.ndarray, truth: np.ndarray, seen: np.ndarray) -> str:
    middle = bootstrap_interval(
        lambda count: float(np.median(np.repeat(distance[truth], count))), int(truth.sum()), 300, SEED
    )
    here = distance[seen]
    return f"{np.median(here):.0f} px, {here.mean():.0f} px | {interval_text(middle, 0)} px"


def _margins(found: dict[str, np.ndarray]) -> str:
    """How far sky-net is ahead, and whether its regions hold."""
    truth, said = found["truth"], []
    for name, what in (("aperture", "aperture mass on the same shapes"), ("resnet", "sky-resnet18")):
        if name in found:
            said.append(f"{interval_text(auc_gap(truth, found['net'], found[name]), 4, '+')} over {what}")
    inside = share_text(int(found["net inside"][truth].sum()), int(truth.sum()))
    return f"AUC of sky-net: {'; '.join(said)}. Its 68 % regions hold {inside} of the haloes."


def real_net(share: float) -> str:
    """sky-net on the real one-halo skies against the same galaxies turned at random."""
    network, rng = load_checkpoint("sky-net").network, np.random.default_rng(SEED)
    truth, score, distance = [], [], []
    for sky in [one for one in real_truths() if len(one.positions) == 1][:: max(round(1 / share), 1)]:
        field = real_field(sky)
        e = field.e1 + 1j * field.e2
        for number in range(11):
            turned = e if number == 0 else e * np.exp(2j * np.pi * rng.random(len(e)))
            log_odds, shares = network.places(
                {"shear": grid_of_field(field.with_shapes(turned.real, turned.imag))[None]}
            )
            truth.append(number == 0)
            score.append(float(log_odds[0]))
            if number == 0:
                x, y, _ = (SIDE * value for value in most_likely_place(shares[0]))
                distance.append(np.hypot(*(sky.positions[0] - (x, y))))
    return (
        f"sky-net on {len(distance)} real one-halo skies against the same galaxies turned at random (10 times each): "
        f"AUC {auc_text(np.array(truth), np.array(score))}; distance from the halo: median "
        f"{np.median(distance):.0f} px, mean {np.mean(distance):.0f} px."
    )
