"""One network a file, checkpoints with a model card, batched prediction.

Importing this does not import torch; building or loading a network does.
"""

from lensmith.nets.checkpoint import (
    Checkpoint,
    find_checkpoint,
    load_checkpoint,
    save_checkpoint,
    shipped_weights,
)
from lensmith.nets.registry import NETWORKS, build_network, parameter_count
from lensmith.nets.settings import InputSettings, NetworkSpec

__all__ = [
    "NETWORKS",
    "Checkpoint",
    "InputSettings",
    "NetworkSpec",
    "build_network",
    "find_checkpoint",
    "load_checkpoint",
    "parameter_count",
    "save_checkpoint",
    "shipped_weights",
]
