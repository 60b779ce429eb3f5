"""The reductions of one row in integers of as many bits as it takes: for rows that no other phase can decide.

Hardly ever needed, but members can be chosen so that a result lies as close to a midpoint as one likes.
Numbers are in units of 2^-bits, each known to lie between two integers; `bits` is doubled until both ends of
every result round to the same number (Ziv). That comes to an end: exponentials of distinct rational numbers
are linearly independent over the rational numbers (Lindemann & Weierstrass), so that no result is a midpoint
but 1/n, which is a fraction here.
"""

import functools
import math
from fractions import Fraction

FIRST_BITS = 256
GUARD_BITS = 64
HALVINGS = 16  # of the argument of exp, undone by as many squarings
# With so many, no number or midpoint of any format lies between the result of a row of equal members and that
# of the same with a few units added to their sum: all that much smaller members decide is on which side of it
# the result is.
SIDE_BITS = 4096


def reduce_row(function, members, counts, precision, smallest_exponent):
    """Return the correctly rounded results of distinct members, or the one of logsumexp.

    Parameters
    ----------
    function : str
        log_softmax, softmax or logsumexp.
    members : list of float
        Distinct numbers, the largest finite.
    counts : list of int
        How often each is there.
    precision, smallest_exponent : int
        Of the format: the bits of a significand, and the exponent of the smallest subnormal number.

    Returns
    -------
    list of float
    """
    bits = FIRST_BITS
    while True:
        ends = enclose(function, members, counts, bits)
        low, high = (
            [nearest(end, precision, smallest_exponent) for end in side] for side in zip(*ends, strict=True)
        )
        if all(a == b and math.copysign(1, a) == math.copysign(1, b) for a, b in zip(low, high, strict=True)):
            return low
        bits *= 2


def enclose(function, members, counts, bits):
    """Return the two ends of each result, as fractions; of -inf the result itself."""
    largest = max(members)
    terms = [enclose_exp(member, largest, bits) for member in members]
    low, high = enclose_sum(terms, counts, bits)
    if function == "softmax":
        return [(Fraction(below, high), Fraction(above, low)) for below, above in terms]
    log_low = Fraction(enclose_log(low, bits)[0], 1 << bits)
    log_high = Fraction(enclose_log(high, bits)[1], 1 << bits)
    if function == "logsumexp":
        return [(Fraction(largest) + log_low, Fraction(largest) + log_high)]
    differences = [x if x == -math.inf else Fraction(x) - Fraction(largest) for x in members]
    return [(d, d) if d == -math.inf else (d - log_high, d - log_low) for d in differences]


def enclose_sum(terms, counts, bits):
    low = sum(count * below for (below, _), count in zip(terms, counts, strict=True))
    high = sum(count * above for (_, above), count in zip(terms, counts, strict=True))
    if bits >= SIDE_BITS and low < high and all(below in (0, above) for below, above in terms):
        return low + 2, high + 2
    return low, high


def enclose_exp(x, largest, bits):
    """Return the two integers between which 2^bits exp(x - largest) lies.

    exp(d) = 2^k exp(r). Every step truncates, which makes the integer too small, by less than
    1 + 2^(30 - GUARD_BITS) in all.
    """
    if x in (largest, -math.inf):
        return (1 << bits, 1 << bits) if x == largest else (0, 0)
    d = Fraction(x) - Fraction(largest)
    if d < -bits:
        return 0, 1
    scale = bits + GUARD_BITS
    k, r = divmod((d.numerator << scale) // d.denominator, ln2(scale))
    r >>= HALVINGS
    total, term, n = 0, 1 << scale, 0
    while term:
        total += term
        n += 1
        term = (term * r >> scale) // n
    for _ in range(HALVINGS):
        total = total * total >> scale
    value = total >> (GUARD_BITS - k)
    return value, value + 2


def enclose_log(total, bits):
    """Return two integers between which 2^bits log(total / 2^bits) lies, for total >= 2^bits, alike."""
    if total == 1 << bits:
        return 0, 0
    scale = bits + GUARD_BITS
    k = total.bit_length() - 1 - bits
    one, m = 1 << scale, (total << GUARD_BITS) >> k
    s = ((m - one) << scale) // (m + one)
    value = (2 * atanh(s, scale) + k * ln2(scale)) >> GUARD_BITS
    return value, value + 2


def atanh(s, scale):
    """Return the inverse hyperbolic tangent of 0 <= s <= 1/3, both in units of 2^-scale."""
    total, n = 0, 1
    t = s * s >> scale
    while s:
        total += s // n
        s = s * t >> scale
        n += 2
    return total


@functools.cache
def ln2(scale):
    return 2 * atanh((1 << scale) // 3, scale)


def nearest(value, precision, smallest_exponent):
    """Return the number nearest to a fraction, ties to even; as if the format had no largest."""
    if value in (0, -math.inf):
        return float(value)
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if size < Fraction(2) ** exponent:
        exponent -= 1
    unit = max(exponent - precision + 1, smallest_exponent)
    try:
        result = math.ldexp(round(size / Fraction(2) ** unit), unit)
    except OverflowError:
        result = math.inf
    return -result if value < 0 else result
