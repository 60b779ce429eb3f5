# Typed loops of the reductions over tiles of rows side by side: the same source for every instruction-set level.
#
# A tile goes through a scratch block of a few lines in short loops, each of which is vectorised: converting, choosing
# and computing in one loop would not be. Sums run over a group in plain arithmetic, from group to group in pairs, so
# that the error does not grow with the length of the row.

from libc.math cimport INFINITY, NAN, fabs
from libc.string cimport memcpy

from halfulp.kernels.exact cimport EXACT_LIMBS, add_exact_exp, exact_log
from halfulp.kernels.lanes cimport LANES, Lanes
from halfulp.kernels.rounding cimport *
from halfulp.kernels.softmax cimport *
from halfulp.kernels.table cimport LOG_SOFTMAX, LOGSUMEXP, SOFTMAX, ReductionLoops, finish_loop, read_loop

cdef extern from *:
    """
    #define UNIT_ROUNDOFF 0x1p-53
    #define LEAST_QUICK_SUM 0x1p-900
    #define LEAST_WIDE_SUM 0x1p-120
    #define LEAST_BESIDE_SMALL 0x1p-400
    #define EXACT_CUT -222.0  /* exp of that is 2^-320 */
    /* of m + L against L, whose relative error is below 2^-76: good to 2^-64, and to 2^-36 for float32 */
    #define SAFE_CANCELLATION_64 0x1p-12
    #define SAFE_CANCELLATION_32 0x1p-40
    #define QUICK_MARGIN 0x1.2p-77
    #define HUGE 0x1p900
    #define LARGEST_DOUBLE 0x1.fffffffffffffp+1023
    """
    const double UNIT_ROUNDOFF
    const double LEAST_QUICK_SUM
    const double LEAST_WIDE_SUM
    const double LEAST_BESIDE_SMALL
    const double EXACT_CUT
    const double SAFE_CANCELLATION_64
    const double SAFE_CANCELLATION_32
    const double QUICK_MARGIN
    const double HUGE
    const double LARGEST_DOUBLE

cdef enum:
    GROUP = 16         # lines in a block of the wide sums
    QUICK_BLOCK = 512  # elements in a block of the quick sums

cdef inline void find_largest(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """NaN is passed over here: it turns the sum to NaN."""
    cdef real largest[LANES]
    cdef const real *line
    cdef Py_ssize_t i, l
    for l in range(lanes):
        largest[l] = <real>rows.largest[l]
    for i in range(n):
        line = x + i * stride
        for l in range(lanes):
            largest[l] = line[l] if line[l] > largest[l] else largest[l]
    for l in range(lanes):
        rows.largest[l] = largest[l]

cdef inline double is_zero(double d) noexcept nogil:
    """1 for d = 0, 0 for d <= -2^-200: arithmetic, where compilers make a detour of a choice."""
    cdef double marker = fma(d, HUGE, 1)
    return marker if marker > 0 else 0.0

cdef void add_wide(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef double block[GROUP * LANES]
    cdef double *line
    cdef const float *x_line
    cdef double is_largest
    cdef pair e
    cdef Py_ssize_t start = 0, i, l, lines
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for i in range(lines):
            line = block + i * lanes
            x_line = <const float *>x + (start + i) * stride
            for l in range(lanes):
                line[l] = x_line[l] - rows.largest[l]
            for l in range(lanes):
                is_largest = is_zero(line[l])
                rows.count[l] += is_largest
                line[l] = fma(is_largest, WIDE_CUT, WIDE_CUT if line[l] < WIDE_CUT else line[l])
        for l in range(lines * lanes):
            block[l] = wide_exp_below(block[l])
        i = 1
        while i + 2 < lines:
            line = block + i * lanes
            for l in range(lanes):
                block[l] += line[l] + (line[l + lanes] + line[l + 2 * lanes])
            i += 3
        while i < lines:
            line = block + i * lanes
            for l in range(lanes):
                block[l] += line[l]
            i += 1
        for l in range(lanes):
            e = two_sum(rows.high[l], block[l])
            e = fast_two_sum(e.high, e.low + rows.low[l])
            rows.high[l] = e.high
            rows.low[l] = e.low
        start += lines

cdef inline void add_quick(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef double high[QUICK_BLOCK]
    cdef double low[QUICK_BLOCK]
    cdef double *high_line
    cdef double *low_line
    cdef const real *x_line
    cdef double r[QUICK_BLOCK]
    cdef double power[QUICK_BLOCK]
    cdef pair d, e
    cdef reduced part
    cdef double is_largest
    cdef Py_ssize_t start = 0, i, l, lines
    while start < n:
        lines = min(QUICK_BLOCK // lanes, n - start)
        for i in range(lines):
            high_line = high + i * lanes
            x_line = x + (start + i) * stride
            low_line = low + i * lanes
            for l in range(lanes):
                d = two_sum(x_line[l], -rows.largest[l])
                is_largest = is_zero(d.high * HUGE)
                rows.count[l] += is_largest
                low_line[l] = 0.0 if d.high < QUICK_CUT else d.low
                high_line[l] = fma(is_largest, QUICK_CUT, QUICK_CUT if d.high < QUICK_CUT else d.high)
        for l in range(lines * lanes):
            part = quick_reduce(high[l], low[l])
            r[l] = part.r
            low[l] = part.r_low
            high[l] = part.tail
            power[l] = part.power
        for l in range(lines * lanes):
            e = quick_exp_of_reduced(r[l], low[l], high[l], power[l])
            high[l] = e.high
            low[l] = e.low
        for i in range(lines):
            high_line = high + i * lanes
            low_line = low + i * lanes
            for l in range(lanes):
                e = two_sum(rows.high[l], high_line[l])
                rows.high[l] = e.high
                rows.low[l] += low_line[l] + e.low
        for l in range(lanes):
            e = fast_two_sum(rows.high[l], rows.low[l])
            rows.high[l] = e.high
            rows.low[l] = e.low
        start += lines

cdef inline double units_of_wide_sum(double rest, Py_ssize_t n) noexcept nogil:
    """Bound the relative error of R, in units of u, for R > 0.

    exp(d_i): 15 and 1.3 |d_i| of each term. The sum of exp(d_i) |d_i| is R times the mean of |d_i|, weighted by exp(d_i);
       that is the entropy of the weights minus log R, so at most log(n / R) . . . . . . . . . . . . . . . 15 + 0.91 log2(n / R)
    Sum over a group: GROUP - 1 additions in any order, and its place in the pair; R itself  . . . . . . . . . GROUP + 1
    """
    cdef double size = double_of_integer((bits_of_double((<double>n) / rest) >> 52)) - 1022    # above log2(n / R)
    return 16 + GROUP + (size if size > 0 else 0.0)

cdef void finish_log_wide(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive L. log1p adds 8 units and d - L another 2; it passes a relative error on with a factor of at most 1."""
    cdef double rest
    cdef Py_ssize_t l
    for l in range(lanes):
        rest = rows.count[l] - 1 + rows.high[l]
        rows.margin[l] = UNIT_ROUNDOFF * (10 + units_of_wide_sum(rest, n)) if rest > LEAST_WIDE_SUM else NAN
        rows.high[l] = wide_log1p(rest)

cdef void finish_softmax_wide(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive 1 / (1 + R); the margin is that of the results but for 1.3 |d| units, which `write` adds.

    exp(d): 15 units. Sum, quotient, product, the bound itself and its sum with the product: 5.
    Of 1 + R, R is the part R / (1 + R), and R / (1 + R) log2(n / R) < 1 + log2(n), as if R were 1.
    """
    cdef double total
    cdef Py_ssize_t l
    for l in range(lanes):
        total = rows.count[l] + rows.high[l]
        rows.margin[l] = UNIT_ROUNDOFF * (20 + units_of_wide_sum(1, n))
        rows.high[l] = 1 / total

cdef void finish_log_quick(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive L. Each exp(d_i) is good to 2^-77, log1p to 2^-81, and the sums to 2^-98.

    Where R is as small as 2^-900, so is L, and L = R to 2^-900: then S stays as it is, 2^512 times L.
    """
    cdef pair rest, log
    cdef bint is_small
    cdef Py_ssize_t l
    for l in range(lanes):
        rest = two_sum(rows.count[l] - 1, rows.high[l] * SUM_UNSCALE)
        rest.low += rows.low[l] * SUM_UNSCALE
        log = quick_log1p(rest)
        is_small = not rest.high > LEAST_QUICK_SUM
        rows.margin[l] = NAN if is_small else QUICK_MARGIN
        rows.high[l] = rows.high[l] if is_small else log.high
        rows.low[l] = rows.low[l] if is_small else log.low

cdef void finish_softmax_quick(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive 1 / (1 + R), good to 2^-76.9."""
    cdef pair total
    cdef Py_ssize_t l
    for l in range(lanes):
        total = two_sum(rows.count[l], rows.high[l] * SUM_UNSCALE)
        total = fast_two_sum(total.high, fma(rows.low[l], SUM_UNSCALE, total.low))
        total = quick_divide(make_pair(1, 0), total)
        rows.margin[l] = 2 * QUICK_MARGIN
        rows.high[l] = total.high
        rows.low[l] = total.low
