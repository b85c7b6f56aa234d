"""The DeepLense classes of dark matter substructure in a lens: none, cold dark matter subhaloes, an axion vortex."""

from lensmith.simulate.substructure.settings import SubstructureSettings
from lensmith.simulate.substructure.simulator import SubstructureSimulator

__all__ = ["SubstructureSettings", "SubstructureSimulator"]
