"""The exact values, from mpmath: rounded once to the format, at a precision raised until the rounding is
decided.

Every value is computed as an enclosure: a number of P bits and a bound of its error. If both ends of the
enclosure round to the same number of the format, so does the exact value between them. Otherwise P doubles.
This ends, because no finite nonzero input has a result on a boundary: exp of a nonzero algebraic number is
transcendental (Lindemann-Weierstrass), so each function's value here is transcendental too, but for the exact
cases named below, which are handled as such.

mpmath's exp, log and arithmetic return a P-bit result that is off by less than one unit in its last place,
2^(1-P) relatively.
"""

import math

from mpmath import libmp

from halfulp.accuracy.functions import ELEMENTWISE, FUNCTIONS
from halfulp.accuracy.ulp import Exact, round_dyadic, widen

GUARD_BITS = 48  # beyond the format's precision in the first attempt; more are needed once in 2^40 inputs
SLACK_BITS = 6  # an enclosure is 2^(SLACK_BITS - P) wide on each side, relatively
MOST_BITS = 1 << 16  # never reached: sigmoid near 0 needs about 170 bits, rows of float64 about 4500

_DOWN, _UP = "d", "u"  # mpmath's names of rounding toward zero and away from it


class UndecidedError(ArithmeticError):
    """The rounding was not decided at the highest precision."""


def exact(function, x, form):
    """Return the exact values of a function.

    Parameters
    ----------
    function : str
        One of `halfulp.accuracy.functions.FUNCTIONS`.
    x : ndarray
        Inputs of the format's dtype. Elementwise functions take any shape; for the others the rows run along
        the last axis.
    form : Format

    Returns
    -------
    Exact
        Of x's shape; for logsumexp without the last axis.
    """
    if function not in FUNCTIONS:
        raise ValueError(f"unknown function {function!r}; known are {', '.join(FUNCTIONS)}")
    wide = widen(x)
    if function in ELEMENTWISE:
        rounded = [round_elementwise(function, value, form) for value in wide.ravel().tolist()]
        return Exact.from_list(form, rounded, wide.shape)
    from halfulp.accuracy.reference_rows import round_row

    rows = wide.reshape(math.prod(wide.shape[:-1]), wide.shape[-1]).tolist()
    rounded = [result for row in rows for result in round_row(function, row, form)]
    return Exact.from_list(form, rounded, wide.shape[:-1] if function == "logsumexp" else wide.shape)


def round_elementwise(function, x, form):
    """Return an elementwise function's value at one float, rounded as by `round_dyadic`."""
    special = _special(function, x, form)
    if special is not None:
        return special
    bits = form.precision + GUARD_BITS
    while bits <= MOST_BITS:
        negative, mantissa, exponent, _ = elementwise(function, x, bits)
        decided = round_enclosure(form, negative, mantissa, exponent, bits)
        if decided is not None:
            return decided
        bits *= 2
    raise UndecidedError(f"{function}({x!r}) is not decided with {MOST_BITS} bits")


def _special(function, x, form):
    """Return the result at a NaN or an infinity, None elsewhere."""
    if math.isnan(x):
        return form.nan_bits, 0.0, form.emin
    if not math.isinf(x):
        return None
    one = round_dyadic(form, False, 1, 0)
    zero = round_dyadic(form, False, 0, 0)
    minus_zero = round_dyadic(form, True, 0, 0)
    infinity = form.infinity_bits, 0.0, form.emin
    minus_infinity = form.sign_bit | form.infinity_bits, 0.0, form.emin
    below, above = {
        "sigmoid": (zero, one),
        "log_sigmoid": (minus_infinity, minus_zero),
        "softplus": (zero, infinity),
    }[function]
    return above if x > 0 else below


def round_enclosure(form, negative, mantissa, exponent, bits):
    """Round a number known to 2^(SLACK_BITS - bits) relatively; None if its ends round differently."""
    shift = bits - mantissa.bit_length()
    if shift > 0:  # mpmath drops trailing zeros
        mantissa <<= shift
        exponent -= shift
    margin = 1 << (mantissa.bit_length() - bits + SLACK_BITS)
    low = round_dyadic(form, negative, mantissa - margin, exponent)
    high = round_dyadic(form, negative, mantissa + margin, exponent)
    if low[0] != high[0]:
        return None
    return round_dyadic(form, negative, mantissa, exponent)


def elementwise(function, x, bits):
    """Return sigmoid, log_sigmoid or softplus at a finite float, as mpmath's tuple.

    The tuple is (sign, mantissa, exponent, bit count), its relative error below 2^(3 - bits): with e =
    exp(-|x|) <= 1,

        sigmoid(x) = 1 / (1 + e)  or, for x < 0,  e / (1 + e)
        softplus(x) = max(x, 0) + log1p(e)
        log_sigmoid(x) = -softplus(-x)

    have positive terms only, so that the errors of the steps, each below 2^(1 - bits), at most add up. Where
    a value lies within that error of a power of two (1/2 or 1 for sigmoid, |x| for the others) the directions
    of rounding keep it on the exact value's side, and so in the right binade.
    """
    number = libmp.from_float(x)
    e = libmp.mpf_exp(libmp.mpf_neg(libmp.mpf_abs(number)), bits, _DOWN)
    if function == "sigmoid":
        if x < 0:
            return libmp.mpf_div(e, libmp.mpf_add(libmp.fone, e, bits, _UP), bits, _DOWN)
        return libmp.mpf_div(libmp.fone, libmp.mpf_add(libmp.fone, e, bits, _UP), bits, _DOWN)
    if function == "softplus":
        return libmp.mpf_add(libmp.from_float(max(x, 0.0)), log1p(e, bits), bits, _DOWN)
    return libmp.mpf_neg(libmp.mpf_add(libmp.from_float(max(-x, 0.0)), log1p(e, bits), bits, _DOWN))


def log1p(e, bits):
    """Return log(1 + e) of a positive mpmath number, its relative error below 2^(1 - bits)."""
    magnitude = e[2] + e[3]  # e < 2^magnitude
    if magnitude < -bits:
        return e  # e (1 - e/2 + ...) lies within 2^(-bits - 1) of e
    one_more = libmp.mpf_add(libmp.fone, e, 2 * bits + abs(magnitude) + 8, _DOWN)
    return libmp.mpf_log(one_more, bits, _DOWN)
