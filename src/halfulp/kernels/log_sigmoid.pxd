"""softplus(x) = log(1 + exp(x)) = -log_sigmoid(-x) of one number."""

from halfulp.kernels.exponential cimport *

cdef inline double wide_log1p_exp(double z) noexcept nogil:
    """log(1 + exp(z)) in plain doubles for -128 <= z <= 0, relative error below 2^-42.2."""
    cdef ratio e = wide_exp(z)
    cdef double v = e.plus / fma(0.5, e.plus, e.minus)
    cdef double t = v * v
    cdef double q = fma(fma(fma(WIDE_Q6, t, WIDE_Q5), t, WIDE_Q4), t, WIDE_Q3)
    q = fma(fma(fma(q, t, WIDE_Q2), t, WIDE_Q1), t, WIDE_Q0)
    return fma(v * t, q, v)

cdef inline pair quick_atanh_argument(double z) noexcept nogil:
    cdef pair_ratio e = quick_exp(z)
    cdef pair total = fast_two_sum(e.minus.high, 0.5 * e.plus.high)
    total.low += fma(0.5, e.plus.low, e.minus.low)
    return quick_divide(e.plus, total)

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
