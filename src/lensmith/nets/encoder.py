"""Encoders of timm, by name, for networks that give numbers for a whole image."""

from typing import Any

import timm
from pydantic import Field
from torch import nn

from lensmith.errors import SettingsError
from lensmith.nets.settings import Settings


class EncoderSettings(Settings):
    """`encoder`: a network of timm; `options`: what timm's ``create_model`` is told beside (widths, drop rates).

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
