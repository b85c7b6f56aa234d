"""Checkpoints: one safetensors file that says how to build its network, and a model card beside it. No pickles.

The header of ``model.safetensors`` holds the `NetworkSpec` and what is known of the training as JSON; `TRACES` are
marks of the samples that it was trained on, so that an evaluation can tell whether it asks about one of them.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lensmith.data import atomic_write
from lensmith.errors import InputError, SettingsError
from lensmith.nets.registry import build_network
from lensmith.nets.settings import NetworkSpec, build_settings

if TYPE_CHECKING:
    from lensmith.nets.network import Network

WEIGHTS = Path(__file__).parents[1] / "weights"
"""Weights that ship with the package: ``<name>/model.safetensors`` and ``card.md``."""

FILE = "model.safetensors"
TRACES = "training_traces"
_PREFIX = "network."


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained network, where it came from, what its header says, and marks of its training samples (or None)."""

    network: "Network"
    path: Path
    header: dict[str, Any] = field(default_factory=dict)
    traces: np.ndarray | None = None


def save_checkpoint(path: Path, network: "Network", header: dict[str, Any], traces: np.ndarray | None = None) -> None:
    """Write a network with its spec, `header` (JSON-able) and `traces` (float32 ``[sample, feature]``)."""
    import torch
    from safetensors.torch import save

    tensors = {f"{_PREFIX}{name}": value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    if traces is not None:
        tensors[TRACES] = torch.from_numpy(np.ascontiguousarray(traces, np.float32))
    text = {"spec": network.spec.model_dump_json(), "header": json.dumps(header)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        # Not save_file: its files are closed to everybody but their owner, whatever the umask says.
        temporary.write_bytes(save(tensors, metadata=text))


def load_checkpoint(name: str | Path) -> Checkpoint:
    """A checkpoint by the name of shipped weights, by path (file or run folder), or by hub id ``owner/name``.

    A hub id is looked for in the hub's local cache before anything is asked of the network.

    Raises
    ------
    InputError
        if there is no such checkpoint, or the file is not one of lensmith.
    """
    from safetensors import SafetensorError, safe_open

    path = find_checkpoint(name)
    try:
        with safe_open(path, framework="pt") as file:
            text = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is no sound safetensors file ({error}): train again or fetch it anew") from None
    if "spec" not in text:
        raise InputError(f"{path} holds weights without a description of their network: it is no lensmith checkpoint")
    try:
        spec = build_settings(NetworkSpec, json.loads(text["spec"]), str(path))
        network = build_network(spec)
        weights = {key.removeprefix(_PREFIX): value for key, value in tensors.items() if key.startswith(_PREFIX)}
        network.load_state_dict(weights)
    except (SettingsError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} does not fit this version of lensmith: {reason}") from None
    network.eval()
    traces = tensors[TRACES].numpy() if TRACES in tensors else None
    return Checkpoint(network, path, json.loads(text.get("header", "{}")), traces)


def find_checkpoint(name: str | Path) -> Path:
    """The file that a name, path or hub id means; InputError where there is none."""
    path = Path(name)
    for candidate in (path, path / FILE, WEIGHTS / str(name) / FILE):
        if candidate.is_file():
            return candidate
    if path.is_dir():
        raise InputError(f"{path} holds no {FILE}: training there has not finished; run it with --resume")
    if str(name).count("/") == 1 and not path.suffix:
        return _from_hub(str(name))
    known = ", ".join(shipped_weights()) or "none yet"
    raise InputError(
        f"{name}: no such checkpoint; give a run folder, a .safetensors file, or shipped weights ({known})"
    )


def shipped_weights() -> tuple[str, ...]:
    """Names of the weights in the package."""
    return tuple(sorted(path.parent.name for path in WEIGHTS.glob(f"*/{FILE}")))


def _from_hub(name: str) -> Path:
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(huggingface_hub.hf_hub_download(name, FILE, local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    try:
        return Path(huggingface_hub.hf_hub_download(name, FILE))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{name} is no folder, and no checkpoint of that id is in the hub's cache or can be fetched: {reason}"
        ) from None
