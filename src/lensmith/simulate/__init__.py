"""Scene and seed in, labelled images out."""

from lensmith.simulate.demo_survey import simulate_demo

__all__ = ["simulate_demo"]
