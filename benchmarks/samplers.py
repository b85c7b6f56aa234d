"""Effective draws a second: our samplers beside lenstronomy's PSO + emcee and nautilus, on one mock and one model."""

import time
from dataclasses import dataclass

import numpy as np

EXPLAINED = """The model that all codes share: EPL + external shear, one elliptical Gaussian as source whose flux is
solved for or marginalised, no lens light, Gaussian noise, Gaussian priors within limits. Seconds are those of the
processor, one thread; compiling is not counted, what every code does before its first useful draw is (our search for
the maximum, lenstronomy's swarm and burn-in)."""
SIDE, PIXEL_SCALE, FWHM, SIGMA = 64, 0.06, 0.11, 0.02
TRUTH = {
    "theta_E": 1.15, "gamma": 2.05, "e1": 0.08, "e2": -0.05, "x": 0.02, "y": -0.01, "gamma1": 0.03, "gamma2": 0.02,
    "u": 0.10, "v": -0.07, "e1_source": 0.1, "e2_source": -0.05, "size": 0.08, "flux": 8.0,
}  # fmt: skip
BURN_IN_LENGTHS, CHAIN_LENGTHS = 5, 50
"""Of emcee in autocorrelation times: what is dropped, and how long the chain must be (emcee's rule)."""
WALKER_RATIO = 10
MIDDLE = 2
"""Index of the Gaussian in use among those of the source: its width is exp(log_size)."""


@dataclass(frozen=True)
class Measured:
    """One sampler: CPU seconds, smallest effective number of draws, evaluations of the likelihood, a remark."""

    name: str
    seconds: float
    ess: float
    evaluations: int
    remark: str = ""

    @property
    def rate(self) -> float:
        """Effective draws a second."""
        return self.ess / self.seconds


def vector() -> np.ndarray:
    """The truth as the fit's vector."""
    t = TRUTH
    head = [np.log(t["theta_E"])] + [t[k] for k in ("gamma", "e1", "e2", "x", "y", "gamma1", "gamma2", "u", "v")]
    return np.array([*head, t["e1_source"], t["e2_source"], np.log(t["size"])])


def mock_image(seed: int = 1):
    """Image ``[y, x]`` with noise, kernel, and coordinates of the pixels."""
    import jax.numpy as jnp

    from lensmith.modelling.lensed_source import source_columns
    from lensmith.modelling.prepare import kernel_transform

    steps = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_SCALE
    x, y = (a.astype(np.float32) for a in np.meshgrid(steps, steps))
    line = (np.arange(31) - 15) * PIXEL_SCALE
    kernel = np.exp(-0.5 * (line**2 + line[:, None] ** 2) / (FWHM / 2.3548) ** 2)
    kernel /= kernel.sum()
    transform, fft_side = kernel_transform(kernel, SIDE)
    columns = source_columns(jnp.asarray(vector()), x, y, jnp.asarray(transform, jnp.complex64), fft_side, 1)
    arcs = TRUTH["flux"] * np.asarray(columns[MIDDLE], float)
    return arcs + SIGMA * np.random.default_rng(seed).standard_normal(arcs.shape), kernel, x, y


def our_target():
    """The density that our samplers see: the target of a fit, with only the middle Gaussian in use."""
    from dataclasses import replace

    from lensmith.data import Band, Cutout, Steering
    from lensmith.modelling import ModelSettings
    from lensmith.modelling.alignment import align
    from lensmith.modelling.joint import JointObjective, JointState, field_band
    from lensmith.modelling.parameters import bounds, prior
    from lensmith.modelling.refine import Refined
    from lensmith.modelling.target import target_of

    image, kernel, _, _ = mock_image()
    band = Band(
        "F814W", image, np.full(image.shape, SIGMA), kernel, np.ones(image.shape, bool), PIXEL_SCALE * np.eye(2)
    )
    settings = ModelSettings(light_error=0.0, arc_error=0.0)
    aligned = align(Cutout("bench", (band,), steering=Steering(x_lens=0.0, y_lens=0.0)), settings)
    prepared = replace(aligned.bands[0], information_loss=1.0, use=np.ones_like(aligned.bands[0].use))
    field = field_band(prepared, aligned.lights[0], settings, 9.0, None)
    theta, centre = vector(), np.array([TRUTH["x"], TRUTH["y"]])
    theta[4:6] -= prepared.matrix @ (np.array(prepared.centre_pixel) - (SIDE - 1) / 2)
    objective = JointObjective([field])
    state = objective.evaluate(theta).bands[0]
    only = np.arange(len(state.passive)) == field.projected.n_fixed + MIDDLE
    amplitudes = np.where(only, TRUTH["flux"], 0.0)
    residual = field.projected.data - amplitudes[field.projected.n_fixed :] @ state.columns
    state = replace(state, passive=only, amplitudes=amplitudes, residual=residual)
    around = prior(settings, (0.08, -0.05), theta[4:6] + 0 * centre, (), (), settings.slope_sigma)
    fit = Refined(theta, JointState((state,)), objective, around, bounds(0.4, 2.5, ()), (), ())
    return fit, target_of(fit)


def ours(n_draws: int = 1000) -> list[Measured]:
    """Importance sampling and NUTS."""
    from lensmith.fitting import bulk_ess, importance_sample, laplace_mode, sample_nuts
    from lensmith.modelling.sampling import gauss_newton_covariance

    fit, target = our_target()
    start = target.box.from_box(fit.theta)
    guess = gauss_newton_covariance(fit, target.box.slope(start))
    find = lambda: laplace_mode(target.value_and_gradient, start, guess)
    mode, covariance = find()
    target.log_density(mode[None])
    seconds = _cpu(lambda: find())
    rng = np.random.default_rng(0)
    began = time.process_time()
    drawn = importance_sample(target.log_density, mode, covariance, rng, 1024, n_draws, 8)
    took = time.process_time() - began + seconds
    remark = f"k-hat {drawn.k_hat:.2f}"
    out = [Measured("lensmith importance", took, drawn.ess, len(drawn.points), remark)]
    density = target.traceable()
    compiling = _cpu(lambda: sample_nuts(density, mode, covariance, 1, 4, 2, 2))
    began = time.process_time()
    chains = sample_nuts(density, mode, covariance, 2, 4, 200, n_draws // 4)
    took = time.process_time() - began + seconds - compiling
    ess = min(bulk_ess(chains.points[..., i]) for i in range(chains.points.shape[-1]))
    remark = f"{int(chains.diverging.sum())} divergent; compiling took {compiling:.0f} s more"
    return [*out, Measured("lensmith NUTS", took, ess, int(chains.steps.sum()), remark)]


def _cpu(work) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def nautilus(cap: float) -> Measured:
    """Nested sampling by nautilus with our likelihood, uniform within 6 sigma of the maximum's Laplace widths."""
    from nautilus import Prior, Sampler

    from lensmith.fitting import laplace_mode
    from lensmith.modelling.sampling import gauss_newton_covariance

    fit, target = our_target()
    start = target.box.from_box(fit.theta)
    guess = gauss_newton_covariance(fit, target.box.slope(start))
    mode, covariance = laplace_mode(target.value_and_gradient, start, guess)
    width = 6 * np.sqrt(np.diag(covariance))
    box = Prior()
    for index, (centre, half) in enumerate(zip(mode, width)):
        box.add_parameter(f"z{index}", dist=(centre - half, centre + half))
    target.log_density(mode[None])
    sampler = Sampler(
        box, lambda z: target.log_density(np.atleast_2d(z)), n_live=1000, pass_dict=False, vectorized=True, seed=1
    )
    began = time.process_time()
    finished = sampler.run(n_eff=1000, timeout=cap)  # its limit is one of the clock
    took = time.process_time() - began
    remark = "" if finished else f"stopped after {cap:.0f} s of the clock, before it had converged"
    return Measured("nautilus on our likelihood", took, float(sampler.n_eff), int(sampler.n_like), remark)


def lenstronomy(cap: float, particles: int = 100, iterations: int = 100) -> Measured:
    """Particle swarm, then emcee until the chain is 50 autocorrelation times long or `cap` CPU seconds are over."""
    import emcee

    sequence, likelihood, size = _lenstronomy_model()
    began = time.process_time()
    sequence.fit_sequence([["PSO", {"sigma_scale": 1.0, "n_particles": particles, "n_iterations": iterations}]])
    best = np.asarray(sequence.param_class.kwargs2args(**sequence.best_fit(bijective=True)))
    n_walkers = WALKER_RATIO * len(best)
    start = best + 0.3 * size * np.random.default_rng(0).standard_normal((n_walkers, len(best)))
    sampler = emcee.EnsembleSampler(n_walkers, len(best), likelihood.logL)
    tau, length, state = np.inf, 0, start
    while time.process_time() - began < cap:
        state = sampler.run_mcmc(state, 20, skip_initial_state_check=True)
        length += 20
        tau = float(np.max(sampler.get_autocorr_time(tol=0)))
        if length > (CHAIN_LENGTHS + BURN_IN_LENGTHS) * tau:
            break
    took = time.process_time() - began
    reached = length > (CHAIN_LENGTHS + BURN_IN_LENGTHS) * tau
    ess = max(length - (BURN_IN_LENGTHS * tau if reached else 0), 1) * n_walkers / tau
    remark = f"{length} steps of {n_walkers} walkers, autocorrelation time {tau:.0f}"
    remark += "" if reached else ": stopped early, an upper bound, since a short chain underestimates that time"
    calls = particles * iterations + length * n_walkers
    return Measured("lenstronomy PSO + emcee", took, ess, calls, remark)


def _lenstronomy_model():
    """FittingSequence and likelihood of the same image, and the typical posterior width of every parameter."""
    from lenstronomy.Workflow.fitting_sequence import FittingSequence

    image, kernel, _, _ = mock_image()
    corner = -(SIDE - 1) / 2 * PIXEL_SCALE
    data = {
        "image_data": image, "background_rms": SIGMA, "noise_map": np.full(image.shape, SIGMA),
        "ra_at_xy_0": corner, "dec_at_xy_0": corner, "transform_pix2angle": PIXEL_SCALE * np.eye(2),
    }  # fmt: skip
    numerics = {"supersampling_factor": 1, "supersampling_convolution": False}
    bands = [[data, {"psf_type": "PIXEL", "kernel_point_source": kernel}, numerics]]
    t = TRUTH
    source = t["theta_E"] * np.array([t["u"], t["v"]]) + [t["x"], t["y"]]
    epl = {"theta_E": t["theta_E"], "gamma": t["gamma"], "e1": t["e1"], "e2": t["e2"], "center_x": t["x"]}
    epl["center_y"] = t["y"]
    shear = {"gamma1": t["gamma1"], "gamma2": t["gamma2"]}
    light = {"sigma": t["size"], "e1": t["e1_source"], "e2": t["e2_source"], "center_x": source[0]}
    light["center_y"] = source[1]
    half = {"theta_E": 0.6, "gamma": 0.6, "e1": 0.4, "e2": 0.4, "center_x": 0.5, "center_y": 0.5, "sigma": 0.07}
    half |= {"gamma1": 0.25, "gamma2": 0.25}
    step = {"theta_E": 0.05, "gamma": 0.1, "sigma": 0.02}
    parts = lambda values, fixed: [
        values,
        [{k: step.get(k, 0.03) for k in part} for part in values],
        fixed,
        [{k: v - half[k] for k, v in part.items()} for part in values],
        [{k: v + half[k] for k, v in part.items()} for part in values],
    ]
    params = {
        "lens_model": parts([epl, shear], [{}, {"ra_0": 0, "dec_0": 0}]),
        "source_model": parts([light], [{}]),
    }
    priors = [[0, "gamma", 2.05, 0.12], [0, "e1", 0.08, 0.1], [0, "e2", -0.05, 0.1]]
    priors += [[0, "center_x", t["x"], 0.03], [0, "center_y", t["y"], 0.03]]
    priors += [[1, "gamma1", 0.0, 0.05], [1, "gamma2", 0.0, 0.05]]
    sequence = FittingSequence(
        {"multi_band_list": bands, "multi_band_type": "single-band"},
        {"lens_model_list": ["EPL", "SHEAR"], "source_light_model_list": ["GAUSSIAN_ELLIPSE"]},
        {},
        {"prior_lens": priors, "source_marg": True, "check_bounds": True},
        params,
        verbose=False,
    )
    widths = sequence.param_class.kwargs2args(
        kwargs_lens=[dict.fromkeys(epl, 0.003), dict.fromkeys(shear, 0.003)],
        kwargs_source=[dict.fromkeys(light, 0.003)],
    )
    return sequence, sequence.likelihoodModule, np.asarray(widths)


def section(measured: list[Measured]) -> str:
    """Table in Markdown, with ratios to lenstronomy's rate."""
    reference = next((m.rate for m in measured if m.name.startswith("lenstronomy")), float("nan"))
    lines = [
        "| sampler | CPU seconds | effective draws | a second | over lenstronomy's | likelihoods | remark |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for m in measured:
        ratio = m.rate / reference
        lines.append(
            f"| {m.name} | {m.seconds:.1f} | {m.ess:.0f} | {m.rate:.3g} | {ratio:.3g} | {m.evaluations} | {m.remark} |"
        )
    return "\n".join(lines)


def measure(cap: float) -> list[Measured]:
    """All samplers, one after the other; those that are not installed are left out."""
    measured = ours()
    for run in (nautilus, lenstronomy):
        try:
            measured.append(run(cap))
        except ImportError as missing:
            print(f"{run.__name__} is left out: {missing}")
    return measured
