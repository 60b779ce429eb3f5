"""The last phase: fixed-point arithmetic of 320 fractional bits, for what no pair can decide."""

from halfulp.kernels.rounding cimport number_format

cdef double exact_sigmoid(double x, number_format target) noexcept nogil
cdef double exact_softplus(double x, number_format target) noexcept nogil
