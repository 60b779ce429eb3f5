# softmax, which needs every exponential twice: for the sum, and for the result. Those of a row that is not long are kept
# in between (`add_keeping`, `write_kept`), as doubles or as pairs, in the order in which the loops come to them;
# those of a long one are computed again (`write`). Pairs are kept as they are added: exp(x) by sums in one pass, which
# need no scale for their low parts to be normal numbers, else SUM_SCALE times exp(x - m).

from halfulp.kernels.table cimport KEPT_64

cdef extern from *:
    """
    #define FLOAT32_SMALLEST_NORMAL 0x1p-126f
    #define SCALED_SMALLEST_NORMAL 0x1p-510     /* 2^-1022 * SUM_SCALE */
    #define SCALED_BELOW_FLOAT64 0x1p-565       /* 2^-1077, which even doubled is rounded to 0 */
    /* 1.3 |d|, in units of u: where exp(d) >= 2^-126, and anywhere. For an x that is taken as it is, |x| <= 300 or the
       result is not that large, 0.3 |x| is less. */
    #define UNITS_OF_NORMAL 114.0
    #define UNITS_OF_ANY 910.0
    """
    const float FLOAT32_SMALLEST_NORMAL
    const double SCALED_SMALLEST_NORMAL
    const double SCALED_BELOW_FLOAT64
    const double UNITS_OF_NORMAL
    const double UNITS_OF_ANY

cdef inline void wide_exp_of_strip(
    const float *x, Py_ssize_t stride, Py_ssize_t n, const Lanes *rows, Py_ssize_t strip, double *e
) noexcept nogil:
    """exp(x - m) of n lines."""
    cdef double r[BLOCK_SIZE]
    cdef double shifted[BLOCK_SIZE]
    cdef double largest[STRIP]
    cdef double d, cut = WIDE_CUT
    cdef Py_ssize_t i, j, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
    for i in range(n):
        for l in range(STRIP):
            d = x[i * stride + l] - largest[l]
            d = cut if d < cut else d
            j = i * STRIP + l
            shifted[j] = shifted_multiple(d)
            r[j] = wide_remainder(d, shifted[j])
    for j in range(n * STRIP):
        e[j] = wide_exp_of_remainder(r[j], shifted[j])

cdef inline void quick_exp_of_strip(
    const double *x, Py_ssize_t stride, Py_ssize_t n, const Lanes *rows, Py_ssize_t strip, double *high, double *low
) noexcept nogil:
    """exp(x - m) * 2^512 of n lines."""
    cdef double r[BLOCK_SIZE]
    cdef double r_low[BLOCK_SIZE]
    cdef double power[BLOCK_SIZE]
    cdef double largest[STRIP]
    cdef reduced part
    cdef pair d, e
    cdef Py_ssize_t i, j, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
    for i in range(n):
        for l in range(STRIP):
            d = difference_above_cut(x[i * stride + l], largest[l])
            part = quick_reduce(d.high, d.low)
            r[i * STRIP + l] = part.r
            r_low[i * STRIP + l] = part.r_low
            power[i * STRIP + l] = part.power
    quick_e_of_block(r, n * STRIP, high, low)
    for j in range(n * STRIP):
        e = quick_exp_of_reduced(r[j], r_low[j], make_pair(high[j], low[j]), power[j])
        high[j] = e.high
        low[j] = e.low

cdef inline void round_both_ends_of_strip(
    const double *result, float *y, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """The exact result lies between two numbers: where both round to one, subnormal or not, it does too."""
    cdef uint32_t differ[STRIP]
    cdef float above[STRIP]
    cdef float below
    cdef double wide, error
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        differ[l] = 0
    for i in range(n):
        for l in range(STRIP):
            wide = result[i * STRIP + l]
            error = UNITS_OF_NORMAL if wide >= FLOAT32_SMALLEST_NORMAL else UNITS_OF_ANY
            error = fma(error, UNIT_ROUNDOFF, rows.margin[strip + l])
            above[l] = <float>fma(wide, error, wide)
            below = <float>fma(wide, -error, wide)
            differ[l] |= bits_of_float(above[l]) ^ bits_of_float(below)
        for l in range(STRIP):
            y[i * stride + l] = above[l]
    for l in range(STRIP):
        rows.undecided[strip + l] |= differ[l]

cdef inline void write_wide_products(
    const double *e, float *y, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """Round exp(d) / (1 + R), by bits if all are normal numbers, or 0, and none lies close to a midpoint.

    A number that is rounded to 2^-126 is normal, or else so close to it that its error is that of a normal number.
    """
    cdef double result[BLOCK_SIZE]
    cdef double inverse[STRIP]
    cdef uint64_t margin[STRIP]
    cdef uint64_t differ[STRIP]
    cdef uint32_t least[STRIP]      # the bits of a lane's least result above 0, less 1
    cdef uint64_t any_differ = 0
    cdef uint32_t least_of_all = <uint32_t>-1, before
    cdef float rounded
    cdef Py_ssize_t i, j, l
    for l in range(STRIP):
        inverse[l] = rows.high[strip + l]
        margin[l] = integer_of_double(rows.margin[strip + l] * FLOAT64_ULPS + UNITS_OF_NORMAL)
        differ[l] = 0
        least[l] = <uint32_t>-1
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(float))
        for l in range(STRIP):
            j = i * STRIP + l
            result[j] = e[j] * inverse[l]
            differ[l] |= differ_in_rounding(result[j], margin[l])
    for i in range(n):
        for l in range(STRIP):
            rounded = <float>result[i * STRIP + l]
            y[i * stride + l] = rounded
            before = bits_of_float(rounded) - 1
            least[l] = before if before < least[l] else least[l]
    for l in range(STRIP):
        any_differ |= differ[l]
    for l in range(STRIP):
        least_of_all = least[l] if least[l] < least_of_all else least_of_all
    if least_of_all < bits_of_float(FLOAT32_SMALLEST_NORMAL) - 1 or any_differ >> DROPPED_BITS & 1:
        round_both_ends_of_strip(result, y, stride, n, rows, strip)

cdef inline void write_quick_products(
    const double *high, const double *low, double scale, double *y, Py_ssize_t stride, Py_ssize_t n,
    Lanes *rows, Py_ssize_t strip,
) noexcept nogil:
    """exp(d) / (1 + R); scale times exp(d) is SUM_SCALE times that.

    Subnormal results are left undecided, but not those so small that they are rounded to 0.
    """
    cdef double inverse_high[STRIP]
    cdef double inverse_low[STRIP]
    cdef double margin[STRIP]
    cdef uint64_t undecided[STRIP]
    cdef double result[STRIP]
    cdef pair product
    cdef double t, above, below
    cdef Py_ssize_t i, j, l
    for l in range(STRIP):
        inverse_high[l] = rows.high[strip + l] * scale
        inverse_low[l] = rows.low[strip + l] * scale
        margin[l] = rows.margin[strip + l]
        undecided[l] = 0
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(double))
        for l in range(STRIP):
            j = i * STRIP + l
            product = two_product(high[j], inverse_high[l])
            t = fma(high[j], inverse_low[l], fma(low[j], inverse_high[l], product.low))
            above = product.high + fma(product.high, margin[l], t)
            below = product.high + fma(product.high, -margin[l], t)
            result[l] = above * SUM_UNSCALE
            undecided[l] |= bits_of_double(above) ^ bits_of_double(below)
            undecided[l] |= (above < SCALED_SMALLEST_NORMAL) & (above > SCALED_BELOW_FLOAT64)
        for l in range(STRIP):
            y[i * stride + l] = result[l]
    for l in range(STRIP):
        rows.undecided[strip + l] |= undecided[l]

cdef void write_softmax_wide(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef double e[BLOCK_SIZE]
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            wide_exp_of_strip(<const float *>x + start * x_stride + strip, x_stride, lines, rows, strip, e)
            write_wide_products(e, <float *>y + start * y_stride + strip, y_stride, lines, rows, strip)
        start += GROUP
        move_ahead(rows, GROUP)

cdef void write_softmax_quick(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef double high[BLOCK_SIZE]
    cdef double low[BLOCK_SIZE]
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            quick_exp_of_strip(<const double *>x + start * x_stride + strip, x_stride, lines, rows, strip, high, low)
            write_quick_products(high, low, 1, <double *>y + start * y_stride + strip, y_stride, lines, rows, strip)
        start += GROUP
        move_ahead(rows, GROUP)

cdef inline void add_kept_wide(const double *e, Py_ssize_t n, Lanes *rows, Py_ssize_t strip) noexcept nogil:
    cdef double total[STRIP]
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        total[l] = 0
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(float))
        for l in range(STRIP):
            total[l] += e[i * STRIP + l]
    add_to_strip(rows, strip, total)

cdef inline void add_kept_quick(
    const double *high, const double *low, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    cdef double total_high[STRIP]
    cdef double total_low[STRIP]
    cdef pair s
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        total_high[l] = rows.high[strip + l]
        total_low[l] = rows.low[strip + l]
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(double))
        for l in range(STRIP):
            s = two_sum(total_high[l], high[i * STRIP + l])
            total_high[l] = s.high
            total_low[l] += s.low + low[i * STRIP + l]
    for l in range(STRIP):
        s = fast_two_sum(total_high[l], total_low[l])
        rows.high[strip + l] = s.high
        rows.low[strip + l] = s.low

cdef inline void add_keeping_strip_of_pairs(
    const double *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip, double *kept, bint is_brief
) noexcept nogil:
    cdef double r[BLOCK_SIZE]
    cdef double r_low[BLOCK_SIZE]
    cdef double power[BLOCK_SIZE]
    cdef double high[BLOCK_SIZE]
    cdef double low[BLOCK_SIZE]
    reduce_strip(x, stride, n, rows, strip, r, r_low, power, True)
    root_of_block(r, n * STRIP, high, low, is_brief)
    add_roots(r, r_low, power, high, low, n, rows, strip, True, kept)

cdef void add_keeping_wide(
    const void *x, Py_ssize_t stride, double *kept, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            wide_exp_of_strip(<const float *>x + start * stride + strip, stride, lines, rows, strip, kept)
            add_kept_wide(kept, lines, rows, strip)
            kept += lines * STRIP
        start += GROUP
        move_ahead(rows, GROUP)

cdef inline void add_keeping_pairs(
    const double *x, Py_ssize_t stride, double *kept, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows, int sums
) noexcept nogil:
    cdef double *low
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            if sums == OF_OTHERS:
                low = kept + lines * STRIP
                quick_exp_of_strip(x + start * stride + strip, stride, lines, rows, strip, kept, low)
                add_kept_quick(kept, low, lines, rows, strip)
            else:
                add_keeping_strip_of_pairs(
                    x + start * stride + strip, stride, lines, rows, strip, kept, sums == BRIEF
                )
            kept += KEPT_64 * lines * STRIP
        start += GROUP
        move_ahead(rows, GROUP)

cdef void add_keeping_quick(
    const void *x, Py_ssize_t stride, double *kept, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    if rows.sums == BRIEF:
        add_keeping_pairs(<const double *>x, stride, kept, n, lanes, rows, BRIEF)
    elif rows.sums == LONG:
        add_keeping_pairs(<const double *>x, stride, kept, n, lanes, rows, LONG)
    else:
        add_keeping_pairs(<const double *>x, stride, kept, n, lanes, rows, OF_OTHERS)

cdef void write_kept_wide(
    const double *kept, void *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            write_wide_products(kept, <float *>y + start * stride + strip, stride, lines, rows, strip)
            kept += lines * STRIP
        start += GROUP
        move_ahead(rows, GROUP)

cdef void write_kept_quick(
    const double *kept, void *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef double scale = 1 if rows.sums == OF_OTHERS else SUM_SCALE
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            write_quick_products(
                kept, kept + lines * STRIP, scale, <double *>y + start * stride + strip, stride, lines, rows, strip
            )
            kept += KEPT_64 * lines * STRIP
        start += GROUP
        move_ahead(rows, GROUP)

cdef void fill_softmax() noexcept:
    cdef ReductionLoops *loops32 = &table.reductions[FLOAT32]
    cdef ReductionLoops *loops64 = &table.reductions[FLOAT64]
    loops64.longest_brief[SOFTMAX] = LONGEST_BRIEF_SOFTMAX_64
    loops64.longest_long[SOFTMAX] = ANY_LENGTH
    loops32.write[SOFTMAX] = write_softmax_wide
    loops64.write[SOFTMAX] = write_softmax_quick
    loops32.add_keeping = add_keeping_wide
    loops64.add_keeping = add_keeping_quick
    loops32.write_kept = write_kept_wide
    loops64.write_kept = write_kept_quick

fill_softmax()
