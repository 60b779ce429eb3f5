# Typed loops of the reductions over tiles of rows side by side: the same source for every instruction-set level.
#
# A tile goes through a scratch block of GROUP lines in short loops, each of which is vectorised: converting, choosing and
# computing in one loop would not be. Sums run over a group in plain arithmetic, from group to group in pairs, so that
# the error does not grow with the length of the row.

from libc.math cimport INFINITY, NAN, fabs

from halfulp.kernels.lanes cimport LANES, Lanes
from halfulp.kernels.rounding cimport *
from halfulp.kernels.softmax cimport *
from halfulp.kernels.table cimport LOG_SOFTMAX, LOGSUMEXP, SOFTMAX, ReductionLoops

cdef extern from *:
    """
    #define UNIT_ROUNDOFF 0x1p-53
    #define LEAST_QUICK_SUM 0x1p-900
    #define LEAST_WIDE_SUM 0x1p-120
    #define LEAST_BESIDE_SMALL 0x1p-400
    #define QUICK_MARGIN 0x1.2p-77
    #define HUGE 0x1p900
    #define LARGEST_DOUBLE 0x1.fffffffffffffp+1023
    """
    const double UNIT_ROUNDOFF
    const double LEAST_QUICK_SUM
    const double LEAST_WIDE_SUM
    const double LEAST_BESIDE_SMALL
    const double QUICK_MARGIN
    const double HUGE
    const double LARGEST_DOUBLE

cdef enum:
    GROUP = 16         # lines in a block of the wide sums
    QUICK_GROUP = 4

cdef inline void find_largest(const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
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

cdef void add_wide(const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
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
        for i in range(1, lines):
            line = block + i * lanes
            for l in range(lanes):
                block[l] += line[l]
        for l in range(lanes):
            e = two_sum(rows.high[l], block[l])
            e = fast_two_sum(e.high, e.low + rows.low[l])
            rows.high[l] = e.high
            rows.low[l] = e.low
        start += lines

cdef inline void add_quick(const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    cdef double high[QUICK_GROUP * LANES]
    cdef double low[QUICK_GROUP * LANES]
    cdef double *high_line
    cdef double *low_line
    cdef const real *x_line
    cdef double r[QUICK_GROUP * LANES]
    cdef double power[QUICK_GROUP * LANES]
    cdef pair d, e
    cdef reduced part
    cdef double is_largest
    cdef Py_ssize_t start = 0, i, l, lines
    while start < n:
        lines = min(<Py_ssize_t>QUICK_GROUP, n - start)
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

    exp(d_i): 15 and 1.3 |d_i| of each term. The sum of exp(d_i) |d_i| is R times the mean of |d_i|, weighted by exp(d_i); that is
       the entropy of the weights minus log R, so at most log(n / R) . . . . . . . . . . . . . . . 15 + 0.91 log2(n / R)
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
    """Derive 1 / (1 + R), for results above 2^-151.

    There |d| < 105, and exp(d) is good to 15 + 1.3 * 105 units. The sum, the quotient, the product, that with 1 +- margin: 4.
    Of 1 + R, R is the part R / (1 + R), and R / (1 + R) log2(n / R) < 1 + log2(n), as if R were 1.
    """
    cdef double total
    cdef Py_ssize_t l
    for l in range(lanes):
        total = rows.count[l] + rows.high[l]
        rows.margin[l] = UNIT_ROUNDOFF * (152 + 4 + units_of_wide_sum(1, n))
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

cdef inline void differences(const real *x, const Lanes *rows, double *high, double *low, Py_ssize_t lanes) noexcept nogil:
    """d = x - m, exactly; low is NaN where high is infinite."""
    cdef Py_ssize_t l
    cdef pair d
    for l in range(lanes):
        d = two_sum(x[l], -rows.largest[l])
        high[l] = d.high
        low[l] = d.low

cdef void write_log_softmax_wide(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """Round once, and look how far the double is from the nearest midpoint of two floats.

    Midpoints are the doubles whose last 29 bits are 1 and then zeros; that holds for normal floats, and only these come up
    here. A relative error of margin is one of at most margin * 2^53 units in the last place of the double.
    """
    cdef double block[LANES]
    cdef uint64_t start[LANES]
    cdef uint64_t width[LANES]
    cdef uint64_t undecided[LANES]
    cdef const float *x_line
    cdef float *y_line
    cdef uint64_t reach
    cdef Py_ssize_t i, l
    for l in range(lanes):
        undecided[l] = 0
        reach = bits_of_double(SHIFT + 1 + rows.margin[l] / UNIT_ROUNDOFF) - bits_of_double(SHIFT)
        start[l] = reach - 0x10000000
        width[l] = 2 * reach + 1
    for i in range(n):
        x_line = <const float *>x + i * x_stride
        y_line = <float *>y + i * y_stride
        for l in range(lanes):
            block[l] = x_line[l] - rows.largest[l] - rows.high[l]
        for l in range(lanes):
            # negative within reach of the midpoint
            undecided[l] |= ((bits_of_double(block[l]) + start[l]) & 0x1fffffff) - width[l]
        for l in range(lanes):
            y_line[l] = <float>block[l]
    for l in range(lanes):
        rows.undecided[l] += double_of_bits((0 - (undecided[l] >> 63)) & bits_of_double(1))
        rows.undecided[l] += 1.0 if rows.margin[l] != rows.margin[l] else 0.0

cdef void write_log_softmax_quick(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef double high[LANES]
    cdef double low[LANES]
    cdef const double *x_line
    cdef double *y_line
    cdef pair s
    cdef double t, margin, above, below
    cdef Py_ssize_t i, l
    for i in range(n):
        x_line = <const double *>x + i * x_stride
        y_line = <double *>y + i * y_stride
        differences(x_line, rows, high, low, lanes)
        for l in range(lanes):
            s = two_sum(high[l], -rows.high[l])
            t = s.low + (low[l] - rows.low[l])
            margin = s.high * rows.margin[l]
            above = s.high + (t + margin)
            below = s.high + (t - margin)
            above = s.high if s.high < -LARGEST_DOUBLE else above
            below = s.high if s.high < -LARGEST_DOUBLE else below
            high[l] = above
            rows.undecided[l] = rows.undecided[l] if above == below else 1
        for l in range(lanes):
            y_line[l] = high[l]

cdef void write_softmax_wide(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """The exact result lies between two products: where both round to one number, subnormal or not, it does too."""
    cdef double block[LANES]
    cdef float above[LANES]
    cdef float below[LANES]
    cdef float undecided[LANES]
    cdef const float *x_line
    cdef float *y_line
    cdef Py_ssize_t i, l
    for l in range(lanes):
        undecided[l] = 0
    for i in range(n):
        x_line = <const float *>x + i * x_stride
        y_line = <float *>y + i * y_stride
        for l in range(lanes):
            block[l] = x_line[l] - rows.largest[l]
        for l in range(lanes):
            block[l] = WIDE_CUT if block[l] < WIDE_CUT else block[l]
        for l in range(lanes):
            block[l] = wide_exp_below(block[l]) * rows.high[l]
        for l in range(lanes):
            above[l] = <float>(block[l] * (1 + rows.margin[l]))
        for l in range(lanes):
            below[l] = <float>(block[l] * (1 - rows.margin[l]))
        for l in range(lanes):
            y_line[l] = above[l]
            undecided[l] = undecided[l] if above[l] == below[l] else 1
    for l in range(lanes):
        rows.undecided[l] += undecided[l]

cdef void write_softmax_quick(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """Subnormal results are left undecided; below exp(-746) all results are 0."""
    cdef double r[LANES]
    cdef double high[LANES]
    cdef double low[LANES]
    cdef double power[LANES]
    cdef double is_subnormal[LANES]
    cdef const double *x_line
    cdef double *y_line
    cdef reduced part
    cdef pair e
    cdef double t, above, below
    cdef Py_ssize_t i, l
    for i in range(n):
        x_line = <const double *>x + i * x_stride
        y_line = <double *>y + i * y_stride
        differences(x_line, rows, high, low, lanes)
        for l in range(lanes):
            is_subnormal[l] = 1.0 if -746 < high[l] < -700 else 0.0
            low[l] = 0.0 if high[l] < QUICK_CUT else low[l]
            high[l] = QUICK_CUT if high[l] < QUICK_CUT else high[l]
        for l in range(lanes):
            part = quick_reduce(high[l], low[l])
            r[l] = part.r
            low[l] = part.r_low
            high[l] = part.tail
            power[l] = part.power
        for l in range(lanes):
            e = quick_exp_of_reduced(r[l], low[l], high[l], power[l])
            high[l] = e.high
            low[l] = e.low
        for l in range(lanes):
            e = two_product(high[l], rows.high[l])
            t = fma(high[l], rows.low[l], fma(low[l], rows.high[l], e.low))
            above = e.high + fma(e.high, rows.margin[l], t)
            below = e.high + fma(e.high, -rows.margin[l], t)
            high[l] = above * SUM_UNSCALE
            rows.undecided[l] += is_subnormal[l]
            rows.undecided[l] += 0.0 if above == below else 1.0
        for l in range(lanes):
            y_line[l] = high[l]

cdef void write_logsumexp_wide(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """m + L of each row; the members are no longer needed."""
    cdef double total, margin
    cdef float above, below
    cdef Py_ssize_t l
    for l in range(lanes):
        total = rows.largest[l] + rows.high[l]
        margin = (rows.high[l] + fabs(total)) * rows.margin[l]
        above = <float>(total + margin)
        below = <float>(total - margin)
        (<float *>y)[l] = above
        rows.undecided[l] = 0.0 if above == below else 1.0

cdef void write_logsumexp_quick(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef pair s
    cdef double t, margin, above, below
    cdef Py_ssize_t l
    for l in range(lanes):
        s = two_sum(rows.largest[l], rows.high[l])
        t = s.low + rows.low[l]
        margin = (rows.high[l] + fabs(s.high)) * rows.margin[l]
        above = s.high + (t + margin)
        below = s.high + (t - margin)
        (<double *>y)[l] = above
        rows.undecided[l] = 0.0 if above == below else 1.0

cdef inline void count_present(const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    """Count the members above -inf; NaN if there is one."""
    cdef Py_ssize_t i, l
    cdef real t
    for i in range(n):
        for l in range(lanes):
            t = x[i * stride + l]
            rows.count[l] += t if t != t else (1.0 if t > -INFINITY else 0.0)

cdef inline double round_to_odd(double high, double low) noexcept nogil:
    """high + low rounded to odd: a later rounding to fewer bits is then right (Boldo & Melquiond 2008)."""
    cdef pair s = two_sum(high, low)
    cdef uint64_t bits = bits_of_double(s.high)
    if s.low != 0 and bits & 1 == 0:
        bits += 1 if (s.low > 0) == (s.high > 0) else -1
    return double_of_bits(bits)

cdef inline double difference_last(double d_high, double d_low, pair log, number_format target) noexcept nogil:
    """Round d - L, for d < 0, L > 0; both pairs are taken as exact.

    s.high + v.high is the sum but for less than an ulp of v.high. Rounded to odd, v shows on which side of a midpoint
    of s.high the sum lies, wherever v.high is below an ulp of s.high.
    """
    cdef pair s = two_sum(d_high, -log.high)
    cdef pair t = two_sum(d_low, -log.low)
    cdef pair v = two_sum(s.low, t.high)
    return -round_pair(make_pair(-s.high, -round_to_odd(v.high, v.low + t.low)), 0, target)

cdef inline void write_log_softmax_last(const real *x, real *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    cdef number_format target = float32_format() if real is float else float64_format()
    cdef pair log = make_pair(row.high[0], row.low[0])
    cdef bint is_small = row.margin[0] != row.margin[0]
    cdef double at_largest = -round_pair(log, SUM_EXPONENT if is_small else 0, target) if log.high > 0 else 0.0
    cdef pair d
    cdef Py_ssize_t i
    # Beside d, which is below -600 where L is this small, only the sign of L counts.
    if is_small and log.high > 0:
        log = make_pair(LEAST_QUICK_SUM, 0)
    for i in range(n):
        d = two_sum(x[i], -row.largest[0])
        if d.high == 0:
            y[i] = <real>at_largest
        elif d.high >= -LARGEST_DOUBLE:
            y[i] = <real>difference_last(d.high, d.low, log, target)
        else:
            y[i] = <real>d.high

cdef inline void write_softmax_last(const real *x, real *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    cdef number_format target = float32_format() if real is float else float64_format()
    cdef pair inverse = make_pair(row.high[0], row.low[0])
    cdef pair d, e
    cdef reduced part
    cdef Py_ssize_t i
    for i in range(n):
        d = two_sum(x[i], -row.largest[0])
        if d.high < QUICK_CUT:
            y[i] = 0
        else:
            part = quick_reduce(d.high, d.low)
            e = quick_exp_of_reduced(part.r, part.r_low, part.tail, part.power)
            y[i] = <real>round_pair(multiply(e, inverse), SUM_EXPONENT, target)

cdef inline double round_signed(pair x, int exponent, number_format target) noexcept nogil:
    """Round x * 2^exponent."""
    if x.high < 0:
        return -round_pair(negate(x), exponent, target)
    return round_pair(x, exponent, target) if x.high > 0 else 0.0

cdef inline void write_logsumexp_last(real *y, const Lanes *row) noexcept nogil:
    cdef number_format target = float32_format() if real is float else float64_format()
    cdef pair s
    cdef double largest = row.largest[0]
    if row.margin[0] == row.margin[0]:    # L is not small
        s = two_sum(largest, row.high[0])
        y[0] = <real>round_signed(add_double(make_pair(s.high, row.low[0]), s.low), 0, target)
    elif fabs(largest) < LEAST_BESIDE_SMALL:
        s = two_sum(largest * SUM_SCALE, row.high[0])
        y[0] = <real>round_signed(add_double(make_pair(s.high, row.low[0]), s.low), SUM_EXPONENT, target)
    else:
        y[0] = <real>largest

cdef void find_largest_float32(const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    find_largest(<const float *>x, stride, n, lanes, rows)
cdef void find_largest_float64(const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    find_largest(<const double *>x, stride, n, lanes, rows)
cdef void add_quick_float32(const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    add_quick(<const float *>x, stride, n, lanes, rows)
cdef void add_quick_float64(const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    add_quick(<const double *>x, stride, n, lanes, rows)
cdef void count_present_float32(const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    count_present(<const float *>x, stride, n, lanes, rows)
cdef void count_present_float64(const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    count_present(<const double *>x, stride, n, lanes, rows)
cdef void write_log_softmax_last_float32(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_log_softmax_last(<const float *>x, <float *>y, n, row)
cdef void write_log_softmax_last_float64(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_log_softmax_last(<const double *>x, <double *>y, n, row)
cdef void write_softmax_last_float32(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_softmax_last(<const float *>x, <float *>y, n, row)
cdef void write_softmax_last_float64(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_softmax_last(<const double *>x, <double *>y, n, row)
cdef void write_logsumexp_last_float32(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_logsumexp_last(<float *>y, row)
cdef void write_logsumexp_last_float64(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_logsumexp_last(<double *>y, row)

cdef void fill_reductions() noexcept:
    cdef ReductionLoops *loops32 = &table.reductions[FLOAT32]
    cdef ReductionLoops *loops64 = &table.reductions[FLOAT64]
    loops32.find_largest = find_largest_float32
    loops64.find_largest = find_largest_float64
    loops32.add = add_wide
    loops64.add = add_quick_float64
    loops32.finish[LOG_SOFTMAX] = finish_log_wide
    loops64.finish[LOG_SOFTMAX] = finish_log_quick
    loops32.write[LOG_SOFTMAX] = write_log_softmax_wide
    loops64.write[LOG_SOFTMAX] = write_log_softmax_quick
    loops32.finish[SOFTMAX] = finish_softmax_wide
    loops64.finish[SOFTMAX] = finish_softmax_quick
    loops32.write[SOFTMAX] = write_softmax_wide
    loops64.write[SOFTMAX] = write_softmax_quick
    loops32.finish[LOGSUMEXP] = finish_log_wide
    loops64.finish[LOGSUMEXP] = finish_log_quick
    loops32.write[LOGSUMEXP] = write_logsumexp_wide
    loops64.write[LOGSUMEXP] = write_logsumexp_quick
    loops32.count_present = count_present_float32
    loops64.count_present = count_present_float64
    loops32.add_accurately = add_quick_float32
    loops64.add_accurately = add_quick_float64
    loops32.finish_accurately[LOG_SOFTMAX] = finish_log_quick
    loops64.finish_accurately[LOG_SOFTMAX] = finish_log_quick
    loops32.write_accurately[LOG_SOFTMAX] = write_log_softmax_last_float32
    loops64.write_accurately[LOG_SOFTMAX] = write_log_softmax_last_float64
    loops32.finish_accurately[SOFTMAX] = finish_softmax_quick
    loops64.finish_accurately[SOFTMAX] = finish_softmax_quick
    loops32.write_accurately[SOFTMAX] = write_softmax_last_float32
    loops64.write_accurately[SOFTMAX] = write_softmax_last_float64
    loops32.finish_accurately[LOGSUMEXP] = finish_log_quick
    loops64.finish_accurately[LOGSUMEXP] = finish_log_quick
    loops32.write_accurately[LOGSUMEXP] = write_logsumexp_last_float32
    loops64.write_accurately[LOGSUMEXP] = write_logsumexp_last_float64

fill_reductions()
