"""CPU time of the networks that look at every candidate: `python -m benchmarks.find_speed`, one thread.

Cutouts of 64x64 pixels in memory; from cutout to answer, views and channels included, in batches as in a run.
"""

import time

import numpy as np
import torch

from lensmith.data import Band, Cutout, gaussian_psf
from lensmith.pipeline.looking import open_stages
from lensmith.pipeline.settings import NetSettings

N, SIDE, PIXEL_SCALE, FWHM = 256, 64, 0.168, 0.7
ALL = {"finder": "finder", "segmenter": "unet-mixed", "estimator": "estimator"}


def main() -> None:
    """Print milliseconds a cutout of each network, and the sum."""
    torch.set_num_threads(1)
    total = 0.0
    for role in ALL:
        (stage,) = open_stages(NetSettings(**{name: ALL[name] if name == role else None for name in ALL}))
        stage(cutouts(16, seed=1))
        several = cutouts(N, seed=2)
        began = time.process_time()
        stage(several)
        spent = 1e3 * (time.process_time() - began) / N
        total += spent
        print(f"{role}: {spent:.2f} ms a cutout", flush=True)
    print(f"all: {total:.2f} ms, {2e3 / total:.0f} cutouts a second on two cores")


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
