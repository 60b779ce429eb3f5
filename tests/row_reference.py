"""The exact results of a reduction, rounded once: mpmath, with no more bits than it takes and never fewer."""

import math

import numpy as np
from mpmath import mp, mpf

FORMATS = {np.dtype(np.float32): (24, -149, 128), np.dtype(np.float64): (53, -1074, 1024)}
# More than the bits between the largest difference of two doubles and exp of -1600.
WIDE_SPREAD = 4800
# exp of less than this changes no result that has another term, and is too small to be a result.
IRRELEVANT = -1600


def bits(array):
    """Return the bits of floating-point numbers, as integers."""
    array = np.asarray(array)
    return array.view(np.dtype(f"u{array.itemsize}"))


def nearest(exact, dtype):
    """Return the number of a dtype nearest to an exact value that is not zero, ties to even."""
    precision, smallest, largest = FORMATS[np.dtype(dtype)]
    exponent = int(mp.floor(mp.log(abs(exact), 2)))
    unit = max(exponent - precision + 1, smallest)
    multiple = int(mp.nint(mp.ldexp(exact, -unit)))
    if multiple == 0:
        return math.copysign(0.0, exact)
    if abs(multiple) >= 2 ** (largest - unit):
        return math.copysign(math.inf, exact)
    return math.ldexp(multiple, unit)


def rest_of_row(members):
    """Return the largest member, and the sum of exp(member - largest) over all others."""
    largest = max(members)
    others = list(members)
    others.remove(largest)
    terms = [mp.exp(x - largest) for x in others if x - largest > IRRELEVANT]
    return largest, mp.fsum(terms) if terms else mp.ldexp(mpf(1), -WIDE_SPREAD + 1000) * bool(others)


def log_softmax(row):
    """Return log_softmax of a row of finite members and -inf, correctly rounded."""
    with mp.workprec(WIDE_SPREAD):
        members = [mpf(float(x)) for x in row if x > -np.inf]
        largest, rest = rest_of_row(members)
        log = mp.log1p(rest) if rest > mp.ldexp(1, -2000) else rest
        results = []
        for x in row:
            exact = mpf(float(x)) - largest - log if x > -np.inf else -mp.inf
            results.append(nearest(exact, row.dtype) if exact and x > -np.inf else float(exact))
    return np.array(results, row.dtype)
