"""sigmoid and softplus of one number in float32, for the 16-bit types: the formulas of the wide evaluation.

u = 2^-24 throughout. The errors are relative, for |x| <= 80; z is x, or -|x| for softplus. There are 65,536 arguments of
a type, and the tests measure the error at each.
"""

from libc.math cimport fmaf
from libc.stdint cimport uint32_t

from halfulp.kernels.bits cimport bits_of_float, float_of_bits
from halfulp.kernels.coefficients cimport *

cdef struct single_ratio:
    float plus
    float minus

cdef inline float narrow_shifted_multiple(float z) noexcept nogil:
    """Return 1.5 * 2^23 + k with k = round(z / ln 2), |k| <= 115: the low bits of the sum are the integer k."""
    return fmaf(z, NARROW_LOG2_E, NARROW_SHIFT)

cdef inline float narrow_remainder(float z, float shifted) noexcept nogil:
    """r = z - k ln 2, with an absolute error below 4.4 u: |k| times the 0.032 u that LN2 is off, and half an ulp of r."""
    return fmaf(NARROW_SHIFT - shifted, NARROW_LN2, z)

cdef inline single_ratio narrow_exp(float r, float shifted) noexcept nogil:
    """exp(z) = plus / minus, relative error below 7.5 u.

    r . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  4.4 u
    2^-25.07 in tanh(r/2), a rounding of a and one of b, in tanh(r/2) below 2.5 u altogether, times 0.354 . . . .  0.9 u
    plus, minus: a rounding each . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  2 u
    """
    cdef float a = fmaf(r, r, NARROW_A0)
    cdef float b = fmaf(NARROW_B1, a, NARROW_B0)
    cdef float plus = fmaf(r, b, a)
    cdef single_ratio e
    e.plus = float_of_bits(bits_of_float(plus) + (bits_of_float(shifted) << 23))
    e.minus = fmaf(-r, b, a)
    return e

cdef inline float narrow_sigmoid(single_ratio e) noexcept nogil:
    """sigmoid(x), below 9.5 u: exp(x) has a weight below 1, the sum and the quotient round once each."""
    return e.plus / (e.minus + e.plus)

cdef inline float narrow_atanh_argument(single_ratio e) noexcept nogil:
    """v with log(1 + exp(z)) = 2 atanh(v/2), below 9.5 u, alike."""
    return e.plus / fmaf(0.5, e.plus, e.minus)

cdef inline float narrow_two_atanh(float v) noexcept nogil:
    """2 atanh(v/2) for 0 <= v <= 0.66667, below 12 u: v with a weight of 1.09, roundings of t Q(t) < 0.04, and the last.

    The polynomial adds 2^-27.46. Below 13 u with the sum that the caller makes of it.
    """
    cdef float t = v * v
    cdef float q = fmaf(fmaf(fmaf(NARROW_Q3, t, NARROW_Q2), t, NARROW_Q1), t, NARROW_Q0)
    return fmaf(v * t, q, v)
