# The results of a row whose sum is sure by now: by the quick phase those of all blocks that it decides, by the last
# phase those of the others. The L of float64 rows above LONGEST_ACCURATE is that of the quick sums, good to 2^-76, and
# taken as if it were as good as the others.

from halfulp.kernels.lanes cimport any_undecided, begin, begin_results, expect
from halfulp.kernels.table cimport write_loop

ctypedef fused member:
    uint16_t        # the bits of a 16-bit type
    float
    double

cdef extern from *:
    """
    #define UNITS_BESIDE_SURE_SUM 151.0 /* exp(d), exp(x): 145, see finish_softmax_wide; reciprocal, both ends, product: 6 */
    #define UNITS_BESIDE_SURE_LOG 4.0   /* L, d and d - L: a rounding each */
    #define SURE_LOG_ERROR 0x1p-90      /* of L: 2^13 additions of 3 u^2 in each lane, 2^-91.4, and less than 2^-98 */
    """
    const double UNITS_BESIDE_SURE_SUM
    const double UNITS_BESIDE_SURE_LOG
    const double SURE_LOG_ERROR

cdef inline bint is_small(const Lanes *row) noexcept nogil:
    """Whether it is S that stands in the place of L."""
    return row.margin[0] != row.margin[0]

cdef inline void begin_blocks(const Lanes *row, pair value, double margin, Lanes *rows) noexcept nogil:
    """Let all lanes be parts of a row with this L, or 1 / (1 + R)."""
    cdef Py_ssize_t l
    begin(rows, STRIP)
    rows.sums = row.sums
    for l in range(STRIP):
        rows.largest[l] = row.largest[0]
        rows.high[l] = value.high
        rows.low[l] = value.low
        rows.margin[l] = margin

cdef inline void begin_wide_blocks(int function, const Lanes *row, Lanes *rows) noexcept nogil:
    """The same for the wide phase. Of an L that is small only the sign counts: -L rounds to -0, and d is below -600."""
    if function == SOFTMAX:
        begin_blocks(row, make_pair(row.high[0], 0), UNITS_BESIDE_SURE_SUM * UNIT_ROUNDOFF, rows)
    elif is_small(row) and row.high[0] > 0:
        begin_blocks(row, make_pair(LEAST_WIDE_SUM, 0), 0, rows)
    else:
        begin_blocks(row, make_pair(row.high[0], 0), UNITS_BESIDE_SURE_LOG * UNIT_ROUNDOFF, rows)

cdef inline void begin_quick_blocks(int function, const Lanes *row, Lanes *rows) noexcept nogil:
    cdef double margin = row.margin[0] if function == SOFTMAX else SURE_LOG_ERROR
    begin_blocks(row, make_pair(row.high[0], row.low[0]), margin, rows)

cdef inline void put_number(int type, double value, member *y) noexcept nogil:
    """Let y be a number of the type."""
    if member is uint16_t:
        y[0] = half_of_number(value, half_format(type))
    else:
        y[0] = <member>value

cdef inline void write_last(
    int type, int function, const member *x, member *y, Py_ssize_t n, Lanes *row
) noexcept nogil:
    cdef number_format target
    if member is uint16_t:
        write_half_last(type, function, x, y, n, row)
    else:
        target = float32_format() if member is float else float64_format()
        if function == LOG_SOFTMAX:
            write_log_softmax_last(x, y, n, row, target)
        else:
            write_softmax_last(x, y, n, row, target)

cdef inline void write_again(
    int type, int function, const member *x, member *y, Py_ssize_t n, Lanes *row
) noexcept nogil:
    cdef write_loop write = table.reductions[type].write[function]
    cdef bint is_tried = True
    cdef member block[BLOCK_SIZE]
    cdef member results[BLOCK_SIZE]
    cdef member largest
    cdef const member *source
    cdef member *target
    cdef Lanes rows
    cdef Py_ssize_t start = 0, size, i
    put_number(type, row.largest[0], &largest)
    # Of a small L of float64 the sign is not all that counts; beside L = 0 the quick phase of 16 bits has no -inf.
    if member is double:
        is_tried = function == SOFTMAX or not is_small(row)
    elif member is uint16_t:
        is_tried = function == SOFTMAX or row.high[0] > 0
    if member is double:
        begin_quick_blocks(function, row, &rows)
    else:
        begin_wide_blocks(function, row, &rows)
    while start < n:
        size = min(<Py_ssize_t>BLOCK_SIZE, n - start)
        if is_tried:
            source = x + start
            target = &results[0] if x == y or size < BLOCK_SIZE else y + start
            if size < BLOCK_SIZE:
                for i in range(BLOCK_SIZE):
                    block[i] = source[i] if i < size else largest
                source = block
            begin_results(&rows, STRIP)
            expect(&rows, <const char *>(y + start + BLOCK_SIZE), STRIP * sizeof(member), 0)
            write(source, STRIP, target, STRIP, (size + STRIP - 1) // STRIP, STRIP, &rows)
        if not is_tried or any_undecided(&rows, STRIP):
            write_last(type, function, x + start, y + start, size, row)
        elif target == &results[0]:
            memcpy(y + start, results, size * sizeof(member))
        start += size

cdef void write_log_softmax_again_float16(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(FLOAT16, LOG_SOFTMAX, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_softmax_again_float16(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(FLOAT16, SOFTMAX, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_log_softmax_again_bfloat16(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(BFLOAT16, LOG_SOFTMAX, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_softmax_again_bfloat16(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(BFLOAT16, SOFTMAX, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_log_softmax_again_float32(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(FLOAT32, LOG_SOFTMAX, <const float *>x, <float *>y, n, row)
cdef void write_softmax_again_float32(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(FLOAT32, SOFTMAX, <const float *>x, <float *>y, n, row)
cdef void write_log_softmax_again_float64(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(FLOAT64, LOG_SOFTMAX, <const double *>x, <double *>y, n, row)
cdef void write_softmax_again_float64(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_again(FLOAT64, SOFTMAX, <const double *>x, <double *>y, n, row)

table.reductions[FLOAT16].write_accurately[LOG_SOFTMAX] = write_log_softmax_again_float16
table.reductions[FLOAT16].write_accurately[SOFTMAX] = write_softmax_again_float16
table.reductions[BFLOAT16].write_accurately[LOG_SOFTMAX] = write_log_softmax_again_bfloat16
table.reductions[BFLOAT16].write_accurately[SOFTMAX] = write_softmax_again_bfloat16
table.reductions[FLOAT32].write_accurately[LOG_SOFTMAX] = write_log_softmax_again_float32
table.reductions[FLOAT32].write_accurately[SOFTMAX] = write_softmax_again_float32
table.reductions[FLOAT64].write_accurately[LOG_SOFTMAX] = write_log_softmax_again_float64
table.reductions[FLOAT64].write_accurately[SOFTMAX] = write_softmax_again_float64
