"""What every stage is given: one image in one band (`Band`) and one candidate (`Cutout`).

Records are frozen and checked when they are made; their arrays are made read-only, so that no stage can change what
another one reads.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from lensmith.errors import InputError
from lensmith.types import BoolArray, FloatArray


def frozen(array, dtype) -> np.ndarray:
    """A read-only, contiguous, native-endian copy of `array` as `dtype`."""
    out = np.array(array, dtype=dtype, order="C")
    out.setflags(write=False)
    return out


@dataclass(frozen=True, eq=False)
class Band:
    """One image of a candidate, with all that a likelihood needs.

    Attributes
    ----------
    name : filter, for example ``F814W``.
    image : float32 ``[y, x]`` in `unit`; finite wherever `mask` is True.
    noise : float32 ``[y, x]``, 1 sigma in `unit`; finite and positive wherever `mask` is True.
    psf : float32 ``[y, x]``, odd sides, sum 1.
    mask : bool ``[y, x]``, True = use.
    pixel_to_sky : float64 ``(2, 2)``, arcsec a pixel: ``(x, y)_sky = pixel_to_sky @ (column, row)`` up to an offset.
        Sky axes are (East, North), dRA cos(dec) and ddec; an image with North up and East left has a negative
        determinant. Without orientation it is ``pixel_scale * identity``.
    wcs : `astropy.wcs.WCS` or None, celestial.
    oriented : whether `pixel_to_sky` holds the true orientation (from a WCS or a pixel matrix).
    zero_point : AB magnitude of one `unit`, or None.
    unit : the image's own flux unit.
    exposure : seconds, or None.
    gain : electrons per `unit` (for rates: per `unit` times second), or None.
    notes : what was measured or assumed because the file does not say it.
    """

    name: str
    image: FloatArray
    noise: FloatArray
    psf: FloatArray
    mask: BoolArray
    pixel_to_sky: FloatArray
    wcs: object | None = None
    oriented: bool = False
    zero_point: float | None = None
    unit: str = ""
    exposure: float | None = None
    gain: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        kinds = {"image": np.float32, "noise": np.float32, "mask": bool, "psf": np.float32, "pixel_to_sky": np.float64}
        for key, kind in kinds.items():
            object.__setattr__(self, key, frozen(getattr(self, key), kind))
        where = f"band {self.name}"
        if self.image.ndim != 2:
            raise InputError(f"{where}: the image must have two axes [y, x], this one has shape {self.image.shape}")
        for key in ("noise", "mask"):
            if getattr(self, key).shape != self.image.shape:
                raise InputError(
                    f"{where}: the {key} has shape {getattr(self, key).shape} but the image {self.image.shape}"
                )
        if not self.mask.any():
            raise InputError(f"{where}: no usable pixel is left after masking; check the image and its mask")
        if not np.isfinite(self.image[self.mask]).all():
            raise InputError(f"{where}: the image is not finite on pixels that the mask says to use")
        used = self.noise[self.mask]
        if not (np.isfinite(used).all() and (used > 0).all()):
            raise InputError(f"{where}: the noise must be finite and positive on pixels that the mask says to use")
        if self.psf.ndim != 2 or self.psf.shape[0] % 2 == 0 or self.psf.shape[1] % 2 == 0:
            raise InputError(f"{where}: the PSF must be a 2-D kernel with odd sides, its shape is {self.psf.shape}")
        if not np.isfinite(self.psf).all() or abs(float(self.psf.sum(dtype=float)) - 1) > 1e-3:
            raise InputError(f"{where}: the PSF must be finite and sum to 1, it sums to {float(self.psf.sum()):.4g}")
        if self.pixel_to_sky.shape != (2, 2) or not abs(np.linalg.det(self.pixel_to_sky)) > 0:
            raise InputError(f"{where}: pixel_to_sky must be an invertible 2x2 matrix in arcsec a pixel")

    @property
    def pixel_scale(self) -> float:
        """Side of a square pixel of the same area, arcsec."""
        return float(np.sqrt(abs(np.linalg.det(self.pixel_to_sky))))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.image.shape


@dataclass(frozen=True)
class Steering:
    """What a person may say about one lens to steer its fit: all optional, arcsec in the first band's frame."""

    x_lens: float | None = None
    y_lens: float | None = None
    theta_E_min: float | None = None
    theta_E_max: float | None = None

    def __post_init__(self):
        low, high = self.theta_E_min, self.theta_E_max
        for key, value in (("theta_E_min", low), ("theta_E_max", high)):
            if value is not None and not (np.isfinite(value) and value > 0):
                raise InputError(f"{key} must be a positive number of arcsec, not {value}")
        if low is not None and high is not None and low >= high:
            raise InputError(f"theta_E_min ({low}) must be smaller than theta_E_max ({high})")


@dataclass(frozen=True, eq=False)
class Cutout:
    """One candidate: its bands (at least one, each its own grid) and what is known of it.

    `ra`, `dec` are ICRS degrees or None; `source` is the path that it came from, for messages.
    """

    id: str
    bands: tuple[Band, ...]
    z_lens: float | None = None
    z_source: float | None = None
    ra: float | None = None
    dec: float | None = None
    steering: Steering = field(default_factory=Steering)
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "bands", tuple(self.bands))
        if not self.bands:
            raise InputError(f"candidate {self.id}: it has no bands")
        names = [band.name for band in self.bands]
        if len(set(names)) < len(names):
            raise InputError(f"candidate {self.id}: band names must differ, got {', '.join(names)}")
        for key in ("z_lens", "z_source"):
            z = getattr(self, key)
            if z is not None and not (np.isfinite(z) and z > 0):
                raise InputError(f"candidate {self.id}: {key} must be a positive number, not {z}")
        if self.z_lens is not None and self.z_source is not None and self.z_source <= self.z_lens:
            raise InputError(f"candidate {self.id}: z_source ({self.z_source}) must exceed z_lens ({self.z_lens})")

    @property
    def pixel_scale(self) -> float:
        """Pixel scale of the first band, arcsec."""
        return self.bands[0].pixel_scale

    def stack(self) -> np.ndarray:
        """All images as float32 ``[band, y, x]``.

        Raises
        ------
        InputError
            if the bands do not share one grid.
        """
        first = self.bands[0]
        for band in self.bands[1:]:
            if band.shape != first.shape or not np.allclose(band.pixel_to_sky, first.pixel_to_sky, rtol=1e-6):
                raise InputError(
                    f"candidate {self.id}: bands {first.name} and {band.name} do not share a grid "
                    f'({first.shape} at {first.pixel_scale:.4g}" and {band.shape} at {band.pixel_scale:.4g}"), '
                    "so they cannot be stacked"
                )
        return np.stack([band.image for band in self.bands])

    def only(self, *names: str) -> "Cutout":
        """The same candidate with just the bands named, in the order given."""
        by_name = {band.name: band for band in self.bands}
        missing = [name for name in names if name not in by_name]
        if missing:
            raise InputError(f"candidate {self.id}: no band {missing[0]}; it has {', '.join(by_name)}")
        return replace(self, bands=tuple(by_name[name] for name in names))
