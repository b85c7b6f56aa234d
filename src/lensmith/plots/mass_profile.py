"""The radial mass profile of a fit, with its uncertainty."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lensmith.data.results import LensFit
from lensmith.physics import cosmology
from lensmith.plots.lens_of_fit import ISOTHERMAL, image_positions
from lensmith.plots.quantity import drawable, with_error
from lensmith.plots.style import FAINT_INK, INK, LABEL_SIZE, POSTERIOR, TICK_SIZE, TITLE_SIZE
from lensmith.types import FloatArray
from lensmith.units import ARCSEC_PER_RADIAN

_RANGE = (0.2, 3.0)
"""Radii that are drawn, in units of theta_E."""
_POINTS = 80
_PERCENTILES = (15.865, 50.0, 84.135)


def mean_convergence(radius: FloatArray, theta_E: FloatArray, gamma: FloatArray) -> FloatArray:
    """Mean convergence ``(theta_E / R)^(gamma - 1)`` ``[draw, radius]`` inside ellipses of circularised radius R.

    From kappa = (3 - gamma)/2 (theta_E / R)^(gamma - 1) of an elliptical power law (Tessore & Metcalf 2015, eq. 2),
    whose isodensity ellipses of radius R have the area pi R^2. `radius` ``[radius]`` [arcsec]; the others ``[draw]``.
    """
    theta_E, gamma = np.asarray(theta_E, float)[:, None], np.asarray(gamma, float)[:, None]
    return (theta_E / np.asarray(radius, float)) ** (gamma - 1)


def mass_profile(fit: LensFit) -> Figure:
    """Draw mean convergence and enclosed mass against radius: median and 68 % band of the posterior's draws.

    Radii are circularised: those of circles as large as the isodensity ellipses. The mass is in solar masses, and the
    upper axis in kpc, where both redshifts are known; else the mass is in units of the critical surface density. Ticks
    along the bottom are the distances of the images from the lens: the profile is measured there, elsewhere it is the
    power law's. The band is statistical, without the systematic floor. External shear holds no mass.
    """
    theta_E = np.asarray(fit.draws.get("theta_E", [fit.parameters["theta_E"].best]), float)
    gamma = np.asarray(fit.draws.get("gamma", np.full(len(theta_E), ISOTHERMAL)), float)
    radius = np.geomspace(*_RANGE, _POINTS) * float(np.median(theta_E))
    kappa = mean_convergence(radius, theta_E, gamma)
    unit, label = _unit_of_mass(fit)
    figure = Figure(figsize=(4.2, 5.4))
    upper, lower = figure.subplots(2, 1, sharex=True)
    figure.subplots_adjust(0.17, 0.09, 0.97, 0.87, hspace=0.06)
    _draw_band(upper, radius, kappa)
    _draw_band(lower, radius, kappa * np.pi * radius**2 * unit)
    upper.axhline(1.0, color=FAINT_INK, linewidth=0.6, linestyle=":")
    _label(upper, r"mean convergence $\bar\kappa(<R)$")
    _label(lower, label)
    lower.set_xlabel("circularised radius $R$ [arcsec]", fontsize=LABEL_SIZE)
    _mark_images(lower, fit)
    _mark_einstein_radius((upper, lower), theta_E)
    _kpc_axis(upper, fit)
    slope = with_error(*(float(v) for v in _ordered(np.percentile(gamma, _PERCENTILES))))
    remark = " (decided by its prior)" if "gamma" in fit.prior_decides else ""
    title = f"{drawable(fit.id)}\nslope {slope}{remark}; band: 68 %, statistical"
    figure.text(0.17, 0.985, title, ha="left", va="top", fontsize=TITLE_SIZE - 1, color=INK, parse_math=False)
    return figure


def _ordered(percentiles) -> tuple[float, float, float]:
    """Median, low, high."""
    low, middle, high = percentiles
    return middle, low, high


def _unit_of_mass(fit: LensFit) -> tuple[float, str]:
    """Mass of a square arcsec at the critical surface density, and the axis' label."""
    if fit.z_lens is None or fit.z_source is None:
        return 1.0, r"mass inside $R$ [$\Sigma_\mathrm{cr}$ arcsec$^2$]"
    mass = cosmology.einstein_mass(1.0, fit.z_lens, fit.z_source) / np.pi
    return mass, r"mass inside $R$ [M$_\odot$]"


def _draw_band(ax: Axes, radius, values) -> None:
    low, middle, high = np.percentile(values, _PERCENTILES, axis=0)
    ax.fill_between(radius, low, high, color=POSTERIOR, alpha=0.3, linewidth=0)
    ax.plot(radius, middle, color=POSTERIOR, linewidth=1.2)
    ax.set(xscale="log", yscale="log", xlim=(radius[0], radius[-1]))


def _label(ax: Axes, words: str) -> None:
    ax.set_ylabel(words, fontsize=LABEL_SIZE)
    ax.tick_params(which="both", labelsize=TICK_SIZE, length=2.5, width=0.5, labelcolor=FAINT_INK)
    low, high = ax.get_xlim()
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if low <= tick <= high]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_xticks([], minor=True)
    ticks = _round_numbers(*ax.get_ylim())
    ax.set_yticks(ticks, [_written(tick) for tick in ticks])
    ax.set_yticks([], minor=True)
    for spine in ax.spines.values():
        spine.set_linewidth(0.6)


def _round_numbers(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between two positive numbers."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [m * 10.0**power for power in powers for m in (1, 2, 5) if low <= m * 10.0**power <= high]


def _written(value: float) -> str:
    power = math.floor(math.log10(value) + 1e-9)
    return f"{value:g}" if -3 < power < 4 else rf"${value / 10.0**power:.0f}\times10^{{{power}}}$"


def _mark_images(ax: Axes, fit: LensFit) -> None:
    x, y = (fit.parameters[name].median if name in fit.parameters else 0.0 for name in ("x_lens", "y_lens"))
    for image_x, image_y, _ in image_positions(fit):
        ax.plot([np.hypot(image_x - x, image_y - y)] * 2, [0, 0.05], color=INK, linewidth=0.8, transform=_bottom(ax))


def _bottom(ax: Axes):
    """x in data, y in the panel's height."""
    return ax.get_xaxis_transform()


def _mark_einstein_radius(panels, theta_E) -> None:
    low, middle, high = np.percentile(theta_E, _PERCENTILES)
    for ax in panels:
        ax.axvspan(low, high, color=FAINT_INK, alpha=0.25, linewidth=0)
        ax.axvline(middle, color=INK, linewidth=0.6)
    panels[0].text(
        middle, 0.97, r" $\theta_\mathrm{E}$", transform=_bottom(panels[0]), va="top", fontsize=LABEL_SIZE, color=INK
    )


def _kpc_axis(ax: Axes, fit: LensFit) -> None:
    if fit.z_lens is None:
        return
    kpc = cosmology.distance(fit.z_lens) * 1e3 / ARCSEC_PER_RADIAN
    top = ax.secondary_xaxis("top", functions=(lambda r: r * kpc, lambda r: r / kpc))
    low, high = (limit * kpc for limit in ax.get_xlim())
    ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20, 50, 100) if low <= tick <= high]
    top.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=TICK_SIZE, color=FAINT_INK)
    top.set_xticks([], minor=True)
    top.tick_params(length=2.5, width=0.5)
    top.set_xlabel("[kpc]", fontsize=TICK_SIZE, labelpad=2)
