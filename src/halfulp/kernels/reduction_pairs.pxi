# Sums in one pass, in pairs: for float64, and for softmax of very long float32 rows.

from halfulp.kernels.exponential cimport quick_divide

cdef extern from *:
    """
    #define BRIEF_SUM_ERROR 0x1.13p-71      /* 2^-70.9 */
    #define LONG_SUM_ERROR 0x1.bdp-77       /* 2^-76.2 */
    #define TABLED_BRIEF_SUM_ERROR 0x1.ap-73    /* 2^-72.3 */
    #define TABLED_LONG_SUM_ERROR 0x1.ap-80     /* 2^-79.3 */
    #define TABLED_SUM_ERROR_32 0x1.88p-58      /* 2^-57.4 */
    #define PRODUCT_ERROR 0x1p-91
    #define SMALL_CUT -600.0                    /* lower ones would underflow, which takes a processor long */
    #define SMALL_EXPONENTIAL 0x1p-432          /* above e^-300 */
    /* Where L is smaller, and so are the units of m - log T, one in seven of those or more would be undecided. */
    #define LEAST_BRIEF_LOG 0x1p-15
    """
    const double BRIEF_SUM_ERROR
    const double LONG_SUM_ERROR
    const double TABLED_BRIEF_SUM_ERROR
    const double TABLED_LONG_SUM_ERROR
    const double TABLED_SUM_ERROR_32
    const double PRODUCT_ERROR
    const double SMALL_CUT
    const double SMALL_EXPONENTIAL
    const double LEAST_BRIEF_LOG

cdef inline void brief_root_of_block(const double *r, Py_ssize_t n, double *high, double *low) noexcept nogil:
    cdef pair e
    cdef Py_ssize_t j
    for j in range(n):
        high[j] = brief_e_tail(r[j])
    for j in range(n):
        e = brief_e(r[j], high[j])
        high[j] = e.high
        low[j] = e.low

cdef inline void long_root_of_block(const double *r, Py_ssize_t n, double *high, double *low) noexcept nogil:
    cdef pair e
    cdef Py_ssize_t j
    for j in range(n):
        high[j] = long_e_tail(r[j])
    for j in range(n):
        e = long_e(r[j], high[j])
        high[j] = e.high
        low[j] = e.low

cdef inline void root_of_block(
    const double *r, Py_ssize_t n, double *high, double *low, bint is_brief
) noexcept nogil:
    """E of the root, for n arguments. Of a choice within the loops GCC would compute both sides."""
    if is_brief:
        brief_root_of_block(r, n, high, low)
    else:
        long_root_of_block(r, n, high, low)

cdef inline double least_with_result(double member, double least) noexcept nogil:
    """The lesser of two members, if softmax of it is not sure to be 0."""
    return member if (member > ONE_PASS_ZERO) & (member < least) else least

cdef inline void reduce_strip(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip,
    double *r, double *r_low, double *power, bint keeps
) noexcept nogil:
    """Reduce n lines. If exponentials are kept, those below the cut are 0."""
    cdef double largest[STRIP]
    cdef double least[STRIP]
    cdef double member
    cdef double cut = ONE_PASS_CUT
    cdef const real *line
    cdef reduced part
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
        least[l] = rows.least[strip + l]
    for i in range(n):
        line = x + i * stride
        fetch_ahead(rows, i, strip, STRIP * sizeof(real))
        for l in range(STRIP):
            member = line[l]
            largest[l] = member if member > largest[l] else largest[l]
            if keeps:
                least[l] = least_with_result(member, least[l])
            part = reduce_member(cut if member < cut else member)
            r[i * STRIP + l] = part.r
            r_low[i * STRIP + l] = part.r_low
            power[i * STRIP + l] = 0 if keeps and member < cut else part.power
    for l in range(STRIP):
        rows.largest[strip + l] = largest[l]
        if keeps:
            rows.least[strip + l] = least[l]

cdef inline void begin_sums_of_strip(
    const Lanes *rows, Py_ssize_t strip, double *offset, double *total_high, double *total_low
) noexcept nogil:
    """For the time being sums have an offset above all exponentials: they are the smaller ones in each of the fast sums."""
    cdef double cut = ONE_PASS_CUT
    cdef pair s
    cdef Py_ssize_t l
    for l in range(STRIP):
        offset[l] = power_above_exp(cut if rows.largest[strip + l] < cut else rows.largest[strip + l])
        s = two_sum(offset[l], rows.high[strip + l])
        total_high[l] = s.high
        total_low[l] = s.low + rows.low[strip + l]

cdef inline void end_sums_of_strip(
    Lanes *rows, Py_ssize_t strip, const double *offset, const double *total_high, const double *total_low
) noexcept nogil:
    cdef pair s
    cdef Py_ssize_t l
    for l in range(STRIP):
        s = fast_two_sum(total_high[l] - offset[l], total_low[l])
        rows.high[strip + l] = s.high
        rows.low[strip + l] = s.low

cdef inline void add_roots(
    const double *r, const double *r_low, const double *power, const double *high, const double *low, Py_ssize_t n,
    Lanes *rows, Py_ssize_t strip, bint keeps, double *kept_high, double *kept_low,
) noexcept nogil:
    """Add the squares of n lines of roots, and keep them if they are to be kept."""
    cdef double offset[STRIP]
    cdef double total_high[STRIP]
    cdef double total_low[STRIP]
    cdef double factor
    cdef pair e, s
    cdef Py_ssize_t i, j, l
    begin_sums_of_strip(rows, strip, offset, total_high, total_low)
    for i in range(n):
        for l in range(STRIP):
            j = i * STRIP + l
            e = exp_by_root(r[j], r_low[j], make_pair(high[j], low[j]))
            factor = power[j] * e.high
            if keeps:
                kept_high[j] = factor * e.high
                kept_low[j] = fma(factor, e.low, fma(factor, e.high, -kept_high[j]))
                s = fast_two_sum(total_high[l], kept_high[j])
                total_high[l] = s.high
                total_low[l] += s.low + kept_low[j]
            else:
                s = fast_two_sum_of_product(total_high[l], factor, e.high)
                total_high[l] = s.high
                total_low[l] += fma(factor, e.low, s.low)
    end_sums_of_strip(rows, strip, offset, total_high, total_low)

cdef inline void tabled_pairs_of_strip(
    const real *x, Py_ssize_t stride, Py_ssize_t n, const Lanes *rows, Py_ssize_t strip, double cut, double *high,
    double *low, int precision,
) noexcept nogil:
    """exp(x) of n lines. Of members that lie in one piece the next ones are fetched."""
    cdef double line[STRIP]
    cdef Py_ssize_t i, l
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(real))
        if stride == STRIP:
            fetch(x + (i + GROUP) * STRIP, STRIP * sizeof(real))
        if real is double:
            tabled_pairs_of_line(x + i * stride, cut, high + i * STRIP, low + i * STRIP, precision)
        else:
            for l in range(STRIP):
                line[l] = x[i * stride + l]
            tabled_pairs_of_line(line, cut, high + i * STRIP, low + i * STRIP, precision)

cdef inline bint any_is_small(const double *smallest) noexcept nogil:
    cdef bint found = False
    cdef Py_ssize_t l
    for l in range(STRIP):
        found |= smallest[l] < SMALL_EXPONENTIAL
    return found

cdef inline void settle_small(
    const real *x, Py_ssize_t stride, Py_ssize_t n, double *high, double *low, double *least
) noexcept nogil:
    """Let exponentials be 0 where softmax is, and find the least of the other members in each lane."""
    cdef bint is_zero
    cdef Py_ssize_t i, j, l
    for i in range(n):
        for l in range(STRIP):
            j = i * STRIP + l
            least[l] = least_with_result(x[i * stride + l], least[l])
            is_zero = x[i * stride + l] <= ONE_PASS_ZERO
            high[j] = 0 if is_zero else high[j]
            low[j] = 0 if is_zero else low[j]

cdef inline void add_pairs_by_table(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip, double *high, double *low, bint keeps,
    int precision,
) noexcept nogil:
    """Add exp(x) of n lines, and leave it in high and low. If they are kept, it is 0 where softmax is.

    The exponentials come first, as they take longer than members take to arrive: other loops would wait for them.
    """
    cdef double largest[STRIP]
    cdef double smallest[STRIP]
    cdef double offset[STRIP]
    cdef double total_high[STRIP]
    cdef double total_low[STRIP]
    cdef double e
    cdef double cut = SMALL_CUT if keeps else ONE_PASS_CUT
    cdef pair s
    cdef Py_ssize_t i, l
    if precision == LONG_PAIR:
        tabled_pairs_of_strip(x, stride, n, rows, strip, cut, high, low, LONG_PAIR)
    elif precision == BRIEF_PAIR:
        tabled_pairs_of_strip(x, stride, n, rows, strip, cut, high, low, BRIEF_PAIR)
    else:
        tabled_pairs_of_strip(x, stride, n, rows, strip, cut, high, low, PAIR_FOR_FLOAT32)
    for l in range(STRIP):
        largest[l] = rows.largest[strip + l]
    for i in range(n):
        for l in range(STRIP):
            largest[l] = x[i * stride + l] if x[i * stride + l] > largest[l] else largest[l]
    for l in range(STRIP):
        rows.largest[strip + l] = largest[l]
    begin_sums_of_strip(rows, strip, offset, total_high, total_low)
    for l in range(STRIP):
        smallest[l] = 1
    for i in range(n):
        for l in range(STRIP):
            e = high[i * STRIP + l]
            s = fast_two_sum(total_high[l], e)
            total_high[l] = s.high
            total_low[l] += s.low + low[i * STRIP + l]
            if keeps:
                smallest[l] = e if e < smallest[l] else smallest[l]
    end_sums_of_strip(rows, strip, offset, total_high, total_low)
    if keeps and any_is_small(smallest):
        settle_small(x, stride, n, high, low, &rows.least[strip])

cdef inline void add_strip_of_pairs(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip, bint is_brief
) noexcept nogil:
    cdef double r[BLOCK_SIZE]
    cdef double r_low[BLOCK_SIZE]
    cdef double power[BLOCK_SIZE]
    cdef double high[BLOCK_SIZE]
    cdef double low[BLOCK_SIZE]
    if REGISTERS_HOLD_TABLE:
        add_pairs_by_table(
            x, stride, n, rows, strip, high, low, False,
            PAIR_FOR_FLOAT32 if real is float else (BRIEF_PAIR if is_brief else LONG_PAIR),
        )
        return
    reduce_strip(x, stride, n, rows, strip, r, r_low, power, False)
    root_of_block(r, n * STRIP, high, low, is_brief)
    add_roots(r, r_low, power, high, low, n, rows, strip, False, NULL, NULL)

cdef inline void add_pairs(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows, bint is_brief
) noexcept nogil:
    cdef Py_ssize_t start = 0, strip
    while start < n:
        for strip in range(lanes // STRIP):
            add_strip_of_pairs(
                x + start * stride + strip * STRIP, stride, min(<Py_ssize_t>GROUP, n - start), rows, strip * STRIP,
                is_brief,
            )
        start += GROUP
        move_ahead(rows, GROUP)

cdef void add_pairs_float32(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    add_pairs(<const float *>x, stride, n, lanes, rows, False)

cdef void add_float64(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    if rows.sums == BRIEF:
        add_pairs(<const double *>x, stride, n, lanes, rows, True)
    elif rows.sums == LONG:
        add_pairs(<const double *>x, stride, n, lanes, rows, False)
    else:
        add_quick(<const double *>x, stride, n, lanes, rows)

cdef inline double error_of_sum_of_pairs(const Lanes *rows, Py_ssize_t n) noexcept nogil:
    """Bound the relative error of T: that of exp(x), and of additions.

    The low parts of exp(x), below 2^-40.1 of it, make that of a sum larger than an ulp while a group is added, which
    rounds it twice for each of GROUP lines: 2^-88.1 of the sum, for which the bounds of exp(x) have room. The sum with the
    offset is below 3.83 T, as T is no less than exp(m) of its lane.
    """
    cdef double brief_error = TABLED_BRIEF_SUM_ERROR if REGISTERS_HOLD_TABLE else BRIEF_SUM_ERROR
    cdef double long_error = TABLED_LONG_SUM_ERROR if REGISTERS_HOLD_TABLE else LONG_SUM_ERROR
    return (long_error if rows.sums == LONG else brief_error) + n * ADDITION_ERROR

cdef inline void finish_log_of_sum(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive log T, whose absolute error is the relative one of T, and 2^-81."""
    cdef double error = error_of_sum_of_pairs(rows, n) + QUICK_LOG_ERROR
    cdef double v_high[LANES]
    cdef double v_low[LANES]
    cdef double largest
    cdef pair v, log
    cdef bint is_sure
    cdef Py_ssize_t l
    for l in range(lanes):    # in two loops, as that of R
        v = quick_log_argument_of_total(make_pair(rows.high[l], rows.low[l]), nearest_power(rows.high[l]))
        v_high[l] = v.high
        v_low[l] = v.low
    for l in range(lanes):
        log = quick_log(make_pair(v_high[l], v_low[l]), double_of_power(nearest_power(rows.high[l])))
        largest = rows.largest[l]
        is_sure = fits_one_pass(largest) & (log.high - largest + log.low > LEAST_BRIEF_LOG)
        rows.margin[l] = error if is_sure else INFINITY
        rows.high[l] = log.high
        rows.low[l] = log.low
    rows.is_joined = True

cdef inline void finish_inverse_of_sum(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive 1 / T, good to 2^-100 beside T. For the results, exp(x) / T, the largest member does not count: it is 0.

    Their relative errors: that of exp(x), which is that of sums or less, that of T, and in the product two roundings and the
    product of both low parts, 2^-93 each.
    """
    cdef double error = error_of_sum_of_pairs(rows, n)
    cdef double cut = ONE_PASS_CUT
    cdef pair inverse
    cdef Py_ssize_t l
    error += error + PRODUCT_ERROR
    for l in range(lanes):
        inverse = quick_divide(make_pair(1, 0), make_pair(rows.high[l], rows.low[l]))
        rows.margin[l] = error if fits_one_pass(rows.largest[l]) & (rows.least[l] >= cut) else INFINITY
        rows.largest[l] = 0
        rows.high[l] = inverse.high
        rows.low[l] = inverse.low

cdef void finish_pairs_float32(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """The same, of sums that are less precise with a table."""
    cdef Py_ssize_t l
    finish_softmax_quick(rows, lanes, n)
    for l in range(lanes if REGISTERS_HOLD_TABLE else 0):
        rows.margin[l] += TABLED_SUM_ERROR_32
