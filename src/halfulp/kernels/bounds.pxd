"""Where the phases apply, and the relative errors that their rounding tests rely on.

Each error is derived beside its function, where the derived bound is smaller than the power of two here; the tests
measure it against mpmath and prove it by machine (python -m halfulp.accuracy.proofs). Of the phases in float32 there is no
such proof: the sweep tries every argument. The bounds of the narrow phase are smaller than what is derived, as there are few
arguments, and the tests measure the error at every one.
"""

cdef extern from *:
    """
    #define WIDE_LIMIT 110.0f               // |x| <= this: beyond, a float32 result is 0, 1, x or -0
    #define QUICK_LIMIT 690.0               // |x| <= this: beyond, the low part of exp(-|x|) may underflow
    #define WIDE_SIGMOID_ERROR 0x1p-43      // derived: 2^-43.9
    #define WIDE_SOFTPLUS_ERROR 0x1p-42     // derived: 2^-42.2
    #define TABLED_SIGMOID_ERROR 0x1.4p-35f // derived: 33.7e-12, and 1.9e-12 of its sum with the rest
    #define NARROW_LIMIT 80.0f              // |x| <= this: beyond, a 16-bit result is 1, x, or below 2^-115
    #define NARROW_FLOAT16_ERROR 0x1p-22f   // 4 * 2^-24; at each float16 from -20 to 20 below 3.84 * 2^-24
    #define NARROW_BFLOAT16_ERROR 0x1.8p-22f    // 6 * 2^-24; at each bfloat16 from -80 to 80 below 5.4 * 2^-24
    #define QUICK_SIGMOID_ERROR 0x1p-70     // derived: 2^-70.2
    #define QUICK_SOFTPLUS_ERROR 0x1.2p-67  // derived: 2^-66.84
    #define ACCURATE_ERROR 0x1p-100         // derived: 36 u^2 = 2^-100.8
    """
    const float WIDE_LIMIT, NARROW_LIMIT
    const double QUICK_LIMIT
    const double WIDE_SIGMOID_ERROR, WIDE_SOFTPLUS_ERROR
    const float TABLED_SIGMOID_ERROR
    const float NARROW_FLOAT16_ERROR, NARROW_BFLOAT16_ERROR
    const double QUICK_SIGMOID_ERROR, QUICK_SOFTPLUS_ERROR
    const double ACCURATE_ERROR
