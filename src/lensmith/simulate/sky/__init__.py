"""Skies of background galaxies behind 0, 1 or more dark-matter haloes: catalogues of shapes, and pictures of them."""

from lensmith.simulate.sky.settings import SkySettings
from lensmith.simulate.sky.simulator import SkySimulator

__all__ = ["SkySettings", "SkySimulator"]
