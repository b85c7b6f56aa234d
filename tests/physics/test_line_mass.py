"""The line mass held against point masses along the line."""

import numpy as np
import pytest

from lensmith.physics.mass import line_mass, point_mass


@pytest.mark.parametrize("half_length", [0.03, 0.5, 3.0])
def test_it_is_many_point_masses_along_a_line(half_length):
    random = np.random.default_rng(1)
    x, y = random.uniform(-2, 2, (2, 50))
    theta_E, angle, center_x, center_y, n = 0.3, 0.7, 0.1, -0.05, 20_000
    along = (np.arange(n) + 0.5) / n * 2 * half_length - half_length
    each = theta_E / np.sqrt(n)
    points = [
        point_mass.deflection(a, b, each, center_x + along * np.cos(angle), center_y + along * np.sin(angle))
        for a, b in zip(x, y)
    ]
    expected = np.array([[part.sum() for part in one] for one in points]).T
    found = line_mass.deflection(x, y, theta_E, half_length, angle, center_x, center_y)
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_far_away_it_is_one_point_mass():
    far = line_mass.deflection(30.0, 40.0, 0.3, 0.5, 0.2)
    assert np.allclose(far, point_mass.deflection(30.0, 40.0, 0.3), rtol=1e-4)
