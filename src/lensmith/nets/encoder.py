"""Encoders by name, of timm or the polar one, for networks that give numbers for a whole image."""

from typing import Any

import timm
from pydantic import Field
from torch import nn

from lensmith.errors import SettingsError
from lensmith.nets.polar_trunk import PolarHead
from lensmith.nets.settings import Settings

POLAR = "polar"
"""Name of the encoder that sees an image in polar coordinates about the galaxy (`lensmith.nets.polar_trunk`)."""


class EncoderSettings(Settings):
    """`encoder`: a network of timm, or ``polar``; `options`: what it is told beside (widths, drop rates).

    `pretrained` starts from timm's own weights, which must be in the hub's cache or be downloaded; `weights` from a
    file that timm can read.
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
        return _polar(settings, outputs)
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


def _polar(settings: EncoderSettings, outputs: int) -> PolarHead:
    sizes = {"width": 24, "kept": 32, "hidden": 128, "drop_rate": 0.1}
    if settings.pretrained or settings.weights or not set(settings.options) <= set(sizes):
        raise SettingsError(f"the encoder polar knows the options {', '.join(sizes)}, and no weights of timm")
    return PolarHead(**sizes | settings.options, outputs=outputs)
