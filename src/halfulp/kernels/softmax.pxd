"""The parts of log_softmax, softmax and logsumexp of one row.

With m the row's largest member, d_i = x_i - m, c the number of members equal to m, and

    R = (c - 1) + S,    S = sum of exp(d_i) over the members with d_i < 0,    L = log(1 + R),

log_softmax is d_i - L, softmax is exp(d_i) / (1 + R) and logsumexp is m + L. One of the largest is left out of
R, so that L keeps its relative accuracy where that one dominates (Blanchard, Higham & Higham, "Accurately computing the
log-sum-exp and softmax functions", IMA J. Numer. Anal. 41(4), 2021). d_i <= 0 and L >= 0: nothing cancels in d_i - L.
Sums T of exp(x_i) themselves need no m: softmax is exp(x_i) / T. For a logarithm, those of doubles have one of the largest
taken out again, exactly: L = log(T / exp(m)); those of pairs are precise enough to do without, as long as L is not small:
m + L = log T.

The wide functions compute in plain doubles, the quick ones in pairs. u = 2^-53.
"""

from libc.math cimport fma
from libc.stdint cimport uint64_t

from halfulp.kernels.bits cimport bits_of_double, double_of_bits
from halfulp.kernels.coefficients cimport *
from halfulp.kernels.exponential cimport accurate_exp, scale, scaled_ratio, shifted_multiple, wide_remainder
from halfulp.kernels.pairs cimport *

cdef extern from *:
    """
    /* exp(d) is computed for no smaller d: what lies below adds less than 2^-1009 to a float32 row, and nothing that a
       float64 result could show, 2^-1442. Not less: a low part that is subnormal takes some processors 150 cycles. */
    /* volatile: the smaller of two numbers is one instruction, of a constant and a number GCC makes two */
    static const volatile double WIDE_CUT = -700.0;
    #define QUICK_CUT -1000.0
    #define POWER_SHIFT (SHIFT + 1023)  /* a sum with it has the bits of 2^k, and no longer k, in its lowest bits */
    /* sums of pairs are kept multiplied by this, so that the low parts of the least of them are normal numbers */
    #define SUM_SCALE 0x1p512
    #define SUM_EXPONENT (-512)
    #define SUM_POWER_BITS (512 + 1023)  /* the exponent of SUM_SCALE, as its bits have it */
    #define SUM_UNSCALE 0x1p-512
    """
    const double WIDE_CUT
    const double QUICK_CUT
    const double POWER_SHIFT
    const double SUM_SCALE
    const double SUM_UNSCALE
    const int SUM_EXPONENT
    const int SUM_POWER_BITS


cdef inline double wide_exp_of_remainder(double r, double shifted) noexcept nogil:
    """exp(d) for -700 <= d <= 300 from wide_remainder, relative error below 2^-50.43 + 1.3 u |d|.

    E: 2^-51.33; its rounding, below 2 u r^2 . . . . . . . . . . . . . . . . . . . . . . . . . . . .  2^-51.33 + 2^-55
    r: k times the error 2^-55.3 of LN2, where |k| <= |d| / ln 2 + 1/2, and one rounding of |r| < 1/2  0.3 u |d| + 2^-54
    1 + r (1 + r E): u |r| and u, the sum being at least 0.7 . . . . . . . . . . . . . . . . . . . . . . . . . . 2^-52
    The caller's d carries u |d| itself, which makes it 1.3 u |d| altogether. One chain of fused operations
    takes the fewest instructions, and a processor has several elements in flight.
    """
    return scale(wide_power_series(r), shifted)


cdef inline double wide_power_series(double r) noexcept nogil:
    """1 + r + r^2 (E0 + E1 r + ...)."""
    cdef double e = fma(WIDE_E8, r, WIDE_E7)
    e = fma(fma(fma(e, r, WIDE_E6), r, WIDE_E5), r, WIDE_E4)
    e = fma(fma(fma(fma(e, r, WIDE_E3), r, WIDE_E2), r, WIDE_E1), r, WIDE_E0)
    return fma(fma(e, r, 1), r, 1)


cdef struct scaled:    # significand * power
    double significand
    double power


cdef inline scaled wide_exp_in_parts(double x) noexcept nogil:
    """exp(x) for |x| <= 300 as such a product, relative error as above, but 0.3 u |x| as x has none."""
    cdef double shifted = fma(x, LOG2_E, POWER_SHIFT)
    cdef scaled result
    result.significand = wide_power_series(fma(POWER_SHIFT - shifted, LN2, x))
    result.power = double_of_bits(bits_of_double(shifted) << 52)
    return result


cdef inline scaled brief_exp(double x) noexcept nogil:
    """exp(x) for |x| <= 300 times a constant, relative error below 2^-40.1; power is one of two, the product exact.

    The leading coefficient of the polynomial is 1: the constant is divided by that of exp(x).
    2^f: 2^-40.23, and a rounding each of the last step, u, the one before, u / 2, ...  . . . . . . 2^-40.23 + 2^-52
    f: a rounding of |t| <= 433, u t, and as much again for LOG2_E, times ln 2  . . . . . . . . . . . . . .  2^-43.7
    """
    cdef double t = x * LOG2_E
    cdef double shifted = t + POWER_SHIFT
    cdef double f = t - (shifted - POWER_SHIFT)
    cdef double p = fma(f + BRIEF_P7, f, BRIEF_P6)
    cdef scaled result
    p = fma(fma(fma(p, f, BRIEF_P5), f, BRIEF_P4), f, BRIEF_P3)
    result.significand = fma(fma(fma(p, f, BRIEF_P2), f, BRIEF_P1), f, BRIEF_P0)
    result.power = double_of_bits(bits_of_double(shifted) << 52)
    return result


cdef inline pair horner_step(pair g, double r, double c_high, double c_low) noexcept nogil:
    """c + g r, for |g r| <= |c| / 2, with an error below 2^-105 |c|: c - high is exact (Sterbenz 1974)."""
    cdef double high = fma(g.high, r, c_high)
    return make_pair(high, fma(g.high, r, c_high - high) + fma(g.low, r, c_low))


cdef inline pair first_horner_step(double g, double r, double c) noexcept nogil:
    """The same for a g and a coefficient that are doubles."""
    cdef double high = fma(g, r, c)
    return make_pair(high, fma(g, r, c - high))


cdef inline pair short_horner_step(pair g, double r, double c) noexcept nogil:
    """The same for a coefficient that is a double."""
    cdef double high = fma(g.high, r, c)
    return make_pair(high, fma(g.low, r, fma(g.high, r, c - high)))


cdef inline double power_above_exp(double x) noexcept nogil:
    """Return a power of two between sqrt(2) exp(x) and 2 sqrt(2) exp(x), for |x| <= 300."""
    return double_of_bits(bits_of_double(fma(x, LOG2_E, POWER_SHIFT + 1)) << 52)


cdef struct reduced:    # exp(d) = 2^k exp(r + r_low)
    double r
    double r_low
    double power    # 2^k, in sums of exp(x - m) times 2^512


cdef inline pair difference_above_cut(double x, double largest) noexcept nogil:
    """x - largest as a pair, where x lies below the cut the cut itself; NaN stays."""
    cdef pair d = two_sum(x, -largest)
    return make_pair(QUICK_CUT if d.high < QUICK_CUT else d.high, d.low if d.high > QUICK_CUT else 0.0)


cdef inline reduced quick_reduce(double d_high, double d_low) noexcept nogil:
    """Reduce d_high + d_low, -1000 <= d_high <= 300.

    k LN2_HIGH is exact and so is its difference from d_high, a multiple of 2^-54 below 1/2. k LN2_LOW is below 2^-33,
    rounded to 2^-86; the constant itself is good to 2^-98. r is a multiple of the last place of r_low, which
    the fast sum needs.
    """
    cdef double shifted = shifted_multiple(d_high)
    cdef double k = shifted - SHIFT
    cdef pair argument = fast_two_sum(fma(-k, LN2_HIGH, d_high), fma(-k, LN2_LOW, d_low))
    cdef reduced result
    result.r = argument.high
    result.r_low = argument.low
    result.power = double_of_bits((bits_of_double(shifted) << 52) + bits_of_double(SUM_SCALE))
    return result


cdef inline reduced reduce_member(double x) noexcept nogil:
    """Reduce x itself, |x| <= 300: |k| <= 433, r_low < 2^-40.1, with an error below 2^-93.

    k LN2_NEAR is exact, a multiple of 2^-44, and so is its difference r from x, which is a multiple of 2^-54 if k is not 0.
    """
    cdef double shifted = fma(x, LOG2_E, POWER_SHIFT)
    cdef double k = shifted - POWER_SHIFT
    cdef reduced result
    result.r = fma(-k, LN2_NEAR, x)
    result.r_low = k * -LN2_REST
    result.power = double_of_bits(bits_of_double(shifted) << 52)
    return result


cdef inline double quick_e_tail(double r) noexcept nogil:
    """E5 + E6 r + ... of the polynomial for exp(r) = 1 + r + r^2 / 2 + r^3 (E0 + E1 r + ...)."""
    cdef double s = r * r
    cdef double e11 = fma(QUICK_E12, r, QUICK_E11)
    cdef double e9 = fma(QUICK_E10, r, QUICK_E9)
    cdef double e7 = fma(QUICK_E8, r, QUICK_E7)
    cdef double e5 = fma(QUICK_E6, r, QUICK_E5)
    return fma(fma(fma(e11, s, e9), s, e7), s, e5)


cdef inline pair quick_e_upper(double r) noexcept nogil:
    """E4 + E5 r + ..., of doubles; their sum is a pair."""
    return first_horner_step(quick_e_tail(r), r, QUICK_E4)


cdef inline pair quick_e(double r, pair upper) noexcept nogil:
    """E0 + E1 r + ..., all of it."""
    cdef pair e = horner_step(upper, r, QUICK_E3_HIGH, QUICK_E3_LOW)
    e = horner_step(e, r, QUICK_E2_HIGH, QUICK_E2_LOW)
    e = horner_step(e, r, QUICK_E1_HIGH, QUICK_E1_LOW)
    return horner_step(e, r, QUICK_E0_HIGH, QUICK_E0_LOW)


cdef inline pair quick_exp_of_remainder(double r, double r_low, pair e) noexcept nogil:
    """exp(r + r_low), from E, with a relative error below 2^-77.

    E: 2^-82.75; the tail is r^8 E5.., at most 2^-27.3 of 1, rounded below 3 u . . . . . . . . . . . . . 2^-82.75, 2^-78
    The steps in pairs: 2^-105 of what they add up to, each weighing half as much as the next or less  . . . .  2^-103
    r_low: exp(r + r_low) = exp(r) (1 + r_low), r_low <= 2^-54; the reduction . . . . . . . . . . . .  2^-106, 2^-86
    """
    e = short_horner_step(e, r, 0.5)
    e = short_horner_step(e, r, 1)
    e = short_horner_step(e, r, 1)
    return make_pair(e.high, fma(e.high, r_low, e.low))


cdef inline pair quick_exp_of_reduced(double r, double r_low, pair e, double power) noexcept nogil:
    e = quick_exp_of_remainder(r, r_low, e)
    return make_pair(e.high * power, e.low * power)


cdef inline double brief_e_tail(double r) noexcept nogil:
    """E2 + E3 r + ... of the polynomial for exp(r/2) = 1 + r/2 + r^2 / 8 + r^3 (E0 + E1 r + ...)."""
    cdef double e = fma(fma(fma(BRIEF_E9, r, BRIEF_E8), r, BRIEF_E7), r, BRIEF_E6)
    return fma(fma(fma(fma(e, r, BRIEF_E5), r, BRIEF_E4), r, BRIEF_E3), r, BRIEF_E2)


cdef inline pair brief_e(double r, double tail) noexcept nogil:
    """E0 + E1 r + ..., all of it."""
    cdef pair e = first_horner_step(tail, r, BRIEF_E1)
    return horner_step(e, r, BRIEF_E0_HIGH, BRIEF_E0_LOW)


cdef inline double long_e_tail(double r) noexcept nogil:
    """E3 + E4 r + ... of another such polynomial."""
    cdef double e = fma(fma(fma(LONG_E10, r, LONG_E9), r, LONG_E8), r, LONG_E7)
    return fma(fma(fma(fma(e, r, LONG_E6), r, LONG_E5), r, LONG_E4), r, LONG_E3)


cdef inline pair long_e(double r, double tail) noexcept nogil:
    """E0 + E1 r + ..., all of it."""
    cdef pair e = first_horner_step(tail, r, LONG_E2)
    e = horner_step(e, r, LONG_E1_HIGH, LONG_E1_LOW)
    return horner_step(e, r, LONG_E0_HIGH, LONG_E0_LOW)


cdef inline pair exp_by_root(double r, double r_low, pair e) noexcept nogil:
    """exp(r + r_low) = high (high + low), from E of its root, with a relative error below 2^-70.9, or 2^-76.2 if it is long.

    Where |r| < 0.34658 the root is above 0.8408, and its arguments are half as large, so that they need fewer terms.
    Brief: E 2^-75.56. The tail is r^5 (E2 + ...), at most 2^-19.5 of 1, rounded below 1.1 u: 2^-72.1 of the root. Their
      sum is below 2^-71.9, and counts twice.
    Long: E 2^-83.70. The tail is r^6 (E3 + ...), at most 2^-24.45 of the root, rounded below 1.1 u: 2^-77.31. Their sum is
      below 2^-77.29, and counts twice; r_low^2 / 2 is below 2^-81.3.
    The square of the low part is left out, 2^-106, and what r_low adds, below 2^-40.1, is rounded to 2^-93.
    """
    e = short_horner_step(e, r, 0.125)
    e = short_horner_step(e, r, 0.5)
    e = short_horner_step(e, r, 1)
    return make_pair(e.high, fma(e.high, r_low, e.low + e.low))


cdef inline pair accurate_exp_below(double d_high, double d_low) noexcept nogil:
    """exp(d_high + d_low) * 2^512 for -1000 <= d_high <= 300, relative error below 2^-101.

    accurate_exp: 10.3 u^2, and up to here k stays below 2^11, as it asks. Quotient 9.8 u^2, product 5 u^2, sum 3 u^2.
    d_low <= 2^-44, so that exp(d_low) - 1 = d_low + d_low^2 / 2 but for 2^-134.
    """
    cdef scaled_ratio e = accurate_exp(d_high)
    cdef pair quotient = divide(e.plus, e.minus)
    cdef pair rest = fast_two_sum(d_low, 0.5 * d_low * d_low)
    cdef pair y = add(quotient, multiply(quotient, rest))
    cdef double power = double_of_bits(<uint64_t>(e.k + SUM_POWER_BITS) << 52)
    return make_pair(y.high * power, y.low * power)
