"""A field of background galaxies with measured shapes: what weak lensing starts from."""

from dataclasses import dataclass, field

import numpy as np

from lensmith.data.records import frozen
from lensmith.errors import InputError

FEWEST_GALAXIES = 20
"""Below this a sky says nothing: even a halo of shear 0.3 on every galaxy would not stand out of the shape noise."""

_SPECKS, _CLUMP = 500, 0.1
"""More than this share of the galaxies in one of so many parts of either side is no sky."""


@dataclass(frozen=True, eq=False)
class GalaxyField:
    """Positions and shapes of the background galaxies of one sky.

    Attributes
    ----------
    id : the sky's name, its file's stem.
    x, y : positions ``[galaxy]`` in `unit`; x along columns, y along rows (West and North where the sky is known).
    e1, e2 : ellipticity ``[galaxy]`` along these axes, ``(1-q)/(1+q) exp(2 i phi)``, |e| < 1.
    weight : ``[galaxy]``, positive, relative: the shape variance of a galaxy is proportional to 1/weight.
    extent : (x_min, x_max, y_min, y_max) of the sky that was observed.
    unit : ``pixel`` or ``arcsec``.
    centre : (RA, Dec) in degrees of (0, 0) on a tangent plane, or None without sky coordinates.
    wcs : `astropy.wcs.WCS` of the image that positions are pixels of, or None.
    redshift : ``[galaxy]`` or None.
    layout : the layout of the file where it says what is in the sky (``dark-worlds``), else empty.
    notes : what was assumed or left out in reading.
    """

    id: str
    x: np.ndarray
    y: np.ndarray
    e1: np.ndarray
    e2: np.ndarray
    weight: np.ndarray | None = None
    extent: tuple[float, float, float, float] | None = None
    unit: str = "pixel"
    centre: tuple[float, float] | None = None
    redshift: np.ndarray | None = None
    wcs: object = None
    layout: str = ""
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self):
        n = len(np.atleast_1d(self.x))
        if self.weight is None:
            object.__setattr__(self, "weight", np.ones(n))
        for name in ("x", "y", "e1", "e2", "weight"):
            values = frozen(getattr(self, name), np.float64)
            object.__setattr__(self, name, values)
            if values.shape != (n,):
                raise InputError(f"sky {self.id}: column {name} has shape {values.shape} for {n} galaxies")
            bad = np.flatnonzero(~np.isfinite(values))
            if len(bad):
                raise InputError(f"sky {self.id}: {name} of galaxy {bad[0] + 1} is not a finite number; drop that row")
        if n < FEWEST_GALAXIES:
            galaxies = "no galaxies" if n == 0 else f"only {n} galax{'y' if n == 1 else 'ies'}"
            raise InputError(
                f"sky {self.id}: cannot tell whether there is a halo, it has {galaxies} and "
                f"{FEWEST_GALAXIES} is the least that is looked at"
            )
        self._check_shapes()
        if self.extent is None:
            object.__setattr__(self, "extent", bounding_box(self.x, self.y))
        if self.redshift is not None:
            object.__setattr__(self, "redshift", frozen(self.redshift, np.float64))

    def _check_shapes(self) -> None:
        wrong = np.flatnonzero(np.hypot(self.e1, self.e2) >= 1)
        if len(wrong):
            size = np.hypot(self.e1[wrong[0]], self.e2[wrong[0]])
            raise InputError(
                f"sky {self.id}: galaxy {wrong[0] + 1} has an ellipticity of {size:.3g} where it must be below 1; "
                "check that e1, e2 are (1-q)/(1+q), not in percent, and remove failed measurements"
            )
        if not (self.weight > 0).all():
            raise InputError(f"sky {self.id}: weights must be positive; remove the galaxies of no weight")
        if np.ptp(self.x) == 0 or np.ptp(self.y) == 0:
            raise InputError(f"sky {self.id}: all galaxies share one x or y, so nothing can be said of the sky")
        self._check_clump()
        if not (self.e1.any() or self.e2.any()):
            raise InputError(f"sky {self.id}: every ellipticity is 0, so no shape was measured")

    def _check_clump(self) -> None:
        """Positions in two units: what is in the larger one lies in a speck of the field."""
        bins = [np.linspace(v.min(), v.max(), _SPECKS + 1) for v in (self.x, self.y)]
        counts, *_ = np.histogram2d(self.x, self.y, bins=bins)
        if counts.max() > max(_CLUMP * len(self), 5):
            raise InputError(
                f"sky {self.id}: {counts.max():.0f} of {len(self)} galaxies lie within 1/{_SPECKS} of the field; check "
                "that all positions are in one unit and none is a placeholder"
            )

    def __len__(self) -> int:
        return len(self.x)

    @property
    def side(self) -> float:
        """The longer side of the extent, in `unit`."""
        left, right, bottom, top = self.extent
        return max(right - left, top - bottom)

    @property
    def shape_noise(self) -> float:
        """Scatter of one ellipticity component, lensing included (weighted)."""
        return float(np.sqrt(np.average((self.e1**2 + self.e2**2) / 2, weights=self.weight)))

    def with_shapes(self, e1: np.ndarray, e2: np.ndarray) -> "GalaxyField":
        """The same sky with other shapes, as the null tests need it."""
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__} | {"e1": e1, "e2": e2}
        return GalaxyField(**kept)


def bounding_box(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float]:
    """(x_min, x_max, y_min, y_max) of the galaxies, widened by what uniform positions miss on average."""
    grow = (len(x) + 1) / max(len(x) - 1, 1)
    box = []
    for values in (x, y):
        middle, half = (values.max() + values.min()) / 2, np.ptp(values) / 2 * grow
        box += [float(middle - half), float(middle + half)]
    return tuple(box)
