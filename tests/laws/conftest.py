"""The three array libraries behind one face, so that every law is written once."""

from dataclasses import dataclass

import numpy as np
import pytest

STEP = 1e-5


@dataclass
class Library:
    """What a law needs of an array library: arrays of it, and derivatives of a function of several arrays."""

    name: str
    dtype: str = "float64"

    def array(self, values):
        if self.name == "jax":
            import jax.numpy as jnp

            return jnp.asarray(values, dtype=self.dtype)
        if self.name == "torch":
            import torch

            return torch.tensor(np.asarray(values), dtype=getattr(torch, self.dtype))
        return np.asarray(values, dtype=self.dtype)

    def gradient(self, function, *arguments):
        """Derivatives of the sum of ``function(*arguments)`` by every argument, as NumPy arrays."""
        arguments = [self.array(argument) for argument in arguments]
        if self.name == "jax":
            import jax

            grads = jax.grad(lambda *a: function(*a).sum(), argnums=tuple(range(len(arguments))))(*arguments)
            return [np.asarray(grad) for grad in grads]
        if self.name == "torch":
            import torch

            arguments = [argument.clone().requires_grad_() for argument in arguments]
            grads = torch.autograd.grad(function(*arguments).sum(), arguments, allow_unused=True)
            return [
                np.zeros(argument.shape) if grad is None else grad.numpy() for argument, grad in zip(arguments, grads)
            ]
        return [self._difference(function, arguments, i) for i in range(len(arguments))]

    def _difference(self, function, arguments, index):
        moved = [[*arguments[:index], arguments[index] + step, *arguments[index + 1 :]] for step in (STEP, -STEP)]
        return (function(*moved[0]) - function(*moved[1])) / (2 * STEP)

    @property
    def tolerance(self):
        """How exact `gradient` is: differences of NumPy are not automatic differentiation."""
        return 1e-8 if self.name == "numpy" else 1e-10


@pytest.fixture(params=["numpy", "jax", "torch"])
def library(request):
    if request.param != "jax":
        yield Library(request.param)
        return
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield Library("jax")
    jax.config.update("jax_enable_x64", before)


@pytest.fixture
def positions():
    """Points [arcsec] off every centre, in two dimensions so that broadcasting is seen."""
    random = np.random.default_rng(3)
    radius, angle = random.uniform(0.2, 3.0, (4, 5)), random.uniform(0, 2 * np.pi, (4, 5))
    return radius * np.cos(angle), radius * np.sin(angle)
