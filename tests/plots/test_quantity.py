import math

import pytest

from lensmith.plots import split_errors, with_error
from lensmith.plots.quantity import drawable, rounded


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (1.23456, 1.21456, 1.25456, "1.235 ± 0.020"),
        (1.35, 1.323, 1.3797, "1.350 ± 0.030"),
        (1.234, 1.222, 1.265, "1.234 +0.031 −0.012"),
        (-31.04, -39.1, -22.2, "−31.0 ± 8.8"),
        (146.2, 120.0, 170.0, "146 ± 26"),
        (0.0798, 0.0699, 0.09, "0.080 ± 0.010"),
        (2.0, 2.0, 2.0, "2.0000 ± 0.0000"),
        (1.23456, math.nan, math.nan, "1.235"),
        (math.nan, 1.0, 2.0, "–"),
        (0.0, 0.0, 0.0, "0 ± 0"),
    ],
)
def test_digits_follow_the_errors(value, low, high, text):
    assert with_error(value, low, high) == text


def test_both_sides_alike_only_within_a_fifth():
    assert split_errors(1.0, 0.90, 1.11) == ("1.00", "0.11", "0.11")
    assert split_errors(1.0, 0.90, 1.13) == ("1.00", "0.13", "0.10")
    assert rounded(1.0, 0.90, 1.11) == ("1.00", "0.11", "0.10")


def test_text_that_the_font_lacks_is_replaced():
    assert drawable("SDSS J0946 é β ″") == "SDSS J0946 é β ″"
    assert drawable("a\tb\x00星") == "a b??"
