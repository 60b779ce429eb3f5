# softmax, which needs every exponential twice: for the sum, and for the result. Those of a row that is not long are kept
# in between (`add_keeping`, `write_kept`), as doubles or as pairs, in the order in which the loops come to them;
# those of a long one are computed again (`write`). They are exp(x) itself, by sums in one pass, or exp(x - m); pairs of
# these are kept SUM_SCALE times as large, for their low parts to be normal numbers.

cdef extern from *:
    """
    #define SCALED_SMALLEST_NORMAL 0x1p-510     /* 2^-1022 * SUM_SCALE */
    #define SCALED_BELOW_FLOAT64 0x1p-565       /* 2^-1077, which even doubled is rounded to 0 */
    """
    const double SCALED_SMALLEST_NORMAL
    const double SCALED_BELOW_FLOAT64

cdef inline void wide_exp_of_line(
    const float *x, const double *largest, float cut, double *e, bint is_raw
) noexcept nogil:
    """exp(x) of STRIP members, or exp(x - m). Results of what lies below the cut are 0, whether it counts as that or less.

    For sums are no less than 2^-144, and e^-300 is below 2^-432.
    """
    cdef scaled part
    cdef double d
    cdef Py_ssize_t l
    if is_raw and REGISTERS_HOLD_TABLE:
        tabled_exp_of_line(x, cut, e)
        return
    for l in range(STRIP):
        if is_raw:
            d = cut if x[l] < cut else x[l]
        else:
            d = x[l] - largest[l]
            d = cut if d < cut else d
        part = wide_exp_in_parts(d)
        e[l] = part.significand * part.power

cdef inline void wide_exp_of_strip(
    const float *x, Py_ssize_t stride, Py_ssize_t n, const Lanes *rows, Py_ssize_t strip, double *e
) noexcept nogil:
    """The same of n lines. Of members that lie in one piece the next ones are fetched."""
    cdef bint is_raw = rows.sums != OF_OTHERS
    cdef double largest[STRIP]
    cdef float cut = ONE_PASS_CUT
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
    for i in range(n):
        if stride == STRIP:
            fetch(x + (i + GROUP) * STRIP, STRIP * sizeof(float))
        wide_exp_of_line(x + i * stride, largest, cut, e + i * STRIP, is_raw)

cdef inline void add_keeping_wide_strip(
    const float *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip, double *e, bint is_raw
) noexcept nogil:
    """Add the exponentials of n lines, and leave them in e.

    exp(x) is infinite where x is too large for it, or wrong without a table: then the largest members must be known.
    """
    cdef double total[STRIP]
    cdef double largest[STRIP]
    cdef float found[STRIP]
    cdef float cut = ONE_PASS_CUT
    cdef pair s
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
        found[l] = <float>rows.largest[strip + l]
        total[l] = 0
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(float))
        wide_exp_of_line(x + i * stride, largest, cut, e + i * STRIP, is_raw)
        if is_raw and not REGISTERS_HOLD_TABLE:
            for l in range(STRIP):
                found[l] = x[i * stride + l] if x[i * stride + l] > found[l] else found[l]
        for l in range(STRIP):
            total[l] += e[i * STRIP + l]
    for l in range(STRIP):
        rows.largest[strip + l] = found[l]
        s = two_sum(rows.high[strip + l], total[l])
        rows.high[strip + l] = s.high
        rows.low[strip + l] += s.low

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

cdef inline bint find_in_table(
    const double *x, Py_ssize_t stride, Py_ssize_t n, const Lanes *rows, Py_ssize_t strip, double *high, double *low
) noexcept nogil:
    """exp(x) of n lines, if there is a table, and all of those that are no result of 0 are e^-300 or more."""
    cdef double smallest[STRIP]
    cdef double least[STRIP]
    cdef double cut = ONE_PASS_CUT
    cdef bint are_found = True
    cdef Py_ssize_t i, l
    if not REGISTERS_HOLD_TABLE or rows.sums == OF_OTHERS:
        return False
    for l in range(STRIP):
        smallest[l] = 1
        least[l] = INFINITY
    tabled_pairs_of_strip(x, stride, n, rows, strip, SMALL_CUT, high, low, LONG_PAIR)
    for i in range(n):
        for l in range(STRIP):
            smallest[l] = high[i * STRIP + l] if high[i * STRIP + l] < smallest[l] else smallest[l]
    if any_is_small(smallest):
        settle_small(x, stride, n, high, low, least)
    for l in range(STRIP):
        are_found &= least[l] >= cut
    return are_found

cdef inline void write_wide_products(
    const double *e, float *y, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """Round both ends of the interval in which exp(d) / (1 + R) lies, onto the subnormal grid too."""
    cdef double highest[STRIP]
    cdef double lowest[STRIP]
    cdef uint32_t differ[STRIP]
    cdef float above, below
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        highest[l] = fma(rows.high[strip + l], rows.margin[strip + l], rows.high[strip + l])
        lowest[l] = fma(rows.high[strip + l], -rows.margin[strip + l], rows.high[strip + l])
        differ[l] = 0
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(float))
        for l in range(STRIP):
            above = <float>(e[i * STRIP + l] * highest[l])
            below = <float>(e[i * STRIP + l] * lowest[l])
            differ[l] |= bits_of_float(above) ^ bits_of_float(below)
            y[i * stride + l] = above
    for l in range(STRIP):
        rows.undecided[strip + l] |= differ[l]

cdef inline void write_quick_products(
    const double *high, const double *low, double *y, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip,
    bint is_raw,
) noexcept nogil:
    """exp(x) / T, or exp(d) / (1 + R) of SUM_SCALE times exp(d).

    Of exp(d), subnormal results are left undecided, but not those so small that they are rounded to 0. There are none of
    exp(x), which is e^-300 or more, or 0, beside a sum of 2^433 n or less.
    """
    cdef double inverse[STRIP]
    cdef double highest[STRIP]
    cdef double lowest[STRIP]
    cdef uint64_t undecided[STRIP]
    cdef double result[STRIP]
    cdef pair product
    cdef double t, above, below
    cdef Py_ssize_t i, j, l
    for l in range(STRIP):
        inverse[l] = rows.high[strip + l]
        highest[l] = fma(inverse[l], rows.margin[strip + l], rows.low[strip + l])
        lowest[l] = fma(inverse[l], -rows.margin[strip + l], rows.low[strip + l])
        undecided[l] = 0
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(double))
        for l in range(STRIP):
            j = i * STRIP + l
            product = two_product(high[j], inverse[l])
            t = fma(low[j], inverse[l], product.low)
            above = product.high + fma(high[j], highest[l], t)
            below = product.high + fma(high[j], lowest[l], t)
            undecided[l] |= bits_of_double(above) ^ bits_of_double(below)
            if is_raw:
                result[l] = above
            else:
                result[l] = above * SUM_UNSCALE
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
    cdef const double *members
    cdef double *results
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            members = <const double *>x + start * x_stride + strip
            results = <double *>y + start * y_stride + strip
            if find_in_table(members, x_stride, lines, rows, strip, high, low):
                write_quick_products(high, low, results, y_stride, lines, rows, strip, True)
            else:
                quick_exp_of_strip(members, x_stride, lines, rows, strip, high, low)
                write_quick_products(high, low, results, y_stride, lines, rows, strip, False)
        start += GROUP
        move_ahead(rows, GROUP)

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
    const double *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip, double *kept_high, double *kept_low,
    bint is_brief,
) noexcept nogil:
    cdef double r[BLOCK_SIZE]
    cdef double r_low[BLOCK_SIZE]
    cdef double power[BLOCK_SIZE]
    cdef double high[BLOCK_SIZE]
    cdef double low[BLOCK_SIZE]
    if REGISTERS_HOLD_TABLE:
        add_pairs_by_table(
            x, stride, n, rows, strip, kept_high, kept_low, True, BRIEF_PAIR if is_brief else LONG_PAIR
        )
        return
    reduce_strip(x, stride, n, rows, strip, r, r_low, power, True)
    root_of_block(r, n * STRIP, high, low, is_brief)
    add_roots(r, r_low, power, high, low, n, rows, strip, True, kept_high, kept_low)

cdef inline void add_keeping_exponentials(
    const float *x, Py_ssize_t stride, double *kept, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows, bint is_raw
) noexcept nogil:
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            add_keeping_wide_strip(x + start * stride + strip, stride, lines, rows, strip, kept, is_raw)
            kept += lines * STRIP
        start += GROUP
        move_ahead(rows, GROUP)

cdef void add_keeping_wide(
    const void *x, Py_ssize_t stride, double *kept, double *low, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    if rows.sums == OF_OTHERS:
        add_keeping_exponentials(<const float *>x, stride, kept, n, lanes, rows, False)
    else:
        add_keeping_exponentials(<const float *>x, stride, kept, n, lanes, rows, True)

cdef inline void add_keeping_pairs(
    const double *x, Py_ssize_t stride, double *high, double *low, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows, int sums
) noexcept nogil:
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            if sums == OF_OTHERS:
                quick_exp_of_strip(x + start * stride + strip, stride, lines, rows, strip, high, low)
                add_kept_quick(high, low, lines, rows, strip)
            else:
                add_keeping_strip_of_pairs(
                    x + start * stride + strip, stride, lines, rows, strip, high, low, sums == BRIEF
                )
            high += lines * STRIP
            low += lines * STRIP
        start += GROUP
        move_ahead(rows, GROUP)

cdef void add_keeping_quick(
    const void *x, Py_ssize_t stride, double *high, double *low, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    if rows.sums == BRIEF:
        add_keeping_pairs(<const double *>x, stride, high, low, n, lanes, rows, BRIEF)
    elif rows.sums == LONG:
        add_keeping_pairs(<const double *>x, stride, high, low, n, lanes, rows, LONG)
    else:
        add_keeping_pairs(<const double *>x, stride, high, low, n, lanes, rows, OF_OTHERS)

cdef void write_kept_wide(
    const double *kept, const double *low, void *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
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

cdef inline void write_kept_pairs(
    const double *high, const double *low, double *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows,
    bint is_raw,
) noexcept nogil:
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            write_quick_products(
                high, low, y + start * stride + strip, stride, lines, rows, strip, is_raw
            )
            high += lines * STRIP
            low += lines * STRIP
        start += GROUP
        move_ahead(rows, GROUP)

cdef void write_kept_quick(
    const double *high, const double *low, void *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    if rows.sums == OF_OTHERS:
        write_kept_pairs(high, low, <double *>y, stride, n, lanes, rows, False)
    else:
        write_kept_pairs(high, low, <double *>y, stride, n, lanes, rows, True)

cdef void fill_softmax() noexcept:
    cdef ReductionLoops *loops32 = &table.reductions[FLOAT32]
    cdef ReductionLoops *loops64 = &table.reductions[FLOAT64]
    loops32.longest_long[SOFTMAX] = ANY_LENGTH
    loops64.longest_brief[SOFTMAX] = LONGEST_BRIEF_SOFTMAX_64
    loops64.longest_long[SOFTMAX] = ANY_LENGTH
    loops32.write[SOFTMAX] = write_softmax_wide
    loops64.write[SOFTMAX] = write_softmax_quick
    loops32.add_keeping = add_keeping_wide
    loops64.add_keeping = add_keeping_quick
    loops32.write_kept = write_kept_wide
    loops64.write_kept = write_kept_quick

fill_softmax()
