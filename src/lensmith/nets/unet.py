"""U-Net (Ronneberger et al. 2015, MICCAI, p. 234) of segmentation_models_pytorch, with any encoder of timm."""

import segmentation_models_pytorch as smp
from torch import Tensor

from lensmith.errors import SettingsError
from lensmith.nets.segmentation_losses import Region, segmentation_loss
from lensmith.nets.segmenter import Segmenter, SegmenterSettings
from lensmith.nets.settings import NetworkSpec


class UnetSettings(SegmenterSettings):
    """`encoder`: a network of timm; the published lens segmentation had ``resnet50``.

    `pretrained` starts from timm's ImageNet weights, which must be in the hub's cache or be downloaded; `decoder` are
    the channels from the coarsest level to the finest; `region` is added to the cross-entropy.
    """

    encoder: str = "resnet50"
    pretrained: bool = False
    decoder: tuple[int, int, int, int, int] = (256, 128, 64, 32, 16)
    region: Region = "dice"


class Unet(Segmenter):
    """32.5 million parameters with ResNet-50, 3.3 million with ``regnetx_002`` and the decoder of `unet-small`."""

    def __init__(self, spec: NetworkSpec, settings: UnetSettings):
        super().__init__(spec, settings)
        try:
            self.body = smp.Unet(
                encoder_name=f"tu-{settings.encoder}",
                encoder_weights="imagenet" if settings.pretrained else None,
                decoder_channels=settings.decoder,
                in_channels=self.bands,
                classes=len(spec.classes),
            )
        except (RuntimeError, KeyError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise SettingsError(f"{settings.encoder} is no encoder of timm that a U-Net can use: {reason}") from None

    def outputs(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """One image of scores."""
        return [self.body(inputs["image"])]

    def loss(self, inputs, masks, teacher=None) -> Tensor:
        """Cross-entropy and Dice or Jaccard."""
        return segmentation_loss(self(inputs), masks, self.settings.exclusive, self.settings.region)
