"""One formula on three array libraries: find the library of the arguments and bring them all to it."""

import array_api_compat
import array_api_compat.numpy as numpy_namespace

from lensmith.types import Array


def unify(*values: Array | float) -> tuple:
    """The array namespace of `values`, and `values` as floating arrays of it.

    A JAX array (or tracer) or a torch tensor among them decides the library; NumPy arrays and Python numbers follow,
    and take the dtype and device of the first array of that library. So a NumPy grid may meet traced parameters.

    Returns ``(xp, value, value, ...)``.

    Raises
    ------
    TypeError
        if JAX arrays and torch tensors are mixed.
    """
    arrays = [value for value in values if _is_array(value)]
    leaders = [value for value in arrays if not array_api_compat.is_numpy_array(value)] or arrays
    if not leaders:
        return numpy_namespace, *(numpy_namespace.asarray(value, dtype=float) for value in values)
    xp = array_api_compat.array_namespace(*leaders)
    dtype = next((value.dtype for value in leaders if xp.isdtype(value.dtype, "real floating")), None)
    place = {"device": leaders[0].device} if array_api_compat.is_torch_array(leaders[0]) else {}
    if dtype is None:
        dtype = xp.asarray(0.5).dtype
    leading = {id(value) for value in leaders}
    return xp, *(
        value
        if id(value) in leading and xp.isdtype(value.dtype, "real floating")
        else xp.asarray(value, dtype=dtype, **place)
        for value in values
    )


def _is_array(value: Array | float) -> bool:
    """Whether `value` is an array; a NumPy float64 scalar is a Python float, and counts as one."""
    return not isinstance(value, int | float) and array_api_compat.is_array_api_obj(value)
