# The last vector phase of the reductions: results of one row. The table of all their loops.
#
# Of the narrower types a result may be undecided here, too, and of float64 one for which m + L cancels. That takes members
# chosen for it: see exact_rows.py.

cdef inline void count_present_in_strip(
    const real *x, Py_ssize_t stride, Py_ssize_t n, double *count
) noexcept nogil:
    cdef real found[STRIP]
    cdef real one = 1, none = 0, t
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        found[l] = 0
    for i in range(n):
        for l in range(STRIP):
            t = x[i * stride + l]
            found[l] += t if t != t else (one if t > -INFINITY else none)
    for l in range(STRIP):
        count[l] += found[l]

cdef inline void count_present(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """Count the members above -inf; NaN if there is one."""
    cdef Py_ssize_t start = 0, strip
    while start < n:
        for strip in range(lanes // STRIP):
            count_present_in_strip(
                x + start * stride + strip * STRIP, stride, min(<Py_ssize_t>LINES, n - start),
                &rows.count[strip * STRIP],
            )
        start += LINES

cdef void exp_of_strip(const double *x, const double *largest, double *high, double *low) noexcept nogil:
    """exp(x - largest), as accurate_exp_below gives it; where x lies below the cut it is taken to be at it."""
    cdef pair d, e
    cdef Py_ssize_t l
    for l in range(STRIP):
        d = difference_above_cut(x[l], largest[l])
        e = accurate_exp_below(d.high, d.low)
        high[l] = e.high
        low[l] = e.low

cdef inline void add_accurate_line(const double *line, Lanes *rows, Py_ssize_t strip) noexcept nogil:
    """Of members below the cut, but above -inf, something is left."""
    cdef double high[STRIP]
    cdef double low[STRIP]
    cdef pair e, total
    cdef bint is_added
    cdef Py_ssize_t l
    exp_of_strip(line, &rows.largest[strip], high, low)
    for l in range(STRIP):
        rows.count[strip + l] += 1.0 if line[l] == rows.largest[strip + l] else 0.0
        is_added = (line[l] < rows.largest[strip + l]) & (line[l] > -INFINITY)
        e.high = high[l] if is_added else 0
        e.low = low[l] if is_added else 0
        total = add(make_pair(rows.high[strip + l], rows.low[strip + l]), e)
        rows.high[strip + l] = total.high
        rows.low[strip + l] = total.low

cdef void add_accurate(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef Py_ssize_t i, strip
    for i in range(n):
        for strip in range(lanes // STRIP):
            add_accurate_line(<const double *>x + i * stride + strip * STRIP, rows, strip * STRIP)

cdef void finish_log_accurate(Lanes *row, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    """Derive L of lane 0; where R is small S stays as it is, as in finish_log_quick."""
    cdef pair rest = make_pair(row.high[0] * SUM_UNSCALE, row.low[0] * SUM_UNSCALE)
    rest = add_double(rest, row.count[0] - 1)
    row.margin[0] = NAN
    if rest.high > LEAST_QUICK_SUM:
        rest = accurate_log1p(rest)
        row.margin[0] = 0
        row.high[0] = rest.high
        row.low[0] = rest.low

cdef void finish_softmax_accurate(Lanes *row, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil:
    cdef pair total = make_pair(row.high[0] * SUM_UNSCALE, row.low[0] * SUM_UNSCALE)
    total = divide(make_pair(1, 0), add_double(total, row.count[0]))
    row.margin[0] = QUICK_SOFTMAX_MARGIN
    row.high[0] = total.high
    row.low[0] = total.low

cdef inline double difference_last(pair d, pair log, number_format target) noexcept nogil:
    """Round d - L to the format, for d < 0, L > 0."""
    return -round_pair(negate(odd_difference(d, log)), 0, target)

cdef inline void write_log_softmax_last(
    const real *x, real *y, Py_ssize_t n, Lanes *row, number_format target
) noexcept nogil:
    cdef pair log = make_pair(row.high[0], row.low[0])
    cdef bint is_small = row.margin[0] != row.margin[0]
    cdef scaled_pair least = make_scaled(log, SUM_EXPONENT if is_small else 0)
    cdef double error = QUICK_LOG_ERROR + QUICK_SUM_ERROR if real is float else 0
    cdef double margin = log.high * error
    cdef double at_largest = 0, nearest
    cdef bint undecided_at_largest = log.high > 0 and not is_decided(least, error, target, &at_largest)
    cdef pair d
    cdef Py_ssize_t i
    # Beside d, which is below -600 where L is this small, only the sign of L counts.
    if is_small and log.high > 0:
        log = make_pair(LEAST_QUICK_SUM, 0)
        margin = 0
    for i in range(n):
        d = two_sum(x[i], -row.largest[0])
        if d.high == 0:
            y[i] = <real>(-at_largest if log.high > 0 else 0.0)
            row.undecided[0] |= undecided_at_largest
        elif d.high >= -LARGEST_DOUBLE:
            nearest = difference_last(d, make_pair(log.high, log.low - margin), target)
            if real is float:
                row.undecided[0] |= nearest != difference_last(d, make_pair(log.high, log.low + margin), target)
            y[i] = <real>nearest
        else:
            y[i] = <real>d.high

cdef inline void write_softmax_last(
    const real *x, real *y, Py_ssize_t n, Lanes *row, number_format target
) noexcept nogil:
    """Below the cut results are 0. Of equal members, with others too small to count, they are 1/n or just below."""
    cdef double line[STRIP]
    cdef double largest[STRIP]
    cdef double high[STRIP]
    cdef double low[STRIP]
    cdef pair inverse = make_pair(row.high[0], row.low[0])
    cdef bint is_reciprocal = inverse.high * row.count[0] == 1 and inverse.low == 0
    cdef double nearest
    cdef pair e
    cdef Py_ssize_t start = 0, size, l
    while start < n:
        size = min(<Py_ssize_t>STRIP, n - start)
        for l in range(STRIP):
            largest[l] = row.largest[0]
            line[l] = x[start + l] if l < size else largest[l]
        exp_of_strip(line, largest, high, low)
        for l in range(size):
            e = multiply(make_pair(high[l], low[l]), inverse)
            if real is double or (is_reciprocal and line[l] == largest[l]):
                nearest = round_pair(e, SUM_EXPONENT, target)
            else:
                row.undecided[0] |= not is_decided(
                    make_scaled(e, SUM_EXPONENT), row.margin[0], target, &nearest
                )
            y[start + l] = <real>nearest
        start += STRIP

cdef inline double round_signed(pair x, int exponent, number_format target) noexcept nogil:
    """Round x * 2^exponent."""
    if x.high < 0:
        return -round_pair(negate(x), exponent, target)
    return round_pair(x, exponent, target) if x.high > 0 else 0.0

cdef inline void write_logsumexp_last(real *y, Lanes *row, number_format target) noexcept nogil:
    """Round m + L, or give NaN where they cancel beyond what L is good for: that takes `add_exactly`."""
    cdef double largest = row.largest[0]
    cdef bint is_small = row.margin[0] != row.margin[0]
    cdef double unit = SUM_SCALE if is_small else 1
    cdef int exponent = SUM_EXPONENT if is_small else 0
    cdef double margin
    cdef double safe = SAFE_CANCELLATION_64
    if real is float:
        safe = SAFE_CANCELLATION_32
    cdef pair s = two_sum(largest * unit, row.high[0])
    if is_small and fabs(largest) > LEAST_BESIDE_SMALL:
        y[0] = <real>largest
    elif fabs(s.high) < safe * row.high[0]:
        y[0] = <real>NAN
    else:
        s = add_double(make_pair(s.high, row.low[0]), s.low)
        margin = row.high[0] * (QUICK_LOG_ERROR + QUICK_SUM_ERROR) if real is float else 0
        y[0] = <real>round_signed(make_pair(s.high, s.low - margin), exponent, target)
        row.undecided[0] |= y[0] != <real>round_signed(make_pair(s.high, s.low + margin), exponent, target)

cdef inline void add_exactly(
    const real *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """Add exp(x) of negative members in fixed point, for all lanes together; the limbs take the place of `low`."""
    cdef uint32_t total[EXACT_LIMBS]
    cdef Py_ssize_t i, l
    memcpy(total, rows.low, sizeof(total))
    for i in range(n):
        for l in range(lanes):
            if x[i * stride + l] > EXACT_CUT:
                add_exact_exp(x[i * stride + l], total)
    memcpy(rows.low, total, sizeof(total))

cdef inline void write_exactly(real *y, Lanes *row, number_format target) noexcept nogil:
    cdef uint32_t total[EXACT_LIMBS]
    cdef double nearest
    memcpy(total, row.low, sizeof(total))
    row.undecided[0] |= not exact_log(total, target, &nearest)
    y[0] = <real>nearest

cdef void find_largest_float32(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    find_largest(<const float *>x, stride, n, lanes, rows)
cdef void find_largest_float64(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    find_largest(<const double *>x, stride, n, lanes, rows)
cdef void add_quick_float32(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    add_quick(<const float *>x, stride, n, lanes, rows)
cdef void count_present_float32(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    count_present(<const float *>x, stride, n, lanes, rows)
cdef void count_present_float64(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    count_present(<const double *>x, stride, n, lanes, rows)
cdef void write_logsumexp_last_float32(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_logsumexp_last(<float *>y, row, float32_format())
cdef void write_logsumexp_last_float64(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_logsumexp_last(<double *>y, row, float64_format())
cdef void add_exactly_float32(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    add_exactly(<const float *>x, stride, n, lanes, rows)
cdef void add_exactly_float64(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    add_exactly(<const double *>x, stride, n, lanes, rows)
cdef void write_exactly_float32(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_exactly(<float *>y, row, float32_format())
cdef void write_exactly_float64(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_exactly(<double *>y, row, float64_format())

cdef void fill_reductions() noexcept:
    cdef ReductionLoops *loops32 = &table.reductions[FLOAT32]
    cdef ReductionLoops *loops64 = &table.reductions[FLOAT64]
    loops32.find_largest = find_largest_float32
    loops64.find_largest = find_largest_float64
    loops32.longest_brief[LOG_SOFTMAX] = loops32.longest_brief[LOGSUMEXP] = LONGEST_BRIEF_32
    loops64.longest_brief[LOG_SOFTMAX] = loops64.longest_brief[LOGSUMEXP] = LONGEST_BRIEF_64
    loops32.longest_long[LOG_SOFTMAX] = loops32.longest_long[LOGSUMEXP] = ANY_LENGTH
    loops64.longest_long[LOG_SOFTMAX] = loops64.longest_long[LOGSUMEXP] = ANY_LENGTH
    loops32.add = add_float32
    loops64.add = add_float64
    loops32.add_pairs = add_pairs_float32
    loops64.add_pairs = add_float64
    loops32.finish_pairs = finish_pairs_float32
    loops64.finish_pairs = finish_softmax_quick
    loops32.finish[LOG_SOFTMAX] = finish_log_wide
    loops64.finish[LOG_SOFTMAX] = finish_log_quick
    loops32.write[LOG_SOFTMAX] = write_log_softmax_wide
    loops64.write[LOG_SOFTMAX] = write_log_softmax_quick
    loops32.finish[SOFTMAX] = finish_softmax_wide
    loops64.finish[SOFTMAX] = finish_softmax_quick
    loops32.finish[LOGSUMEXP] = finish_log_wide
    loops64.finish[LOGSUMEXP] = finish_log_quick
    loops32.write[LOGSUMEXP] = write_logsumexp_wide
    loops64.write[LOGSUMEXP] = write_logsumexp_quick
    loops32.count_present = count_present_float32
    loops64.count_present = count_present_float64
    loops32.add_accurately = add_quick_float32
    loops64.add_accurately = add_accurate
    loops32.finish_accurately[LOG_SOFTMAX] = finish_log_quick
    loops64.finish_accurately[LOG_SOFTMAX] = finish_log_accurate
    loops32.finish_accurately[SOFTMAX] = finish_softmax_quick
    loops64.finish_accurately[SOFTMAX] = finish_softmax_accurate
    loops32.finish_accurately[LOGSUMEXP] = finish_log_quick
    loops64.finish_accurately[LOGSUMEXP] = finish_log_accurate
    loops32.write_accurately[LOGSUMEXP] = write_logsumexp_last_float32
    loops64.write_accurately[LOGSUMEXP] = write_logsumexp_last_float64
    loops32.add_exactly = add_exactly_float32
    loops64.add_exactly = add_exactly_float64
    loops32.write_exactly = write_exactly_float32
    loops64.write_exactly = write_exactly_float64

fill_reductions()
