"""Where the images of one band are: what a layout reader finds and `assemble` turns into a `Band`."""

from dataclasses import dataclass
from typing import Literal

from lensmith.data.planes import Plane

NoiseKind = Literal["sigma", "variance", "weight"]


@dataclass(frozen=True)
class BandSource:
    """The planes and numbers of one band, before anything but headers was read.

    Attributes
    ----------
    sci : the image.
    name : filter; None: the header's.
    err, err_kind : noise plane and what it holds: 1 sigma, variance, or weight (inverse variance or exposure time).
    psf, mask, flags : planes or None; in `mask` non-zero = use (unless `mask_excludes`), in `flags` non-zero = bad.
    pixel_scale, psf_fwhm : arcsec, `zero_point` : AB magnitude; from a manifest, so they go before the header's.
    notes : what the layout reader had to assume.
    """

    sci: Plane
    name: str | None = None
    err: Plane | None = None
    err_kind: NoiseKind = "sigma"
    psf: Plane | None = None
    mask: Plane | None = None
    flags: Plane | None = None
    mask_excludes: bool = False
    pixel_scale: float | None = None
    zero_point: float | None = None
    psf_fwhm: float | None = None
    notes: tuple[str, ...] = ()

    def planes(self) -> tuple[Plane, ...]:
        """Every plane that is named."""
        return tuple(p for p in (self.sci, self.err, self.psf, self.mask, self.flags) if p is not None)
