# The results of the reductions' quick phases: each is rounded together with a test of whether its rounding is certain
# (Ziv's rounding test), and a row with an uncertain one is marked.

cdef extern from *:
    """
    #define ROUNDING_OF_DIFFERENCE 0x1p-104
    static const volatile double MINUS_INFINITY = -INFINITY;    /* volatile as in WIDE_CUT */
    """
    const double ROUNDING_OF_DIFFERENCE
    const double MINUS_INFINITY

cdef inline double round_to_odd(double high, double low) noexcept nogil:
    """high + low rounded to odd: a later rounding to fewer bits is then right (Boldo & Melquiond 2008)."""
    cdef pair s = two_sum(high, low)
    cdef uint64_t bits = bits_of_double(s.high)
    cdef uint64_t opposite = (bits ^ bits_of_double(s.low)) >> 63    # then towards 0: 1 is subtracted
    cdef uint64_t moves = <uint64_t>1 if s.low != 0 else <uint64_t>0
    moves &= ~bits
    return double_of_bits(bits + moves - ((moves & opposite) << 1))

cdef inline double odd_sum(pair d, double log) noexcept nogil:
    """d + log rounded to odd; s.low and d.low are far below the last place of a float32, and their sum has its sign."""
    cdef pair s = two_sum(d.high, log)
    return round_to_odd(s.high, s.low + d.low)

cdef inline float difference_wide(pair d, double log) noexcept nogil:
    """d - L rounded once."""
    return <float>odd_sum(d, -log)

cdef inline pair odd_difference(pair d, pair log) noexcept nogil:
    """d - L, both taken as exact, as a pair that rounds as it does.

    s.high + v.high is the sum but for less than an ulp of v.high. Rounded to odd, v shows on which side of a midpoint
    of s.high the sum lies, wherever v.high is below an ulp of s.high.
    """
    cdef pair s = two_sum(d.high, -log.high)
    cdef pair t = two_sum(d.low, -log.low)
    cdef pair v = two_sum(s.low, t.high)
    return make_pair(s.high, round_to_odd(v.high, v.low + t.low))

cdef inline double difference_quick(pair d, pair log) noexcept nogil:
    """d - L rounded once."""
    cdef pair s = odd_difference(d, log)
    return s.high + s.low

cdef inline bint is_dominated(const Lanes *rows, Py_ssize_t strip) noexcept nogil:
    """Whether one member so dominates a row that d - L may lie next to a midpoint just because d is one.

    That would be undecided with a margin in proportion to d; so d - L is computed exactly, but for the error of L.
    """
    cdef bint found = False
    cdef Py_ssize_t l
    for l in range(STRIP):
        found |= (rows.high[strip + l] > 0) & (rows.high[strip + l] < DOMINATED)
    return found

cdef inline void write_dominated_strip(
    const real *x, Py_ssize_t x_stride, real *y, Py_ssize_t y_stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """d - L for both ends of the interval in which L lies; d of -inf is its own result."""
    cdef double largest[STRIP]
    cdef double log[STRIP]
    cdef double log_low[STRIP]
    cdef double margin[STRIP]
    cdef uint64_t differ[STRIP]
    cdef double result[STRIP]
    cdef double above, below
    cdef pair d
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
        log[l] = rows.high[strip + l]
        log_low[l] = rows.low[strip + l]
        margin[l] = rows.margin[strip + l] * log[l]
        differ[l] = 0
    for i in range(n):
        for l in range(STRIP):
            d = two_sum(x[i * x_stride + l], -largest[l])
            if real is float:
                above = difference_wide(d, log[l] - margin[l])
                below = difference_wide(d, log[l] + margin[l])
            else:
                above = difference_quick(d, make_pair(log[l], log_low[l] - margin[l]))
                below = difference_quick(d, make_pair(log[l], log_low[l] + margin[l]))
            differ[l] |= bits_of_double(above) ^ bits_of_double(below)
            result[l] = above if d.high >= -LARGEST_DOUBLE else d.high
        for l in range(STRIP):
            y[i * y_stride + l] = <real>result[l]
    for l in range(STRIP):
        rows.undecided[strip + l] |= differ[l]

cdef inline void write_log_softmax_wide_strip(
    const float *x, Py_ssize_t x_stride, float *y, Py_ssize_t y_stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip,
    bint is_joined,
) noexcept nogil:
    """d - L, which is no subnormal number: the least L here but 0 is DOMINATED, and d - L <= -L."""
    cdef double largest[STRIP]
    cdef double log[STRIP]
    cdef uint32_t margin[2 * STRIP]
    cdef uint32_t least[2 * STRIP]
    cdef uint32_t halves[2 * STRIP]
    cdef double result[STRIP]
    cdef uint32_t above
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
        log[l] = rows.low[strip + l] if is_joined else rows.high[strip + l]
        margin[2 * l] = margin[2 * l + 1] = <uint32_t>integer_of_double(rows.margin[strip + l] * FLOAT64_ULPS)
    for l in range(2 * STRIP):
        least[l] = <uint32_t>-1
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(float))
        for l in range(STRIP):
            result[l] = (x[i * x_stride + l] if is_joined else x[i * x_stride + l] - largest[l]) - log[l]
        memcpy(halves, result, sizeof(result))
        for l in range(2 * STRIP):
            above = above_midpoint(halves[l], margin[l])
            least[l] = above if above < least[l] else least[l]
        for l in range(STRIP):
            y[i * y_stride + l] = <float>result[l]
    for l in range(STRIP):
        rows.undecided[strip + l] |= is_next_to_midpoint(least[2 * l + LOW_HALF], margin[2 * l])

cdef inline void write_log_softmax_quick_strip(
    const double *x, Py_ssize_t x_stride, double *y, Py_ssize_t y_stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """d - L with both ends of the interval in which it lies; d of -inf is its own result."""
    cdef double largest[STRIP]
    cdef double log_high[STRIP]
    cdef double log_low[STRIP]
    cdef double relative[STRIP]
    cdef uint64_t differ[STRIP]
    cdef double result[STRIP]
    cdef pair d, s
    cdef double t, above, below
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
        log_high[l] = rows.high[strip + l]
        log_low[l] = rows.low[strip + l]
        relative[l] = rows.margin[strip + l]
        differ[l] = 0
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(double))
        for l in range(STRIP):
            d = two_sum(x[i * x_stride + l], -largest[l])
            s = two_sum(d.high, -log_high[l])
            t = s.low + (d.low - log_low[l])
            above = s.high + fma(s.high, relative[l], t)
            below = s.high + fma(s.high, -relative[l], t)
            differ[l] |= bits_of_double(above) ^ bits_of_double(below)
            result[l] = above if s.high >= -LARGEST_DOUBLE else s.high
        for l in range(STRIP):
            y[i * y_stride + l] = result[l]
    for l in range(STRIP):
        rows.undecided[strip + l] |= differ[l]

cdef inline void write_log_softmax_of_sum_strip(
    const double *x, Py_ssize_t x_stride, double *y, Py_ssize_t y_stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """x - log T with both ends of the interval in which it lies; of -inf there is NaN in both.

    The lower part is rounded twice, by u of it, and is below u of the difference and an ulp of log T, 2^-44: together that
    is less than ROUNDING_OF_DIFFERENCE, 4 u^2, and 2^-95, which QUICK_LOG_ERROR has room for.
    """
    cdef double log_high[STRIP]
    cdef double log_low[STRIP]
    cdef double margin[STRIP]
    cdef uint64_t differ[STRIP]
    cdef double result[STRIP]
    cdef double least = MINUS_INFINITY
    cdef double t, error, above, below
    cdef pair s
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        log_high[l] = rows.high[strip + l]
        log_low[l] = rows.low[strip + l]
        margin[l] = rows.margin[strip + l]
        differ[l] = 0
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(double))
        for l in range(STRIP):
            s = two_sum(x[i * x_stride + l], -log_high[l])
            t = s.low - log_low[l]
            error = fma(s.high, -ROUNDING_OF_DIFFERENCE, margin[l])
            above = s.high + (t + error)
            below = s.high + (t - error)
            differ[l] |= bits_of_double(above) ^ bits_of_double(below)
            result[l] = above if above > least else least
        for l in range(STRIP):
            y[i * y_stride + l] = result[l]
    for l in range(STRIP):
        rows.undecided[strip + l] |= differ[l]

cdef inline void write_log_softmax_strip(
    const real *x, Py_ssize_t x_stride, real *y, Py_ssize_t y_stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    if rows.is_joined:
        if real is float:
            write_log_softmax_wide_strip(x, x_stride, y, y_stride, n, rows, strip, True)
        else:
            write_log_softmax_of_sum_strip(x, x_stride, y, y_stride, n, rows, strip)
    elif is_dominated(rows, strip):
        write_dominated_strip(x, x_stride, y, y_stride, n, rows, strip)
    elif real is float:
        write_log_softmax_wide_strip(x, x_stride, y, y_stride, n, rows, strip, False)
    else:
        write_log_softmax_quick_strip(x, x_stride, y, y_stride, n, rows, strip)

cdef void write_log_softmax_wide(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef Py_ssize_t start = 0, strip
    while start < n:
        for strip in range(lanes // STRIP):
            write_log_softmax_strip(
                <const float *>x + start * x_stride + strip * STRIP, x_stride,
                <float *>y + start * y_stride + strip * STRIP, y_stride,
                min(<Py_ssize_t>LINES, n - start), rows, strip * STRIP,
            )
        start += LINES
        move_ahead(rows, LINES)

cdef void write_log_softmax_quick(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef Py_ssize_t start = 0, strip
    while start < n:
        for strip in range(lanes // STRIP):
            write_log_softmax_strip(
                <const double *>x + start * x_stride + strip * STRIP, x_stride,
                <double *>y + start * y_stride + strip * STRIP, y_stride,
                min(<Py_ssize_t>LINES, n - start), rows, strip * STRIP,
            )
        start += LINES
        move_ahead(rows, LINES)

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
        rows.undecided[l] |= above != below

cdef void write_logsumexp_quick(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef pair s
    cdef double t, margin, above, below
    cdef Py_ssize_t l
    for l in range(lanes):
        s = two_sum(0 if rows.is_joined else rows.largest[l], rows.high[l])
        t = s.low + rows.low[l]
        margin = rows.margin[l] if rows.is_joined else (rows.high[l] + fabs(s.high)) * rows.margin[l]
        above = s.high + (t + margin)
        below = s.high + (t - margin)
        (<double *>y)[l] = above
        rows.undecided[l] |= above != below
