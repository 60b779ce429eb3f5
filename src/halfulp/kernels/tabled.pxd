"""sigmoid of one float32 in float32, with a table of 2^(j/32): for processors whose vector registers hold the table.

With t the multiple of 1/32 next to z / ln 2, t = n + j/32, and r = z - t ln 2, z = -x (Tang, "Table-driven implementation of
the exponential function in IEEE floating-point arithmetic", ACM TOMS 15(2), 1989),

    exp(z) = 2^n 2^(j/32) exp(r) = power (1 + r + v),

where `power` is a float32, and v < 2^-14 has what it is off. So 1 + exp(z) is a sum of two float32, the second 2^14 times
smaller, and its reciprocal is one too.

u = 2^-24 throughout, -88.71 < x < 104, |r| <= 0.010833. Errors are relative to exp(z), and to 1 + exp(z) at the most as much.
No other x needs a test of its own. Below, or of NaN, the result is NaN: power is infinite, thus the sum's second part is not a
number, whatever r is. Above, power is 0, and the result 1, which is right; or NaN, where r is infinite or NaN as well.
"""

from libc.math cimport fmaf

from halfulp.kernels.coefficients cimport *

cdef struct single_sum:
    float high
    float low

cdef inline float tabled_shifted_exponent(float x) noexcept nogil:
    """Return 1.5 * 2^18 + t, |t| < 151: the lowest 5 bits of the sum are j.

    TABLED_LOG2_E is off by 2^-26.1 relative, 2^-13.8 of 1/32, and TABLED_LN2_HIGH by 2^-21.7 in t ln 2:
    |r| <= (1/2 + 2^-13.8) ln(2) / 32 + 2^-21.7.
    """
    return fmaf(-x, TABLED_LOG2_E, TABLED_SHIFT)

cdef inline single_sum two_sum_with_1(float a) noexcept nogil:
    """Return 1 + a and its rounding error, exactly: the 2Sum of Knuth and Moller."""
    cdef float one = 1
    cdef single_sum y
    y.high = one + a
    cdef float second = y.high - one
    y.low = (one - (y.high - second)) + (a - second)
    return y

cdef inline single_sum tabled_divisor(float x, float t, float power, float log) noexcept nogil:
    """1 + exp(z) with 2^t = power exp(log): error below 29.7e-12, |low| < 5.95e-5 high.

    r    -x - t TABLED_LN2_HIGH, exactly: where t is not 0 a multiple of 2^-30, as both are, and below 2^-6.
    c    what is left of z, |c| < 3.04e-7 (where x > 88.71 it is more, and exp(z) nothing). Its rounding is below 2^-46.
    v    exp(r + c) = (1 + r + r^2 p) (1 + c), without r^2 p c . . . . . . . . . . . . . . . . . . . . . . . . .  17.9e-12
         p = 1/2 + r E(r), half an ulp of it 2^-25, times r^2 . . . . . . . . . . . . . . . . . . . . . . . . . .  3.5e-12
         c + r p < 2^-7, half an ulp 2^-32, times r . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  2.6e-12
         v < 5.93e-5 < 2^-14, half an ulp . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  1.9e-12
         The polynomial's 2^-42.45, the rounding of E times r^3, that of c  . . . . . . . . . . . . . . . . . .  0.2e-12
    high 1 + power (1 + r), rounded twice; both errors are found exactly but for 2^-47.
    low  u times 5.93e-5 . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  3.6e-12
    """
    cdef float r = fmaf(-t, TABLED_LN2_HIGH, -x)
    cdef float c = fmaf(-t, TABLED_LN2_LOW, log)
    cdef float p = fmaf(r, fmaf(r, TABLED_E1, TABLED_E0), 0.5)
    cdef float v = fmaf(r, fmaf(r, p, c), c)
    cdef single_sum total = two_sum_with_1(power)
    cdef single_sum y
    y.high = fmaf(power, r, total.high)
    y.low = fmaf(power, v, fmaf(power, r, total.high - y.high) + total.low)
    return y

cdef inline float tabled_rest(single_sum divisor, float reciprocal) noexcept nogil:
    """Return rest of 1 / divisor = reciprocal (1 + rest), where reciprocal = 1 / divisor.high rounded: error below 4e-12.

    The reciprocal is rounded correctly, so 1 - reciprocal high is a float32, below u; below 2^-22 where the reciprocal
    is subnormal. With e for the rest of reciprocal divisor, 1 / (1 - e) = 1 + e + e^2 + ...: e < 2^-14 and e + e^2 < 2^-14
    are rounded to half an ulp, 2^-39, and what is left out is below 0.3e-12.
    """
    cdef float e = fmaf(-reciprocal, divisor.low, fmaf(-reciprocal, divisor.high, 1))
    return fmaf(e, e, e)
