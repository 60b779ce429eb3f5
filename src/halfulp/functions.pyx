"""The public elementwise functions: the fast lane where an array is plain, the ufunc for the rest."""

import numpy

from halfulp.arrays.dtypes import as_float, unsupported

from halfulp.arrays.elementwise cimport apply, operation_for
from halfulp.kernels.table cimport LOG_SIGMOID, SIGMOID, SOFTPLUS
from halfulp.ufuncs cimport admit, ufunc_of

cdef str SAME_KIND = "same_kind"
cdef str KEEP = "K"


def sigmoid(x, /, out=None, *, where=True, casting="same_kind", order="K", dtype=None, subok=True):
    """Return the sigmoid (logistic) function 1 / (1 + exp(-x)) of every element, correctly rounded.

    The result is the floating-point number nearest to the exact value, ties to even, for every input,
    subnormal results included: the error is at most 0.5 ULP, and the bits are the same on every machine.

    Parameters
    ----------
    x : array_like
        Any shape. float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype; integers and
        booleans compute as float64.
    out : ndarray, optional
        Where to put the result; a shape that `x` broadcasts to. It may overlap `x`.
    where, casting, order, dtype, subok
        As in every `numpy.ufunc`.

    Returns
    -------
    ndarray or scalar
        The shape and memory order of `x`; a scalar if `x` is a scalar or has no dimensions. `out` if it was
        given. Other array types (pandas, xarray, Dask, masked arrays, subclasses) return what their ufunc
        protocol says.

    Raises
    ------
    TypeError
        The dtype is none of the above, or the result cannot be cast to the dtype of `out`.
    ValueError
        `out` has another shape or is read-only.

    Notes
    -----
    sigmoid(-inf) is +0.0, sigmoid(+inf) is 1, NaN stays NaN. The result is +0.0 below -745.1332191019412
    (float64), -103.97208 (float32), -17.32868 (float16), -92.88172 (bfloat16), and 1 at and above
    37.42994775023705, 17.32868, 8.31777, 6.23832. No call warns or raises a floating-point error. With `out`
    or `casting` to a narrower dtype the correctly rounded result is rounded once more, as in every ufunc.

    Large arrays are computed by as many threads as OpenMP offers; see `halfulp.show_config`.

    Examples
    --------
    >>> import numpy as np
    >>> import halfulp
    >>> halfulp.sigmoid(np.float32([-100, -1, 0, 1, 100]))
    array([3.7835059e-44, 2.6894143e-01, 5.0000000e-01, 7.3105860e-01,
           1.0000000e+00], dtype=float32)
    """
    return call(SIGMOID, x, out, where, casting, order, dtype, subok)


def log_sigmoid(x, /, out=None, *, where=True, casting="same_kind", order="K", dtype=None, subok=True):
    """Return log(1 / (1 + exp(-x))) of every element, correctly rounded.

    The result is the floating-point number nearest to the exact value, ties to even, for every input,
    subnormal results included: the error is at most 0.5 ULP, and the bits are the same on every machine.

    Parameters
    ----------
    x : array_like
        Any shape. float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype; integers and
        booleans compute as float64.
    out : ndarray, optional
        Where to put the result; a shape that `x` broadcasts to. It may overlap `x`.
    where, casting, order, dtype, subok
        As in every `numpy.ufunc`.

    Returns
    -------
    ndarray or scalar
        The shape and memory order of `x`; a scalar if `x` is a scalar or has no dimensions. `out` if it was
        given. Other array types (pandas, xarray, Dask, masked arrays, subclasses) return what their ufunc
        protocol says.

    Raises
    ------
    TypeError
        The dtype is none of the above, or the result cannot be cast to the dtype of `out`.
    ValueError
        `out` has another shape or is read-only.

    Notes
    -----
    log_sigmoid(-inf) is -inf, log_sigmoid(+inf) is -0.0, and so is every result that underflows; NaN stays
    NaN. No call warns or raises a floating-point error. With `out` or `casting` to a narrower dtype the
    correctly rounded result is rounded once more, as in every ufunc.

    Examples
    --------
    The first example of ``tf.math.log_sigmoid``, whose page prints -0.0 for 100. The right answer is a
    subnormal number:

    >>> import numpy as np
    >>> import halfulp
    >>> halfulp.log_sigmoid(np.float32([0, 1, 50, 100]))
    array([-6.9314718e-01, -3.1326169e-01, -1.9287499e-22, -3.7835059e-44],
          dtype=float32)

    and the second:

    >>> halfulp.log_sigmoid(np.float32([-100, -50, -1, 0]))
    array([-100.       ,  -50.       ,   -1.3132616,   -0.6931472],
          dtype=float32)
    """
    return call(LOG_SIGMOID, x, out, where, casting, order, dtype, subok)


def softplus(x, /, out=None, *, where=True, casting="same_kind", order="K", dtype=None, subok=True):
    """Return log(1 + exp(x)) = -log_sigmoid(-x) of every element, correctly rounded.

    The result is the floating-point number nearest to the exact value, ties to even, for every input,
    subnormal results included: the error is at most 0.5 ULP, and the bits are the same on every machine.

    Parameters
    ----------
    x : array_like
        Any shape. float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype; integers and
        booleans compute as float64.
    out : ndarray, optional
        Where to put the result; a shape that `x` broadcasts to. It may overlap `x`.
    where, casting, order, dtype, subok
        As in every `numpy.ufunc`.

    Returns
    -------
    ndarray or scalar
        The shape and memory order of `x`; a scalar if `x` is a scalar or has no dimensions. `out` if it was
        given. Other array types (pandas, xarray, Dask, masked arrays, subclasses) return what their ufunc
        protocol says.

    Raises
    ------
    TypeError
        The dtype is none of the above, or the result cannot be cast to the dtype of `out`.
    ValueError
        `out` has another shape or is read-only.

    Notes
    -----
    softplus(-inf) is +0.0, softplus(+inf) is inf, NaN stays NaN. No call warns or raises a floating-point
    error. With `out` or `casting` to a narrower dtype the correctly rounded result is rounded once more, as
    in every ufunc.

    Examples
    --------
    >>> import halfulp
    >>> print(halfulp.softplus([-800.0, -1.0, 0.0, 1.0, 800.0]))
    [0.00000000e+00 3.13261688e-01 6.93147181e-01 1.31326169e+00
     8.00000000e+02]
    """
    return call(SOFTPLUS, x, out, where, casting, order, dtype, subok)


cdef object call(int function, x, out, where, casting, order, dtype, subok):
    if where is True and casting is SAME_KIND and order is KEEP and dtype is None and isinstance(subok, bool):
        result = apply(function, x, out)
        if result is not NotImplemented:
            return result
    return call_ufunc(function, x, out, where, casting, order, dtype, subok)


cdef object call_ufunc(int function, x, out, where, casting, order, dtype, subok):
    ufunc = ufunc_of(function)
    options = {}
    if out is not None:
        options["out"] = out
    if where is not True:
        options["where"] = where
    if casting != SAME_KIND:
        options["casting"] = casting
    if order != KEEP:
        options["order"] = order
    if subok is not True:
        options["subok"] = subok
    if dtype is not None:
        dtype = as_float(ufunc.__name__, dtype)
        if admit(dtype):    # bfloat16, whose loop NumPy finds by the input alone
            options["signature"] = dtype, dtype
        else:
            options["dtype"] = dtype
    if not speaks_for_itself(x):
        x = numpy.asarray(x)
        if not options or options.keys() == {"out"}:
            result = apply(function, x, out)
            if result is not NotImplemented:
                return result
    own = getattr(x, "dtype", None)
    if isinstance(own, numpy.dtype) and not is_supported(function, own) and dtype is None:
        raise unsupported(ufunc.__name__, own)
    with numpy.errstate(all="ignore"):    # which NumPy's casts of input and output may report
        return ufunc(x, **options)


cdef bint is_supported(int function, dtype) except -1:
    admit(dtype)
    return operation_for(function, dtype.num) != NULL


cdef bint speaks_for_itself(x) except -1:
    """Whether NumPy asks the object's own type what a ufunc of it is."""
    return not isinstance(x, numpy.generic) and (
        isinstance(x, numpy.ndarray)
        or hasattr(type(x), "__array_ufunc__")
        or hasattr(type(x), "__array_wrap__")
    )
