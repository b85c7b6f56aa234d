import sys
from pathlib import Path

import pytest

from lensmith.simulate.registry import KINDS

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def fake(monkeypatch):
    """The kind ``fake`` of `fake_kind.py` among the kinds, for one test."""
    monkeypatch.setitem(KINDS, "fake", ("fake_kind", "FakeSettings", "FakeSimulator"))
    return "fake"
