"""float16 and bfloat16 as bits: what number they stand for, and back."""

from libc.math cimport frexp, ldexp
from libc.stdint cimport int32_t, uint16_t, uint32_t

from halfulp.kernels.bits cimport bits_of_float, float_of_bits
from halfulp.kernels.rounding cimport number_format

cdef inline float float_of_bfloat16(uint16_t x) noexcept nogil:
    """A bfloat16 is the upper half of a float32."""
    return float_of_bits(<uint32_t>x << 16)

cdef inline float float_of_float16(uint16_t x) noexcept nogil:
    """Put exponent and significand where a float32 has them; 2^112 makes up for the bias, in subnormals too."""
    cdef uint32_t magnitude = x & 0x7fff
    cdef float value = float_of_bits(magnitude << 13) * HALF_BIAS
    cdef uint32_t sign = <uint32_t>(x & 0x8000) << 16
    cdef uint32_t special = 0x7f800000 if magnitude >= 0x7c00 else 0    # infinity and NaN
    return float_of_bits(bits_of_float(value) | sign | special)

cdef extern from *:
    """
    #define HALF_BIAS 0x1p112f
    """
    const float HALF_BIAS

cdef inline uint16_t bfloat16_of_float(float x) noexcept nogil:
    """Return the bits of a number of the format, an infinity or NaN."""
    return <uint16_t>(bits_of_float(x) >> 16)

cdef inline uint16_t float16_of_float(float x) noexcept nogil:
    """Return the bits of a number of the format, an infinity or NaN; of what lies beyond the format, of infinity.

    A float32 has 13 more bits of significand and a bias larger by 112. 1/2 has the spacing of the subnormal
    numbers, 2^-24, so that their bits are those that 1/2 gains when they are added. Signed integers, since
    AVX2 does not compare unsigned ones.
    """
    cdef int32_t magnitude = <int32_t>(bits_of_float(x) & 0x7fffffff)
    cdef int32_t normal = (magnitude - <int32_t>0x38000000) >> 13
    cdef int32_t subnormal = <int32_t>(bits_of_float(float_of_bits(<uint32_t>magnitude) + 0.5) & 0x7fffff)
    cdef int32_t nan = 0x7e00 if magnitude > 0x7f800000 else 0x7c00
    normal = normal if normal < 0x7c00 else nan
    normal = normal if magnitude >= <int32_t>0x38800000 else subnormal
    return <uint16_t>(normal | <int32_t>((bits_of_float(x) >> 16) & 0x8000))

cdef inline uint16_t half_of_number(double x, number_format target) noexcept nogil:
    """Return the bits of x >= 0, a number of the 16-bit format or infinity."""
    cdef int leading = target.precision - 1             # bits of the significand that are stored
    cdef uint16_t infinity = ((1 << (15 - leading)) - 1) << leading
    cdef int exponent
    cdef double significand = frexp(x, &exponent)       # in [1/2, 1)
    cdef int biased = exponent - target.precision - target.smallest_exponent + 1
    if x > 1e300:
        return infinity
    if x == 0 or biased < 1:    # zero or subnormal
        return <uint16_t>ldexp(x, -target.smallest_exponent)
    return <uint16_t>((biased - 1) * (1 << leading) + <int>ldexp(significand, target.precision))
