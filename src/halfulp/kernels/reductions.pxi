# Typed loops of the reductions over tiles of rows side by side: the same source for every instruction-set level.
#
# A tile is worked through in groups of a few lines, these in strips of STRIP lanes: as their number is known to the
# compiler, and is more than it unrolls, it makes vector code of the loops over lanes, without any code for remainders.
# Sums run over a group in plain arithmetic, from group to group in pairs, so that the error does not grow with the
# length of the row.

from libc.math cimport INFINITY, NAN, fabs
from libc.stdint cimport int32_t
from libc.string cimport memcpy

from halfulp.kernels.exact cimport EXACT_LIMBS, add_exact_exp, exact_log
from halfulp.kernels.lanes cimport (
    BRIEF, LANES, LONG, OF_OTHERS, STRIP, Lanes, fetch_ahead, mark_rows_without_margin, move_ahead,
)
from halfulp.kernels.logarithm cimport *
from halfulp.kernels.rounding cimport *
from halfulp.kernels.softmax cimport *
from halfulp.kernels.table cimport LOG_SOFTMAX, LOGSUMEXP, SOFTMAX, ReductionLoops, finish_loop, read_loop

cdef extern from *:
    """
    #define UNIT_ROUNDOFF 0x1p-53
    #define LEAST_QUICK_SUM 0x1p-900
    #define LEAST_WIDE_SUM 0x1p-900     /* beyond, what lies below the cut would count */
    #define DOMINATED 0x1p-30
    #define LEAST_BESIDE_SMALL 0x1p-400
    #define EXACT_CUT -222.0  /* exp of that is 2^-320 */
    /* of m + L against L, whose relative error is below 2^-76: good to 2^-64, and to 2^-36 for float32 */
    #define SAFE_CANCELLATION_64 0x1p-12
    #define SAFE_CANCELLATION_32 0x1p-40
    #define QUICK_SUM_ERROR 0x1.01p-77
    /* Of sums of pairs, for each member. In a group of g members the low part is below (3 + j) u of the sum after the
       j-th, and is rounded once, as is what each adds to it: g + 2 + 3 g + g (g + 1) / 2 = 202 u^2 where g = GROUP, at most
       13 u^2 for each. An offset makes the sum up to 3.83 times as large. Joining lanes and merging parts of rows adds less
       than 2^-85. */
    #define ADDITION_ERROR 0x1.9p-101
    #define QUICK_LOG_ERROR 0x1p-80
    #define QUICK_SOFTMAX_MARGIN 0x1.2p-76
    #define SOFTMAX_UNITS 328.0
    #define LEAST_SUM_AT_ONCE 0x1p-144
    #define MOST_SUM_AT_ONCE 0x1p432
    #define ANY_LENGTH PY_SSIZE_T_MAX
    #define LARGEST_DOUBLE 0x1.fffffffffffffp+1023
    """
    const double UNIT_ROUNDOFF
    const double LEAST_QUICK_SUM
    const double LEAST_WIDE_SUM
    const double DOMINATED
    const double LEAST_BESIDE_SMALL
    const double EXACT_CUT
    const double SAFE_CANCELLATION_64
    const double SAFE_CANCELLATION_32
    const double QUICK_SUM_ERROR
    const double ADDITION_ERROR
    const double QUICK_LOG_ERROR
    const double QUICK_SOFTMAX_MARGIN
    const double SOFTMAX_UNITS
    const double LEAST_SUM_AT_ONCE
    const double MOST_SUM_AT_ONCE
    const Py_ssize_t ANY_LENGTH
    const double LARGEST_DOUBLE

cdef enum:
    GROUP = 16         # lines in a block of the sums
    LINES = 64         # that loops without scratch take at once
    BLOCK_SIZE = GROUP * STRIP
    # Members of the longest row that is summed briefly first. Results from 8 to 16 have units of 2^-20 and 2^-49;
    # beside an error of 15300 u, or 2^-70.9, one in 2^18.1 or 2^20.8 of them is undecided, and with it the row:
    # one row of this length in 34, or in 28, is summed again.
    LONGEST_BRIEF_32 = 8192
    LONGEST_BRIEF_64 = 65536
    # Results of softmax have a relative error, twice that of the sum: one in 2^16.3 is undecided, one row of this length
    # in 39; or one in 2^21.7 if the sum is long.
    LONGEST_BRIEF_SOFTMAX_64 = 2048

cdef inline void find_largest_in_strip(
    const real *x, Py_ssize_t stride, Py_ssize_t n, double *largest
) noexcept nogil:
    cdef real found[STRIP]
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        found[l] = <real>largest[l]
    for i in range(n):
        for l in range(STRIP):
            found[l] = x[i * stride + l] if x[i * stride + l] > found[l] else found[l]
    for l in range(STRIP):
        largest[l] = found[l]

cdef inline void find_largest(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """NaN is passed over here: it turns the sum to NaN."""
    cdef Py_ssize_t start = 0, strip
    while start < n:
        for strip in range(lanes // STRIP):
            find_largest_in_strip(
                x + start * stride + strip * STRIP, stride, min(<Py_ssize_t>LINES, n - start),
                &rows.largest[strip * STRIP],
            )
        start += LINES

cdef inline void add_to_strip(Lanes *rows, Py_ssize_t strip, const double *total) noexcept nogil:
    """Add to the pairs what a group has added up to; an error below 2^-104 of either."""
    cdef Py_ssize_t l
    cdef pair s
    for l in range(STRIP):
        s = two_sum(rows.high[strip + l], total[l])
        s = fast_two_sum(s.high, s.low + rows.low[strip + l])
        rows.high[strip + l] = s.high
        rows.low[strip + l] = s.low

cdef inline void add_wide_strip(
    const float *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """The largest members are counted, and replaced by some that add nothing."""
    cdef float members[BLOCK_SIZE]
    cdef float largest[STRIP]
    cdef int32_t others[STRIP]
    cdef bint is_other
    cdef double total[STRIP]
    cdef const float *line
    cdef double r[BLOCK_SIZE]
    cdef double shifted[BLOCK_SIZE]
    cdef double d, cut = WIDE_CUT
    cdef Py_ssize_t i, j, l
    for l in range(STRIP):
        largest[l] = <float>rows.largest[strip + l]
        others[l] = 0
        total[l] = 0
    for i in range(n):
        line = x + i * stride
        fetch_ahead(rows, i, strip, STRIP * sizeof(float))
        for l in range(STRIP):
            is_other = line[l] != largest[l]
            others[l] += is_other
            members[i * STRIP + l] = line[l] if is_other else -INFINITY
    for i in range(n):
        for l in range(STRIP):
            d = <double>members[i * STRIP + l] - largest[l]
            d = cut if d < cut else d
            j = i * STRIP + l
            shifted[j] = shifted_multiple(d)
            r[j] = wide_remainder(d, shifted[j])
    for i in range(n):
        for l in range(STRIP):
            j = i * STRIP + l
            total[l] += wide_exp_of_remainder(r[j], shifted[j])
    for l in range(STRIP):
        rows.count[strip + l] += <int32_t>n - others[l]
    add_to_strip(rows, strip, total)

cdef inline void add_wide(
    const float *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef Py_ssize_t start = 0, strip
    while start < n:
        for strip in range(lanes // STRIP):
            add_wide_strip(
                x + start * stride + strip * STRIP, stride, min(<Py_ssize_t>GROUP, n - start), rows, strip * STRIP
            )
        start += GROUP
        move_ahead(rows, GROUP)

cdef inline void quick_e_of_block(const double *r, Py_ssize_t n, double *high, double *low) noexcept nogil:
    cdef pair e
    cdef Py_ssize_t j
    for j in range(n):
        e = quick_e_upper(r[j])
        high[j] = e.high
        low[j] = e.low
    for j in range(n):
        e = quick_e(r[j], make_pair(high[j], low[j]))
        high[j] = e.high
        low[j] = e.low

cdef inline void add_quick_strip(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    cdef double r[BLOCK_SIZE]
    cdef double r_low[BLOCK_SIZE]
    cdef double high[BLOCK_SIZE]
    cdef double low[BLOCK_SIZE]
    cdef double power[BLOCK_SIZE]
    cdef double largest[STRIP]
    cdef double count[STRIP]
    cdef double total_high[STRIP]
    cdef double total_low[STRIP]
    cdef const real *line
    cdef pair d, e
    cdef reduced part
    cdef Py_ssize_t i, j, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
        count[l] = rows.count[strip + l]
        total_high[l] = rows.high[strip + l]
        total_low[l] = rows.low[strip + l]
    for i in range(n):
        line = x + i * stride
        fetch_ahead(rows, i, strip, STRIP * sizeof(real))
        for l in range(STRIP):
            d = difference_above_cut(line[l], largest[l])
            count[l] += 1.0 if d.high == 0 else 0.0
            d.high = QUICK_CUT if d.high == 0 else d.high
            part = quick_reduce(d.high, d.low)
            r[i * STRIP + l] = part.r
            r_low[i * STRIP + l] = part.r_low
            power[i * STRIP + l] = part.power
    quick_e_of_block(r, n * STRIP, high, low)
    for i in range(n):
        for l in range(STRIP):
            j = i * STRIP + l
            e = quick_exp_of_reduced(r[j], r_low[j], make_pair(high[j], low[j]), power[j])
            d = two_sum(total_high[l], e.high)
            total_high[l] = d.high
            total_low[l] += d.low + e.low
    for l in range(STRIP):
        e = fast_two_sum(total_high[l], total_low[l])
        rows.count[strip + l] = count[l]
        rows.high[strip + l] = e.high
        rows.low[strip + l] = e.low

cdef inline void add_quick(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef Py_ssize_t start = 0, strip
    while start < n:
        for strip in range(lanes // STRIP):
            add_quick_strip(
                x + start * stride + strip * STRIP, stride, min(<Py_ssize_t>GROUP, n - start), rows, strip * STRIP
            )
        start += GROUP
        move_ahead(rows, GROUP)

cdef inline double units_of_wide_sum(double rest, Py_ssize_t n) noexcept nogil:
    """Bound the relative error of R, in units of u, for R > 0.

    exp(d_i): 6, and 1.3 |d_i| of each term. The sum of exp(d_i) |d_i| is R times the mean of |d_i|, weighted by
       exp(d_i); that is the entropy of the weights minus log R, so at most log(n / R)  . . . . .  6 + 0.91 log2(n / R)
    Sum over a group: GROUP - 1 additions in any order, and its place in the pair; R itself  . . . . . . . . . GROUP + 1
    """
    # log2(n / R) is below the difference of the exponents and 1.
    cdef double size = double_of_integer((bits_of_double(n) >> 52) - (bits_of_double(rest) >> 52)) + 1
    return 7.0 + GROUP + (size if size > 0 else 0.0)

cdef inline double share_of_sum_error(double log) noexcept nogil:
    """Bound what a relative error of R weighs in L = log(1 + R), R / ((1 + R) L): it is below 1, and below 1 / L."""
    return 1 / log if log > 1 else 1.0

cdef inline double nan_unless_finite(double largest) noexcept nogil:
    """0 or NaN, for the sums do not show that the largest members, which they leave out, are infinite."""
    return largest - largest

cdef inline void finish_single_members(Lanes *rows, Py_ssize_t lanes) noexcept nogil:
    """L = 0 of rows of one member, exactly; those of infinities and NaN, beside which -inf stands, are undecided."""
    cdef Py_ssize_t l
    rows.is_joined = False
    for l in range(lanes):
        rows.high[l] = rows.low[l] = 0
        rows.margin[l] = nan_unless_finite(rows.largest[l])

cdef void finish_log_wide(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive L. log1p adds 8 units, d - L another 2, and what the errors of second order add is below 1."""
    cdef double rest, log, units
    cdef Py_ssize_t l
    if rows.sums == BRIEF:
        finish_at_once(rows, lanes, n, True)
    elif rows.sums == LONG:
        finish_at_once(rows, lanes, n, False)
    else:
        for l in range(lanes):
            rest = rows.count[l] - 1 + rows.high[l] + nan_unless_finite(rows.largest[l])
            log = wide_log1p(rest)
            units = 11 + units_of_wide_sum(rest, n) * share_of_sum_error(log)
            rows.margin[l] = UNIT_ROUNDOFF * units if rest > LEAST_WIDE_SUM else NAN
            rows.high[l] = log
    if n == 1:
        finish_single_members(rows, lanes)
    mark_rows_without_margin(rows, lanes)

cdef void finish_softmax_wide(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive 1 / (1 + R), or 1 / T of sums of exp(x) itself. The margin is that of the results, in units of u:

    exp(d), 6 and 1.3 |d|, for d > -104.7: results of other d are less than 2^-150, and 0 . . . . . . . . . . . . . . . 143
    or exp(x), 55 and 0.3 |x|, where |x| <= 300 as T <= 2^432, and below -300 results are 0 . . . . . . . . . . . . . . 145
    1 + R, of which R is the part R / (1 + R): units_of_wide_sum, and R / (1 + R) log2(n / R) < 1 + log2(n) . 8 + GROUP + 63
    or T, 55 and 0.3 |x| <= 0.3 (|log T| + log T - x) of its terms, the mean of log T - x, weighted by them, being at most
      log n; and GROUP additions  . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . 55 + 90 + 14 + GROUP
    T as a double, its reciprocal, the ends of the interval, products . . . . . . . . . . . . . . . . . . . . . . . . . . 8
    """
    cdef double total
    cdef bint is_sure
    cdef Py_ssize_t l
    for l in range(lanes):
        total = rows.count[l] + (rows.high[l] + rows.low[l])
        if rows.sums == OF_OTHERS:
            total += nan_unless_finite(rows.largest[l])
        is_sure = (total >= LEAST_SUM_AT_ONCE) & (total <= MOST_SUM_AT_ONCE)
        is_sure &= (rows.sums == OF_OTHERS) | (rows.largest[l] <= ONE_PASS_MOST)
        rows.margin[l] = UNIT_ROUNDOFF * SOFTMAX_UNITS if is_sure else INFINITY
        rows.high[l] = 1 / total
    mark_rows_without_margin(rows, lanes)

cdef void finish_log_quick(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    if rows.sums == OF_OTHERS:
        finish_log_of_rest(rows, lanes, n)
    else:
        finish_log_of_sum(rows, lanes, n)
    if n == 1:
        finish_single_members(rows, lanes)
    mark_rows_without_margin(rows, lanes)

cdef inline void finish_log_of_rest(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive L. Each exp(d_i) is good to 2^-77, log1p to 2^-81, the sums as in ADDITION_ERROR, and d - L to 2^-103.

    Where R is as small as 2^-900, so is L, and L = R to 2^-900: then S stays as it is, 2^512 times L.
    """
    cdef double sum_error = QUICK_SUM_ERROR + n * ADDITION_ERROR
    cdef double rest_high[LANES]
    cdef double v_high[LANES]
    cdef double v_low[LANES]
    cdef pair rest, v, log
    cdef bint is_small
    cdef Py_ssize_t l
    for l in range(lanes):    # in two loops: together they would be one long chain of operations
        rest = two_sum(rows.count[l] - 1, rows.high[l] * SUM_UNSCALE)
        rest.low += rows.low[l] * SUM_UNSCALE
        v = quick_log_argument(rest, nearest_power(1 + rest.high))
        rest_high[l] = rest.high
        v_high[l] = v.high
        v_low[l] = v.low
    for l in range(lanes):
        log = quick_log(make_pair(v_high[l], v_low[l]), double_of_integer(nearest_power(1 + rest_high[l])))
        is_small = not rest_high[l] > LEAST_QUICK_SUM
        rows.margin[l] = NAN if is_small else QUICK_LOG_ERROR + sum_error * share_of_sum_error(log.high)
        rows.high[l] = rows.high[l] if is_small else log.high
        rows.low[l] = rows.low[l] if is_small else log.low

cdef void finish_softmax_quick(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    if rows.sums == OF_OTHERS:
        finish_inverse_of_rest(rows, lanes, n)
    else:
        finish_inverse_of_sum(rows, lanes, n)
    mark_rows_without_margin(rows, lanes)

cdef inline void finish_inverse_of_rest(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive 1 / (1 + R), good to 2^-76.9 and what ADDITION_ERROR tells."""
    cdef pair total
    cdef Py_ssize_t l
    for l in range(lanes):
        total = two_sum(rows.count[l], rows.high[l] * SUM_UNSCALE)
        total = fast_two_sum(total.high, fma(rows.low[l], SUM_UNSCALE, total.low))
        total = quick_divide(make_pair(1, 0), total)
        rows.margin[l] = QUICK_SOFTMAX_MARGIN + n * ADDITION_ERROR
        rows.high[l] = total.high
        rows.low[l] = total.low
