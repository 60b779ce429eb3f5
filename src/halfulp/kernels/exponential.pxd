"""exp(z) as a ratio plus / minus: argument reduction, then one rational function and no division.

With k = round(z / ln 2), r = z - k ln 2 and tanh(r/2) = r B(s) / A(s), s = r^2 (A, B: coefficients.pxd),

    exp(z) = 2^k (A + r B) / (A - r B),

so that exp(z) / (1 + exp(z)) = plus / (minus + plus) is one division in all. The wide evaluation takes B as a polynomial
in A = A0 + s, and so needs no s.

Three evaluations: wide (one double, for narrower formats), quick (pairs, for vector code), accurate (pairs, scalar). The
quick one comes in steps, for which vector code has loops of their own: see quick_loops.pxi.
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
    double shifted  # k, in the low bits: exp(z) = 2^k plus / minus

cdef struct reduced_argument:
    pair r
    pair s
    double shifted

cdef struct scaled_ratio:    # exp(z) = 2^k plus / minus
    pair plus
    pair minus
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

cdef inline double unscale(double a, double shifted) noexcept nogil:
    """Return a * 2^-k where that is a normal number."""
    return double_of_bits(bits_of_double(a) - (bits_of_double(shifted) << 52))

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

cdef inline reduced_argument quick_remainder(double z) noexcept nogil:
    """r = z - k ln 2 and s = r^2 as pairs for |z| <= 690: r to 2^-87.9, s to 2^-88.

    first is exact: z and k LN2_HIGH are multiples of 2^-54 (z of its ulp, where k is not 0), their difference is below
    2^-1, and k LN2_HIGH has 42 + 10 bits. |k LN2_LOW| <= 996 * 2^-44.05 < 2^-34.1, which first - r_high does not exceed by
    more than an ulp of r: its rounding is below 2^-88. LN2_LOW is off by 2^-102, times 996. |r_low| < 2^-54.9.
    s leaves out r_low^2 and rounds s_low, |s_low| < 2^-55.1: 2^-108; the error of r is one of exp(r), and enters once.
    """
    cdef double shifted = shifted_multiple(z)
    cdef double k = shifted - SHIFT
    cdef double first = fma(-k, LN2_HIGH, z)
    cdef double r_high = fma(-k, LN2_LOW, first)
    cdef double r_low = fma(-k, LN2_LOW, first - r_high)
    cdef double s_high = r_high * r_high
    cdef double s_low = fma(r_high, r_low + r_low, fma(r_high, r_high, -s_high))
    cdef reduced_argument e
    e.r = make_pair(r_high, r_low)
    e.s = make_pair(s_high, s_low)
    e.shifted = shifted
    return e

cdef inline pair quick_even(pair s) noexcept nogil:
    """A(s) of the quick ratio in Horner's rule, each step with what its fused operation rounded off: error 2^-107.

    A1 - g_high and A0 - a_high are exact (Sterbenz 1974). g_low has its A2 s.low, which weighs 2^-68 in A.
    """
    cdef double g_high = fma(QUICK_A2, s.high, QUICK_A1)
    cdef double g_low = fma(QUICK_A2, s.low, fma(QUICK_A2, s.high, QUICK_A1 - g_high))
    cdef double a_high = fma(g_high, s.high, QUICK_A0)
    cdef double a_low = fma(g_high, s.high, QUICK_A0 - a_high)
    a_low += fma(g_low, s.high, g_high * s.low)
    return make_pair(a_high, a_low)

cdef inline pair quick_odd(pair r, pair s) noexcept nogil:
    """r B(s) of the quick ratio, alike: relative error 2^-71.2.

    f: half an ulp of 2^-14.6 is 2^-68, times s^2 <= 2^-6.1, of B >= 0.478                                2^-73.0
    g_low leaves out f s.low: 2^-14.6 2^-55.1, times s                                                    2^-71.7
    """
    cdef double f = fma(QUICK_B3, s.high, QUICK_B2)
    cdef double g_high = fma(f, s.high, QUICK_B1)
    cdef double g_low = fma(f, s.high, QUICK_B1 - g_high)
    cdef double b_high = fma(g_high, s.high, QUICK_B0)
    cdef double b_low = fma(g_high, s.high, QUICK_B0 - b_high)
    b_low += fma(g_low, s.high, g_high * s.low)
    cdef double c_high = r.high * b_high
    cdef double c_low = fma(r.low, b_high, fma(r.high, b_high, -c_high))
    return make_pair(c_high, fma(r.high, b_low, c_low))

cdef inline pair_ratio quick_ratio(pair a, pair c, double shifted) noexcept nogil:
    """exp(z) from A and r B. 0.79 <= plus, minus <= 1.14, |low| <= 2^-52.1, its two roundings 2^-104 of it."""
    cdef pair_ratio e
    e.plus = fast_two_sum(a.high, c.high)
    e.plus.low += a.low + c.low
    e.minus = fast_two_difference(a.high, c.high)
    e.minus.low += a.low - c.low
    e.shifted = shifted
    return e

cdef inline pair_ratio quick_exp(double z) noexcept nogil:
    """exp(z) = 2^k plus / minus, pairs, for |z| <= 690, relative error below 2^-70.2.

    approximation: 2^-69.10 in tanh(r/2), times 0.354       2^-70.60
    r B: 2^-71.2 in tanh(r/2), times 0.354                  2^-72.6
    r, A, plus, minus                                       2^-87.8
    """
    cdef reduced_argument e = quick_remainder(z)
    return quick_ratio(quick_even(e.s), quick_odd(e.r, e.s), e.shifted)

cdef inline pair quick_quotient(pair a, pair b, double reciprocal) noexcept nogil:
    """a / b from reciprocal = 1 / b.high, for |low| <= 2^-50.6 high: relative error below 2^-99, |low| <= 2^-49.3 high.

    q = a.high / b.high (1 +- 2 u), so that the rest a.high - q b.high is a few ulps and exact, and the low part is at
    most 2^-52 + 2^-51.7 + 2^-50.6 of q. The reciprocal misses 1 / b by u + 2^-50.6 of it: 2^-99.5; three roundings.
    """
    cdef double q = a.high * reciprocal
    return make_pair(q, fma(-q, b.low, fma(-q, b.high, a.high) + a.low) * reciprocal)

cdef inline pair quick_divide(pair a, pair b) noexcept nogil:
    """a / b for |low| <= 2^-20.6 high, as such a pair, relative error below 2^-70.5.

    With q = a.high / b.high (1 +- 2 u) the rest a.high - q b.high is a few ulps, known to 2^-104. Three more roundings,
    each of a number below 2^-19.5 times a, and the reciprocal's, make 4 * 2^-72.5.
    """
    b = fast_two_sum(b.high, b.low)
    return quick_quotient(a, b, 1 / b.high)

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
    e.plus = add(a, b)
    e.minus = add(a, negate(b))
    e.k = <int>k
    return e
