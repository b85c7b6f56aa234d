"""What finder and estimator share: networks that read the channels of views."""

import numpy as np

from lensmith.nets.network import Network
from lensmith.nets.view_channels import view_channels


class ViewNetwork(Network):
    """A network of views ``[sample, 2, y, x]``, whose channels are prepared once and kept."""

    slow_to_prepare = True

    def preparation(self) -> dict:
        """The array alone: all such networks share what was prepared."""
        return {"view_channels": self.spec.inputs.array}

    def prepare(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The channels of each view."""
        return {"image": view_channels(arrays[self.spec.inputs.array])}
