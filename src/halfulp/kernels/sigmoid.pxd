"""sigmoid(x) = 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x)) of one number."""

from libc.math cimport fabs, fma

from halfulp.kernels.bounds cimport ACCURATE_ERROR
from halfulp.kernels.exact cimport exact_sigmoid
from halfulp.kernels.exponential cimport *
from halfulp.kernels.rounding cimport *

cdef inline double wide_sigmoid(ratio e) noexcept nogil:
    """sigmoid(x) in plain doubles from exp(x), |x| <= 110, relative error below 2^-43.9.

    2^-43.91 of exp(x), with a weight 1 / (1 + exp(x)) < 1; the sum and the quotient round once each.
    """
    return e.plus / (e.minus + e.plus)

cdef inline pair quick_sigmoid_divisor(pair_ratio e) noexcept nogil:
    """2^-k minus + plus, by which plus is divided to give sigmoid(x): error 2^-102.9, |low| <= 2^-50 high.

    Two roundings of the low part, of a size with those of minus and plus, and the sum is at least 0.79 of the larger.
    """
    cdef double power = unscale(1.0, e.shifted)
    cdef pair total = two_sum(power * e.minus.high, e.plus.high)
    total.low += fma(power, e.minus.low, e.plus.low)
    return total

cdef inline pair quick_sigmoid(double x) noexcept nogil:
    """sigmoid(x) for |x| <= 690, relative error below 2^-70.2: that of exp(x), with a weight 1 / (1 + exp(x)) < 1."""
    cdef pair_ratio e = quick_exp(x)
    cdef pair total = quick_sigmoid_divisor(e)
    return quick_quotient(e.plus, total, 1 / total.high)

cdef inline scaled_pair accurate_sigmoid(double x) noexcept nogil:
    """sigmoid(x) for |x| <= 746, relative error below 28 u^2: 13.1 of exp, 3 of the sum, 9.8 of the quotient."""
    cdef scaled_ratio e = accurate_exp(-fabs(x))
    cdef pair total = add(e.minus, scale_pair(e.plus, e.k))
    if x < 0:
        return make_scaled(divide(e.plus, total), e.k)
    return make_scaled(divide(e.minus, total), 0)

cdef inline double resolve_sigmoid(double x, number_format target) noexcept nogil:
    """sigmoid(x) correctly rounded to the format, for every x, by the accurate phases."""
    cdef double result
    if x != x:
        return x
    if x > 40:      # above 1 - 2^-57
        return 1
    if x < -746:    # below 2^-1076
        return 0
    if is_decided(accurate_sigmoid(x), ACCURATE_ERROR, target, &result):
        return result
    return exact_sigmoid(x, target)
