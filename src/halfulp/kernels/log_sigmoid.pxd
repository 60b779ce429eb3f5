"""softplus(x) = log(1 + exp(x)) = -log_sigmoid(-x) of one number."""

from libc.math cimport fabs, fma

from halfulp.kernels.bounds cimport ACCURATE_ERROR
from halfulp.kernels.exact cimport exact_softplus
from halfulp.kernels.exponential cimport *
from halfulp.kernels.rounding cimport *

cdef inline double wide_atanh_argument(ratio e) noexcept nogil:
    """v with 1 + exp(z) = (2 + v) / (2 - v), from exp(z) <= 1, so that log(1 + exp(z)) = 2 atanh(v/2).

    The sum and the quotient round once each: with the 2^-43.91 of exp(z), whose weight is at most 1, 2^-43.9.
    """
    return e.plus / fma(0.5, e.plus, e.minus)

cdef inline double wide_two_atanh(double v) noexcept nogil:
    """2 atanh(v/2) in plain doubles for 0 <= v <= 0.66667: log(1 + exp(z)) with a relative error below 2^-42.2.

    v, with a weight of 1.09 at most, 2^-43.77; the approximation 2^-42.80; a dozen roundings.
    """
    cdef double t = v * v
    cdef double t2 = t * t
    cdef double q4 = fma(WIDE_Q6, t2, fma(WIDE_Q5, t, WIDE_Q4))
    cdef double q2 = fma(q4, t2, fma(WIDE_Q3, t, WIDE_Q2))
    cdef double q = fma(q2, t2, fma(WIDE_Q1, t, WIDE_Q0))
    return fma(v * t, q, v)

cdef inline pair quick_atanh_argument(pair_ratio e) noexcept nogil:
    """v with 1 + exp(z) = (2 + v) / (2 - v), from exp(z) <= 1, so that log(1 + exp(z)) = 2 atanh(v/2).

    Its relative error stays below 2^-67.7, as in quick_sigmoid. That of the logarithm: 2^-67.7, with a weight of 1.09 at
    most, and the 2^-66.5 of quick_two_atanh make 2^-65.9.
    """
    cdef pair total = fast_two_sum(e.minus.high, 0.5 * e.plus.high)
    total.low += fma(0.5, e.plus.low, e.minus.low)
    cdef pair v = quick_divide(e.plus, total)
    return fast_two_sum(v.high, v.low)

cdef inline pair quick_two_atanh(pair v) noexcept nogil:
    """2 atanh(v/2) = v (1 + t Q(t)) for 0 <= v <= 0.66667, t = v^2, relative error below 2^-66.5 beside that of v.

    p   Q3 + ... + Q12 t^9 in doubles: 4 u, and t_low, which it leaves out, another 0.1 u. It enters as p t^4
        <= 2^-15.8                                                                                    2^-66.7
    f, g, h: Q2 + t p, Q1 + t f, Q0 + t g, each with what its fma rounded off (the difference is exact by
        Sterbenz: t p < Q2 / 2, and so on); f leaves out p t_low, as t^3 p t_low <= u 2^-15.8          2^-68.8
    All else is rounded in low parts of size u, relative to terms below 0.04.                          2^-104
    Approximation                                                                                     2^-73.1
    """
    cdef double t_high = v.high * v.high
    cdef double t_low = fma(v.high, v.low + v.low, fma(v.high, v.high, -t_high))
    cdef double t2 = t_high * t_high
    cdef double t4 = t2 * t2
    cdef double p3 = fma(fma(QUICK_Q6, t_high, QUICK_Q5), t2, fma(QUICK_Q4, t_high, QUICK_Q3))
    cdef double p7 = fma(fma(QUICK_Q10, t_high, QUICK_Q9), t2, fma(QUICK_Q8, t_high, QUICK_Q7))
    cdef double p11 = fma(QUICK_Q12, t_high, QUICK_Q11)
    cdef double p = fma(fma(p11, t4, p7), t4, p3)

    cdef double f_high = fma(p, t_high, QUICK_Q2)
    cdef double f_low = fma(p, t_high, QUICK_Q2 - f_high)
    cdef double g_high = fma(f_high, t_high, QUICK_Q1_HIGH)
    cdef double g_low = fma(f_high, t_high, QUICK_Q1_HIGH - g_high)
    g_low += fma(f_low, t_high, fma(f_high, t_low, QUICK_Q1_LOW))
    cdef double h_high = fma(g_high, t_high, QUICK_Q0_HIGH)
    cdef double h_low = fma(g_high, t_high, QUICK_Q0_HIGH - h_high)
    h_low += fma(g_low, t_high, fma(g_high, t_low, QUICK_Q0_LOW))

    cdef double w_high = t_high * h_high
    cdef double w_low = fma(t_high, h_high, -w_high) + fma(t_high, h_low, t_low * h_high)
    cdef double m_high = v.high * w_high
    cdef double m_low = fma(v.high, w_high, -m_high) + fma(v.high, w_low, v.low * w_high)
    cdef pair y = fast_two_sum(v.high, m_high)
    y.low += v.low + m_low
    return y

cdef inline pair quick_add(double a, pair b) noexcept nogil:
    """a + b for a, b.high >= 0: the sum of the high parts is exact, that of the low ones rounds in 2^-105 of it."""
    cdef pair y = two_sum(a, b.high)
    y.low += b.low
    return y

cdef inline pair accurate_q(pair t) noexcept nogil:
    """The polynomial Q of the accurate phase. Its upper terms, below 2^-54 of the value, are doubles."""
    cdef double p = fma(fma(ACCURATE_Q22, t.high, ACCURATE_Q21), t.high, ACCURATE_Q20)
    p = fma(fma(p, t.high, ACCURATE_Q19), t.high, ACCURATE_Q18)
    p = fma(fma(p, t.high, ACCURATE_Q17), t.high, ACCURATE_Q16)
    cdef pair q = add(multiply_by_double(t, p), make_pair(ACCURATE_Q15_HIGH, ACCURATE_Q15_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q14_HIGH, ACCURATE_Q14_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q13_HIGH, ACCURATE_Q13_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q12_HIGH, ACCURATE_Q12_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q11_HIGH, ACCURATE_Q11_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q10_HIGH, ACCURATE_Q10_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q9_HIGH, ACCURATE_Q9_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q8_HIGH, ACCURATE_Q8_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q7_HIGH, ACCURATE_Q7_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q6_HIGH, ACCURATE_Q6_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q5_HIGH, ACCURATE_Q5_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q4_HIGH, ACCURATE_Q4_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q3_HIGH, ACCURATE_Q3_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q2_HIGH, ACCURATE_Q2_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q1_HIGH, ACCURATE_Q1_LOW))
    q = add(multiply(q, t), make_pair(ACCURATE_Q0_HIGH, ACCURATE_Q0_LOW))
    return q

cdef inline scaled_pair accurate_softplus(double x) noexcept nogil:
    """log(1 + exp(x)) for |x| <= 746, relative error below 36 u^2 < 2^-100.8.

    v: 28 u^2 as in accurate_sigmoid, weight 1.09. t Q(t) <= 0.04: 14 u^2 of it. Its product and sum with v: 3.3 u^2.
    The sum with x: 2 u^2. Approximation: 2^-112.1.
    """
    cdef scaled_ratio e = accurate_exp(-fabs(x))
    cdef pair half = make_pair(0.5 * e.ratio.plus.high, 0.5 * e.ratio.plus.low)
    cdef pair v = divide(e.ratio.plus, add(e.ratio.minus, scale_pair(half, e.k)))
    cdef pair t = scale_pair(v, e.k)
    t = multiply(t, t)
    cdef pair y = add(v, multiply(v, multiply(t, accurate_q(t))))
    if x < 0:
        return make_scaled(y, e.k)
    return make_scaled(add_double(scale_pair(y, e.k), x), 0)

cdef inline double resolve_softplus(double x, number_format target) noexcept nogil:
    """log(1 + exp(x)) correctly rounded to the format, for every x, by the accurate phases."""
    cdef double result
    if x != x:
        return x
    if x > 746:     # x + exp(-x) is nearer to x than to any other number
        return x
    if x < -746:    # below 2^-1076
        return 0
    if is_decided(accurate_softplus(x), ACCURATE_ERROR, target, &result):
        return result
    return exact_softplus(x, target)
