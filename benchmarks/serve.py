"""One code in a process of its own, in its own environment: it waits for tasks on its input, one JSON line each.

    python -m benchmarks.serve PACKAGE PRECISION MASS_PROFILE

All codes are compiled, warmed up and timed by the same lines here. Tasks: ``draw`` an image, ``fit`` data (value and
gradient of chi-square), ``time`` either.
"""

import json
import os
import sys
import time

import numpy as np

from benchmarks import scene
from benchmarks.machine import pin_to_one_core, versions

PACKAGES = ("lensmith", "lenstronomy", "jaxtronomy", "jax", "jaxlib", "numpy", "scipy", "numba")


class Code:
    """A code, ready to draw and to be timed."""

    def __init__(self, package: str, precision: str, mass_profile: str):
        self.package, self.precision, self.mass_profile = package, precision, mass_profile
        self.differentiable = package != "lenstronomy"
        self.vectors = list(scene.vectors())
        if self.differentiable:
            import jax

            jax.config.update("jax_enable_x64", precision == "float64")
            self.vectors = [jax.numpy.asarray(vector, precision) for vector in self.vectors]
        self.calls = {}

    def draw(self, side: int, supersampling: int) -> dict:
        """Compile the image of a case and draw it."""
        self.image = self._image_function(side, supersampling)
        call = self.image
        if self.differentiable:
            import jax

            compiled = jax.jit(self.image)
            call = lambda vector: jax.block_until_ready(compiled(vector))
        self.calls = {"image": call}
        return {"image": np.asarray(call(self.vectors[0]), float).tolist()}

    def fit(self, data: list, sigma: float) -> dict:
        """Compile chi-square and its gradient by all non-linear parameters; evaluate them."""
        import jax

        data = jax.numpy.asarray(data, self.precision)
        compiled = jax.jit(jax.value_and_grad(lambda vector: (((self.image(vector) - data) / sigma) ** 2).sum()))
        self.calls["gradient"] = lambda vector: jax.block_until_ready(compiled(vector))
        value, gradient = self.calls["gradient"](self.vectors[0])
        return {"value": float(value), "gradient": np.asarray(gradient, float).tolist()}

    def time(self, what: str, calls: int) -> dict:
        """Seconds of one call, the mean over `calls` in a row."""
        call, vectors = self.calls[what], self.vectors
        began = time.perf_counter()
        for i in range(calls):
            call(vectors[i % len(vectors)])
        return {"seconds": (time.perf_counter() - began) / calls}

    def _image_function(self, side: int, supersampling: int):
        if self.package == "lensmith":
            from benchmarks.lensmith_image import image_function

            return image_function(side, supersampling, self.precision)
        from benchmarks.lenstronomy_image import image_function

        return image_function(self.package, self.mass_profile, side, supersampling)


def main() -> None:
    """Answer tasks until the input closes."""
    # What a library prints must not end up among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    pin_to_one_core()
    code = Code(*sys.argv[1:])
    print(json.dumps({"versions": versions(PACKAGES)}), file=answers, flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        try:
            answer = getattr(code, task.pop("do"))(**task)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
