"""The estimator: a Gaussian of lens parameters with its full covariance from one view. Any encoder of timm.

In training the negative logarithm of the Gaussian's density at the truth is made small (Bishop 1994, NCRG/94/004, with
one component). Lengths are pixels of the view, and theta_E is counted by its logarithm, so that one network serves
every pixel scale.
"""

import numpy as np
import torch
from torch import Tensor, nn

from lensmith.data.findings import PARAMETERS
from lensmith.nets.encoder import EncoderSettings, make_encoder, without_start
from lensmith.nets.polar_trunk import PolarHead
from lensmith.nets.settings import NetworkSpec
from lensmith.nets.view_network import ViewNetwork

NAMES = tuple(PARAMETERS)
SPREAD = (0.5, 0.15, 0.15, 1.0, 1.0, 0.05, 0.05)
"""What a unit of every output stands for: ln theta_E, e1, e2, x and y [pixels of the view], gamma1, gamma2."""
TYPICAL_LOG_RADIUS = 2.0
"""ln of a typical theta_E [pixels of the view]: where the outputs have their zero."""
_MIRRORED = (1, 1, -1, -1, 1, 1, -1)
"""Signs of the parameters in an image whose columns are reversed."""
_P = len(NAMES)
_LOWER = np.tril_indices(_P, -1)


class EstimatorSettings(EncoderSettings):
    """An encoder with a last layer for means and covariance."""


class Estimator(ViewNetwork):
    """Means and covariances of `NAMES` of views ``[sample, plane, y, x]``."""

    def __init__(self, spec: NetworkSpec, settings: EstimatorSettings):
        super().__init__(without_start(spec), make_encoder(settings, spec.shape[0] + 1, 2 * _P + _P * (_P - 1) // 2))
        self.register_buffer("widening", torch.ones(_P))
        """By how much validation samples show each sigma to be too small."""

    def forward(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Means ``[sample, p]`` and inverse Cholesky factors L ``[sample, p, p]`` (covariance = inv(L.T L)), scaled."""
        mean, factor, centre = self._seen(inputs["image"])
        return mean + _placed(centre), factor

    def loss(self, inputs: dict[str, Tensor], truth: Tensor) -> Tensor:
        """Negative log density, mean over samples, of scaled truths ``[sample, p]``, up to a constant.

        In training a polar encoder sees every sample turned by an angle of its own.
        """
        turned = None
        if self.training and isinstance(self.body, PolarHead):
            turned = 2 * torch.pi * torch.rand(len(truth), device=truth.device)
        mean, factor, centre = self._seen(inputs["image"], turned)
        truth = truth - _placed(centre)
        away = (truth if turned is None else rotated_truth(truth, -turned)) - mean
        # Not a matrix product, which mixed precision would round.
        away = (factor * away[:, None]).sum(2)
        logs = torch.log(torch.diagonal(factor, dim1=1, dim2=2)).sum(1)
        return (0.5 * away.square().sum(1) - logs).mean()

    def _seen(self, image: Tensor, turned: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Means, factors, and the centre ``[sample, 2]`` [pixels] that the means of x and y are counted from."""
        if isinstance(self.body, PolarHead):
            out, centre = self.body(image, turned)
        else:
            out, centre = self.body(image), image.new_zeros(len(image), 2)
        out = out.float()
        mean, diagonal, below = out[:, :_P], out[:, _P : 2 * _P], out[:, 2 * _P :]
        factor = torch.diag_embed(nn.functional.softplus(diagonal + 0.5) + 1e-3)
        factor[:, _LOWER[0], _LOWER[1]] = below
        return mean, factor, centre

    @torch.inference_mode()
    def scaled_estimate(self, inputs: dict[str, Tensor]) -> tuple[np.ndarray, np.ndarray]:
        """Means ``[sample, p]`` and covariances ``[sample, p, p]``, scaled, widened."""
        self.eval()
        mean, covariance = self._gaussian(inputs["image"])
        if isinstance(self.body, PolarHead):
            # No direction is special: the image and its mirror image are asked.
            sign = torch.tensor(_MIRRORED).double()
            other, spread = self._gaussian(inputs["image"].flip(-1))
            mean, covariance = (mean + sign * other) / 2, (covariance + sign[:, None] * spread * sign) / 2
        wide = self.widening.double()
        return mean.numpy(), (covariance * wide[:, None] * wide).numpy()

    def _gaussian(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Means and covariances, scaled, float64."""
        mean, factor = self({"image": image})
        inverse = torch.linalg.inv(factor.double())
        return mean.double(), inverse @ inverse.mT

    def calibrate_widths(self, mean: np.ndarray, covariance: np.ndarray, truth: np.ndarray) -> None:
        """Set the widening so that 1 sigma holds 68.3 % of the validation truths, each parameter by itself."""
        sigma = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        ratio = np.quantile(np.abs(truth - mean) / sigma, 0.6827, axis=0)
        self.widening *= torch.from_numpy(ratio.astype(np.float32))


def scaled_truth(values: np.ndarray, pixel_scale: np.ndarray) -> np.ndarray:
    """Truths ``[sample, p]`` in the order of `NAMES` (arcsec) as the network counts them.

    `pixel_scale` ``[sample]`` is that of the views.
    """
    out = np.array(values, float)
    out[:, 0] = np.log(out[:, 0] / pixel_scale) - TYPICAL_LOG_RADIUS
    out[:, 3:5] /= pixel_scale[:, None]
    return out / SPREAD


def unscaled(mean: np.ndarray, covariance: np.ndarray, pixel_scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and covariances in arcsec: theta_E is the median, its errors carried over to first order."""
    mean = mean * SPREAD
    theta_E = np.exp(mean[:, 0] + TYPICAL_LOG_RADIUS) * pixel_scale
    units = np.tile(np.array(SPREAD), (len(mean), 1))
    units[:, 0] *= theta_E
    units[:, 3:5] *= pixel_scale[:, None]
    mean[:, 3:5] *= pixel_scale[:, None]
    mean[:, 0] = theta_E
    return mean, covariance * units[:, :, None] * units[:, None]


def _placed(centre: Tensor) -> Tensor:
    """A centre ``[sample, 2]`` [pixels] as scaled parameters ``[sample, p]``, the others 0."""
    return nn.functional.pad(centre / torch.tensor(SPREAD[3:5], device=centre.device), (3, _P - 5))


def rotated_truth(truth: Tensor, angle: Tensor) -> Tensor:
    """Scaled truths ``[sample, p]`` of lenses turned counter-clockwise by `angle` ``[sample]`` [rad]."""
    theta_E, e1, e2, x, y, gamma1, gamma2 = truth.T
    c, s, c2, s2 = torch.cos(angle), torch.sin(angle), torch.cos(2 * angle), torch.sin(2 * angle)
    e1, e2 = c2 * e1 - s2 * e2, s2 * e1 + c2 * e2
    gamma1, gamma2 = c2 * gamma1 - s2 * gamma2, s2 * gamma1 + c2 * gamma2
    return torch.stack([theta_E, e1, e2, c * x - s * y, s * x + c * y, gamma1, gamma2], 1)


def turned_truth(truth: Tensor, turns: Tensor) -> Tensor:
    """Scaled truths of images that were flipped and turned by the codes of `lensmith.training.order.TURNS`.

    A code of 4 and up swaps x and y; each quarter turn then makes (x, y) to (y, -x).
    """
    theta_E, e1, e2, x, y, gamma1, gamma2 = truth.T
    swapped = turns >= 4
    x, y = torch.where(swapped, y, x), torch.where(swapped, x, y)
    e1, gamma1 = (torch.where(swapped, -value, value) for value in (e1, gamma1))
    for k in range(3):
        more = turns % 4 > k
        x, y = torch.where(more, y, x), torch.where(more, -x, y)
    odd = turns % 2 == 1
    e1, e2, gamma1, gamma2 = (torch.where(odd, -value, value) for value in (e1, e2, gamma1, gamma2))
    return torch.stack([theta_E, e1, e2, x, y, gamma1, gamma2], 1)
