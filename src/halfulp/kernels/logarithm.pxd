"""Logarithms of the sums of log_softmax and logsumexp: log(1 + R), and log T. See softmax.pxd.

The wide functions compute in plain doubles, the quick ones in pairs.
"""

from libc.math cimport fma
from libc.stdint cimport uint64_t

from halfulp.kernels.bits cimport bits_of_double, double_of_bits
from halfulp.kernels.coefficients cimport *
from halfulp.kernels.exponential cimport quick_quotient
from halfulp.kernels.log_sigmoid cimport accurate_q, quick_multiply, quick_square
from halfulp.kernels.pairs cimport *
from halfulp.kernels.softmax cimport horner_step

cdef extern from *:
    """
    #define HALF_SQUARE_ROOT_BITS 0x3fe6a09e667f3bcdULL  /* of sqrt(1/2) */
    """
    const uint64_t HALF_SQUARE_ROOT_BITS


cdef inline uint64_t nearest_power(double t) noexcept nogil:
    """Return the integer k with sqrt(1/2) <= t / 2^k < sqrt(2), modulo 2^12, for a normal number t > 0."""
    return (bits_of_double(t) - HALF_SQUARE_ROOT_BITS) >> 52


cdef inline double power_of_half(uint64_t k) noexcept nogil:
    return double_of_bits(bits_of_double(1) - (k << 52))


cdef inline double power_above_reciprocal(double x) noexcept nogil:
    """Return a power of two between 1 / x and 2 / x, for a normal number x > 0."""
    cdef uint64_t exponent = bits_of_double(x) & (<uint64_t>0x7ff << 52)
    return double_of_bits((<uint64_t>0x7fe << 52) - exponent)


cdef inline double double_of_power(uint64_t k) noexcept nogil:
    """Return k that is given modulo 2^12, -1024 <= k < 1024."""
    return double_of_integer((k + 1024) & 4095) - 1024


cdef inline double double_of_integer(uint64_t k) noexcept nogil:
    return double_of_bits(bits_of_double(SHIFT) + k) - SHIFT


cdef inline uint64_t integer_of_double(double n) noexcept nogil:
    """Return n, 0 <= n < 2^51, of which the nearest integer is taken; of NaN some number."""
    return bits_of_double(n + SHIFT) - bits_of_double(SHIFT)


cdef inline double wide_log(double w, double divisor, uint64_t k) noexcept nogil:
    """k ln 2 + 2 atanh(w / divisor)."""
    cdef double v = (w + w) / divisor
    cdef double t = v * v
    cdef double q0 = fma(WIDE_LOG_Q1, t, WIDE_LOG_Q0)
    cdef double q2 = fma(WIDE_LOG_Q3, t, WIDE_LOG_Q2)
    cdef double q4 = fma(fma(WIDE_LOG_Q6, t, WIDE_LOG_Q5), t, WIDE_LOG_Q4)
    cdef double q = fma(fma(q4, t * t, q2), t * t, q0)
    return fma(double_of_integer(k), LN2, fma(v * t, q, v))


cdef inline double wide_log1p(double rest) noexcept nogil:
    """log(1 + R) for R >= 0, relative error below 2^-50.

    2^k (1 + w) = 1 + R; 2^-k - 1 is exact, and for k = 0 so is w = R. w, w + 2 and their quotient are rounded, the two
    last sums, and k ln 2: below 6 u, and what is rounded in Q weighs t / 12 < 0.01. The polynomial adds 2^-54.9.
    """
    cdef uint64_t k = nearest_power(1 + rest)
    cdef double half = power_of_half(k)
    cdef double w = fma(rest, half, half - 1)
    return wide_log(w, w + 2, k)


cdef inline double wide_log_quotient(pair total, double e) noexcept nogil:
    """log(T / E) for a pair T >= E > 0, |low| <= high; relative error below 2^-50.

    2^k is the power next to the quotient but for up to 0.0861 in its logarithm, which the bits of the two numbers miss:
    |w| / divisor < 0.2004. Where k = 0, T is below 2 E and the difference exact (Sterbenz 1974). The rest is as in
    wide_log1p; the divisor leaves out what is below u T.
    """
    cdef pair t = fast_two_sum(total.high, total.low)
    cdef uint64_t k = (bits_of_double(t.high) - bits_of_double(e) + (<uint64_t>1 << 51)) >> 52
    cdef double half = power_of_half(k)
    cdef double w = fma(t.low, half, t.high * half - e)
    return wide_log(w, fma(t.high, half, e), k)


cdef inline pair quick_log_argument(pair rest, uint64_t k) noexcept nogil:
    """v = 2 w / (2 + w) for 2^k (1 + w) = 1 + R."""
    cdef double half = power_of_half(k)
    cdef pair w = two_sum(half - 1, rest.high * half)
    return quotient_in_log(fast_two_sum(w.high, fma(rest.low, half, w.low)))


cdef inline pair quick_log_argument_of_total(pair total, uint64_t k) noexcept nogil:
    """The same for 2^k (1 + w) = T, a normalised pair.

    T.high 2^-k - 1 is exact (Sterbenz 1974), and 0 or no less than T.low 2^-k.
    """
    cdef double half = power_of_half(k)
    return quotient_in_log(fast_two_sum(total.high * half - 1, total.low * half))


cdef inline pair quotient_in_log(pair w) noexcept nogil:
    """2 w / (2 + w) for a normalised pair w, relative error below 2^-98.9, |low| <= 2^-50.8 high.

    The low part of the sum is below 1.5 u of it, and rounded. So that of the quotient, see `quick_quotient`, is below
    2 u + u + 1.5 u of it.
    """
    cdef pair total = fast_two_sum(2, w.high)
    total.low += w.low
    return quick_quotient(make_pair(w.high + w.high, w.low + w.low), total, 1 / total.high)


cdef inline double quick_log_tail(double t) noexcept nogil:
    """Q4 + Q5 t + ... of the polynomial for 2 atanh(v/2) = v (1 + t (Q0 + Q1 t + ...)), t = v^2."""
    cdef double t2 = t * t
    cdef double q8 = fma(QUICK_LOG_Q10, t2, fma(QUICK_LOG_Q9, t, QUICK_LOG_Q8))
    cdef double q6 = fma(QUICK_LOG_Q7, t, QUICK_LOG_Q6)
    cdef double q4 = fma(QUICK_LOG_Q5, t, QUICK_LOG_Q4)
    return fma(fma(q8, t2, q6), t2, q4)


cdef inline pair quick_log_polynomial(pair t) noexcept nogil:
    """t (Q0 + Q1 t + ...)."""
    cdef pair q = make_pair(quick_log_tail(t.high), 0)
    q = horner_step(q, t.high, QUICK_LOG_Q3_HIGH, fma(q.high, t.low, QUICK_LOG_Q3_LOW))
    q = horner_step(q, t.high, QUICK_LOG_Q2_HIGH, fma(q.high, t.low, QUICK_LOG_Q2_LOW))
    q = horner_step(q, t.high, QUICK_LOG_Q1_HIGH, fma(q.high, t.low, QUICK_LOG_Q1_LOW))
    q = horner_step(q, t.high, QUICK_LOG_Q0_HIGH, fma(q.high, t.low, QUICK_LOG_Q0_LOW))
    return quick_multiply(q, t)


cdef inline pair quick_log(pair v, double k) noexcept nogil:
    """log(1 + R) from these for a pair 2^-960 < R < 2^50, relative error below 2^-81.

    The tail is below 2^-13, and rounded twice, 2^-67 each; it leaves out t.low <= 2^-52.8 times its slope, below 2^-15.6. It
      weighs t^5 <= 2^-15.4 . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .  2^-81.4, 2^-83.8
    The polynomial; products of pairs, which leave out those of low parts . . . . . . . . . . . . . . .  2^-84.99, 2^-98
    log T for |k| < 2^9.5 has an absolute error below 2^-81: that of y, which is below 0.35, and a rounding of
    k LN2_LOW < 2^-34.5.
    """
    cdef pair q = quick_multiply(v, quick_log_polynomial(quick_square(v)))
    cdef pair y = fast_two_sum(v.high, q.high)
    y.low += v.low + q.low
    cdef pair whole = two_sum(k * LN2_HIGH, y.high)
    return fast_two_sum(whole.high, fma(k, LN2_LOW, whole.low + y.low))


cdef inline pair accurate_log1p(pair rest) noexcept nogil:
    """log(1 + R) for a pair 2^-900 < R < 2^50, relative error below 2^-100, as quick_log1p computes it."""
    cdef uint64_t k = nearest_power(1 + rest.high)
    cdef double half = power_of_half(k)
    cdef pair w = add_double(make_pair(rest.high * half, rest.low * half), half - 1)
    cdef pair v = divide(make_pair(w.high + w.high, w.low + w.low), add_double(w, 2))
    cdef pair t = multiply(v, v)
    cdef pair y = add(v, multiply(v, multiply(t, accurate_q(t))))
    cdef double power = double_of_integer(k)
    y = add(fast_two_sum(power * LN2_HIGH, power * LN2_MIDDLE), y)
    return fast_two_sum(y.high, fma(power, LN2_LOWEST, y.low))
