"""Asking a network about images in batches of one size, so that no answer depends on what stands beside it.

Libraries add up in another order for another size of batch; at one size the place in the batch does not matter.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

SIZE = 16


def in_fixed_batches(ask: Callable[[dict[str, Tensor]], tuple[np.ndarray, ...]], images: np.ndarray) -> tuple:
    """Answers of `ask`, each ``[image, ...]``, about one or more prepared images ``[image, channel, y, x]``."""
    answers = []
    for start in range(0, len(images), SIZE):
        some = images[start : start + SIZE]
        padded = np.zeros((SIZE, *images.shape[1:]), np.float32)
        padded[: len(some)] = some
        batch = torch.from_numpy(padded).contiguous(memory_format=torch.channels_last)
        answers.append([np.asarray(values)[: len(some)] for values in ask({"image": batch})])
    return tuple(np.concatenate(parts) for parts in zip(*answers))
