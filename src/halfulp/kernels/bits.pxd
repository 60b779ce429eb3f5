"""The bits of a floating-point number, by way of memcpy: the one cast that C's aliasing rules allow."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    static inline uint64_t bits_of_double(double x) { uint64_t b; memcpy(&b, &x, sizeof b); return b; }
    static inline double double_of_bits(uint64_t b) { double x; memcpy(&x, &b, sizeof x); return x; }
    static inline uint32_t bits_of_float(float x) { uint32_t b; memcpy(&b, &x, sizeof b); return b; }
    static inline float float_of_bits(uint32_t b) { float x; memcpy(&x, &b, sizeof x); return x; }
    /* of a double's two halves of 32 bits, as they lie in memory */
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define LOW_HALF 1
    #else
    #define LOW_HALF 0
    #endif
    """
    const int LOW_HALF
    uint64_t bits_of_double(double x) noexcept nogil
    double double_of_bits(uint64_t b) noexcept nogil
    uint32_t bits_of_float(float x) noexcept nogil
    float float_of_bits(uint32_t b) noexcept nogil
