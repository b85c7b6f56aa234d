"""The trace of a posterior, for every kind of sampler."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots import trace_plot

from .mock_fit import ONE, make_fit


def test_every_chain_is_drawn_and_divergent_draws_are_marked():
    fit = make_fit(ONE)
    n = len(fit.draws["theta_E"]) // 4 * 4
    draws = {name: values[:n] for name, values in fit.draws.items()}
    stats = {"diverging": np.arange(n) % 50 == 0}
    fit = replace(fit, draws=draws, chains=4, sampler="nuts", sample_stats=stats)
    figure = trace_plot(fit)
    assert isinstance(figure, Figure)
    assert len(figure.axes[0].lines) == 5


def test_weights_of_importance_sampling_have_a_row():
    fit = make_fit(ONE)
    weighted = replace(fit, sampler="importance", weighted_draws={"log_weight": np.zeros(300)})
    assert len(trace_plot(weighted).axes) == len(trace_plot(fit).axes) + 1


def test_a_fit_without_draws():
    assert trace_plot(replace(make_fit(ONE), draws={})).axes == []
