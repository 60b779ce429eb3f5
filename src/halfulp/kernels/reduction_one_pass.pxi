# Sums in one pass: of exp(x) itself, which a double holds where |x| <= 300, so that the largest member need not be known
# before. Those of float32 are in doubles, brief ones if rows are not long; those of float64 in pairs: reduction_pairs.pxi.
# Rows with larger members, or with one that dominates all others, are left to the sums that count the largest.

cdef extern from *:
    """
    /* What lies below counts as this, and for nothing: e^-300, beside T - E of at least 2^-18 e^-100. volatile as in
       WIDE_CUT. */
    static const volatile float ONE_PASS_CUT = -300.0f;
    #define ONE_PASS_ZERO (-846.0)    /* of what is no larger softmax is 0: exp(x) / T <= e^-746, below 2^-1075 */
    #define ONE_PASS_LEAST (-100.0)
    #define ONE_PASS_MOST 300.0
    #define BRIEF_SUM_UNITS 15300.0
    #define MOST_BRIEF_UNITS 0x1p19     /* beyond, hardly a row of float32 results would be decided */
    #define MOST_SHORT_UNITS 0x1p25     /* for all members: up to this, seven in eight of those rows would be */
    #define MOST_LONG_UNITS 512.0
    """
    const float ONE_PASS_CUT
    const double ONE_PASS_ZERO
    const double ONE_PASS_LEAST
    const double ONE_PASS_MOST
    const double BRIEF_SUM_UNITS
    const double MOST_BRIEF_UNITS
    const double MOST_SHORT_UNITS
    const double MOST_LONG_UNITS

cdef inline bint fits_one_pass(double largest) noexcept nogil:
    return (largest >= ONE_PASS_LEAST) & (largest <= ONE_PASS_MOST)

cdef inline scaled exp_in_parts(double x, bint is_brief) noexcept nogil:
    return brief_exp(x) if is_brief else wide_exp_in_parts(x)

cdef inline void add_strip_at_once(
    const float *x, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip, bint is_brief
) noexcept nogil:
    """NaN is passed over in the search for the largest: it turns the sum to NaN, as infinity does.

    That search comes second: it would wait for members that exponentials hardly wait for.
    """
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
        if is_brief and REGISTERS_HOLD_TABLE:
            tabled_exp_of_line(line, cut, exponentials)
            for l in range(STRIP):
                total[l] += exponentials[l]
        else:
            for l in range(STRIP):
                e = exp_in_parts(cut if line[l] < cut else line[l], is_brief)
                total[l] = fma(e.significand, e.power, total[l])
    for i in range(n):
        line = x + i * stride
        for l in range(STRIP):
            largest[l] = line[l] if line[l] > largest[l] else largest[l]
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
