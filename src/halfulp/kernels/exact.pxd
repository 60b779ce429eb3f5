"""The last phase: fixed-point arithmetic of 320 fractional bits, for what no pair can decide."""

from libc.stdint cimport uint32_t

from halfulp.kernels.rounding cimport number_format

cdef enum:
    EXACT_LIMBS = 11    # of 32 bits, of a fixed-point number

cdef double exact_sigmoid(double x, number_format target) noexcept nogil
cdef double exact_softplus(double x, number_format target) noexcept nogil
cdef void add_exact_exp(double x, uint32_t *total) noexcept nogil
cdef bint exact_log(const uint32_t *total, number_format target, double *result) noexcept nogil
