"""The precision that a training really computes in."""

import torch

_NAMES = {"32": "32-true", "bf16": "bf16-mixed"}
"""Setting -> Lightning's name."""


def precision_here(asked: str, tell) -> str:
    """Lightning's name of the precision `asked`: float32 where a CPU has no bfloat16, of which `tell` is told.

    Such CPUs emulate bfloat16, many times slower than float32, and have no LSTM in it at all.
    """
    if asked == "bf16" and not (torch.cuda.is_available() or bf16_on_cpu()):
        tell("this CPU does not compute in bfloat16: float32 is used instead of loop.precision=bf16")
        asked = "32"
    return _NAMES[asked]


def bf16_on_cpu() -> bool:
    """Whether oneDNN computes in bfloat16 on this CPU."""
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):  # a torch without oneDNN
        return False
