"""Encoders by name, of timm or the polar one, for networks that give numbers for a whole image."""

from typing import Any

import timm
from pydantic import Field
from torch import nn

from lensmith.errors import SettingsError
from lensmith.nets.polar_trunk import PolarHead
from lensmith.nets.residual_trunk import LEAST_WIDTH
from lensmith.nets.settings import NetworkSpec, Settings

POLAR = "polar"
"""Name of the encoder that sees an image in polar coordinates about the galaxy (`lensmith.nets.polar_trunk`)."""

_TRUNK = "network.body.trunk."
"""How a checkpoint's names of a polar trunk begin."""


class EncoderSettings(Settings):
    """`encoder`: a network of timm, or ``polar``; `options`: what it is told beside (widths, drop rates).

    `pretrained` starts from timm's own weights, which must be in the hub's cache or be downloaded; `weights` from a
    file that timm can read, or for ``polar`` from the trunk of a trained finder or estimator (shipped name, run folder
    or file). Both serve a training's start alone.
    """

    encoder: str = "resnet10t"
    options: dict[str, Any] = Field(default_factory=dict)
    pretrained: bool = False
    weights: str | None = None


def make_encoder(settings: EncoderSettings, channels: int, outputs: int) -> nn.Module:
    """An encoder of `channels` images with a last layer of `outputs` numbers.

    Raises
    ------
    SettingsError
        if timm knows no such network, or it cannot be made with these options.
    """
    if settings.encoder == POLAR:
        return _polar(settings, channels, outputs)
    known = {"checkpoint_path": settings.weights} if settings.weights else {}
    try:
        return timm.create_model(
            settings.encoder,
            pretrained=settings.pretrained,
            in_chans=channels,
            num_classes=outputs,
            **known,
            **settings.options,
        )
    except (RuntimeError, KeyError, ValueError, TypeError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SettingsError(f"{settings.encoder} is no encoder of timm that can be used here: {reason}") from None


def without_start(spec: NetworkSpec) -> NetworkSpec:
    """`spec` without what a training started from: a trained network is built without it."""
    settings = {name: value for name, value in spec.settings.items() if name not in ("pretrained", "weights")}
    return spec.model_copy(update={"settings": settings})


def _polar(settings: EncoderSettings, channels: int, outputs: int) -> PolarHead:
    sizes = {"width": 20, "kept": 32, "hidden": 128, "drop_rate": 0.1}
    if settings.pretrained or not set(settings.options) <= set(sizes):
        raise SettingsError(f"the encoder polar knows the options {', '.join(sizes)}, and no weights of timm")
    sizes |= settings.options
    if min(sizes["width"], sizes["kept"]) < LEAST_WIDTH:
        raise SettingsError(f"width and kept of the encoder polar must be {LEAST_WIDTH} at least")
    head = PolarHead(channels, **sizes, outputs=outputs)
    if settings.weights:
        _start_from(head, settings.weights)
    return head


def _start_from(head: PolarHead, name: str) -> None:
    """Give the trunk the weights of a trained network's trunk."""
    from safetensors.torch import load_file

    from lensmith.nets.checkpoint import find_checkpoint

    path = find_checkpoint(name)
    found = {key.removeprefix(_TRUNK): value for key, value in load_file(path).items() if key.startswith(_TRUNK)}
    try:
        head.trunk.load_state_dict(found)
    except RuntimeError:
        raise SettingsError(
            f"{path} holds no trunk of this size: width, kept and the planes of views (older weights: 2) must agree"
        ) from None
