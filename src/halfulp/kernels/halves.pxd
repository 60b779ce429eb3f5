"""float16 and bfloat16 as bits: what number they stand for, and back."""

from libc.math cimport fabs, frexp, ldexp, signbit
from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t

from halfulp.kernels.bits cimport bits_of_float, float_of_bits
from halfulp.kernels.rounding cimport bfloat16_format, float16_format, number_format
from halfulp.kernels.table cimport FLOAT16

cdef inline number_format half_format(int type) noexcept nogil:
    return float16_format() if type == FLOAT16 else bfloat16_format()

cdef inline float float_of_half(int type, uint16_t x) noexcept nogil:
    return float_of_float16(x) if type == FLOAT16 else float_of_bfloat16(x)

cdef inline float float_of_bfloat16(uint16_t x) noexcept nogil:
    """A bfloat16 is the upper half of a float32."""
    return float_of_bits(<uint32_t>x << 16)

cdef inline float float_of_float16(uint16_t x) noexcept nogil:
    """Put sign, exponent and significand where a float32 has them; 2^112 makes up for the bias, in subnormals too."""
    cdef uint32_t moved = (<uint32_t><int32_t><int16_t>x << 13) & <uint32_t>0x8fffffff
    cdef float value = float_of_bits(moved) * HALF_BIAS
    cdef uint32_t special = 0x7f800000 if fabs(value) >= 65536 else 0    # infinity and NaN
    return float_of_bits(bits_of_float(value) | special)

cdef extern from *:
    """
    #define HALF_BIAS 0x1p112f
    """
    const float HALF_BIAS

cdef inline uint16_t half_of_number(double x, number_format target) noexcept nogil:
    """Return the bits of x, a number of the 16-bit format, or NaN; of infinity where x lies beyond the format."""
    cdef int leading = target.precision - 1             # bits of the significand that are stored
    cdef uint16_t infinity = ((1 << (15 - leading)) - 1) << leading
    cdef uint16_t sign = 0x8000 if signbit(x) else 0
    cdef int exponent
    cdef double significand = frexp(fabs(x), &exponent)     # in [1/2, 1)
    cdef int biased = exponent - target.precision - target.smallest_exponent + 1
    if x != x:
        return infinity | 1 << (leading - 1)
    if fabs(x) >= ldexp(1, 2 - leading - target.smallest_exponent):
        return sign | infinity
    if x == 0 or biased < 1:    # zero or subnormal
        return sign | <uint16_t>ldexp(fabs(x), -target.smallest_exponent)
    return sign | <uint16_t>((biased - 1) * (1 << leading) + <int>ldexp(significand, target.precision))
