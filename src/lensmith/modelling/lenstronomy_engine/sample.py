"""The sampling itself: particle swarm, then emcee, both through lenstronomy's `FittingSequence`."""

import contextlib
import io
import warnings
from dataclasses import dataclass

import numpy as np

from lensmith.errors import FitError, LensmithError
from lensmith.modelling.lenstronomy_engine.arguments import Arguments
from lensmith.modelling.lenstronomy_engine.settings import LenstronomySettings


@dataclass(frozen=True, eq=False)
class Chain:
    """`samples` float64 ``[step, walker, parameter]`` and `names`; `best` is kwargs_result at the maximum."""

    samples: np.ndarray
    names: tuple[str, ...]
    log_likelihood: np.ndarray
    best: dict
    n_like: int


def run_chain(arguments: Arguments, settings: LenstronomySettings, seed: int) -> Chain:
    """Swarm and ensemble; the same seed gives the same chain (lenstronomy draws from NumPy's global generator).

    Raises
    ------
    MissingError
        if lenstronomy or emcee is not installed.
    FitError
        if lenstronomy gives up.
    """
    sequence_class = _fitting_sequence()
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed % 2**32)  # noqa: NPY002
    swarm = {"sigma_scale": 1.0, "n_particles": settings.n_particles, "n_iterations": settings.n_iterations}
    ensemble = {"n_burn": settings.n_burn, "n_run": settings.n_run, "walkerRatio": settings.walker_ratio}
    try:
        with quiet():
            sequence = sequence_class(
                arguments.data,
                arguments.model,
                arguments.constraints,
                arguments.likelihood,
                arguments.parameters,
                verbose=False,
            )
            steps = [["PSO", swarm], ["MCMC", ensemble | {"sigma_scale": 0.1, "progress": False}]]
            *_, (_, samples, names, log_likelihood) = sequence.fit_sequence(steps)
            best = sequence.param_class.args2kwargs(samples[np.argmax(log_likelihood)])
    except LensmithError:
        raise
    except Exception as error:
        raise FitError(f"lenstronomy gave up: {' '.join(str(error).split())}") from error
    finally:
        np.random.set_state(state)  # noqa: NPY002
    walkers = settings.walker_ratio * len(names)
    shape = (settings.n_run, walkers, len(names))
    evaluations = settings.n_particles * settings.n_iterations + walkers * (settings.n_burn + settings.n_run)
    return Chain(samples.reshape(shape), tuple(names), log_likelihood.reshape(shape[:2]), best, evaluations)


@contextlib.contextmanager
def quiet():
    """Keep lenstronomy's progress and its deprecation warnings, which are not the user's, off the terminal."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _fitting_sequence():
    try:
        import emcee  # noqa: F401
        from lenstronomy.Workflow.fitting_sequence import FittingSequence
    except ImportError as error:
        raise FitError(f"the engine lenstronomy needs the package {error.name}: pip install it") from None
    return FittingSequence
