# log_softmax or softmax of one row that lies in one piece, its members going through the lanes in turn: the steps that the
# array floor takes for any row, without what it has to ask at each, and compiled for the level.
#
# Pairs are kept with their high parts in y, where the results take their place: of memory that a row needs a third less is
# more than a cache holds of the longest ones.

from halfulp.kernels.lanes cimport expect, join_largest, join_sums, spread

cdef inline void add_keeping(
    int type, const member *x, double *high, double *low, Py_ssize_t lines, Lanes *row
) noexcept nogil:
    """Not by way of the table where it can be helped: for a known number of lanes the compiler makes better loops."""
    if member is double:
        add_keeping_quick(x, STRIP, high, low, lines, STRIP, row)
    elif member is float:
        add_keeping_wide(x, STRIP, high, low, lines, STRIP, row)
    else:
        table.reductions[type].add_keeping(x, STRIP, high, low, lines, STRIP, row)

cdef inline void write_kept(
    int type, const double *high, const double *low, member *y, Py_ssize_t lines, Lanes *row
) noexcept nogil:
    """Alike."""
    if member is double:
        write_kept_quick(high, low, y, STRIP, lines, STRIP, row)
    elif member is float:
        write_kept_wide(high, low, y, STRIP, lines, STRIP, row)
    else:
        table.reductions[type].write_kept(high, low, y, STRIP, lines, STRIP, row)

cdef inline void compute_whole(
    int type, const member *x, member *y, Py_ssize_t n, double *kept, const char *ahead, int sums, Lanes *row
) noexcept nogil:
    cdef const ReductionLoops *loops = &table.reductions[type]
    cdef int function = LOG_SOFTMAX if kept == NULL else SOFTMAX
    cdef member line[STRIP]
    cdef member minus_infinity
    cdef Py_ssize_t size = sizeof(member)
    cdef Py_ssize_t lines = n // STRIP, rest = n % STRIP, l
    cdef Py_ssize_t done = lines * STRIP
    cdef double *high = <double *>y if member is double else kept
    cdef double rest_high[STRIP]
    cdef double rest_low[STRIP]
    put_number(type, -INFINITY, &minus_infinity)
    for l in range(STRIP):
        line[l] = x[done + l] if l < rest else minus_infinity
    begin(row, STRIP)
    row.sums = sums
    if sums == OF_OTHERS:
        loops.find_largest(x, STRIP, lines, STRIP, row)
        if rest:
            loops.find_largest(line, STRIP, 1, STRIP, row)
        join_largest(row)
    if member is double and kept != NULL:
        expect(row, <const char *>(y + BLOCK_SIZE), STRIP * size, STRIP * size)
    elif ahead != NULL:
        expect(row, <const char *>y, STRIP * size, STRIP * size)
    if kept == NULL:
        loops.add(x, STRIP, lines, STRIP, row)
        if rest:
            loops.add(line, STRIP, 1, STRIP, row)
    else:
        add_keeping(type, x, high, kept, lines, row)
        if rest:
            add_keeping(type, line, rest_high, rest_low, 1, row)
    if sums != OF_OTHERS:
        join_largest(row)
    join_sums(row)
    loops.finish[function](row, 1, n)
    if any_undecided(row, 1):
        return
    spread(row, STRIP)
    expect(row, ahead, STRIP * size, STRIP * size)
    if kept == NULL:
        loops.write[LOG_SOFTMAX](x, STRIP, y, STRIP, lines, STRIP, row)
        if rest:
            loops.write[LOG_SOFTMAX](line, STRIP, line, STRIP, 1, STRIP, row)
    else:
        write_kept(type, high, kept, y, lines, row)
        if rest:
            write_kept(type, rest_high, rest_low, line, 1, row)
    if rest:
        memcpy(y + done, line, rest * size)

cdef void compute_whole_float16(
    const void *x, void *y, Py_ssize_t n, double *kept, const char *ahead, int sums, Lanes *row
) noexcept nogil:
    compute_whole(FLOAT16, <const uint16_t *>x, <uint16_t *>y, n, kept, ahead, sums, row)
cdef void compute_whole_bfloat16(
    const void *x, void *y, Py_ssize_t n, double *kept, const char *ahead, int sums, Lanes *row
) noexcept nogil:
    compute_whole(BFLOAT16, <const uint16_t *>x, <uint16_t *>y, n, kept, ahead, sums, row)
cdef void compute_whole_float32(
    const void *x, void *y, Py_ssize_t n, double *kept, const char *ahead, int sums, Lanes *row
) noexcept nogil:
    compute_whole(FLOAT32, <const float *>x, <float *>y, n, kept, ahead, sums, row)
cdef void compute_whole_float64(
    const void *x, void *y, Py_ssize_t n, double *kept, const char *ahead, int sums, Lanes *row
) noexcept nogil:
    compute_whole(FLOAT64, <const double *>x, <double *>y, n, kept, ahead, sums, row)

table.reductions[FLOAT16].compute_whole = compute_whole_float16
table.reductions[BFLOAT16].compute_whole = compute_whole_bfloat16
table.reductions[FLOAT32].compute_whole = compute_whole_float32
table.reductions[FLOAT64].compute_whole = compute_whole_float64
