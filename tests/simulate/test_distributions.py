"""Distributions: their laws against SciPy, and what a wrong one says."""

import numpy as np
import pytest
from scipy import stats

from lensmith.simulate.distributions import distribution
from lensmith.simulate.randomness import rng

LAWS = {
    "uniform": ({"uniform": [-1, 3]}, stats.uniform(-1, 4)),
    "loguniform": ({"loguniform": [0.1, 10]}, stats.loguniform(0.1, 10)),
    "normal": ({"normal": [2, 0.5]}, stats.norm(2, 0.5)),
    "cut normal": ({"normal": [2, 0.5], "min": 1.5, "max": 4}, stats.truncnorm(-1, 4, 2, 0.5)),
    "lognormal": ({"lognormal": [1.5, 0.3]}, stats.lognorm(0.3, scale=1.5)),
    "rayleigh": ({"rayleigh": 0.4}, stats.rayleigh(scale=0.4)),
    "power law": ({"power_law": [-1.9, 1e6, 1e10]}, stats.truncpareto(0.9, 1e4, scale=1e6)),
    "flat in log": ({"power_law": [-1, 1, 100]}, stats.loguniform(1, 100)),
}


@pytest.mark.parametrize("name", LAWS)
def test_draws_follow_the_law(name):
    content, law = LAWS[name]
    ours = distribution(content)
    draws = ours.draw_many(np.random.default_rng(1), 4000)
    assert stats.kstest(draws, law.cdf).pvalue > 0.01
    low, high = ours.support
    assert low <= draws.min() <= draws.max() <= high
    one = [ours.draw(rng(1, i, "law")) for i in range(300)]
    assert stats.kstest(one, law.cdf).pvalue > 0.01
    assert distribution(ours.model_dump(mode="json")) == ours


def test_cut_laws_stay_inside():
    for content in ({"rayleigh": 1, "max": 0.5}, {"lognormal": [1, 1], "min": 0.9, "max": 1.1}):
        law = distribution(content)
        draws = law.draw_many(np.random.default_rng(0), 2000)
        assert law.support[0] <= draws.min() <= draws.max() <= law.support[1]


def test_fixed_numbers_and_choices():
    stream = np.random.default_rng(0)
    assert distribution(3).draw(stream) == 3.0
    assert distribution(3).draw_many(stream, 2).tolist() == [3.0, 3.0]
    assert distribution(3).model_dump() == 3.0
    choice = distribution({"choice": ["a", "b", "c"], "weights": [1, 0, 3]})
    drawn = choice.draw_many(stream, 4000).tolist()
    assert set(drawn) == {"a", "c"}
    assert abs(drawn.count("c") / 4000 - 0.75) < 0.04
    assert {choice.draw(stream) for _ in range(50)} == {"a", "c"}
    assert distribution({"choice": [1, 2.5]}).support == (1, 2.5)
    assert distribution(True).draw(stream) is True


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"uniform": [2, 1]}, "lower end 2 lies above"),
        ({"uniform": [1]}, "uniform.1"),
        ({"uniform": [0, "inf"]}, "finite"),
        ({"loguniform": [0, 1]}, "positive ends"),
        ({"normal": [0, 0]}, "width must be positive"),
        ({"normal": [0, 1], "min": 40}, "leave nothing"),
        ({"lognormal": [-1, 1]}, "median"),
        ({"rayleigh": 0}, "greater than 0"),
        ({"power_law": [2, 0, 1]}, "0 < min <= max"),
        ({"choice": []}, "at least 1"),
        ({"choice": [1, 2], "weights": [1]}, "cannot have 1 weights"),
        ({"uniform": [0, 1], "mni": 3}, "mni"),
        ({"unifrom": [0, 1]}, "one key of uniform"),
        ([0, 1], "a number or a mapping"),
        (float("nan"), "finite"),
    ],
)
def test_wrong_distributions(content, says):
    with pytest.raises(ValueError, match=says):
        distribution(content)
