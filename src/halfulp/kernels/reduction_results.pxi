# The results of the reductions' quick phases: each is rounded together with a test of whether its rounding is certain
# (Ziv's rounding test), and a row with an uncertain one is marked.

cdef inline void differences(
    const real *x, const Lanes *rows, double *high, double *low, Py_ssize_t lanes
) noexcept nogil:
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

    Midpoints are the doubles whose last 29 bits are 1 and then zeros; that holds for normal floats, and only these
    come up here. A relative error of margin is one of at most margin * 2^53 units in the last place of the double.
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
    """The exact result lies between two sums: where both round to one number, subnormal or not, it does too."""
    cdef double block[LANES]     # d, and then the bound of the error
    cdef double result[LANES]
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
            result[l] = wide_exp_below(block[l]) * rows.high[l]
        for l in range(lanes):
            block[l] = result[l] * fma(block[l], -1.3 * UNIT_ROUNDOFF, rows.margin[l])
        for l in range(lanes):
            above[l] = <float>(result[l] + block[l])
        for l in range(lanes):
            below[l] = <float>(result[l] - block[l])
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
