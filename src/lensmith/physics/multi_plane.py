"""Light rays through several lens planes (Schneider, Ehlers & Falco 1992, sect. 9.1; Schneider 2019, A&A 624, A54).

Planes are ordered by distance from the observer. Distances come in as arrays, so that they may be traced parameters:
`scaling[i, j]` = D_ij D_s / (D_j D_is) for a ray that leaves plane i for plane j > i, with the final source as the last
column (there 1 by definition); `cosmology.plane_scaling` makes it. Deflections of every plane are those that it would
cause alone for the final source (lenstronomy's convention).
"""

from collections.abc import Sequence

from lensmith.physics.arrays import unify
from lensmith.physics.lens_model import DAYS_PER_MPC, Profiles, deflection, potential
from lensmith.types import Array
from lensmith.units import ARCSEC_PER_RADIAN


def trace_planes(x: Array, y: Array, planes: Sequence[Profiles], scaling: Array) -> list[tuple[Array, Array]]:
    """Where the ray seen at (x, y) crosses every lens plane, and last the source plane [arcsec, angle from observer].

    `planes` are n lists of ``(name, parameters)``; `scaling` is ``[n, n + 1]``. beta_j = theta - sum over i < j of
    scaling[i, j] alpha_i(beta_i).
    """
    crossings, bends = [], []
    for j in range(len(planes) + 1):
        at_x, at_y = x, y
        for i, (bend_x, bend_y) in enumerate(bends):
            _, at_x, at_y, factor, bend_x, bend_y = unify(at_x, at_y, scaling[i][j], bend_x, bend_y)
            at_x, at_y = at_x - factor * bend_x, at_y - factor * bend_y
        crossings.append((at_x, at_y))
        if j < len(planes):
            bends.append(deflection(at_x, at_y, planes[j]))
    return crossings


def ray_trace_planes(x: Array, y: Array, planes: Sequence[Profiles], scaling: Array) -> tuple[Array, Array]:
    """Position (beta_x, beta_y) [arcsec] in the source plane of the ray seen at (x, y)."""
    return trace_planes(x, y, planes, scaling)[-1]


def arrival_time_planes(
    x: Array, y: Array, planes: Sequence[Profiles], scaling: Array, time_delay_distances: Array
) -> Array:
    """Arrival time [days] of the ray seen at (x, y), up to a constant that is the same for every image of a source.

    `time_delay_distances` ``[n]`` [Mpc] are (1 + z_i) D_i D_(i+1) / D_(i, i+1) from every plane to the next, the source
    last (`cosmology.plane_time_delay_distances`); Schneider, Ehlers & Falco 1992, eq. 9.20.
    """
    crossings = trace_planes(x, y, planes, scaling)
    total = 0.0
    for i, plane in enumerate(planes):
        (from_x, from_y), (to_x, to_y) = crossings[i], crossings[i + 1]
        psi = potential(from_x, from_y, plane)
        _, psi, factor, distance = unify(psi, scaling[i][i + 1], time_delay_distances[i])
        path = ((from_x - to_x) ** 2 + (from_y - to_y) ** 2) / 2 - factor * psi
        total = total + DAYS_PER_MPC / ARCSEC_PER_RADIAN**2 * distance * path
    return total
