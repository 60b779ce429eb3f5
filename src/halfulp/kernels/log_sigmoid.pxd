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

cdef inline pair quick_atanh_divisor(pair_ratio e) noexcept nogil:
    """2^(1-k) minus + plus: plus divided by that is v = exp(z) / (2 + exp(z)), error 2^-103, |low| <= 2^-50.6 high.

    1 + exp(z) = (1 + v) / (1 - v), so that log(1 + exp(z)) = 2 atanh(v), v <= 1/3 for z <= 0. minus is the larger
    of the two in the sum: 2^-k minus >= plus.
    """
    cdef double power = unscale(2.0, e.shifted)
    cdef pair total = fast_two_sum_scaled(power, e.minus.high, e.plus.high)
    total.low += fma(power, e.minus.low, e.plus.low)
    return total

cdef inline pair quick_square(pair v) noexcept nogil:
    """v^2 but for v.low^2 and the rounding of the low part: 2^-101 for |v.low| <= 2^-49.3 v.high."""
    cdef double t_high = v.high * v.high
    return make_pair(t_high, fma(v.high, v.low + v.low, fma(v.high, v.high, -t_high)))

cdef inline pair quick_multiply(pair a, pair b) noexcept nogil:
    """a * b without the product of the low parts, and with three roundings of numbers of their size."""
    cdef double high = a.high * b.high
    return make_pair(high, fma(a.high, b.low, fma(a.low, b.high, fma(a.high, b.high, -high))))

cdef inline double quick_tail(double t) noexcept nogil:
    """Q3 + Q4 t + ... + Q12 t^9 in doubles: two halves of Horner's rule in t^2. See quick_atanh_polynomial."""
    cdef double t2 = t * t
    cdef double p4 = fma(fma(fma(fma(QUICK_Q12, t2, QUICK_Q10), t2, QUICK_Q8), t2, QUICK_Q6), t2, QUICK_Q4)
    cdef double p5 = fma(fma(fma(QUICK_Q11, t2, QUICK_Q9), t2, QUICK_Q7), t2, QUICK_Q5)
    return fma(fma(p5, t, p4), t, QUICK_Q3)

cdef inline pair quick_atanh_polynomial(pair t, double p) noexcept nogil:
    """t Q(t) with atanh(v) = v (1 + t Q(t)), from p = quick_tail(t.high): error 2^-67.0 beside 1, t <= 1/9.

    p enters as t^4 p, t^4 <= 2^-12.68.
    Its last sum, below 1/8, is rounded by 2^-57, the one before by t 2^-57; the rest is of t^2 2^-57   2^-69.5
    It leaves out t.low <= 2 v |v.low| + 2^-57 <= 2^-51.5 for |v.low| <= 2^-49.3 v, times P'(t) < 0.12   2^-67.2
    f, g, h: Q2 + t p, Q1 + t f, Q0 + t g, each with what its fused operation rounded off (the difference is exact by
        Sterbenz: t p < Q2 / 2, and so on). All else is rounded in low parts                            2^-103
    """
    cdef double f_high = fma(p, t.high, QUICK_Q2)
    cdef double f_low = fma(p, t.low, fma(p, t.high, QUICK_Q2 - f_high))
    cdef double g_high = fma(f_high, t.high, QUICK_Q1_HIGH)
    cdef double g_low = fma(f_high, t.high, QUICK_Q1_HIGH - g_high)
    g_low += fma(f_low, t.high, fma(f_high, t.low, QUICK_Q1_LOW))
    cdef double h_high = fma(g_high, t.high, QUICK_Q0_HIGH)
    cdef double h_low = fma(g_high, t.high, QUICK_Q0_HIGH - h_high)
    h_low += fma(g_low, t.high, fma(g_high, t.low, QUICK_Q0_LOW))
    return quick_multiply(t, make_pair(h_high, h_low))

cdef inline pair quick_sum(double x, pair v, pair w) noexcept nogil:
    """x + v + v w for x >= 0 and v >= v w >= 0, relative error below 2^-99, |low| <= 2^-48 high: roundings of low parts."""
    cdef pair m = quick_multiply(v, w)
    cdef pair y = two_sum(x, v.high)
    cdef double low = y.low + v.low
    y = fast_two_sum(y.high, m.high)
    y.low += low + m.low
    return y

cdef inline pair quick_softplus(double x) noexcept nogil:
    """log(1 + exp(x)) for |x| <= 690, relative error below 2^-66.84.

    v: 2^-70.2 as in quick_sigmoid, with a weight of at most 1.09     2^-70.07
    t Q(t)                                                            2^-67.0
    approximation                                                     2^-73.1
    The rest is below 2^-98. x + log(1 + exp(-x)) adds nothing to the error of the logarithm.
    """
    cdef pair_ratio e = quick_exp(-fabs(x))
    cdef pair total = quick_atanh_divisor(e)
    cdef pair v = quick_quotient(e.plus, total, 1 / total.high)
    cdef pair t = quick_square(v)
    cdef pair y = quick_sum(0.5 * x if x > 0 else 0, v, quick_atanh_polynomial(t, quick_tail(t.high)))
    return make_pair(2 * y.high, 2 * y.low)

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
    cdef pair half = make_pair(0.5 * e.plus.high, 0.5 * e.plus.low)
    cdef pair v = divide(e.plus, add(e.minus, scale_pair(half, e.k)))
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
    if x > 40:      # x is a number of the format, and exp(-x) < 2^-57 less than half an ulp of it
        return x
    if x < -746:    # below 2^-1076
        return 0
    if is_decided(accurate_softplus(x), ACCURATE_ERROR, target, &result):
        return result
    return exact_softplus(x, target)
