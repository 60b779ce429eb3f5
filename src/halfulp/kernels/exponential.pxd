"""exp(z) as a ratio plus / minus: argument reduction, then one rational function and no division.

With k = round(z / ln 2), r = z - k ln 2 and tanh(r/2) = r B(s) / A(s), s = r^2 (A, B: coefficients.pxd),

    exp(z) = 2^k (A + r B) / (A - r B),

so that 1 / (1 + exp(z)) = minus / (minus + plus) is one division in all.
"""

from libc.math cimport fma, ldexp
from libc.stdint cimport uint64_t

from halfulp.kernels.bits cimport bits_of_double, double_of_bits
from halfulp.kernels.coefficients cimport *
from halfulp.kernels.pairs cimport *

cdef extern from *:
    """
    // The quick phases take arguments up to these in magnitude, and are within these errors, relative.
    #define WIDE_LIMIT 110.0f
    #define QUICK_LIMIT 690.0
    #define WIDE_SIGMOID_ERROR 0x1p-43
    #define WIDE_SOFTPLUS_ERROR 0x1p-42
    #define QUICK_SIGMOID_ERROR 0x1p-66
    #define QUICK_SOFTPLUS_ERROR 0x1p-64
    """
    const float WIDE_LIMIT
    const double QUICK_LIMIT
    const double WIDE_SIGMOID_ERROR, WIDE_SOFTPLUS_ERROR
    const double QUICK_SIGMOID_ERROR, QUICK_SOFTPLUS_ERROR

cdef struct ratio:
    double plus
    double minus

cdef struct pair_ratio:
    pair plus
    pair minus

cdef struct scaled_ratio:
    pair_ratio ratio
    int k

cdef inline double shifted_multiple(double z) noexcept nogil:
    """Return 1.5 * 2^52 + k, k = round(z / ln 2): the low bits of the sum are the integer k (|k| < 2^51).

    |z - k ln 2| <= (1/2 + 2^-42) ln 2 for |z| < 1100: the product is rounded with the sum, and log2(e) itself is
    off by less than 2^-54 relative, that is by 1100 * log2(e) * 2^-54 < 2^-43 in z / ln 2.
    """
    return fma(z, LOG2_E, SHIFT)

cdef inline double scale(double a, double shifted) noexcept nogil:
    """Return a * 2^k, for a normal result: k is added to the exponent's bits."""
    return double_of_bits(bits_of_double(a) + (bits_of_double(shifted) << 52))

cdef inline pair scale_pair(pair a, int k) noexcept nogil:
    """Return a * 2^k; a.low may underflow, and is then of no weight beside the 1 that the pair is added to."""
    return make_pair(ldexp(a.high, k), ldexp(a.low, k))

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
    cdef double s_square = s_high * (s_high + (s_low + s_low))
    # A
    cdef pair a = fast_two_sum(QUICK_A0_HIGH, s_high)
    a.low += fma(QUICK_A2, s_square, s_low + QUICK_A0_LOW)
    # B
    cdef double b_high = fma(QUICK_B1, s_high, QUICK_B0_HIGH)
    cdef double b_low = fma(QUICK_B1, s_high, QUICK_B0_HIGH - b_high)
    b_low += fma(QUICK_B1, s_low, fma(fma(QUICK_B3, s_high, QUICK_B2), s_square, QUICK_B0_LOW))
    # r B
    cdef double c_high = r_high * b_high
    cdef double c_low = fma(r_low, b_high, fma(r_high, b_high, -c_high))
    c_low = fma(r_low, b_low, fma(r_high, b_low, c_low))
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
    """a / b for pairs with |low| <= 2^-16 high, the quotient as such a pair, relative error below 2^-68."""
    b = fast_two_sum(b.high, b.low)
    cdef double reciprocal = 1 / b.high
    cdef double q = a.high * reciprocal
    return make_pair(q, fma(-q, b.low, fma(-q, b.high, a.high) + a.low) * reciprocal)

cdef enum:
    ACCURATE_BITS = 100     # every accurate phase is within 2^-100, relative

cdef inline double accurate_error() noexcept nogil:
    return ldexp(1.0, -ACCURATE_BITS)

cdef inline scaled_ratio accurate_exp(double z) noexcept nogil:
    """exp(z) = 2^k plus / minus, for |z| <= 746, relative error of plus / minus below 2^-102."""
    cdef scaled_ratio e
    cdef double k = shifted_multiple(z) - SHIFT
    e.k = <int>k
    # z - k HIGH and k MIDDLE are exact (42 bits times 11), and their difference as a pair is.
    cdef pair r = two_sum(fma(-k, LN2_HIGH, z), -k * LN2_MIDDLE)
    r = fast_two_sum(r.high, fma(-k, LN2_LOWEST, r.low))
    cdef pair s = multiply(r, r)
    cdef pair a = add(multiply(make_pair(ACCURATE_A4_HIGH, ACCURATE_A4_LOW), s), make_pair(ACCURATE_A3_HIGH, ACCURATE_A3_LOW))
    a = add(multiply(a, s), make_pair(ACCURATE_A2_HIGH, ACCURATE_A2_LOW))
    a = add_double(multiply(a, s), 1)
    a = add(multiply(a, s), make_pair(ACCURATE_A0_HIGH, ACCURATE_A0_LOW))
    cdef pair b = add(multiply(make_pair(ACCURATE_B4_HIGH, ACCURATE_B4_LOW), s), make_pair(ACCURATE_B3_HIGH, ACCURATE_B3_LOW))
    b = add(multiply(b, s), make_pair(ACCURATE_B2_HIGH, ACCURATE_B2_LOW))
    b = add(multiply(b, s), make_pair(ACCURATE_B1_HIGH, ACCURATE_B1_LOW))
    b = add(multiply(b, s), make_pair(ACCURATE_B0_HIGH, ACCURATE_B0_LOW))
    b = multiply(b, r)
    e.ratio.plus = add(a, b)
    e.ratio.minus = add(a, negate(b))
    return e
