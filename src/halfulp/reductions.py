"""The public reductions: arguments are checked and arrays made here, all else is in arrays.reductions."""

import operator
import sys

import numpy as np

from halfulp.arrays.dtypes import as_float, is_float, unsupported
from halfulp.arrays.elementwise import empty_in_order_of
from halfulp.arrays.reductions import has_separate_elements, reduce


def log_softmax(x, axis=-1, *, out=None, dtype=None, where=True):
    """Return x - log(sum(exp(x))) along axes: correctly rounded, float64 within 0.501 ULP.

    The result is the floating-point number nearest to the exact value, ties to even, subnormal results
    included: also where one member dominates its row. float64 rows of more than 262144 members have an error
    of at most 0.5000002 ULP instead.

    Parameters
    ----------
    x : array_like
        Any shape. float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype; integers and
        booleans compute as float64. Masked members of a masked array are left out as by `where`.
    axis : int, tuple of ints or None
        The axes that make up a row; None for all of them.
    out : ndarray, optional
        Where to put the result; of the shape of `x`. It may overlap `x`. Where it does so without being `x`
        itself, overlaps itself, or is of another dtype, the result is computed into new memory first.
    dtype : {float16, bfloat16, float32, float64}, optional
        Compute as if `x` had been converted to this dtype first.
    where : array_like of bool, optional
        Which members belong to their rows; it broadcasts to the shape of `x`. The others are left out, as if
        they were not there, and give -inf.

    Returns
    -------
    ndarray or scalar
        The shape and memory order of `x`; a scalar if `x` has no dimensions. `out` if it was given. Of a
        masked array, a masked array with the same mask.

    Raises
    ------
    TypeError
        The dtype or the axis is none of the above, or the result cannot be cast to the dtype of `out`, or
        `out` is given and that or `x` is a masked array.
    ValueError
        `out` has another shape or is read-only, an axis is given twice, or `where` does not broadcast.
    AxisError
        `x` has no such axis.

    Notes
    -----
    A row with NaN or +inf is NaN, as in PyTorch, and so is one of nothing but -inf. Otherwise -inf gives
    -inf. A row of one finite member gives 0.0; a negative result that underflows is -0.0. No call warns or
    raises a floating-point error. SciPy's function of this name has all axes as its default, and takes +inf
    for a value that dominates.

    The maximum is left out of the sum, after Blanchard, Higham & Higham, "Accurately computing the
    log-sum-exp and softmax functions", IMA J. Numer. Anal. 41(4), 2021.

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
    return keep_shape("log_softmax", x, axis, out, dtype, where)


def softmax(x, axis=-1, *, out=None, dtype=None, where=True):
    """Return exp(x) / sum(exp(x)) along axes: correctly rounded, float64 within 0.501 ULP.

    Results are as accurate where they are tiny, subnormal ones included; they are rounded once.

    Parameters
    ----------
    x : array_like
        Any shape. float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype; integers and
        booleans compute as float64. Masked members of a masked array are left out as by `where`.
    axis : int, tuple of ints or None
        The axes that make up a row; None for all of them.
    out : ndarray, optional
        Where to put the result; of the shape of `x`. It may overlap `x`. Where it does so without being `x`
        itself, overlaps itself, or is of another dtype, the result is computed into new memory first.
    dtype : {float16, bfloat16, float32, float64}, optional
        Compute as if `x` had been converted to this dtype first.
    where : array_like of bool, optional
        Which members belong to their rows; it broadcasts to the shape of `x`. The others are left out, as if
        they were not there, and give 0.

    Returns
    -------
    ndarray or scalar
        The shape and memory order of `x`; a scalar if `x` has no dimensions. `out` if it was given. Of a
        masked array, a masked array with the same mask.

    Raises
    ------
    TypeError
        The dtype or the axis is none of the above, or the result cannot be cast to the dtype of `out`, or
        `out` is given and that or `x` is a masked array.
    ValueError
        `out` has another shape or is read-only, an axis is given twice, or `where` does not broadcast.
    AxisError
        `x` has no such axis.

    Notes
    -----
    A row with NaN or +inf is NaN, as in PyTorch, and so is one of nothing but -inf. Otherwise -inf gives 0.
    No call warns or raises a floating-point error. SciPy's function of this name has all axes as its default.

    Every result is rounded on its own, so that those of a row add up to 1 but for their rounding errors.

    Examples
    --------
    >>> import numpy as np
    >>> import halfulp
    >>> halfulp.softmax(np.float32([0, 100]))
    array([3.8e-44, 1.0e+00], dtype=float32)
    >>> halfulp.softmax([[1, 2], [3, 3]], where=[[True, False], [True, True]])
    array([[1. , 0. ],
           [0.5, 0.5]])
    """
    return keep_shape("softmax", x, axis, out, dtype, where)


def logsumexp(x, axis=None, *, keepdims=False, out=None, dtype=None, where=True):
    """Return log(sum(exp(x))) along axes: correctly rounded, float64 within 0.501 ULP.

    Parameters
    ----------
    x : array_like
        Any shape. float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype; integers and
        booleans compute as float64. Masked members of a masked array are left out as by `where`.
    axis : int, tuple of ints or None
        The axes to sum over; None for all of them.
    keepdims : bool
        Keep the axes summed over, with length 1.
    out : ndarray, optional
        Where to put the result; of its shape. It may overlap `x`. Where it does, overlaps itself, or is of
        another dtype, the result is computed into new memory first.
    dtype : {float16, bfloat16, float32, float64}, optional
        Compute as if `x` had been converted to this dtype first.
    where : array_like of bool, optional
        Which members to sum over; it broadcasts to the shape of `x`.

    Returns
    -------
    ndarray or scalar
        The shape and memory order of `x` without the axes summed over; a scalar if none is left. `out` if it
        was given. Of a masked array, a masked array with a mask where all members are masked.

    Raises
    ------
    TypeError
        The dtype or the axis is none of the above, or the result cannot be cast to the dtype of `out`, or
        `out` is given and that or `x` is a masked array.
    ValueError
        `out` has another shape or is read-only, an axis is given twice, or `where` does not broadcast.
    AxisError
        `x` has no such axis.

    Notes
    -----
    NaN gives NaN, else +inf gives +inf. The sum over no members, or of nothing but -inf, gives -inf. No call
    warns or raises a floating-point error.

    Examples
    --------
    >>> import halfulp
    >>> print(halfulp.logsumexp([1000, 1000]))
    1000.6931471805599
    >>> halfulp.logsumexp([[0, 0], [1, 1]], axis=1, keepdims=True)
    array([[0.69314718],
           [1.69314718]])
    """
    name = "logsumexp"
    out = as_output(out)
    hidden = mask_of(name, x, out)
    x, result_dtype = as_input(name, x, dtype)
    axes = as_axes(name, axis, x.ndim)
    kept = tuple(1 if i in axes else length for i, length in enumerate(x.shape))
    shape = kept if keepdims else tuple(length for i, length in enumerate(x.shape) if i not in axes)
    if out is not None:
        check_output(name, out, shape, result_dtype)
    where = as_mask(name, where, x.shape, out, hidden)
    is_direct = can_be_written(out, result_dtype) and not np.may_share_memory(out, x)
    if is_direct:
        result, y = out, out if keepdims else np.expand_dims(np.asarray(out), axes)
    else:
        y = empty_in_order_of(x, kept, result_dtype)
        result = y if keepdims else y.squeeze(axes)
    if x.size == 0:
        y[...] = -np.inf
    reduce(name, x, axes, y, where)
    if hidden is not None and hidden.ndim:
        hidden = hidden.all(axis=axes, keepdims=keepdims)
    return hand_over(result, hidden, out)


def keep_shape(name, x, axis, out, dtype, where):
    """Compute a reduction that has a result for every member."""
    out = as_output(out)
    hidden = mask_of(name, x, out)
    x, result_dtype = as_input(name, x, dtype)
    axes = as_axes(name, axis, x.ndim)
    if out is not None:
        check_output(name, out, x.shape, result_dtype)
    where = as_mask(name, where, x.shape, out, hidden)
    is_direct = can_be_written(out, result_dtype) and (not np.may_share_memory(out, x) or is_same(out, x))
    result = out if is_direct else empty_in_order_of(x, x.shape, result_dtype)
    reduce(name, x, axes, result, where)
    return hand_over(result, None if hidden is None else hidden.copy(), out)


def as_output(out):
    """Return the out= of a call, which may come in a tuple as that of a ufunc."""
    return out[0] if isinstance(out, tuple) and len(out) == 1 else out


def mask_of(name, x, out):
    """Return the mask of a masked array, numpy.ma.nomask included; None if x is an array of another kind."""
    masked_array = getattr(sys.modules.get("numpy.ma"), "MaskedArray", ())  # its import takes long
    if not (isinstance(x, masked_array) or isinstance(out, masked_array)):
        return None
    if out is not None:
        raise TypeError(f"{name} takes no out= with a masked array, and no masked array as out=")
    return np.ma.getmask(x)


def hand_over(result, mask, out):
    """Return what the caller gets: out, an array, or a scalar if there are no axes; masked by the mask."""
    if out is None and result.ndim == 0:
        return np.ma.masked if mask else result[()]
    if mask is not None:
        return np.ma.array(result, mask=mask)
    if out is None or out is result:
        return result
    np.copyto(out, result, casting="same_kind")
    return out


def as_input(name, x, dtype):
    """Return x as an array, and the dtype in which it is to be computed."""
    x = np.asarray(x)
    floats = is_float(x.dtype)
    if not floats and x.dtype.kind not in "biu":
        raise unsupported(name, x.dtype)
    if dtype is not None:
        dtype = as_float(name, dtype)
    elif floats:
        dtype = x.dtype
    else:
        dtype = np.dtype(np.float64)
    return x, dtype if dtype.isnative else dtype.newbyteorder("=")


def as_axes(name, axis, ndim):
    """Return the axes as indices; a 0-d array has an axis 0 of length 1, as in NumPy's reductions."""
    if type(axis) is int and -ndim <= axis < ndim:  # the rest takes a microsecond
        return (axis % ndim,)
    if axis is None:
        return tuple(range(ndim))
    count = max(ndim, 1)
    try:
        indices = [operator.index(i) for i in (axis if isinstance(axis, tuple) else (axis,))]
    except TypeError:
        raise TypeError(
            f"the axis= of {name} must be an integer, a tuple of integers or None, not {axis!r}"
        ) from None
    axes = []
    for i in indices:
        if not -count <= i < count:
            raise np.exceptions.AxisError(i, ndim)
        if i % count in axes:
            raise ValueError(f"axis {i % count} is given twice in {axis}, the axis= of {name}")
        axes.append(i % count)
    return tuple(axes) if ndim else ()


def as_mask(name, where, shape, out, hidden):
    """Return where, without what is hidden, as an array of the shape that is not out; None if all is True."""
    if where is True and hidden is None:
        return None
    where = np.asarray(where)
    if where.dtype != np.bool_:
        raise TypeError(f"the where= of {name} must be boolean, not {where.dtype}")
    if out is not None and np.may_share_memory(out, where):
        where = where.copy()
    try:
        where = np.broadcast_to(where, shape)
    except ValueError:
        raise ValueError(
            f"the where= of {name}, of shape {where.shape}, does not broadcast to {shape}"
        ) from None
    return where if hidden is None else np.asarray(where > hidden)


def check_output(name, out, shape, dtype):
    """Raise if a result of this shape and dtype cannot be put there."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"the out= of {name} must be an ndarray, not {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"the out= of {name} must have shape {shape}, not {out.shape}")
    if not out.flags.writeable:
        raise ValueError(f"the out= of {name} is read-only")
    if out.dtype != dtype and not np.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"{name} cannot cast its result from {dtype} to {out.dtype}, the dtype of out=")


def can_be_written(out, dtype):
    """Tell whether results of this dtype can be put there as they are computed, each in memory of its own."""
    if out is None or (out.dtype != dtype and out.dtype.newbyteorder("=") != dtype):
        return False
    return has_separate_elements(out)


def is_same(out, x):
    """Tell whether the two are the same elements in the same places."""
    return out.ctypes.data == x.ctypes.data and out.strides == x.strides and out.dtype == x.dtype
