"""bfloat16 is for machines that have it."""

import pytest

from lensmith.training import precision


@pytest.mark.parametrize(
    ("asked", "has_it", "used"),
    [("bf16", True, "bf16-mixed"), ("bf16", False, "32-true"), ("32", True, "32-true"), ("32", False, "32-true")],
)
def test_bfloat16_is_used_where_the_machine_has_it(monkeypatch, asked, has_it, used):
    monkeypatch.setattr(precision.torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(precision, "bf16_on_cpu", lambda: has_it)
    said = []
    assert precision.precision_here(asked, said.append) == used
    assert bool(said) == (asked == "bf16" and not has_it)
