"""The estimator: a joint posterior of lens parameters with its full covariance from one view. Any encoder of timm.

The posterior is a Gaussian whose marginals may have longer tails (`lensmith.nets.tails`), so a normalising flow of one
layer (Rezende & Mohamed 2015, arXiv:1505.05770): the widths are those of 68 % intervals, the correlations those of the
Gaussian before. In training the negative logarithm of its density at the truth is made small (Bishop 1994,
NCRG/94/004). Lengths are pixels of the view, and theta_E is counted by its logarithm, so that one network serves every
pixel scale.
"""

import numpy as np
import torch
from torch import Tensor, nn

from lensmith.data.findings import PARAMETERS
from lensmith.nets.encoder import EncoderSettings, make_encoder, without_start
from lensmith.nets.polar_trunk import PolarHead
from lensmith.nets.settings import NetworkSpec
from lensmith.nets.tails import deviates, log_slope, to_gaussian
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
_LEAST_TAILS, _FIRST_TAILS = 0.6, -0.7
"""Shortest tails, and the output from which softplus adds 0.4 to them: training begins about at a Gaussian."""
_TAIL_FACTORS = np.linspace(0.5, 3.0, 251)
"""Factors that calibration tries on the tails."""
_TWO_SIGMA = 0.9545


class EstimatorSettings(EncoderSettings):
    """An encoder with a last layer for means, covariance and, with `tails`, the tails of every marginal."""

    tails: bool = False


class Estimator(ViewNetwork):
    """Posteriors of `NAMES` of views ``[sample, plane, y, x]``."""

    def __init__(self, spec: NetworkSpec, settings: EstimatorSettings):
        outputs = 2 * _P + len(_LOWER[0]) + (_P if settings.tails else 0)
        super().__init__(without_start(spec), make_encoder(settings, spec.shape[0] + 1, outputs))
        self.register_buffer("widening", torch.ones(_P))
        """By how much validation samples show each width to be too small."""
        if settings.tails:
            self.register_buffer("lengthening", torch.ones(_P))
            """The same of the tails."""
        self.has_tails = settings.tails

    def forward(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Means ``[sample, p]``, inverse Cholesky factors L ``[sample, p, p]`` (covariance = inv(L.T L)) and tails
        ``[sample, p]``, scaled.
        """
        mean, factor, tails, centre = self._seen(inputs["image"])
        return mean + _placed(centre), factor, tails

    def loss(self, inputs: dict[str, Tensor], truth: Tensor) -> Tensor:
        """Negative log density, mean over samples, of scaled truths ``[sample, p]``, up to a constant.

        In training a polar encoder sees every sample turned by an angle of its own.
        """
        turned = None
        if self.training and isinstance(self.body, PolarHead):
            turned = 2 * torch.pi * torch.rand(len(truth), device=truth.device)
        mean, factor, tails, centre = self._seen(inputs["image"], turned)
        truth = truth - _placed(centre)
        away = (truth if turned is None else rotated_truth(truth, -turned)) - mean
        logs = torch.log(torch.diagonal(factor, dim1=1, dim2=2)).sum(1)
        if self.has_tails:
            width = _inverse(factor).square().sum(2).sqrt()
            deviate = to_gaussian(away / width, tails)
            logs, away = logs + log_slope(away / width, deviate, tails).sum(1), deviate * width
        # Not a matrix product, which mixed precision would round.
        away = (factor * away[:, None]).sum(2)
        return (0.5 * away.square().sum(1) - logs).mean()

    def _seen(self, image: Tensor, turned: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Means, factors, tails, and the centre ``[sample, 2]`` [pixels] that means of x and y are counted from."""
        if isinstance(self.body, PolarHead):
            out, centre = self.body(image, turned)
        else:
            out, centre = self.body(image), image.new_zeros(len(image), 2)
        out = out.float()
        n = 2 * _P + len(_LOWER[0])
        mean, diagonal, below, tails = out[:, :_P], out[:, _P : 2 * _P], out[:, 2 * _P : n], out[:, n:]
        factor = torch.diag_embed(nn.functional.softplus(diagonal + 0.5) + 1e-3)
        factor[:, _LOWER[0], _LOWER[1]] = below
        known = self.has_tails
        tails = _LEAST_TAILS + nn.functional.softplus(tails + _FIRST_TAILS) if known else torch.ones_like(mean)
        return mean, factor, tails, centre

    @torch.inference_mode()
    def scaled_estimate(self, inputs: dict[str, Tensor]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Medians ``[sample, p]``, covariances ``[sample, p, p]`` of the Gaussian before its tails are stretched (so
        that the roots of their diagonals are half 68 % intervals), and tails ``[sample, p]``; scaled, widened.
        """
        self.eval()
        mean, covariance, tails = self._posterior(inputs["image"])
        if isinstance(self.body, PolarHead):
            # No direction is special: the image and its mirror image are asked.
            sign = torch.tensor(_MIRRORED).double()
            other, spread, others = self._posterior(inputs["image"].flip(-1))
            mean, covariance = (mean + sign * other) / 2, (covariance + sign[:, None] * spread * sign) / 2
            tails = (tails + others) / 2
        wide = self.widening.double()
        if self.has_tails:
            tails = tails * self.lengthening
        return mean.numpy(), (covariance * wide[:, None] * wide).numpy(), tails.numpy()

    def _posterior(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Medians, covariances and tails, scaled, float64."""
        mean, factor, tails = self({"image": image})
        inverse = _inverse(factor.double())
        return mean.double(), inverse @ inverse.mT, tails.double()

    def calibrate(self, mean: np.ndarray, covariance: np.ndarray, tails: np.ndarray, truth: np.ndarray) -> None:
        """Set widening and lengthening so that 1 sigma holds 68.3 % and 2 sigma 95.5 % of the validation truths, each
        parameter by itself.
        """
        away = np.abs(truth - mean) / np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        ratio = np.quantile(away, 0.6827, axis=0)
        self.widening *= torch.from_numpy(ratio.astype(np.float32))
        if self.has_tails:
            held = np.stack([(deviates(away / ratio, tails * factor) < 2).mean(0) for factor in _TAIL_FACTORS])
            best = _TAIL_FACTORS[np.abs(held - _TWO_SIGMA).argmin(0)]
            self.lengthening *= torch.from_numpy(best.astype(np.float32))


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


def _inverse(factor: Tensor) -> Tensor:
    """Inverses of lower triangular matrices ``[sample, p, p]``."""
    return torch.linalg.solve_triangular(factor, torch.eye(_P, dtype=factor.dtype, device=factor.device), upper=False)


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
