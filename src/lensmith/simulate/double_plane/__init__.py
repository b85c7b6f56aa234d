"""Lenses with two sources at two redshifts, the nearer one also deflecting the farther."""

from lensmith.simulate.double_plane.settings import DoublePlaneSettings
from lensmith.simulate.double_plane.simulator import DoublePlaneSimulator

__all__ = ["DoublePlaneSettings", "DoublePlaneSimulator"]
