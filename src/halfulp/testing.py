"""Assertions in ULP for other people's tests; needs the extra ``accuracy``.

An error in ULP is |computed - exact| / ulp(exact), with ulp(t) = 2^max(floor(log2 |t|) - p + 1, emin) for a
format of precision p whose smallest number is 2^emin. A wrong NaN, a finite number for an infinity, an
infinity for a finite number and a zero of the wrong sign are failures, which no bound allows.
"""

import math
from dataclasses import dataclass

import numpy as np

try:
    from halfulp.accuracy import reference
    from halfulp.accuracy.functions import ELEMENTWISE, FUNCTIONS
    from halfulp.accuracy.tables import ulp_text
    from halfulp.accuracy.ulp import FORMATS, Exact, errors, format_of, round_dyadic, round_ratio, widen
except ModuleNotFoundError as error:
    if (error.name or "").startswith("halfulp"):
        raise
    message = f"halfulp.testing needs {error.name}: pip install 'halfulp[accuracy]'"
    raise ModuleNotFoundError(message, name=error.name) from error

__all__ = ["assert_ulp", "ulp_error"]

largest_seen = {}
"""The largest errors that `assert_ulp` has seen, by function and dtype; the pytest plugin prints them."""


@dataclass
class Seen:
    """The largest error seen of one function and dtype, and where."""

    ulp: float
    where: str
    count: int


def ulp_error(actual, exact):
    """Return the errors of computed numbers in ULP of their dtype.

    Parameters
    ----------
    actual : array_like
        The computed numbers, of dtype float16, bfloat16 (of ml_dtypes), float32 or float64.
    exact : array_like
        The exact values, of the same shape: floating-point numbers or, where these are not exact enough, an
        object array of `fractions.Fraction`, int, float or mpmath's ``mpf``.

    Returns
    -------
    ndarray of float64
        |actual - exact| / ulp(exact), 1e200 at most. NaN where `actual` fails: a NaN for a number or the
        reverse, a wrong infinity, a zero of the wrong sign.

    Raises
    ------
    TypeError
        If the dtype of `actual` is none of the four, or an exact value is no number.
    ValueError
        If the shapes differ.

    See Also
    --------
    assert_ulp : Fails where the error of one of halfulp's functions is too large.

    Notes
    -----
    The definition of the unit in the last place is that of Muller et al., Handbook of Floating-Point
    Arithmetic, 2nd ed., section 2.3.2.

    Examples
    --------
    >>> import numpy as np
    >>> from fractions import Fraction
    >>> from halfulp.testing import ulp_error
    >>> ulp_error(np.float32(1 / 3), Fraction(1, 3)).item()
    0.3333333333333333
    >>> ulp_error(np.array([0.0, -0.0]), [-0.0, -0.0])
    array([nan,  0.])
    """
    actual, form = _checked(actual)
    given = np.asarray(exact)
    if given.dtype.name in FORMATS:
        given = widen(given)
    if given.shape != actual.shape:
        raise ValueError(f"actual has the shape {actual.shape}, exact has {given.shape}")
    rounded = [_round(form, value) for value in given.ravel().astype(object)]
    shape = actual.shape or (1,)
    return errors(Exact.from_list(form, rounded, shape), actual.reshape(shape)).ulp.reshape(actual.shape)


def _checked(actual):
    """Return an array and its Format; TypeError if it has none."""
    actual = np.asarray(actual)
    try:
        return actual, format_of(actual.dtype)
    except ValueError as error:
        raise TypeError(f"actual has dtype {actual.dtype}: {error}") from None


def _round(form, value):
    """Round one exact value, as `round_dyadic` does."""
    if hasattr(type(value), "man_exp"):  # mpmath.mpf
        if abs(value) < math.inf:  # neither infinite nor NaN
            mantissa, exponent = value.man_exp  # without the sign
            return round_dyadic(form, bool(value < 0), abs(int(mantissa)), int(exponent))
        value = float(value)
    if isinstance(value, float | np.floating) and not np.isfinite(value):
        return int(form.to_bits(np.array([value]).astype(form.dtype))[0]), 0.0, form.emin
    if not hasattr(value, "as_integer_ratio"):
        raise TypeError(f"exact holds {value!r}, of {type(value).__name__}, which is no real number")
    numerator, denominator = value.as_integer_ratio()
    negative = bool(np.signbit(value)) if isinstance(value, float | np.floating) else numerator < 0
    return round_ratio(form, negative, abs(numerator), denominator)


def assert_ulp(actual, function, *inputs, max_ulp=0.5):
    """Assert that computed results of one of halfulp's functions are within a bound of the exact values.

    Parameters
    ----------
    actual : array_like
        What was computed, of dtype float16, bfloat16 (of ml_dtypes), float32 or float64.
    function : str
        Which function: "sigmoid", "log_sigmoid", "softplus", "log_softmax", "softmax" or "logsumexp"; the
        last three along the last axis.
    *inputs : array_like
        Its argument, which is taken in the dtype of `actual`.
    max_ulp : float, optional
        The largest error allowed, in ULP. The default, 1/2, asks for the correctly rounded result, bit for
        bit.

    Raises
    ------
    AssertionError
        If an error is larger, or a result fails: a wrong NaN or infinity, +0 for -0. The message tells the
        worst element, its input, result and exact value, with bits.
    TypeError
        If the dtype of `actual` is none of the four.
    ValueError
        If the function is unknown, there is not just one input, the input is not exact in that dtype, the
        shapes do not fit, or `max_ulp` is negative or NaN.

    See Also
    --------
    ulp_error : Errors against exact values of one's own.

    Notes
    -----
    Exact values come from mpmath, at a precision that is raised until the rounding is certain: some 20
    microseconds an element. In a run of pytest the largest error seen is printed for each function and dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from halfulp.testing import assert_ulp
    >>> x = np.linspace(-5, 5, 11, dtype=np.float32)
    >>> assert_ulp(1 / (1 + np.exp(-x)), "sigmoid", x, max_ulp=2)
    >>> assert_ulp(np.float32(0.0), "sigmoid", np.float32(-100.0), max_ulp=2)
    Traceback (most recent call last):
    ...
    AssertionError: sigmoid float32: 1 of 1 results is off by more than 2 ULP
    worst: 26.547 ULP at index ()
      input:    -100.0 (0xc2c80000)
      actual:   0.0 (0x00000000)
      expected: 3.783505853677006e-44 (0x0000001b)
    """
    actual, form = _checked(actual)
    if not max_ulp >= 0:  # nor is NaN
        raise ValueError(f"max_ulp is {max_ulp}, which is no bound of an error")
    if function not in FUNCTIONS:
        raise ValueError(f"unknown function {function!r}; known are {', '.join(FUNCTIONS)}")
    if len(inputs) != 1:
        raise ValueError(f"{function} has one input, {len(inputs)} were given")
    x = _input(inputs[0], form)
    shape = x.shape[:-1] if function == "logsumexp" else x.shape
    if function not in ELEMENTWISE and x.ndim == 0:
        raise ValueError(f"{function} works on rows: an input of one dimension or more")
    if actual.shape != shape:
        raise ValueError(
            f"actual has the shape {actual.shape}; for the input's shape {x.shape} {shape} is due"
        )
    batch = x.reshape(1) if x.ndim == 0 else x if function in ELEMENTWISE else _rows(x)
    exact = reference.exact(function, batch, form)
    found = errors(exact, actual.reshape(exact.bits.shape))
    failed = np.isnan(found.ulp)
    too_large = failed | (~found.correct if max_ulp == 0.5 else found.ulp > max_ulp)
    _remember(function, form, found, x)
    if too_large.any():
        raise AssertionError(_message(function, form, x, actual, exact, found, too_large, max_ulp))


def _input(given, form):
    """Return an input in a format's dtype; ValueError if that changes it."""
    given = np.asarray(given)
    with np.errstate(all="ignore"):
        x = given.astype(form.dtype)
        same = (x.astype(given.dtype) == given) | (given != given)
    if not np.all(same):
        raise ValueError(
            f"the input, of dtype {given.dtype}, is not exact in {form.name}, the dtype of the results"
        )
    return x


def _rows(x):
    """Return an array as rows, of any length: reshape finds no -1 beside 0."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _place(index, shape):
    """Return a flat index as a tuple of ints."""
    return tuple(int(i) for i in np.unravel_index(index, shape))


def _remember(function, form, found, x):
    """Keep the largest error for the pytest plugin."""
    seen = largest_seen.setdefault((function, form.name), Seen(0.0, "", 0))
    seen.count += found.ulp.size
    ulp = np.nan_to_num(found.ulp, nan=np.inf).ravel()
    if ulp.size and ulp.max() >= seen.ulp:
        seen.ulp = float(ulp.max())
        seen.where = _input_text(function, form, x, int(ulp.argmax()))


def _input_text(function, form, x, index):
    """Return the input of the result at a flat index as text."""
    if function in ELEMENTWISE:
        value = x.ravel()[index]
        return f"{float(widen(value))!r} ({form.hex(form.to_bits(value).ravel()[0])})"
    row = _rows(x)[index if function == "logsumexp" else index // x.shape[-1]]
    shown = ", ".join(form.hex(bits) for bits in form.to_bits(row)[:8])
    return f"row [{shown}{', ...' if row.size > 8 else ''}] of {row.size}"


def _message(function, form, x, actual, exact, found, too_large, max_ulp):
    ulp = np.where(too_large, np.nan_to_num(found.ulp, nan=np.inf), -1.0).ravel()
    index = int(ulp.argmax())
    count = np.count_nonzero(too_large)
    bits = int(form.to_bits(actual).ravel()[index])
    due = int(exact.bits.ravel()[index])
    verb = "results is" if count == 1 else "results are"
    bound = "not correctly rounded" if max_ulp == 0.5 else f"off by more than {max_ulp} ULP"
    worst = "a failure" if np.isinf(ulp[index]) else f"{ulp_text(float(ulp[index]))} ULP"
    return "\n".join(
        (
            f"{function} {form.name}: {count} of {actual.size} {verb} {bound}",
            f"worst: {worst} at index {_place(index, actual.shape)}",
            f"  input:    {_input_text(function, form, x, index)}",
            f"  actual:   {float(widen(form.from_bits(bits)))!r} ({form.hex(bits)})",
            f"  expected: {float(widen(form.from_bits(due)))!r} ({form.hex(due)})",
        )
    )
