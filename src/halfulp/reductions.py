"""The public reductions: arguments checked and arrays made here, everything else in halfulp.arrays.reductions."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from halfulp.arrays.reductions import LOG_SOFTMAX, reduce

SUPPORTED = "float32 and float64, besides integers and booleans, which compute as float64"


def log_softmax(x, /, axis=-1, *, out=None, dtype=None):
    """Return x - log(sum(exp(x))) along axes, correctly rounded.

    The result is the floating-point number nearest to the exact value, ties to even, subnormal results included:
    also where one member dominates its row, and wherever a member lies in it.

    Parameters
    ----------
    x : array_like
        Any shape. float32 and float64 keep their dtype; integers and booleans compute as float64.
    axis : int, tuple of ints or None
        The axes that make up a row; None for all of them.
    out : ndarray, optional
        Where to put the result; of the shape of `x`. It may overlap `x`.
    dtype : {float32, float64}, optional
        Convert `x` to this dtype first.

    Returns
    -------
    ndarray or scalar
        The shape and memory order of `x`; a scalar if `x` has no dimensions. `out` if it was given.

    Raises
    ------
    TypeError
        The dtype is none of the above, or the result cannot be cast to the dtype of `out`.
    ValueError
        `out` has another shape or is read-only, or an axis is repeated.
    AxisError
        `x` has no such axis.

    Notes
    -----
    A row with NaN or +inf is NaN, as in PyTorch, and so is one of nothing but -inf. Otherwise -inf gives -inf. A row of
    one finite member gives 0.0; a negative result that underflows is -0.0. No call warns or raises a floating-point
    error. SciPy's function of this name has all axes as its default, and takes +inf for a value that dominates.

    The maximum is left out of the sum, after Blanchard, Higham & Higham, "Accurately computing the log-sum-exp and
    softmax functions", IMA J. Numer. Anal. 41(4), 2021.

    Examples
    --------
    >>> import numpy as np
    >>> import halfulp
    >>> halfulp.log_softmax(np.float32([0, -50]))
    array([-1.9287499e-22, -5.0000000e+01], dtype=float32)
    >>> halfulp.log_softmax([[1, 2, 3], [1, 1, 1]])
    array([[-2.40760596, -1.40760596, -0.40760596],
           [-1.09861229, -1.09861229, -1.09861229]])
    """
    return call(LOG_SOFTMAX, "log_softmax", x, axis, out, dtype)


def call(function, name, x, axis, out, dtype):
    """Compute a reduction that keeps the shape."""
    x = as_input(name, x, dtype)
    axes = as_axes(axis, x.ndim)
    result_dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    if out is not None:
        check_output(name, out, x.shape, result_dtype)
    if is_direct(out, x, result_dtype):
        result = out
    else:
        result = np.empty_like(x, dtype=result_dtype, subok=False)
    reduce(function, x, axes, result)
    if out is None:
        return result if x.ndim else result[()]
    if result is not out:
        np.copyto(out, result, casting="same_kind")
    return out


def as_input(name, x, dtype):
    """Return x as an aligned array in native byte order, of a type that the kernels read."""
    x = np.asarray(x)
    check_dtype(name, x.dtype, integers=True)
    if dtype is not None:
        dtype = np.dtype(dtype)
        check_dtype(f"the dtype= of {name}", dtype, integers=False)
        with np.errstate(all="ignore"):
            return np.require(x, dtype.newbyteorder("="), "A")
    return np.require(x, x.dtype.newbyteorder("="), "A")


def check_dtype(name, dtype, integers):
    """Raise TypeError for a dtype that is not supported."""
    if dtype.kind == "f" and dtype.itemsize in (4, 8):
        return
    if integers and dtype.kind in "biu":
        return
    supported = SUPPORTED if integers else "float32 and float64"
    raise TypeError(f"{name} does not take dtype {dtype}; supported are {supported}")


def as_axes(axis, ndim):
    """Return the axes as a tuple of indices; a 0-d array has an axis 0 of length 1, as in NumPy's reductions."""
    if axis is None:
        return tuple(range(ndim))
    if ndim == 0:
        normalize_axis_tuple(axis, 1)
        return ()
    return normalize_axis_tuple(axis, ndim)


def check_output(name, out, shape, dtype):
    """Raise if a result of this shape and dtype cannot be put there."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"the out= of {name} must be an ndarray, not {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"the out= of {name} must have shape {shape}, not {out.shape}")
    if not out.flags.writeable:
        raise ValueError(f"the out= of {name} is read-only")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"{name} cannot cast its result from {dtype} to {out.dtype}, the dtype of out=")


def is_direct(out, x, dtype):
    """Tell whether results can be written there while x is still being read."""
    if out is None or out.dtype != dtype or not out.flags.aligned or not out.dtype.isnative:
        return False
    if np.may_share_memory(out, x) and not is_same(out, x):
        return False
    return all(stride or length <= 1 for stride, length in zip(out.strides, out.shape, strict=True))


def is_same(out, x):
    """Tell whether the two are the same elements in the same places."""
    return out.ctypes.data == x.ctypes.data and out.strides == x.strides and out.dtype == x.dtype
