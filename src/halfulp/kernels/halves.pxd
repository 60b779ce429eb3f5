"""float16 and bfloat16 as bits: what number they stand for, and back."""

from libc.math cimport fabs, frexp, ldexp, signbit
from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t, uint64_t

from halfulp.kernels.bits cimport bits_of_double, bits_of_float, double_of_bits, float_of_bits
from halfulp.kernels.rounding cimport bfloat16_format, float16_format, number_format
from halfulp.kernels.table cimport FLOAT16

cdef inline number_format half_format(int type) noexcept nogil:
    return float16_format() if type == FLOAT16 else bfloat16_format()

cdef inline float float_of_half(int type, uint16_t x) noexcept nogil:
    return float_of_float16(x) if type == FLOAT16 else float_of_bfloat16(x)

cdef inline float float_of_bfloat16(uint16_t x) noexcept nogil:
    """A bfloat16 is the upper half of a float32."""
    return float_of_bits(<uint32_t>x << 16)

cdef inline float finite_float_of_float16(uint16_t x) noexcept nogil:
    """Put sign, exponent and significand where a float32 has them; 2^112 makes up for the bias, in subnormals too.

    Infinity becomes 65536, and NaN what lies above.
    """
    cdef uint32_t moved = (<uint32_t><int32_t><int16_t>x << 13) & <uint32_t>0x8fffffff
    return float_of_bits(moved) * HALF_BIAS

cdef inline float float_of_float16(uint16_t x) noexcept nogil:
    cdef float value = finite_float_of_float16(x)
    cdef uint32_t special = 0x7f800000 if fabs(value) >= 65536 else 0    # infinity and NaN
    return float_of_bits(bits_of_float(value) | special)

cdef extern from *:
    """
    #define SIGN 0x8000
    #define SINGLE_EXPONENT 0x7f800000  /* of a float32 */
    #define SINGLE_UNIT 0x00800000      /* of its exponent */
    #define HALF_BIAS 0x1p112f
    #define EXPONENT_BITS 0x7ff0000000000000ULL
    #define FLOAT16_SMALLEST_NORMAL 0x1p-14
    #define BFLOAT16_SMALLEST_NORMAL 0x1p-126
    #define FLOAT16_INFINITY 0x1p16     /* where a larger exponent would put it */
    #define BFLOAT16_INFINITY 0x1p128
    """
    const uint16_t SIGN
    const int32_t SINGLE_EXPONENT
    const int32_t SINGLE_UNIT
    const float HALF_BIAS
    const uint64_t EXPONENT_BITS
    const double FLOAT16_SMALLEST_NORMAL
    const double BFLOAT16_SMALLEST_NORMAL
    const double FLOAT16_INFINITY
    const double BFLOAT16_INFINITY

cdef enum:
    FLOAT16_STORED = 10             # bits of a significand
    BFLOAT16_STORED = 7

cdef inline uint16_t bfloat16_of_float(float x) noexcept nogil:
    """Round a number, ties to even: it is the upper half of the bits that is rounded."""
    cdef uint32_t bits = bits_of_float(x)
    return <uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)

cdef inline int32_t float16_power_below(float v) noexcept nogil:
    """Return the bits of the power of two whose exponent v >= 0 has as a float16, a subnormal one included."""
    cdef int32_t bits = <int32_t>bits_of_float(v)
    cdef int32_t smallest = <int32_t>bits_of_float(FLOAT16_SMALLEST_NORMAL)
    return (bits if bits > smallest else smallest) & SINGLE_EXPONENT

cdef inline float float16_rounder(int32_t power) noexcept nogil:
    """Return 1.5 * 2^23 times the spacing of float16 numbers above a power of two: see `rounder`."""
    return float_of_bits(<uint32_t>(power + (23 - FLOAT16_STORED) * SINGLE_UNIT + SINGLE_UNIT // 2))

cdef inline uint32_t bits_of_float16(int32_t power, float rounded) noexcept nogil:
    """Return what that rounder has made of a number; see `bits_of_half`."""
    cdef uint32_t distance = <uint32_t>(power - <int32_t>bits_of_float(FLOAT16_SMALLEST_NORMAL))
    return bits_of_float(rounded) + (distance >> (23 - FLOAT16_STORED))

cdef inline double nearest_power_below(int type, double v) noexcept nogil:
    """Return the power of two whose exponent a number v >= 0 of the format has, a subnormal one included."""
    cdef double power = double_of_bits(bits_of_double(v) & EXPONENT_BITS)
    cdef double smallest = FLOAT16_SMALLEST_NORMAL if type == FLOAT16 else BFLOAT16_SMALLEST_NORMAL
    return power if power > smallest else smallest

cdef inline double rounder(int type, double power) noexcept nogil:
    """Return 1.5 * 2^52 times the spacing of the format's numbers above a power of two.

    When a number of that size is added, it is rounded to the spacing, and the last bits of the sum are the multiple.
    """
    cdef uint64_t exponent = 52 - (FLOAT16_STORED if type == FLOAT16 else BFLOAT16_STORED)
    return double_of_bits(bits_of_double(power) + (exponent << 52) + (<uint64_t>1 << 51))

cdef inline uint64_t bits_of_half(int type, double power, double rounded) noexcept nogil:
    """Return what the rounder has made of a number; its last 16 bits are the format's.

    Those of a normal number are its exponent's distance from the smallest, and the significand, whose leading one
    counts as another. A significand that was rounded up to a power of two goes over to the next exponent by itself.
    """
    cdef int stored = FLOAT16_STORED if type == FLOAT16 else BFLOAT16_STORED
    cdef double smallest = FLOAT16_SMALLEST_NORMAL if type == FLOAT16 else BFLOAT16_SMALLEST_NORMAL
    return bits_of_double(rounded) + ((bits_of_double(power) - bits_of_double(smallest)) >> (52 - stored))

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
