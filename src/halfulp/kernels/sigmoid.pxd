"""sigmoid(x) = 1 / (1 + exp(-x)) of one number."""

from halfulp.kernels.exponential cimport *

cdef inline double wide_sigmoid(double x) noexcept nogil:
    """sigmoid(x) in plain doubles for |x| <= 128, relative error below 2^-43.7.

    exp(-x) with its 2^-43.8 enters with a weight of at most 1; the sum and the quotient add 2^-53 each.
    """
    cdef ratio e = wide_exp(-x)
    return e.minus / (e.minus + e.plus)

cdef inline pair quick_sigmoid(double x) noexcept nogil:
    cdef pair_ratio e = quick_exp(-x)
    cdef pair total = two_sum(e.minus.high, e.plus.high)
    total.low += e.minus.low + e.plus.low
    return quick_divide(e.minus, total)
