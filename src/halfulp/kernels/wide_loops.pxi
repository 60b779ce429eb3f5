# The loops over a block of float32: one double stands for each result until it is rounded.
#
# The rounding test is made twice. The first looks at the bits of the doubles and only tells of the whole block whether
# all is well, as it mostly is. Where it is not, the second rounds both ends of each interval and so finds the elements.

cdef extern from *:
    """
    #define LEAST_NORMAL_ARGUMENT -87.0f    // 2^-126 < sigmoid(-87) < softplus(-87)
    #define FLOAT64_ULPS 0x1p53             // ulps in a double, at the most
    /* Whether processors of this level look ahead far enough for the chains of operations of several elements: most of
       those with AVX-512 320 to 512 instructions, the others 256 or fewer; half as many while they run two threads. */
    #if defined(__AVX512F__)
    #define LOOKS_FAR_AHEAD 1
    #else
    #define LOOKS_FAR_AHEAD 0
    #endif
    """
    const bint LOOKS_FAR_AHEAD
    const float LEAST_NORMAL_ARGUMENT
    const double FLOAT64_ULPS

cdef enum:
    DROPPED_BITS = 29   # of a double's significand, beyond those of a float32

cdef inline float inside(float x, float limit) noexcept nogil:
    """Return x where |x| <= limit, else the limit with the sign of x, NaN too.

    The clamp is one of integers: of floating-point numbers the compiler makes two comparisons and two selections.
    """
    cdef uint32_t least = bits_of_float(-limit)    # as integers without sign, numbers below 0 lie above the others
    cdef uint32_t bits = bits_of_float(x)
    bits = bits if bits < least else least
    cdef int32_t largest = <int32_t>bits_of_float(limit)    # with a sign, below
    cdef int32_t signed_bits = <int32_t>bits
    return float_of_bits(<uint32_t>(signed_bits if signed_bits < largest else largest))

cdef struct wide_argument:
    double r
    double shifted

cdef inline wide_argument reduce_wide(int function, float x) noexcept nogil:
    """Reduce z = x, or -|x| for softplus, to r = z - k ln 2."""
    cdef double z = inside(x, WIDE_LIMIT)    # beyond, with the same result
    cdef wide_argument result
    if function != SIGMOID:
        z = -fabs(z)
    result.shifted = shifted_multiple(z)
    result.r = wide_remainder(z, result.shifted)
    return result

cdef inline double wide_quotient(int function, double r, double shifted) noexcept nogil:
    cdef ratio e = wide_exp(r, shifted)
    return wide_sigmoid(e) if function == SIGMOID else wide_atanh_argument(e)

cdef inline bint compute_quotients(
    int function, const float *x, double *wide, Py_ssize_t n, float sign
) noexcept nogil:
    """Leave sigmoid(x), or the v of softplus, in wide; tell whether some result is subnormal, zero or NaN."""
    cdef double[BLOCK] shifted
    cdef double[BLOCK] r
    cdef wide_argument argument
    cdef int32_t normal = 0     # how many have a normal result: to count them takes the fewest instructions
    cdef Py_ssize_t i
    if LOOKS_FAR_AHEAD:
        for i in range(n):
            argument = reduce_wide(function, x[i])
            wide[i] = wide_quotient(function, argument.r, argument.shifted)
            normal += sign * x[i] >= LEAST_NORMAL_ARGUMENT
        return normal != n
    for i in range(n):
        argument = reduce_wide(function, x[i])
        shifted[i] = argument.shifted
        r[i] = argument.r
        normal += sign * x[i] >= LEAST_NORMAL_ARGUMENT
    for i in range(n):
        wide[i] = wide_quotient(function, r[i], shifted[i])
    return normal != n

cdef inline uint64_t differ_in_rounding(double wide, uint64_t margin) noexcept nogil:
    """Return a number whose bit DROPPED_BITS is set where a midpoint may lie between wide and the exact result.

    That is less than the margin, in ulps of wide, away from it. Half of what the dropped bits can hold is added, so that
    the bits above them count the midpoints passed: at both ends of the interval the same number, unless a midpoint
    lies between. It is one at the most, as the margin is small, and then the lowest of those bits differs. The
    midpoints are those of normal numbers; where there is a power of two in the interval there is none.
    """
    cdef uint64_t half = <uint64_t>1 << (DROPPED_BITS - 1)
    cdef uint64_t bits = bits_of_double(wide)
    return (bits + (half - margin)) ^ (bits + (half + margin))

cdef inline uint32_t above_midpoint(uint32_t low_half, uint32_t margin) noexcept nogil:
    """Return how far a double with the margin added lies above a midpoint, in its ulps, times 8.

    The lower half of its bits tells. As of several such numbers the least decides, this test takes the fewest operations
    where one result after the other has the same margin.
    """
    return (low_half + ((<uint32_t>1 << (DROPPED_BITS - 1)) + margin)) << (32 - DROPPED_BITS)

cdef inline bint is_next_to_midpoint(uint32_t above, uint32_t margin) noexcept nogil:
    """Tell whether that is less than two margins: a midpoint lies within one of the double."""
    return above >> (32 - DROPPED_BITS) < 2 * margin

cdef inline bint round_surely(
    const double *wide, float *y, Py_ssize_t n, float sign, double error
) noexcept nogil:
    """y = sign * wide, rounded; tell whether that is sure for all, if wide > 0 has a relative error below this one."""
    cdef uint64_t margin = <uint64_t>(error * FLOAT64_ULPS)
    cdef uint64_t differ = 0
    cdef Py_ssize_t i
    for i in range(n):
        differ |= differ_in_rounding(wide[i], margin)
        y[i] = sign * <float>wide[i]
    return (differ >> DROPPED_BITS & 1) == 0

cdef inline void round_both_ends(
    const double *wide, float *low, float *high, Py_ssize_t n, float sign, double error
) noexcept nogil:
    """Round both ends of the interval in which sign * the exact result lies."""
    cdef Py_ssize_t i
    for i in range(n):
        low[i] = sign * <float>(wide[i] * (1 - error))
        high[i] = sign * <float>(wide[i] * (1 + error))

cdef inline bint round_float32(
    int function, const float *x, float *low, float *high, Py_ssize_t n, float sign
) noexcept nogil:
    """Round the ends of the intervals in which the results lie, low only if this tells that some are undecided."""
    cdef double[BLOCK] wide
    cdef double error = WIDE_SIGMOID_ERROR if function == SIGMOID else WIDE_SOFTPLUS_ERROR
    cdef bint special = compute_quotients(function, x, wide, n, sign)
    cdef float t
    cdef Py_ssize_t i
    if function != SIGMOID:
        for i in range(n):
            t = sign * x[i]
            wide[i] = wide_two_atanh(wide[i]) + (t if t > 0 else 0)
    if not special and round_surely(wide, high, n, sign, error):
        return False
    round_both_ends(wide, low, high, n, sign, error)
    return True
