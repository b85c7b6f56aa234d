"""The one place where JAX is configured for inference."""


def use_double_precision() -> None:
    """Let JAX make float64 arrays; the hot paths cast to float32 themselves where that is enough."""
    import jax

    jax.config.update("jax_enable_x64", True)
