# The loops over a block of 16-bit numbers, in float32: eight or sixteen to a vector.
#
# What they leave undecided (Ziv's rounding test), or cannot compute, is for the table of all results: see lookup.pyx.

from libc.stdint cimport uint16_t

from halfulp.kernels.halves cimport (
    SIGN, bits_of_float16, finite_float_of_float16, float16_power_below, float16_rounder, float_of_bfloat16,
)
from halfulp.kernels.narrow cimport *
from halfulp.kernels.table cimport BFLOAT16, FLOAT16, NARROW_BLOCK

cdef extern from *:
    """
    #include <math.h>
    #if defined(FP_FAST_FMAF)
    #define FUSES_FAST 1
    #else
    #define FUSES_FAST 0    /* fmaf is a function of the C library, and a table is faster */
    #endif
    #define SINGLE_ULPS 0x1p24f         // ulps in a float32, at the most
    """
    const bint FUSES_FAST
    const float SINGLE_ULPS

cdef inline bint reduce_halves(
    int function, int type, const uint16_t *x, float *shifted, float *r, float *positive
) noexcept nogil:
    """Reduce z = x, or -|x| for softplus, whose max(x, 0) is left too; tell whether an x is NaN, or |x| too large."""
    cdef uint16_t flip = SIGN if function == LOG_SIGMOID else 0
    cdef uint32_t outside = 0
    cdef float value, z
    cdef Py_ssize_t i
    for i in range(NARROW_BLOCK):
        value = finite_float_of_float16(x[i] ^ flip) if type == FLOAT16 else float_of_bfloat16(x[i] ^ flip)
        z = inside(value, NARROW_LIMIT)
        outside |= bits_of_float(z) ^ bits_of_float(value)
        if function != SIGMOID:
            z = -fabs(z)
            positive[i] = value if value > 0 else 0
        shifted[i] = narrow_shifted_multiple(z)
        r[i] = narrow_remainder(z, shifted[i])
    return outside != 0

cdef inline bint round_to_float16(const float *w, uint16_t *y, uint16_t flip) noexcept nogil:
    """Round both ends of the intervals in which results w >= 0 lie; tell whether they always agree.

    Those below 2^-28, of arguments beyond -20, are less accurate than the error here says, and 0 at both ends.
    """
    cdef uint32_t bits[NARROW_BLOCK]
    cdef uint32_t differ = 0
    cdef int32_t power
    cdef float c, above, below
    cdef Py_ssize_t i
    for i in range(NARROW_BLOCK):
        power = float16_power_below(w[i])
        c = float16_rounder(power)
        above = fmaf(w[i], 1 + NARROW_FLOAT16_ERROR, c)
        below = fmaf(w[i], 1 - NARROW_FLOAT16_ERROR, c)
        differ |= bits_of_float(above) ^ bits_of_float(below)
        bits[i] = bits_of_float16(power, above)
    for i in range(NARROW_BLOCK):
        y[i] = <uint16_t>bits[i] ^ flip
    return differ == 0

cdef inline bint round_to_bfloat16(const float *w, uint16_t *y, uint16_t flip) noexcept nogil:
    """The same; here it is the upper half of the bits that is rounded, and the error is one of so many ulps of w."""
    cdef uint32_t margin = <uint32_t>(NARROW_BFLOAT16_ERROR * SINGLE_ULPS)
    cdef uint32_t differ = 0
    cdef uint32_t above, below
    cdef Py_ssize_t i
    for i in range(NARROW_BLOCK):
        above = bits_of_float(w[i]) + (0x8000 + margin)
        below = bits_of_float(w[i]) + (0x8000 - margin)
        differ |= above ^ below
        y[i] = <uint16_t>(above >> 16) ^ flip
    return (differ >> 16 & 1) == 0

cdef inline bint run_narrow(int function, int type, const void *x, void *y) noexcept nogil:
    cdef float[NARROW_BLOCK] shifted
    cdef float[NARROW_BLOCK] r
    cdef float[NARROW_BLOCK] positive
    cdef float[NARROW_BLOCK] w
    cdef uint16_t flip = SIGN if function == LOG_SIGMOID else 0
    cdef Py_ssize_t i
    if reduce_halves(function, type, <const uint16_t *>x, shifted, r, positive):
        return False
    if function == SIGMOID:
        for i in range(NARROW_BLOCK):
            w[i] = narrow_sigmoid(narrow_exp(r[i], shifted[i]))
    else:
        for i in range(NARROW_BLOCK):
            w[i] = narrow_atanh_argument(narrow_exp(r[i], shifted[i]))
        for i in range(NARROW_BLOCK):
            w[i] = narrow_two_atanh(w[i]) + positive[i]
    if type == FLOAT16:
        return round_to_float16(w, <uint16_t *>y, flip)
    return round_to_bfloat16(w, <uint16_t *>y, flip)

cdef bint narrow_sigmoid_float16(const void *x, void *y) noexcept nogil:
    return run_narrow(SIGMOID, FLOAT16, x, y)

cdef bint narrow_sigmoid_bfloat16(const void *x, void *y) noexcept nogil:
    return run_narrow(SIGMOID, BFLOAT16, x, y)

cdef bint narrow_log_sigmoid_float16(const void *x, void *y) noexcept nogil:
    return run_narrow(LOG_SIGMOID, FLOAT16, x, y)

cdef bint narrow_log_sigmoid_bfloat16(const void *x, void *y) noexcept nogil:
    return run_narrow(LOG_SIGMOID, BFLOAT16, x, y)

cdef bint narrow_softplus_float16(const void *x, void *y) noexcept nogil:
    return run_narrow(SOFTPLUS, FLOAT16, x, y)

cdef bint narrow_softplus_bfloat16(const void *x, void *y) noexcept nogil:
    return run_narrow(SOFTPLUS, BFLOAT16, x, y)

if FUSES_FAST:
    table.narrow[SIGMOID][FLOAT16] = narrow_sigmoid_float16
    table.narrow[SIGMOID][BFLOAT16] = narrow_sigmoid_bfloat16
    table.narrow[LOG_SIGMOID][FLOAT16] = narrow_log_sigmoid_float16
    table.narrow[LOG_SIGMOID][BFLOAT16] = narrow_log_sigmoid_bfloat16
    table.narrow[SOFTPLUS][FLOAT16] = narrow_softplus_float16
    table.narrow[SOFTPLUS][BFLOAT16] = narrow_softplus_bfloat16
