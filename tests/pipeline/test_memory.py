"""A worker's memory between candidates."""

import jax
import jax.numpy as jnp

from lensmith.pipeline.memory import give_memory_back


def test_compiled_functions_are_forgotten_beyond_the_limit_alone():
    def double(x):
        traced.append(x)
        return 2 * x

    traced = []
    compiled = jax.jit(double)
    compiled(jnp.ones(3))
    assert not give_memory_back(most=1e15)
    compiled(jnp.ones(3))
    assert len(traced) == 1
    assert give_memory_back(most=0)
    assert compiled(jnp.ones(3)).tolist() == [2, 2, 2]
    assert len(traced) == 2
