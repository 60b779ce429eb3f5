# The results of a row whose sum is sure by now: by the quick phase those of all blocks that it decides, by the last phase
# those of the others.

from halfulp.kernels.lanes cimport any_undecided, begin
from halfulp.kernels.table cimport write_loop

cdef extern from *:
    """
    #define UNITS_BESIDE_SURE_SUM 20.0  /* exp(d): 15; product, the bound and its sum with that: 3 */
    #define UNITS_BESIDE_SURE_LOG 4.0   /* L, d and d - L: a rounding each */
    #define SURE_LOG_ERROR 0x1p-90      /* of L: 2^13 additions of 3 u^2 in each lane, 2^-91.4, and less than 2^-98 */
    """
    const double UNITS_BESIDE_SURE_SUM
    const double UNITS_BESIDE_SURE_LOG
    const double SURE_LOG_ERROR

cdef inline bint is_small(const Lanes *row) noexcept nogil:
    """Whether it is S that stands in the place of L."""
    return row.margin[0] != row.margin[0]

cdef inline void begin_block(const Lanes *row, pair value, double margin, Lanes *rows) noexcept nogil:
    """Let all lanes be parts of a row with this L, or 1 / (1 + R)."""
    cdef Py_ssize_t l
    begin(rows, STRIP)
    for l in range(STRIP):
        rows.largest[l] = row.largest[0]
        rows.high[l] = value.high
        rows.low[l] = value.low
        rows.margin[l] = margin

cdef inline void begin_wide_block(int function, const Lanes *row, Lanes *rows) noexcept nogil:
    """The same for the wide phase. Of an L that is small only the sign counts: -L rounds to -0, and d is below -600."""
    if function == SOFTMAX:
        begin_block(row, make_pair(row.high[0], 0), UNITS_BESIDE_SURE_SUM * UNIT_ROUNDOFF, rows)
    elif is_small(row) and row.high[0] > 0:
        begin_block(row, make_pair(LEAST_WIDE_SUM, 0), 0, rows)
    else:
        begin_block(row, make_pair(row.high[0], 0), UNITS_BESIDE_SURE_LOG * UNIT_ROUNDOFF, rows)

cdef inline void begin_quick_block(int function, const Lanes *row, Lanes *rows) noexcept nogil:
    cdef double margin = QUICK_SOFTMAX_MARGIN if function == SOFTMAX else SURE_LOG_ERROR
    begin_block(row, make_pair(row.high[0], row.low[0]), margin, rows)

cdef inline void write_again(
    int function, const real *x, real *y, Py_ssize_t n, Lanes *row, number_format target, write_loop write
) noexcept nogil:
    cdef real block[BLOCK_SIZE]
    cdef real results[BLOCK_SIZE]
    cdef Lanes rows
    cdef Py_ssize_t start = 0, size, i
    while start < n:
        size = min(<Py_ssize_t>BLOCK_SIZE, n - start)
        for i in range(BLOCK_SIZE):
            block[i] = x[start + i] if i < size else <real>row.largest[0]
        if real is float:
            begin_wide_block(function, row, &rows)
        else:
            begin_quick_block(function, row, &rows)
        write(block, STRIP, results, STRIP, (size + STRIP - 1) // STRIP, STRIP, &rows)
        if not any_undecided(&rows, STRIP):
            memcpy(y + start, results, size * sizeof(real))
        elif function == LOG_SOFTMAX:
            write_log_softmax_last(x + start, y + start, size, row, target)
        else:
            write_softmax_last(x + start, y + start, size, row, target)
        start += size

cdef void write_log_softmax_again_float32(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(
        LOG_SOFTMAX, <const float *>x, <float *>y, n, row, float32_format(), write_log_softmax_wide
    )

cdef void write_log_softmax_again_float64(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    """Of a small L the sign is not all that counts."""
    if is_small(row):
        write_log_softmax_last(<const double *>x, <double *>y, n, row, float64_format())
    else:
        write_again(
            LOG_SOFTMAX, <const double *>x, <double *>y, n, row, float64_format(), write_log_softmax_quick
        )

cdef void write_softmax_again_float32(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(SOFTMAX, <const float *>x, <float *>y, n, row, float32_format(), write_softmax_wide)

cdef void write_softmax_again_float64(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(SOFTMAX, <const double *>x, <double *>y, n, row, float64_format(), write_softmax_quick)

cdef void fill_writing_again() noexcept:
    cdef ReductionLoops *loops32 = &table.reductions[FLOAT32]
    cdef ReductionLoops *loops64 = &table.reductions[FLOAT64]
    loops32.write_accurately[LOG_SOFTMAX] = write_log_softmax_again_float32
    loops64.write_accurately[LOG_SOFTMAX] = write_log_softmax_again_float64
    loops32.write_accurately[SOFTMAX] = write_softmax_again_float32
    loops64.write_accurately[SOFTMAX] = write_softmax_again_float64

fill_writing_again()
