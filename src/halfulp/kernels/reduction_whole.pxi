# log_softmax or softmax of one row that lies in one piece, its members going through the lanes in turn: the steps that the
# array floor takes for any row, without what it has to ask at each, and compiled for the level.

from halfulp.kernels.lanes cimport expect, join_largest, join_sums, spread
from halfulp.kernels.table cimport kept_size, read_tile, write_tile

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
    cdef double *kept_rest = kept + kept_size(type, done) if kept != NULL else NULL
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
    if ahead != NULL:
        expect(row, <const char *>y, STRIP * size, STRIP * size)
    read_tile(loops, loops.add, x, STRIP, lines, STRIP, kept, row)
    if rest:
        read_tile(loops, loops.add, line, STRIP, 1, STRIP, kept_rest, row)
    if sums != OF_OTHERS:
        join_largest(row)
    join_sums(row)
    loops.finish[function](row, 1, n)
    if any_undecided(row, 1):
        return
    spread(row, STRIP)
    expect(row, ahead, STRIP * size, STRIP * size)
    write_tile(loops, function, x, STRIP, y, STRIP, lines, STRIP, kept, row)
    if rest:
        write_tile(loops, function, line, STRIP, line, STRIP, 1, STRIP, kept_rest, row)
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
