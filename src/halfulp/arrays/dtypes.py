"""Which dtypes the library takes, and what it says about the others."""

import sys

SUPPORTED = (
    "float16, bfloat16 (of ml_dtypes), float32, float64; integers and booleans, which compute as float64"
)


def is_bfloat16(dtype):
    """Tell whether a dtype is ml_dtypes' bfloat16, without importing that package."""
    ml_dtypes = sys.modules.get("ml_dtypes")
    return ml_dtypes is not None and dtype.type is ml_dtypes.bfloat16


def unsupported(name, dtype):
    """Return the error for a dtype that a function does not take."""
    return TypeError(f"{name} does not take dtype {dtype}; supported are {SUPPORTED}")
