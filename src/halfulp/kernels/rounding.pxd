"""From a pair to the nearest number of a format: rounded once, onto the subnormal grid too.

Scalar code of the accurate phase; the quick phases round by a plain conversion or addition.
"""

from libc.math cimport frexp, ldexp, rint

from halfulp.kernels.pairs cimport *

cdef struct number_format:
    int precision           # bits of the significand
    int smallest_exponent   # of the smallest subnormal number, 2^smallest_exponent

cdef struct scaled_pair:
    pair value
    int exponent            # stands for value * 2^exponent

cdef inline number_format float16_format() noexcept nogil:
    return make_format(11, -24)

cdef inline number_format bfloat16_format() noexcept nogil:
    return make_format(8, -133)

cdef inline number_format float32_format() noexcept nogil:
    return make_format(24, -149)

cdef inline number_format float64_format() noexcept nogil:
    return make_format(53, -1074)

cdef inline number_format make_format(int precision, int smallest_exponent) noexcept nogil:
    cdef number_format result
    result.precision = precision
    result.smallest_exponent = smallest_exponent
    return result

cdef inline scaled_pair make_scaled(pair value, int exponent) noexcept nogil:
    cdef scaled_pair result
    result.value = value
    result.exponent = exponent
    return result

cdef inline double round_pair(pair x, int exponent, number_format target) noexcept nogil:
    """Return x * 2^exponent > 0 rounded to the format, ties to even; no overflow. x.high is a normal number.

    m is x.high in units of the format's spacing there, and m - rint(m) is exact. Only where that is just 1/2 can
    x.low, half an ulp of x.high at most, change the nearest integer: it breaks the tie. Where x.high is a power of
    two and x.low < 0, the spacing below is half a unit, but then |x.low| <= ulp(x.high) / 4 is at most half of that.
    """
    cdef int top
    cdef pair n = fast_two_sum(x.high, x.low)
    frexp(n.high, &top)
    cdef int unit = max(top - target.precision, target.smallest_exponent - exponent)
    cdef double m = ldexp(n.high, -unit)
    cdef double multiple = rint(m)
    if m - multiple == 0.5 and n.low > 0:
        multiple += 1
    elif m - multiple == -0.5 and n.low < 0:
        multiple -= 1
    return ldexp(multiple, unit + exponent)

cdef inline bint is_decided(scaled_pair x, double error, number_format target, double *result) noexcept nogil:
    """Ziv's rounding test: tell whether all of x (1 +- error) rounds to one number of the format, the result."""
    cdef double margin = error * x.value.high
    cdef double below = round_pair(make_pair(x.value.high, x.value.low - margin), x.exponent, target)
    result[0] = round_pair(make_pair(x.value.high, x.value.low + margin), x.exponent, target)
    return below == result[0]
