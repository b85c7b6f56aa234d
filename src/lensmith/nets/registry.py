"""The networks by name; a network's module is imported when it is asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from lensmith.errors import SettingsError
from lensmith.nets.settings import NetworkSpec, Settings, build_settings, nearest

if TYPE_CHECKING:
    from lensmith.nets.network import Network


class Entry(NamedTuple):
    """Where a network is made: module, class of its settings, function of (spec, settings); and what it is for."""

    module: str
    settings: str
    builder: str
    task: str
    about: str


NETWORKS = {
    "resnet18": Entry("lensmith.nets.resnet", "ResNetSettings", "resnet18", "classify", "ResNet-18 (timm resnet18)"),
    "resnet10": Entry("lensmith.nets.resnet", "ResNetSettings", "resnet10", "classify", "ResNet-10 (timm resnet10t)"),
    "gravilens": Entry(
        "lensmith.nets.gravilens",
        "GravilensSettings",
        "Gravilens",
        "classify",
        "CNN of the mean image and LSTM of the light curve, as DeepZipper has them",
    ),
    "gravilens-image": Entry(
        "lensmith.nets.gravilens", "GravilensSettings", "gravilens_image", "classify", "the image's branch of gravilens"
    ),
    "gravilens-curve": Entry(
        "lensmith.nets.gravilens", "GravilensSettings", "gravilens_curve", "classify", "the curve's branch of gravilens"
    ),
    "gravilens-munet": Entry(
        "lensmith.nets.gravilens_munet",
        "GravilensMunetSettings",
        "GravilensMunet",
        "classify",
        "local, global and multi-modal sub-networks, stacked, as DeepGraviLens has them",
    ),
    "transient": Entry(
        "lensmith.nets.transient",
        "TransientSettings",
        "Transient",
        "classify",
        "attention over measurements beside a small CNN; classes after every epoch",
    ),
    "lens-pinn": Entry(
        "lensmith.nets.lens_pinn",
        "LensPinnSettings",
        "LensPinn",
        "classify",
        "features theta and k, beta = theta-k r^2",
    ),
    "lens-physics": Entry(
        "lensmith.nets.lens_physics",
        "LensPhysicsSettings",
        "LensPhysics",
        "classify",
        "image, converged smooth lens model and residual in noise units",
    ),
    "finder": Entry("lensmith.nets.finder", "FinderSettings", "Finder", "classify", "P(lens) of a cutout, any encoder"),
    "estimator": Entry(
        "lensmith.nets.estimator",
        "EstimatorSettings",
        "Estimator",
        "estimate",
        "Gaussian of theta_E, e1, e2, centre, gamma1, gamma2, any encoder",
    ),
    "unet": Entry("lensmith.nets.unet", "UnetSettings", "Unet", "segment", "U-Net with any encoder of timm"),
    "isnet": Entry("lensmith.nets.isnet", "IsnetSettings", "Isnet", "segment", "IS-Net, intermediate supervision"),
    "msrfnet": Entry("lensmith.nets.msrfnet", "MsrfnetSettings", "Msrfnet", "segment", "MSRF-Net, dual-scale fusion"),
    "sky-resnet18": Entry(
        "lensmith.nets.resnet", "ResNetSettings", "resnet18", "classify", "ResNet-18 on blurred, downsized sky pictures"
    ),
    "sky-net": Entry(
        "lensmith.nets.sky_net",
        "SkyNetSettings",
        "SkyNet",
        "sky",
        "convolutions on maps of the shear likelihood: is there a halo, and where",
    ),
}
"""Every network: a recipe bears its name."""


def build_network(spec: NetworkSpec) -> "Network":
    """The network of `spec` with fresh weights; torch's random state decides them.

    Raises
    ------
    SettingsError
        if there is no such network or it has no such setting.
    """
    entry = NETWORKS.get(spec.name)
    if entry is None:
        raise SettingsError(f"there is no network {spec.name}; {nearest(spec.name, NETWORKS)}")
    module = import_module(entry.module)
    kind: type[Settings] = getattr(module, entry.settings)
    settings = build_settings(kind, spec.settings, f"the settings of the network {spec.name}")
    return getattr(module, entry.builder)(spec, settings)


def parameter_count(network) -> int:
    """How many numbers training may change."""
    return sum(weights.numel() for weights in network.parameters())
