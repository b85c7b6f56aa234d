"""Lensed supernovae and what looks like them: images, light curves and truth."""

from lensmith.simulate.transient.settings import TransientSettings
from lensmith.simulate.transient.simulator import TransientSimulator
from lensmith.simulate.transient.systems import CLASSES, SYSTEMS

__all__ = ["CLASSES", "SYSTEMS", "TransientSettings", "TransientSimulator"]
