"""Which dtypes the library takes, and what it says about the others."""

import sys

import numpy as np

FLOATS = "float16, bfloat16 (of ml_dtypes), float32, float64"


def is_float(dtype):
    """Tell whether this is a floating-point dtype that the kernels read."""
    return dtype.type in (np.float16, np.float32, np.float64) or is_bfloat16(dtype)


def is_bfloat16(dtype):
    """Tell whether a dtype is ml_dtypes' bfloat16, without importing that package."""
    ml_dtypes = sys.modules.get("ml_dtypes")
    return ml_dtypes is not None and dtype.type is ml_dtypes.bfloat16


def as_float(name, dtype):
    """Return the dtype= of a function as a dtype; raise if the function cannot compute in it."""
    if isinstance(dtype, type) and issubclass(dtype, np.dtype):
        dtype = dtype.type or dtype  # a class of numpy.dtypes; np.dtype takes each, as any class, for objects
    dtype = np.dtype(dtype)
    if not is_float(dtype):
        raise TypeError(f"the dtype= of {name} cannot be {dtype}; supported are {FLOATS}")
    return dtype


def unsupported(name, dtype):
    """Return the error for an input of a dtype that a function does not take."""
    return TypeError(
        f"{name} does not take dtype {dtype}; "
        f"supported are {FLOATS}; integers and booleans, which compute as float64"
    )
