"""What finder and estimator share: networks that read the channels of views."""

import numpy as np

from lensmith.nets.network import Network
from lensmith.nets.view_channels import view_channels


class ViewNetwork(Network):
    """A network of views ``[sample, plane, y, x]``, whose channels are prepared once and kept.

    It reads the first planes of a view, as many as it was trained on: older weights know no colour.
    """

    slow_to_prepare = True

    @property
    def planes(self) -> int:
        """Of a view, that it reads; one channel more is made of them."""
        return self.spec.shape[0]

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Views may have more planes than it was trained on."""
        return shape[0] >= self.planes and shape[1:] == self.spec.shape[1:]

    def preparation(self) -> dict:
        """Array and planes: all networks that read the same ones share what was prepared."""
        return {"view_channels": self.spec.inputs.array, "planes": self.planes}

    def prepare(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The channels of each view."""
        return {"image": view_channels(arrays[self.spec.inputs.array][:, : self.planes])}
