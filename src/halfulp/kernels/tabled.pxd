"""sigmoid of one float32 in float32, with a table of 2^(j/32): for processors whose vector registers hold the table.

With k = round(z 32 / ln 2) = 32 n + j and r = z - k ln(2) / 32, z = -x (Tang, "Table-driven implementation of the exponential
function in IEEE floating-point arithmetic", ACM TOMS 15(2), 1989),

    exp(z) = 2^n 2^(j/32) exp(r) = power (1 + r + v),

where `power` is a float32, and v < 2^-14 has what it is off. So 1 + exp(z) is a sum of two float32, the second 2^14 times
smaller, and its reciprocal is one too.

u = 2^-24 throughout, |x| <= 80, |r| <= 0.010833. Errors are relative to exp(z), and to 1 + exp(z) at the most as much.
"""

from libc.math cimport fmaf

from halfulp.kernels.coefficients cimport *

cdef struct single_sum:
    float high
    float low

cdef inline float tabled_shifted_multiple(float x) noexcept nogil:
    """Return 1.5 * 2^23 + k, |k| <= 3694: the low bits of the sum are the integer k, and the lowest 5 are j.

    TABLED_STEPS_TO_E is off by 2^-26.1 relative, 2^-14.2 of a step, and TABLED_STEP_HIGH by 2^-22.1 in k steps:
    |r| <= (1/2 + 2^-14.2) ln(2) / 32 + 2^-22.1.
    """
    return fmaf(-x, TABLED_STEPS_TO_E, NARROW_SHIFT)

cdef inline single_sum two_sum_with_1(float a) noexcept nogil:
    """Return 1 + a and its rounding error, exactly: the 2Sum of Knuth and Moller."""
    cdef float one = 1
    cdef single_sum y
    y.high = one + a
    cdef float second = y.high - one
    y.low = (one - (y.high - second)) + (a - second)
    return y

cdef inline single_sum tabled_divisor(float x, float shifted, float power, float log) noexcept nogil:
    """1 + exp(z) with 2^(k/32) = power exp(log): error below 28.3e-12, |low| < 5.95e-5 high.

    r    -x - k TABLED_STEP_HIGH, exactly: where k is not 0 a multiple of 2^-30, as both are, and below 2^-6.
    c    what is left of z, |c| < 2.78e-7. Its rounding is below 2^-46.
    v    exp(r + c) = (1 + r + r^2 p) (1 + c), without r^2 p c . . . . . . . . . . . . . . . . . . . . . . . . .  16.5e-12
         p = 1/2 + r E(r), half an ulp of it 2^-25, times r^2 . . . . . . . . . . . . . . . . . . . . . . . . . .  3.5e-12
         c + r p < 2^-7, half an ulp 2^-32, times r . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  2.6e-12
         v < 5.93e-5 < 2^-14, half an ulp . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  1.9e-12
         The polynomial's 2^-42.45, the rounding of E times r^3, that of c  . . . . . . . . . . . . . . . . . .  0.2e-12
    high 1 + power (1 + r), rounded twice; both errors are found exactly but for 2^-47.
    low  u times 5.93e-5 . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  3.6e-12
    """
    cdef float minus_k = NARROW_SHIFT - shifted
    cdef float r = fmaf(minus_k, TABLED_STEP_HIGH, -x)
    cdef float c = fmaf(minus_k, TABLED_STEP_LOW, log)
    cdef float p = fmaf(r, fmaf(r, TABLED_E1, TABLED_E0), 0.5)
    cdef float v = fmaf(r, fmaf(r, p, c), c)
    cdef single_sum total = two_sum_with_1(power)
    cdef single_sum y
    y.high = fmaf(power, r, total.high)
    y.low = fmaf(power, v, fmaf(power, r, total.high - y.high) + total.low)
    return y

cdef inline float tabled_rest(single_sum divisor, float reciprocal) noexcept nogil:
    """Return rest of 1 / divisor = reciprocal (1 + rest), where reciprocal = 1 / divisor.high rounded: error below 4e-12.

    The reciprocal is rounded correctly, so 1 - reciprocal high is a float32, below u. With e for the rest of
    reciprocal divisor, 1 / (1 - e) = 1 + e + e^2 + ...: e < 2^-14 and e + e^2 < 2^-14 are rounded to half an ulp, 2^-39,
    and what is left out is below 0.3e-12.
    """
    cdef float e = fmaf(-reciprocal, divisor.low, fmaf(-reciprocal, divisor.high, 1))
    return fmaf(e, e, e)
