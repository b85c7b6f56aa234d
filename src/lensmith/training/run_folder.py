"""The folder of a training: made or gone on with, and what it says about itself."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lensmith.errors import OutputError, SettingsError
from lensmith.nets.settings import build_settings
from lensmith.training.preflight import refuse_full_disk
from lensmith.training.recipe import Recipe
from lensmith.training.scores import write_json

SETTINGS = "recipe.yaml"
RUN = "run.json"
_PACKAGES = ("lensmith", "torch", "lightning", "timm", "safetensors", "numpy", "scipy", "jax")
_MAY_DIFFER = ("devices", "nodes", "workers")
"""Settings of the loop that a resumed training may change: they do not shape its result."""


def is_main_process() -> bool:
    """Whether this process writes: of those that train together, the first one (Lightning starts the others)."""
    from lightning.pytorch.utilities import rank_zero_only

    return rank_zero_only.rank == 0


def open_run_folder(folder: Path, recipe: Recipe, resume: bool, needed: float) -> None:
    """Make the folder with the resolved recipe in it; with `resume`, check that it holds the same training.

    Raises
    ------
    SettingsError
        if the folder holds another training, or one and `resume` was not asked for.
    OutputError
        if it cannot be written or the disk has less than `needed` bytes free.
    """
    if not is_main_process():
        return
    kept = folder / SETTINGS
    if kept.is_file():
        if not resume:
            raise SettingsError(f"{folder} holds a training already: add --resume to go on with it, or choose another")
        _refuse_other_recipe(kept, recipe)
    elif folder.is_dir() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty and holds no training: choose another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        refuse_full_disk(folder, needed)
        write_recipe(kept, recipe)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}; choose another --out") from None


def write_recipe(path: Path, recipe: Recipe) -> None:
    """Write the resolved recipe as YAML: it may be given to `lensmith train` again."""
    import yaml

    from lensmith.data import atomic_write

    with atomic_write(path) as temporary:
        temporary.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False), encoding="utf-8")


def _refuse_other_recipe(path: Path, recipe: Recipe) -> None:
    import yaml

    kept = build_settings(Recipe, yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    before, now = (_flat(one.model_dump(mode="json")) for one in (kept, recipe))
    for name in sorted(before.keys() | now.keys()):
        if name.removeprefix("loop.") not in _MAY_DIFFER and before.get(name) != now.get(name):
            raise SettingsError(
                f"{path.parent} was begun with {name} = {before.get(name)}, not {now.get(name)}: resume it with the "
                "same settings, or choose another --out"
            )


def _flat(content: dict, prefix: str = "") -> dict[str, object]:
    flat = {}
    for name, value in content.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def write_run_json(folder: Path, recipe: Recipe, command: str, data: dict, **facts) -> None:
    """Write ``run.json``: command, settings, seed, versions, machine, data with their hash, and `facts`."""
    content = {
        "command": command,
        "settings": recipe.model_dump(mode="json"),
        "seed": recipe.loop.seed,
        "data": data,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in _PACKAGES},
        "machine": machine(),
    }
    write_json(folder / RUN, content | facts)


def machine() -> dict[str, object]:
    """What the training ran on."""
    import torch

    accelerators = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": cores,
        "torch_threads": torch.get_num_threads(),
        "accelerators": accelerators,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
