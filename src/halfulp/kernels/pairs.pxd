"""Double-double arithmetic: an unevaluated sum high + low, and the error-free transformations it is made of.

Names and bounds are those of Joldes, Muller & Popescu, "Tight and rigorous error bounds for basic building blocks
of double-word arithmetic", ACM TOMS 44(2), 2017, and of Muller et al., Handbook of Floating-Point Arithmetic,
2nd ed., ch. 4. u = 2^-53. A pair is normalised where |low| <= ulp(high) / 2; every bound here is for normalised
pairs, no overflow, and no underflow that matters beside the bound.
"""

from libc.math cimport fma

cdef struct pair:
    double high
    double low

cdef inline pair make_pair(double high, double low) noexcept nogil:
    cdef pair result
    result.high = high
    result.low = low
    return result

cdef inline pair fast_two_sum(double a, double b) noexcept nogil:
    """a + b = high + low exactly, for |a| >= |b| or a = 0 (Dekker 1971; Handbook, algorithm 4.3)."""
    cdef double high = a + b
    return make_pair(high, b - (high - a))

cdef inline pair fast_two_difference(double a, double b) noexcept nogil:
    """a - b = high + low exactly, as fast_two_sum of a and -b."""
    cdef double high = a - b
    return make_pair(high, (a - high) - b)

cdef inline pair fast_two_sum_scaled(double power, double a, double b) noexcept nogil:
    """power * a + b = high + low exactly, for a power of two and |power * a| >= |b|: fast_two_sum, a product less."""
    cdef double high = fma(power, a, b)
    return make_pair(high, b + fma(power, a, -high))

cdef inline pair two_sum(double a, double b) noexcept nogil:
    """a + b = high + low exactly (Knuth 1969; Handbook, algorithm 4.4)."""
    cdef double high = a + b
    cdef double b_virtual = high - a
    return make_pair(high, (a - (high - b_virtual)) + (b - b_virtual))

cdef inline pair fast_two_sum_of_product(double a, double b, double c) noexcept nogil:
    """a + b c = high + low for a >= b c >= 0, with an error below u^2 of high: fast_two_sum of a product as it is.

    a <= high <= 2 a, so that high - a is exact (Sterbenz 1974). Its difference from b c is below u of high, and rounded.
    """
    cdef double high = fma(b, c, a)
    return make_pair(high, fma(b, c, a - high))

cdef inline pair two_product(double a, double b) noexcept nogil:
    """a * b = high + low exactly (Handbook, algorithm 4.8)."""
    cdef double high = a * b
    return make_pair(high, fma(a, b, -high))

cdef inline pair add(pair a, pair b) noexcept nogil:
    """a + b, relative error below 3 u^2 / (1 - 4 u) (AccurateDWPlusDW)."""
    cdef pair s = two_sum(a.high, b.high)
    cdef pair t = two_sum(a.low, b.low)
    cdef pair v = fast_two_sum(s.high, s.low + t.high)
    return fast_two_sum(v.high, t.low + v.low)

cdef inline pair negate(pair a) noexcept nogil:
    return make_pair(-a.high, -a.low)

cdef inline pair multiply(pair a, pair b) noexcept nogil:
    """a * b, relative error below 5 u^2 (DWTimesDW3)."""
    cdef pair p = two_product(a.high, b.high)
    cdef double t = fma(a.high, b.low, a.low * b.low)
    return fast_two_sum(p.high, p.low + fma(a.low, b.high, t))

cdef inline pair divide(pair a, pair b) noexcept nogil:
    """a / b, relative error below 9.8 u^2 (DWDivDW3)."""
    cdef double reciprocal = 1 / b.high
    cdef double r_high = fma(-b.high, reciprocal, 1)
    cdef pair e = fast_two_sum(r_high, -b.low * reciprocal)
    cdef pair correction = multiply_by_double(e, reciprocal)
    cdef pair inverse = add_double(correction, reciprocal)
    return multiply(a, inverse)

cdef inline pair multiply_by_double(pair a, double b) noexcept nogil:
    """a * b, relative error below 2 u^2 (DWTimesFP3)."""
    cdef pair p = two_product(a.high, b)
    return fast_two_sum(p.high, fma(a.low, b, p.low))

cdef inline pair add_double(pair a, double b) noexcept nogil:
    """a + b, relative error below 2 u^2 (DWPlusFP)."""
    cdef pair s = two_sum(a.high, b)
    return fast_two_sum(s.high, a.low + s.low)
