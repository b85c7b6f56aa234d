"""ResNets of timm, as the public entries for DeepLense used them (He et al. 2016, CVPR, p. 770)."""

import timm
from torch import nn

from lensmith.nets.network import Network
from lensmith.nets.settings import NetworkSpec, Settings


class ResNetSettings(Settings):
    """`pretrained`: start from timm's ImageNet weights, which must be in the hub's cache or be downloaded.

    `dropout`: before the last layer.
    """

    pretrained: bool = False
    dropout: float = 0.0


def resnet18(spec: NetworkSpec, settings: ResNetSettings) -> Network:
    """timm's ``resnet18``: 11.2 million parameters."""
    return Network(spec, _encoder("resnet18", spec, settings))


def resnet10(spec: NetworkSpec, settings: ResNetSettings) -> Network:
    """timm's ``resnet10t``: 4.9 million parameters, a stem of three small convolutions."""
    return Network(spec, _encoder("resnet10t", spec, settings))


def _encoder(name: str, spec: NetworkSpec, settings: ResNetSettings) -> nn.Module:
    return timm.create_model(
        name,
        pretrained=settings.pretrained,
        in_chans=spec.shape[0],
        num_classes=len(spec.classes),
        drop_rate=settings.dropout,
    )
