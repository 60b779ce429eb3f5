# Sums in one pass: of exp(x) itself, which a double holds where |x| <= 300, so that the largest member need not be known
# before. Those of float32 are in doubles, brief ones if rows are not long; those of float64 in pairs. Rows with larger
# members, or with one that dominates all others, are left to the sums that count the largest.

cdef extern from *:
    """
    /* What lies below counts as this, and for nothing: e^-300, beside T - E of at least 2^-18 e^-100. volatile as in
       WIDE_CUT. */
    static const volatile float ONE_PASS_CUT = -300.0f;
    #define ONE_PASS_LEAST (-100.0)
    #define ONE_PASS_MOST 300.0
    #define BRIEF_SUM_UNITS 15300.0
    #define MOST_BRIEF_UNITS 0x1p19     /* beyond, hardly a row of float32 results would be decided */
    #define MOST_SHORT_UNITS 0x1p25     /* for all members: up to this, seven in eight of those rows would be */
    #define MOST_LONG_UNITS 512.0
    #define BRIEF_SUM_ERROR 0x1.13p-71      /* 2^-70.9 */
    #define LONG_SUM_ERROR 0x1.bdp-77       /* 2^-76.2 */
    #define PRODUCT_ERROR 0x1p-91
    /* Where L is smaller, and so are the units of m - log T, one in seven of those or more would be undecided. */
    #define LEAST_BRIEF_LOG 0x1p-15
    """
    const float ONE_PASS_CUT
    const double ONE_PASS_LEAST
    const double ONE_PASS_MOST
    const double BRIEF_SUM_UNITS
    const double MOST_BRIEF_UNITS
    const double MOST_SHORT_UNITS
    const double MOST_LONG_UNITS
    const double BRIEF_SUM_ERROR
    const double LONG_SUM_ERROR
    const double PRODUCT_ERROR
    const double LEAST_BRIEF_LOG

cdef inline bint fits_one_pass(double largest) noexcept nogil:
    return (largest >= ONE_PASS_LEAST) & (largest <= ONE_PASS_MOST)

cdef inline scaled exp_in_parts(double x, bint is_brief) noexcept nogil:
    return brief_exp(x) if is_brief else wide_exp_in_parts(x)

cdef inline void add_strip_at_once(
    const float *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip, bint is_brief
) noexcept nogil:
    """NaN is passed over in the search for the largest: it turns the sum to NaN, as infinity does."""
    cdef float largest[STRIP]
    cdef double total[STRIP]
    cdef const float *line
    cdef double exponentials[STRIP]
    cdef float cut = ONE_PASS_CUT
    cdef scaled e
    cdef pair s
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        largest[l] = <float>rows.largest[strip + l]
        total[l] = 0
    for i in range(n):
        line = x + i * stride
        fetch_ahead(rows, i, strip, STRIP * sizeof(float))
        for l in range(STRIP):
            largest[l] = line[l] if line[l] > largest[l] else largest[l]
    for i in range(n):
        line = x + i * stride
        if is_brief and REGISTERS_HOLD_TABLE:
            tabled_exp_of_line(line, cut, exponentials)
            for l in range(STRIP):
                total[l] += exponentials[l]
        else:
            for l in range(STRIP):
                e = exp_in_parts(cut if line[l] < cut else line[l], is_brief)
                total[l] = fma(e.significand, e.power, total[l])
    for l in range(STRIP):
        rows.largest[strip + l] = largest[l]
    if is_brief and n < GROUP:    # not worth the operations of a pair
        for l in range(STRIP):
            rows.high[strip + l] += total[l]
    else:
        for l in range(STRIP):
            s = two_sum(rows.high[strip + l], total[l])
            rows.high[strip + l] = s.high
            rows.low[strip + l] += s.low

cdef inline void add_at_once(
    const float *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows, bint is_brief
) noexcept nogil:
    cdef Py_ssize_t block = LINES if is_brief else GROUP
    cdef Py_ssize_t start = 0, lines, strip
    while start < n:
        lines = min(block, n - start)
        for strip in range(lanes // STRIP):
            add_strip_at_once(x + start * stride + strip * STRIP, stride, lines, rows, strip * STRIP, is_brief)
        start += lines
        move_ahead(rows, lines)

cdef void add_float32(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    if rows.sums == BRIEF:
        add_at_once(<const float *>x, stride, n, lanes, rows, True)
    elif rows.sums == LONG:
        add_at_once(<const float *>x, stride, n, lanes, rows, False)
    else:
        add_wide(<const float *>x, stride, n, lanes, rows)

cdef inline void exp_of_lanes(const double *x, Py_ssize_t lanes, double *e, bint is_brief) noexcept nogil:
    """exp(x) of float32 members, one in each lane, with the bits that it has in sums. There is room for whole strips."""
    cdef float line[STRIP]
    cdef scaled part
    cdef Py_ssize_t j, l
    if is_brief and REGISTERS_HOLD_TABLE:
        for j in range((lanes + STRIP - 1) // STRIP):
            for l in range(STRIP):
                line[l] = <float>x[j * STRIP + l]
            tabled_exp_of_line(line, ONE_PASS_CUT, e + j * STRIP)
    else:
        for l in range(lanes):
            part = exp_in_parts(x[l], is_brief)
            e[l] = part.significand * part.power

cdef inline void finish_at_once(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n, bint is_brief) noexcept nogil:
    """Derive L = log(T / E) from T, the sum of all exp(x), and E = exp(m).

    T has E with the bits that it has here, so T - E has the errors of the others only. Rounded sums of numbers that are
    not negative never fall below one of them: T >= E. Relative errors of R = (T - E) / E, brief:
    exp(x) of the others, and E as the divisor, 2^-40.1 each  . . . . . . . . . . . . . . . . . . . . . . . . . . . . 15300
    Additions, of (1 + R) / R times the weight: LINES - 1 of a block, GROUP - 1 of a short one, and one for each of the
      short ones, at most two of every 144 members of a row, or one of every 64 lines of a bundle  . . . . .  80 + n / 64
    and long:
    exp(x) of the others, 6 and 0.3 |x| <= 0.3 (|m| + |d|), with the mean of |d| as in units_of_wide_sum,
      0.21 log2(n / R) <= 0.21 * 63; E, 6 and 0.3 |m| . . . . . . . . . . . . . . . . . . . . . . . . . . .  30 + 0.6 |m|
    Additions, all but those within a block being of pairs  . . . . . . . . . . . . . . . . . . . . . . . . . . . . . GROUP

    An error of R weighs R / ((1 + R) L) in L, so the additions 1 / L. In x - (m + L), which is at least L, the sum m + L
    is rounded, |m| / L + 1. Beside them the logarithm, 8, and x - (m + L), 1.
    """
    cdef double additions = 80 + n // 64 if is_brief else GROUP
    cdef double most_units = max(MOST_BRIEF_UNITS, MOST_SHORT_UNITS / n) if is_brief else MOST_LONG_UNITS
    cdef double exp_of_largest[LANES]
    cdef double largest, log, inverse, size, units
    cdef bint is_sure
    cdef Py_ssize_t l
    exp_of_lanes(rows.largest, lanes, exp_of_largest, is_brief)
    for l in range(lanes):
        largest = rows.largest[l]
        size = fabs(largest)
        log = wide_log_quotient(make_pair(rows.high[l], rows.low[l]), exp_of_largest[l])
        # of short rows a division would take a tenth of the time
        inverse = power_above_reciprocal(log) if is_brief else 1 / log
        units = BRIEF_SUM_UNITS if is_brief else 30 + 0.6 * size
        units = 11 + units * (inverse if inverse < 1 else 1.0) + (additions + size) * inverse
        is_sure = fits_one_pass(largest) & (log > 0) & (units < most_units)
        rows.margin[l] = UNIT_ROUNDOFF * units if is_sure else INFINITY
        rows.high[l] = log
        rows.low[l] = largest + log
    rows.is_joined = True

# --- Pairs: for float64, and for softmax of very long float32 rows ------------------------------------------------

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

cdef inline void reduce_strip(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip,
    double *r, double *r_low, double *power, bint keeps
) noexcept nogil:
    """Reduce n lines, and look for their largest members.

    If exponentials are kept, those below the cut are 0, and the least member that is not -inf is looked for: of -inf, 0 x
    is NaN.
    """
    cdef double largest[STRIP]
    cdef double least[STRIP]
    cdef double member, finite
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
                finite = fma(member, 0, member)
                least[l] = finite if finite < least[l] else least[l]
            part = reduce_member(cut if member < cut else member)
            r[i * STRIP + l] = part.r
            r_low[i * STRIP + l] = part.r_low
            power[i * STRIP + l] = 0 if keeps and member < cut else part.power
    for l in range(STRIP):
        rows.largest[strip + l] = largest[l]
        if keeps:
            rows.least[strip + l] = least[l]

cdef inline void add_roots(
    const double *r, const double *r_low, const double *power, const double *high, const double *low, Py_ssize_t n,
    Lanes *rows, Py_ssize_t strip, bint keeps, double *kept,
) noexcept nogil:
    """Add the squares of n lines of roots, and keep them if they are to be kept: their high parts, then the low ones.

    For the time being a sum has an offset above all squares: they are the smaller ones in each of the fast sums.
    """
    cdef double offset[STRIP]
    cdef double total_high[STRIP]
    cdef double total_low[STRIP]
    cdef double cut = ONE_PASS_CUT
    cdef double factor
    cdef pair e, s
    cdef Py_ssize_t i, j, l
    for l in range(STRIP):
        offset[l] = power_above_exp(cut if rows.largest[strip + l] < cut else rows.largest[strip + l])
        s = two_sum(offset[l], rows.high[strip + l])
        total_high[l] = s.high
        total_low[l] = s.low + rows.low[strip + l]
    for i in range(n):
        for l in range(STRIP):
            j = i * STRIP + l
            e = exp_by_root(r[j], r_low[j], make_pair(high[j], low[j]))
            factor = power[j] * e.high
            if keeps:
                kept[j] = factor * e.high
                kept[n * STRIP + j] = fma(factor, e.low, fma(factor, e.high, -kept[j]))
                s = fast_two_sum(total_high[l], kept[j])
                total_high[l] = s.high
                total_low[l] += s.low + kept[n * STRIP + j]
            else:
                s = fast_two_sum_of_product(total_high[l], factor, e.high)
                total_high[l] = s.high
                total_low[l] += fma(factor, e.low, s.low)
    for l in range(STRIP):
        s = fast_two_sum(total_high[l] - offset[l], total_low[l])
        rows.high[strip + l] = s.high
        rows.low[strip + l] = s.low

cdef inline void add_strip_of_pairs(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip, bint is_brief
) noexcept nogil:
    cdef double r[BLOCK_SIZE]
    cdef double r_low[BLOCK_SIZE]
    cdef double power[BLOCK_SIZE]
    cdef double high[BLOCK_SIZE]
    cdef double low[BLOCK_SIZE]
    reduce_strip(x, stride, n, rows, strip, r, r_low, power, False)
    root_of_block(r, n * STRIP, high, low, is_brief)
    add_roots(r, r_low, power, high, low, n, rows, strip, False, NULL)

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
    return (LONG_SUM_ERROR if rows.sums == LONG else BRIEF_SUM_ERROR) + n * ADDITION_ERROR

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

    Their relative errors: that of exp(x), which is that of sums or less, that of T, and three roundings to 2^-93 in the product.
    """
    cdef double error = error_of_sum_of_pairs(rows, n)
    cdef pair inverse
    cdef Py_ssize_t l
    error += error + PRODUCT_ERROR
    for l in range(lanes):
        inverse = quick_divide(make_pair(1, 0), make_pair(rows.high[l], rows.low[l]))
        rows.margin[l] = error if fits_one_pass(rows.largest[l]) & (rows.least[l] >= ONE_PASS_CUT) else INFINITY
        rows.largest[l] = 0
        rows.high[l] = inverse.high
        rows.low[l] = inverse.low
