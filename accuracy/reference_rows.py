"""The exact values of log_softmax, softmax and logsumexp of one row, from mpmath; see `reference` for the
method.

With m the maximum, found first at index j, and R the sum of exp(x_i - m) over all i != j:

    logsumexp = m + log1p(R),   log_softmax_i = (x_i - m) - log1p(R),   softmax_i = exp(x_i - m) / (1 + R).

x_i - m is exact. R is rounded upwards and softmax downwards: beside 1/n it lies below, and where n is a power
of two the unit in the last place is smaller there. Where the sum with the logarithm is computed in fewer
bits, it is rounded outwards to an enclosure; the terms of logsumexp may cancel, which only makes the
enclosure relatively wide and the precision rise.
"""

import math

from mpmath import libmp

from halfulp.accuracy.reference import (
    GUARD_BITS,
    MOST_BITS,
    SLACK_BITS,
    UndecidedError,
    log1p,
    round_enclosure,
)
from halfulp.accuracy.ulp import round_dyadic

_FLOOR, _CEILING, _NEAREST = "f", "c", "n"


def round_row(function, row, form):
    """Return a list of the function's values on a list of floats, each rounded as by `round_dyadic`."""
    if not row:
        return [_infinity(form, True)] if function == "logsumexp" else []
    nan = form.nan_bits, 0.0, form.emin
    if any(math.isnan(x) for x in row):
        return [nan] if function == "logsumexp" else [nan] * len(row)
    largest = max(row)
    if math.isinf(largest):
        return [_infinity(form, largest < 0)] if function == "logsumexp" else [nan] * len(row)
    parts = _Row(row, largest, form)
    if function == "logsumexp":
        return [parts.decide(parts.logsumexp, 0)]
    compute = parts.log_softmax if function == "log_softmax" else parts.softmax
    cache = {}  # equal members have equal results
    for x in row:
        if x not in cache:
            cache[x] = parts.decide(compute, x)
    return [cache[x] for x in row]


def _infinity(form, negative):
    return (form.sign_bit if negative else 0) | form.infinity_bits, 0.0, form.emin


def approximate_row(function, row, element, bits):
    """Return the value at one element of a row with a finite maximum as mpmath's tuple, computed in `bits`
    bits.

    Its relative error is not bounded where logsumexp cancels; `round_row` is for results that must be right.
    """
    parts = _Row(row, max(row), None)
    logarithm = log1p(parts.sum_of_others(bits), bits) if parts.counts else libmp.fzero
    if function == "logsumexp":
        return libmp.mpf_add(parts.largest, logarithm, bits, _NEAREST)
    if row[element] == -math.inf:
        return libmp.fninf if function == "log_softmax" else libmp.fzero
    distance = parts.distance(row[element])
    if function == "log_softmax":
        return libmp.mpf_sub(distance, logarithm, bits, _NEAREST)
    total = libmp.mpf_add(libmp.fone, parts.sum_of_others(bits), bits, _NEAREST)
    return libmp.mpf_div(libmp.mpf_exp(distance, bits, _NEAREST), total, bits, _NEAREST)


class _Row:
    """A row with a finite maximum: its members' distances from it, and R at each precision asked for."""

    def __init__(self, row, largest, form):
        self.form = form
        self.largest = libmp.from_float(largest)
        first = row.index(largest)
        counts = {}
        for i, x in enumerate(row):
            if i != first and x != -math.inf:
                counts[x] = counts.get(x, 0) + 1
        self.counts = [(self.distance(x), count) for x, count in counts.items()]
        self.only_maxima = all(d == libmp.fzero for d, _ in self.counts)
        # A P-bit R, made of n positive terms, is off by less than (n + 3) 2^(1-P) relatively, and log1p(R),
        # which is better conditioned, by one unit more.
        self.slack_bits = max(SLACK_BITS, (len(self.counts) + 4).bit_length() + 3)
        self.sums = {}

    def distance(self, x):
        return libmp.mpf_sub(libmp.from_float(x), self.largest)  # exact: no precision given

    def sum_of_others(self, bits):
        if bits not in self.sums:
            total = libmp.fzero
            for d, count in self.counts:
                term = libmp.mpf_mul_int(libmp.mpf_exp(d, bits, _CEILING), count, bits, _CEILING)
                total = libmp.mpf_add(total, term, bits, _CEILING)
            self.sums[bits] = total
        return self.sums[bits]

    def decide(self, compute, x):
        """Raise the precision until `compute(x, bits)` gives a decided rounding."""
        bits = self.form.precision + GUARD_BITS
        while bits <= MOST_BITS:
            decided = compute(x, bits)
            if decided is not None:
                return decided
            bits *= 2
        raise UndecidedError(f"a row's result at {x!r} is not decided with {MOST_BITS} bits")

    def log_softmax(self, x, bits):
        if x == -math.inf:
            return _infinity(self.form, True)
        distance = libmp.mpf_neg(self.distance(x))
        if not self.counts and distance == libmp.fzero:
            return round_dyadic(self.form, False, 0, 0)  # the only member: log 1 = +0
        return self._add_logarithm(distance, bits, negate=True)

    def logsumexp(self, _, bits):
        return self._add_logarithm(self.largest, bits, negate=False)

    def softmax(self, x, bits):
        if x == -math.inf:
            return round_dyadic(self.form, False, 0, 0)
        others = self.sum_of_others(bits)
        total = libmp.mpf_add(libmp.fone, others, bits, _CEILING)
        if self.only_maxima:  # 1/n, an exact tie if n is a power of two beyond the smallest number
            _, mantissa, exponent, _ = libmp.mpf_div(libmp.fone, total, bits, _NEAREST)
            if mantissa == 1:
                return round_dyadic(self.form, False, mantissa, exponent)
        ratio = libmp.mpf_div(libmp.mpf_exp(self.distance(x), bits, _FLOOR), total, bits, _FLOOR)
        return self._round(ratio, bits, negate=False)

    def _add_logarithm(self, term, bits, negate):
        """Round term + log1p(R), or its negative, with an exact `term`."""
        others = self.sum_of_others(bits)
        if others == libmp.fzero:
            return self._round_exact(term, negate)
        logarithm = log1p(others, bits)
        error = libmp.mpf_shift(logarithm, self.slack_bits - bits)
        low = libmp.mpf_sub(logarithm, error, bits, _FLOOR)
        high = libmp.mpf_add(logarithm, error, bits, _CEILING)
        if term != libmp.fzero:
            lowest_bit = min(term[2], self.form.emin)
            if high[2] + high[3] < lowest_bit - 64:
                # The logarithm lies far below every bit of the term and the smallest number: all it decides
                # is on which side of the term the sum is. Any other such number does, so take two that add up
                # in few bits.
                low, high = libmp.from_man_exp(1, lowest_bit - 65), libmp.from_man_exp(1, lowest_bit - 64)
                low, high = libmp.mpf_add(term, low), libmp.mpf_add(term, high)
            else:
                low = libmp.mpf_add(term, low, bits, _FLOOR)
                high = libmp.mpf_add(term, high, bits, _CEILING)
        if low[0] != high[0] or low == libmp.fzero or high == libmp.fzero:
            return None
        first, last = self._round_exact(low, negate), self._round_exact(high, negate)
        # Both ends must agree on the number and on the distance from it, a fraction of the last place.
        agree = first[0] == last[0] and first[2] == last[2] and abs(first[1] - last[1]) < 1e-9
        return first if agree else None

    def _round(self, number, bits, negate):
        sign, mantissa, exponent, _ = number
        bits -= self.slack_bits - SLACK_BITS
        return round_enclosure(self.form, bool(sign) != negate, mantissa, exponent, bits)

    def _round_exact(self, number, negate):
        sign, mantissa, exponent, _ = number
        if mantissa == 0:
            return round_dyadic(self.form, False, 0, 0)
        return round_dyadic(self.form, bool(sign) != negate, mantissa, exponent)
