"""Speed of the networks that look at every candidate: `python -m benchmarks.find_speed`, one thread a process.

Cutouts of 64x64 pixels in memory; from cutout to answer, views and channels included, in batches of 256. Each network
by itself, then all as in a run, where finder and estimator share the view; medians of several rounds. First the time of
one processor, then, by the clock, two processes side by side.
"""

import multiprocessing
import time

import numpy as np
import torch

from benchmarks.machine import busy_cores
from lensmith.data import Band, Cutout, gaussian_psf
from lensmith.pipeline.looking import findings_of, open_stages
from lensmith.pipeline.settings import NetSettings

N, ROUNDS, SIDE, PIXEL_SCALE, FWHM = 256, 5, 64, 0.168, 0.7
ALL = {"finder": "finder", "segmenter": "unet-mixed", "estimator": "estimator"}


def main() -> None:
    """Print milliseconds a cutout of each network, and the sum."""
    torch.set_num_threads(1)
    for roles in (*([role] for role in ALL), list(ALL)):
        stages = open_stages(NetSettings(**{name: ALL[name] if name in roles else None for name in ALL}))
        findings_of(cutouts(16, seed=1), stages)
        spent = sorted(_milliseconds(stages, seed) for seed in range(2, 2 + ROUNDS))
        middle = spent[ROUNDS // 2]
        print(f"{' + '.join(roles)}: {middle:.2f} ms a cutout ({spent[0]:.2f} to {spent[-1]:.2f})", flush=True)
    print(f"all: {2e3 / middle:.0f} cutouts a second on two cores, by the processor's time")
    for roles in (["segmenter"], list(ALL)):
        rates = sorted(two_processes(roles))
        said = f"{rates[ROUNDS // 2]:.0f} cutouts a second ({rates[0]:.0f} to {rates[-1]:.0f})"
        print(f"{' + '.join(roles)}: {said} by the clock, two processes; {busy_cores():.1f} cores busy", flush=True)


def two_processes(roles: list[str]) -> list[float]:
    """Cutouts a second by the clock, of two processes that start each round together."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(2), context.Queue()
    both = [context.Process(target=_serve, args=(roles, barrier, answers)) for _ in range(2)]
    for process in both:
        process.start()
    times = np.array([answers.get() for _ in both])
    for process in both:
        process.join()
    return list(2 * N / (times[:, :, 1].max(0) - times[:, :, 0].min(0)))


def _serve(roles: list[str], barrier, answers) -> None:
    """Begin and end of every round, by a clock that both processes share."""
    torch.set_num_threads(1)
    stages = open_stages(NetSettings(**{name: ALL[name] if name in roles else None for name in ALL}))
    findings_of(cutouts(16, seed=1), stages)
    times = []
    for seed in range(2, 2 + ROUNDS):
        several = cutouts(N, seed)
        barrier.wait()
        began = time.monotonic()
        findings_of(several, stages)
        times.append((began, time.monotonic()))
    answers.put(times)


def _milliseconds(stages, seed: int) -> float:
    several = cutouts(N, seed)
    began = time.process_time()
    findings_of(several, stages)
    return 1e3 * (time.process_time() - began) / N


def cutouts(n: int, seed: int) -> list[Cutout]:
    """Galaxies in noise, one band."""
    random, psf = np.random.default_rng(seed), gaussian_psf(FWHM, PIXEL_SCALE, 25)
    y, x = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    galaxy = 50 * np.exp(-np.hypot(x, y) / 4)
    made = []
    for k in range(n):
        image = galaxy + random.normal(size=galaxy.shape)
        band = Band("r", image, np.ones_like(image), psf, np.ones(image.shape, bool), PIXEL_SCALE * np.eye(2))
        made.append(Cutout(f"galaxy{k}", (band,)))
    return made


if __name__ == "__main__":
    main()
