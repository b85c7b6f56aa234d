"""U-Net (Ronneberger et al. 2015, MICCAI, p. 234) of segmentation_models_pytorch, with any encoder of timm."""

import segmentation_models_pytorch as smp
import torch
from pydantic import Field
from torch import Tensor, nn

from lensmith.errors import SettingsError
from lensmith.nets.segmentation_losses import Region, segmentation_loss
from lensmith.nets.segmenter import Segmenter, SegmenterSettings
from lensmith.nets.settings import NetworkSpec


class UnetSettings(SegmenterSettings):
    """`encoder`: a network of timm; the published lens segmentation had ``resnet50``.

    `pretrained` starts from timm's ImageNet weights, which must be in the hub's cache or be downloaded; `decoder` are
    the channels from the coarsest level to the finest, as many as levels of the encoder are used; `region` is added to
    the cross-entropy. `refine` > 0 joins so many channels of the image at its own resolution to those of the decoder
    before the last layer: the encoders of timm begin at half of it, which blurs arcs a pixel or two thin.
    """

    encoder: str = "resnet50"
    pretrained: bool = False
    decoder: tuple[int, ...] = Field((256, 128, 64, 32, 16), min_length=3, max_length=5)
    region: Region = "dice"
    refine: int = Field(0, ge=0)


class Unet(Segmenter):
    """32.5 million parameters with ResNet-50, 0.6 million with four levels of ``regnetx_002`` (`unet-mixed`)."""

    def __init__(self, spec: NetworkSpec, settings: UnetSettings):
        super().__init__(spec, settings)
        scores, finest = len(spec.classes), settings.decoder[-1]
        try:
            self.body = smp.Unet(
                encoder_name=f"tu-{settings.encoder}",
                encoder_depth=len(settings.decoder),
                encoder_weights="imagenet" if settings.pretrained else None,
                decoder_channels=settings.decoder,
                in_channels=self.bands,
                classes=finest if settings.refine else scores,
            )
        except (RuntimeError, KeyError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise SettingsError(f"{settings.encoder} is no encoder of timm that a U-Net can use: {reason}") from None

        if settings.refine:
            self.stem = _convolution(self.bands, settings.refine)
            self.head = nn.Sequential(_convolution(finest + settings.refine, finest), nn.Conv2d(finest, scores, 1))

    def outputs(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """One image of scores."""
        image = inputs["image"]
        found = self.body(image)
        scores = self.head(torch.cat([found, self.stem(image)], 1)) if self.settings.refine else found
        return self.with_ranks([scores], image)

    def loss(self, inputs, masks, teacher=None) -> Tensor:
        """Cross-entropy and Dice or Jaccard."""
        return segmentation_loss(self(inputs), masks, self.settings.exclusive, self.settings.region)


def _convolution(channels: int, wanted: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, wanted, 3, padding=1, bias=False), nn.BatchNorm2d(wanted), nn.ReLU(inplace=True)
    )
