"""exp(z) as a ratio plus / minus: argument reduction, then one rational function and no division.

With k = round(z / ln 2), r = z - k ln 2 and tanh(r/2) = r B(s) / A(s), s = r^2 (A, B: coefficients.pxd),

    exp(z) = 2^k (A + r B) / (A - r B),

so that 1 / (1 + exp(z)) = minus / (minus + plus) is one division in all.
"""

from libc.math cimport fma
from libc.stdint cimport uint64_t

from halfulp.kernels.bits cimport bits_of_double, double_of_bits
from halfulp.kernels.coefficients cimport *
from halfulp.kernels.pairs cimport *

cdef struct ratio:
    double plus
    double minus

cdef struct pair_ratio:
    pair plus
    pair minus

cdef inline double shifted_multiple(double z) noexcept nogil:
    """Return 1.5 * 2^52 + k, k = round(z / ln 2): the low bits of the sum are the integer k (|k| < 2^51).

    |z - k ln 2| <= (1/2 + 2^-42) ln 2 for |z| < 1100: the product is rounded with the sum, and log2(e) itself is
    off by less than 2^-54 relative, that is by 1100 * log2(e) * 2^-54 < 2^-43 in z / ln 2.
    """
    return fma(z, LOG2_E, SHIFT)

cdef inline double scale(double a, double shifted) noexcept nogil:
    """Return a * 2^k, for a normal result: k is added to the exponent's bits."""
    return double_of_bits(bits_of_double(a) + (bits_of_double(shifted) << 52))

cdef inline ratio wide_exp(double z) noexcept nogil:
    """exp(z) in plain doubles, for |z| <= 128, with relative error below 2^-43.8.

    ratio: the error 2^-42.52 of tanh(r/2) changes exp(r) by d(r) = 2^-42.52 |r| at most, |r| <= 0.34658 . . 2^-44.04
    r: |k| <= 185 times the error 2^-54.6 of LN2, and one rounding of |r| < 1/2  . . . . . . . . . . . . . 2^-46.9
    A, r B, sum and difference: 8 roundings, each at most 2^-53 of plus or minus . . . . . . . . . . . . . 2^-50
    """
    cdef double shifted = shifted_multiple(z)
    cdef double r = fma(SHIFT - shifted, LN2, z)
    cdef double s = r * r
    cdef double a = WIDE_A0 + s
    cdef double b = r * fma(fma(WIDE_B2, s, WIDE_B1), s, WIDE_B0)
    cdef ratio e
    e.plus = scale(a + b, shifted)
    e.minus = a - b
    return e

cdef inline pair_ratio quick_exp(double z) noexcept nogil:
    """exp(z) as pairs, for |z| <= 746, relative error below 2^-66.8; |low| <= 2^-50 high."""
    cdef double shifted = shifted_multiple(z)
    cdef double k = shifted - SHIFT
    cdef double r_high = fma(-k, LN2_HIGH, z)
    cdef double r_low = -k * LN2_LOW
    cdef double s_high = r_high * r_high
    cdef double s_low = fma(r_high, r_low + r_low, fma(r_high, r_high, -s_high))
    cdef double s_square = s_high * s_high
    # A
    cdef pair a = fast_two_sum(QUICK_A0_HIGH, s_high)
    a.low += fma(QUICK_A2, s_square, s_low + QUICK_A0_LOW)
    # B
    cdef double b_high = fma(QUICK_B1, s_high, QUICK_B0_HIGH)
    cdef double b_low = fma(QUICK_B1, s_high, QUICK_B0_HIGH - b_high)
    b_low += fma(QUICK_B1, s_low, fma(fma(QUICK_B3, s_high, QUICK_B2), s_square, QUICK_B0_LOW))
    # r B
    cdef double c_high = r_high * b_high
    cdef double c_low = fma(r_high, b_low, fma(r_low, b_high, fma(r_high, b_high, -c_high)))
    cdef pair_ratio e
    e.minus = fast_two_sum(a.high, -c_high)
    e.minus.low += a.low - c_low
    e.plus = fast_two_sum(a.high, c_high)
    e.plus.low += a.low + c_low
    cdef double power = double_of_bits((bits_of_double(shifted) << 52) + bits_of_double(1.0))
    e.plus.high *= power
    e.plus.low *= power
    return e

cdef inline pair quick_divide(pair a, pair b) noexcept nogil:
    """a / b with relative error below 2^-100"""
    cdef double reciprocal = 1 / b.high
    cdef double q = a.high * reciprocal
    return make_pair(q, fma(-q, b.low, fma(-q, b.high, a.high) + a.low) * reciprocal)
