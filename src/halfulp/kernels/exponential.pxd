"""exp(z) as a ratio plus / minus: argument reduction, then one rational function and no division.

With k = round(z / ln 2), r = z - k ln 2 and tanh(r/2) = r B(s) / A(s), s = r^2 (A, B: coefficients.pxd),

    exp(z) = 2^k (A + r B) / (A - r B),

so that exp(z) / (1 + exp(z)) = plus / (minus + plus) is one division in all. The wide evaluation takes B as a polynomial
in A = A0 + s, and so needs no s.

Three evaluations: wide (one double, for narrower formats), quick (pairs, for vector code), accurate (pairs, scalar).
u = 2^-53 throughout, and |r| <= 0.34658, s <= 0.12012, T = |tanh(r/2)| <= 0.1717. An error e relative to tanh(r/2)
changes log(exp(r)) = 2 atanh(tanh(r/2)) by 2 T e / (1 - T^2) <= 0.354 e: that much, relative, in exp(r). Errors below
are relative to exp(z) unless they say otherwise; the bounds are also checked by machine and against mpmath in the tests.
"""

from libc.math cimport fma, ldexp
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

cdef struct scaled_ratio:
    pair_ratio ratio
    int k

cdef inline double shifted_multiple(double z) noexcept nogil:
    """Return 1.5 * 2^52 + k with k = round(z / ln 2), |z| < 1100: the low bits of the sum are the integer k.

    The product is rounded with the sum, and LOG2_E is off by less than 2^-54 relative, that is by 1587 * 2^-54 < 2^-43
    in z / ln 2. So |z - k ln 2| <= (1/2 + 2^-43) ln 2 < 0.34658.
    """
    return fma(z, LOG2_E, SHIFT)

cdef inline double scale(double a, double shifted) noexcept nogil:
    """Return a * 2^k where that is a normal number: k is added to the exponent's bits."""
    return double_of_bits(bits_of_double(a) + (bits_of_double(shifted) << 52))

cdef inline pair scale_pair(pair a, int k) noexcept nogil:
    """Return a * 2^k; a.low may underflow, and is then of no weight beside the number near 1 that is added."""
    return make_pair(ldexp(a.high, k), ldexp(a.low, k))

cdef inline double wide_remainder(double z, double shifted) noexcept nogil:
    """Return r = z - k ln 2 for |z| <= 110, with an absolute error below 2^-47.7.

    |k| <= 159 times the 2^-55.1 that LN2 is off, and half an ulp of 0.34658.
    """
    return fma(SHIFT - shifted, LN2, z)

cdef inline ratio wide_exp(double r, double shifted) noexcept nogil:
    """exp(z) in plain doubles from wide_remainder, relative error below 2^-43.91.

    2^-42.52 in tanh(r/2), times 0.354                                                              2^-44.01
    r                                                                                               2^-47.7
    a: one rounding; b: two of its own, below 2 u; in tanh(r/2) 4 u, times 0.354                     2^-52.4
    plus, minus: a rounding each                                                                    2^-52
    """
    cdef double a = fma(r, r, WIDE_A0)
    cdef double b = fma(fma(WIDE_B2, a, WIDE_B1), a, WIDE_B0)
    cdef ratio e
    e.plus = scale(fma(r, b, a), shifted)
    e.minus = fma(-r, b, a)
    return e

cdef inline pair_ratio quick_exp(double z) noexcept nogil:
    """exp(z) as pairs for |z| <= 690, relative error below 2^-68; |low| <= 2^-21 high.

    r   r_high is exact: z and k LN2_HIGH are multiples of 2^-54 (z of its ulp, where k is not 0), their difference is
        below 2^-1, and k LN2_HIGH has 42 + 10 bits. |r_low| <= 996 * 2^-44.05 < 2^-34.1, with its rounding and LN2_LOW's
        own, 996 * 2^-102, off by 2^-87.
    s   s_high + s_low misses r_low^2 < 2^-68.2, and a rounding below 2^-87: 2^-71.3 of A, less of B      2^-72.7
        s_square: the rounding of s twice and its own, 2^-51.4 s^2; times A2, 2^-64.2, of A >= 8.919: 2^-67.3   2^-68.8
    A   a.low is then at most 2^-33; roundings below 2^-85. In sigma_low the difference s_high - sigma_high is exact
        (Sterbenz), and the fma returns what the other fma rounded off, to 2^-104.
    B   b_low likewise. The terms with B2, B3 are at most 2^-17.5, with errors of 6 u: 2^-67.9, of B >= 4.459   2^-71.5
        B3 takes s, not s_high: s_low reaches 2^-34.6 where |z| is large, and B3 s_low s^2 then 2^-61.7
    r B |c_low| <= 2^-18.9, with three roundings of it at the most: 2^-70.3, twice that of A                   2^-72.4
    plus, minus: two roundings of low parts below 2^-18.8, each, 2^-70.8 of minus, plus >= 7.37; the two          2^-72.7
    approximation: 2^-68.86 in tanh(r/2), times 0.354                                                     2^-70.3
    """
    cdef double shifted = shifted_multiple(z)
    cdef double k = shifted - SHIFT
    cdef double r_high = fma(-k, LN2_HIGH, z)
    cdef double r_low = -k * LN2_LOW
    cdef double s_high = r_high * r_high
    cdef double s_low = fma(r_high, r_low + r_low, fma(r_high, r_high, -s_high))
    cdef double s = s_high + s_low
    cdef double s_square = s * s

    cdef double sigma_high = fma(QUICK_A2, s_square, s_high)
    cdef double sigma_low = fma(QUICK_A2, s_square, s_high - sigma_high) + s_low
    cdef pair a = fast_two_sum(QUICK_A0_HIGH, sigma_high)
    a.low += sigma_low + QUICK_A0_LOW

    cdef double b_high = fma(QUICK_B1, s_high, QUICK_B0_HIGH)
    cdef double b_low = fma(QUICK_B1, s_high, QUICK_B0_HIGH - b_high)
    b_low += fma(QUICK_B1, s_low, fma(fma(QUICK_B3, s, QUICK_B2), s_square, QUICK_B0_LOW))

    cdef double c_high = r_high * b_high
    cdef double c_low = fma(r_low, b_high, fma(r_high, b_high, -c_high))
    c_low = fma(r_low, b_low, fma(r_high, b_low, c_low))

    cdef double power = double_of_bits((bits_of_double(shifted) << 52) + bits_of_double(1.0))
    cdef pair_ratio e
    e.plus = fast_two_sum(a.high, c_high)
    e.plus.low += a.low + c_low
    e.plus.high *= power
    e.plus.low *= power
    e.minus = fast_two_sum(a.high, -c_high)
    e.minus.low += a.low - c_low
    return e

cdef inline pair quick_divide(pair a, pair b) noexcept nogil:
    """a / b for |low| <= 2^-20.6 high, as such a pair, relative error below 2^-70.5.

    With q = a.high / b.high (1 +- 2 u) the rest a.high - q b.high is a few ulps, known to 2^-104. Three more roundings,
    each of a number below 2^-19.5 times a, and the reciprocal's, make 4 * 2^-72.5.
    """
    b = fast_two_sum(b.high, b.low)
    cdef double reciprocal = 1 / b.high
    cdef double q = a.high * reciprocal
    return make_pair(q, fma(-q, b.low, fma(-q, b.high, a.high) + a.low) * reciprocal)

cdef inline scaled_ratio accurate_exp(double z) noexcept nogil:
    """exp(z) = 2^k plus / minus for |z| <= 746, relative error below 10.3 u^2 to first order.

    The machine proof, which takes the worst of every step at once, gives 13.1 u^2.

    r   k LN2_HIGH, k LN2_MIDDLE and the differences are exact (42 + 11 bits), the last step rounds r.low: 2^-107.4.
    s   5 u^2, which change tanh(r/2) by a factor s A'/A < 0.014 of that.
    A   3 u^2 of the last addition, and 0.0135 times the 13 u^2 of the term before: below 3.3 u^2.
    r B 3.1 u^2 alike, and 5 u^2 of the last product. In all 11.5 u^2 in tanh(r/2), times 0.354: 4.1 u^2.
    plus, minus: 3 u^2 each. Approximation: 2^-115.6.
    """
    cdef double k = shifted_multiple(z) - SHIFT
    cdef pair r = two_sum(fma(-k, LN2_HIGH, z), -k * LN2_MIDDLE)
    r = fast_two_sum(r.high, fma(-k, LN2_LOWEST, r.low))
    cdef pair s = multiply(r, r)
    cdef pair a = multiply(make_pair(ACCURATE_A4_HIGH, ACCURATE_A4_LOW), s)
    a = multiply(add(a, make_pair(ACCURATE_A3_HIGH, ACCURATE_A3_LOW)), s)
    a = multiply(add(a, make_pair(ACCURATE_A2_HIGH, ACCURATE_A2_LOW)), s)
    a = multiply(add_double(a, 1), s)
    a = add(a, make_pair(ACCURATE_A0_HIGH, ACCURATE_A0_LOW))
    cdef pair b = multiply(make_pair(ACCURATE_B4_HIGH, ACCURATE_B4_LOW), s)
    b = multiply(add(b, make_pair(ACCURATE_B3_HIGH, ACCURATE_B3_LOW)), s)
    b = multiply(add(b, make_pair(ACCURATE_B2_HIGH, ACCURATE_B2_LOW)), s)
    b = multiply(add(b, make_pair(ACCURATE_B1_HIGH, ACCURATE_B1_LOW)), s)
    b = multiply(add(b, make_pair(ACCURATE_B0_HIGH, ACCURATE_B0_LOW)), r)
    cdef scaled_ratio e
    e.ratio.plus = add(a, b)
    e.ratio.minus = add(a, negate(b))
    e.k = <int>k
    return e
