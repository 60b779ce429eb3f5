"""softplus(x) = log(1 + exp(x)) = -log_sigmoid(-x) of one number."""

from libc.math cimport fabs

from halfulp.kernels.exact cimport exact_sigmoid, exact_softplus
from halfulp.kernels.exponential cimport *
from halfulp.kernels.rounding cimport *

cdef inline double wide_log1p_exp(double z) noexcept nogil:
    """log(1 + exp(z)) in plain doubles for -128 <= z <= 0, relative error below 2^-42.2."""
    cdef ratio e = wide_exp(z)
    cdef double v = e.plus / fma(0.5, e.plus, e.minus)
    cdef double t = v * v
    cdef double q = fma(fma(fma(WIDE_Q6, t, WIDE_Q5), t, WIDE_Q4), t, WIDE_Q3)
    q = fma(fma(fma(q, t, WIDE_Q2), t, WIDE_Q1), t, WIDE_Q0)
    return fma(v * t, q, v)

cdef inline pair quick_atanh_argument(pair_ratio e) noexcept nogil:
    cdef pair total = fast_two_sum(e.minus.high, 0.5 * e.plus.high)
    total.low += fma(0.5, e.plus.low, e.minus.low)
    cdef pair v = quick_divide(e.plus, total)
    return fast_two_sum(v.high, v.low)

cdef inline pair quick_two_atanh(pair v) noexcept nogil:
    cdef double t_high = v.high * v.high
    cdef double t_low = fma(v.high, v.low + v.low, fma(v.high, v.high, -t_high))
    cdef double t2 = t_high * t_high
    cdef double t4 = t2 * t2
    cdef double p0 = fma(fma(QUICK_Q5, t_high, QUICK_Q4), t2, fma(QUICK_Q3, t_high, QUICK_Q2))
    cdef double p4 = fma(fma(QUICK_Q9, t_high, QUICK_Q8), t2, fma(QUICK_Q7, t_high, QUICK_Q6))
    cdef double p8 = fma(QUICK_Q12, t2, fma(QUICK_Q11, t_high, QUICK_Q10))
    cdef double p = fma(fma(p8, t4, p4), t4, p0)
    cdef double g_high = fma(p, t_high, QUICK_Q1_HIGH)
    cdef double g_low = fma(p, t_high, QUICK_Q1_HIGH - g_high) + QUICK_Q1_LOW
    cdef double h_high = fma(g_high, t_high, QUICK_Q0_HIGH)
    cdef double h_low = fma(g_high, t_high, QUICK_Q0_HIGH - h_high) + fma(g_low, t_high, fma(g_high, t_low, QUICK_Q0_LOW))
    cdef double w_high = t_high * h_high
    cdef double w_low = fma(t_high, h_high, -w_high) + fma(t_high, h_low, t_low * h_high)
    cdef double m_high = v.high * w_high
    cdef double m_low = fma(v.high, w_high, -m_high) + fma(v.high, w_low, v.low * w_high)
    cdef pair y = fast_two_sum(v.high, m_high)
    y.low += v.low + m_low
    return y

cdef inline pair quick_add(double a, pair b) noexcept nogil:
    """a + b >= 0 for a, b.high >= 0: the sum of the high parts is exact, one rounding of the low part."""
    cdef pair y = two_sum(a, b.high)
    y.low += b.low
    return y

cdef inline scaled_pair accurate_softplus(double x) noexcept nogil:
    """log(1 + exp(x)) for |x| <= 746, relative error below 2^-100."""
    cdef scaled_ratio e = accurate_exp(-fabs(x))
    cdef pair half = make_pair(0.5 * e.ratio.plus.high, 0.5 * e.ratio.plus.low)
    cdef pair v = divide(e.ratio.plus, add(e.ratio.minus, scale_pair(half, e.k)))
    cdef pair t = scale_pair(v, e.k)
    t = multiply(t, t)
    cdef pair y = add(v, multiply(v, multiply(t, accurate_q(t))))
    if x < 0:
        return make_scaled(y, e.k)
    return make_scaled(add_double(scale_pair(y, e.k), x), 0)

cdef inline pair accurate_q(pair t) noexcept nogil:
    """The polynomial Q of the accurate phase."""
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

cdef inline double resolve_softplus(double x, number_format target) noexcept nogil:
    """log(1 + exp(x)) correctly rounded to the format, for every x, by the accurate phases."""
    cdef double result
    if x != x:
        return x
    if x > 746:     # x + exp(-x) is nearer to x than to any other number
        return x
    if x < -746:    # below 2^-1076
        return 0
    if is_decided(accurate_softplus(x), accurate_error(), target, &result):
        return result
    return exact_softplus(x, target)
