"""Strong lenses of galaxy, group and cluster scale, and what finders take for them."""

from lensmith.simulate.strong.settings import StrongSettings
from lensmith.simulate.strong.simulator import StrongSimulator

__all__ = ["StrongSettings", "StrongSimulator"]
