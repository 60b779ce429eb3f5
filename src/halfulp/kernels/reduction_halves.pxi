# The reductions of float16 and bfloat16. Their numbers are float32 numbers too: members are widened, a block at a time,
# and go through the sums of that type. Results are rounded from double to the format in one step, by adding and
# subtracting a number whose spacing is the format's; both ends of the interval in which the exact result lies are
# rounded so, and where they differ (Ziv's rounding test) the row is undecided.

from libc.math cimport copysign
from libc.stdint cimport uint16_t

from halfulp.kernels.halves cimport bfloat16_of_float, float16_of_float, float_of_bfloat16, float_of_float16
from halfulp.kernels.table cimport BFLOAT16, FLOAT16, last_loop

cdef extern from *:
    """
    #define EXPONENT_BITS 0x7ff0000000000000ULL
    #define SMALLEST_NORMAL_FLOAT16 0x1p-14
    #define SMALLEST_NORMAL_BFLOAT16 0x1p-126
    /* added to the bits of a power of two: times 1.5 * 2^(53 - precision) */
    #define TO_ROUND_TO_FLOAT16 0x02a8000000000000ULL
    #define TO_ROUND_TO_BFLOAT16 0x02d8000000000000ULL
    """
    const uint64_t EXPONENT_BITS
    const double SMALLEST_NORMAL_FLOAT16
    const double SMALLEST_NORMAL_BFLOAT16
    const uint64_t TO_ROUND_TO_FLOAT16
    const uint64_t TO_ROUND_TO_BFLOAT16

cdef enum:
    HALF_BLOCK = GROUP * LANES    # elements; lines of any number of lanes make whole groups of it

cdef inline float float_of_half(int type, uint16_t x) noexcept nogil:
    return float_of_float16(x) if type == FLOAT16 else float_of_bfloat16(x)

cdef inline uint16_t half_of_float(int type, float x) noexcept nogil:
    return float16_of_float(x) if type == FLOAT16 else bfloat16_of_float(x)

cdef inline number_format half_format(int type) noexcept nogil:
    return float16_format() if type == FLOAT16 else bfloat16_format()

cdef inline void widen(int type, const uint16_t *x, float *wide, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        wide[i] = float_of_half(type, x[i])

cdef inline void narrow(int type, const float *wide, uint16_t *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = half_of_float(type, wide[i])

cdef inline void read_halves(
    int type, read_loop read, const uint16_t *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """Let a loop for float32 read a tile."""
    cdef float block[HALF_BLOCK]
    cdef Py_ssize_t most = HALF_BLOCK // lanes // GROUP * GROUP
    cdef Py_ssize_t start = 0, i, lines
    while start < n:
        lines = min(most, n - start)
        if stride == lanes:
            widen(type, x + start * stride, block, lines * lanes)
        else:
            for i in range(lines):
                widen(type, x + (start + i) * stride, block + i * lanes, lanes)
        read(block, lanes, lines, lanes, rows)
        start += lines

cdef inline double rounder(int type, double v) noexcept nogil:
    """Return a number c for which (v + c) - c is v rounded to the format, subnormal or not, but for its range.

    c is 1.5 * 2^52 times the spacing of the format's numbers at v. For an infinite v it is a number as well (the
    sum of exponents flows over), so that infinity comes back.
    """
    cdef double power = double_of_bits(bits_of_double(v) & EXPONENT_BITS)
    cdef double smallest = SMALLEST_NORMAL_FLOAT16 if type == FLOAT16 else SMALLEST_NORMAL_BFLOAT16
    cdef uint64_t factor = TO_ROUND_TO_FLOAT16 if type == FLOAT16 else TO_ROUND_TO_BFLOAT16
    power = power if power > smallest else smallest
    return double_of_bits(bits_of_double(power) + factor)

cdef inline void round_line(
    int type, const double *v, const double *more, const double *less, uint16_t *y, uint64_t *undecided,
    Py_ssize_t lanes, uint16_t sign
) noexcept nogil:
    """Round a line of results v of one sign, each of which lies between the exact ones v * less and v * more."""
    cdef double rounded[LANES]
    cdef float narrower[LANES]
    cdef double c, above, below
    cdef Py_ssize_t l
    for l in range(lanes):
        c = rounder(type, v[l])
        above = fma(v[l], more[l], c)
        below = fma(v[l], less[l], c)
        undecided[l] |= bits_of_double(above) ^ bits_of_double(below)
        rounded[l] = above - c
    for l in range(lanes):
        narrower[l] = <float>rounded[l]
    for l in range(lanes):
        y[l] = half_of_float(type, narrower[l]) | sign    # which a zero has lost

cdef inline void begin_rounding(
    const Lanes *rows, double further, double *more, double *less, uint64_t *undecided, Py_ssize_t lanes
) noexcept nogil:
    """Prepare for results with a relative error below the rows' margin and so much more."""
    cdef double error
    cdef Py_ssize_t l
    for l in range(lanes):
        error = rows.margin[l] + further + 2 * UNIT_ROUNDOFF    # that of more and less themselves
        more[l] = 1 + error
        less[l] = 1 - error
        undecided[l] = 0

cdef inline void end_rounding(const uint64_t *undecided, Lanes *rows, Py_ssize_t lanes) noexcept nogil:
    """Mark the undecided rows, and those where something is NaN."""
    cdef Py_ssize_t l
    for l in range(lanes):
        rows.undecided[l] += 0.0 if undecided[l] == 0 else 1.0
        rows.undecided[l] += 0.0 if rows.margin[l] + rows.high[l] > 0 else 1.0

cdef inline void write_log_softmax_half(
    int type, const uint16_t *x, Py_ssize_t x_stride, uint16_t *y, Py_ssize_t y_stride, Py_ssize_t n,
    Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef float line[LANES]
    cdef double block[LANES]
    cdef double more[LANES]
    cdef double less[LANES]
    cdef uint64_t undecided[LANES]
    cdef Py_ssize_t i, l
    begin_rounding(rows, 0, more, less, undecided, lanes)
    for i in range(n):
        widen(type, x + i * x_stride, line, lanes)
        for l in range(lanes):
            block[l] = line[l] - rows.largest[l] - rows.high[l]
        round_line(type, block, more, less, y + i * y_stride, undecided, lanes, 0x8000)
    end_rounding(undecided, rows, lanes)

cdef inline void write_softmax_half(
    int type, const uint16_t *x, Py_ssize_t x_stride, uint16_t *y, Py_ssize_t y_stride, Py_ssize_t n,
    Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """The error grows with |d|, 1.3 units of it; as if it were the greatest, it is still far below the format's."""
    cdef float line[LANES]
    cdef double block[LANES]
    cdef double more[LANES]
    cdef double less[LANES]
    cdef uint64_t undecided[LANES]
    cdef Py_ssize_t i, l
    begin_rounding(rows, -1.3 * WIDE_CUT * UNIT_ROUNDOFF, more, less, undecided, lanes)
    for i in range(n):
        widen(type, x + i * x_stride, line, lanes)
        for l in range(lanes):
            block[l] = line[l] - rows.largest[l]
        for l in range(lanes):
            block[l] = WIDE_CUT if block[l] < WIDE_CUT else block[l]
        for l in range(lanes):
            block[l] = wide_exp_below(block[l]) * rows.high[l]
        round_line(type, block, more, less, y + i * y_stride, undecided, lanes, 0)
    end_rounding(undecided, rows, lanes)

cdef inline void write_logsumexp_half(int type, uint16_t *y, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    """m + L; where the two ends differ in their signs, it is the sign of a zero that is undecided."""
    cdef double rounded[LANES]
    cdef double total, margin, c, above, below
    cdef Py_ssize_t l
    for l in range(lanes):
        total = rows.largest[l] + rows.high[l]
        margin = (rows.high[l] + fabs(total)) * rows.margin[l]
        c = rounder(type, total)
        above = total + margin + c
        below = total - margin + c
        rounded[l] = copysign(above - c, total)
        rows.undecided[l] = 0.0 if (above == below) & (fabs(total) > margin) else 1.0
    for l in range(lanes):
        y[l] = half_of_float(type, <float>rounded[l])

cdef inline void write_half_accurately(
    int type, int function, const uint16_t *x, uint16_t *y, Py_ssize_t n, const Lanes *row
) noexcept nogil:
    cdef float block[HALF_BLOCK]
    cdef Py_ssize_t start = 0, size
    while start < n:
        size = min(<Py_ssize_t>HALF_BLOCK, n - start)
        if function == LOGSUMEXP:
            write_logsumexp_last(block, row, half_format(type))
        else:
            widen(type, x + start, block, size)
            if function == LOG_SOFTMAX:
                write_log_softmax_last(block, block, size, row, half_format(type))
            else:
                write_softmax_last(block, block, size, row, half_format(type))
        narrow(type, block, y + start, size)
        start += size

cdef inline void write_half_exactly(int type, uint16_t *y, const Lanes *row) noexcept nogil:
    cdef float result
    write_exactly(&result, row, half_format(type))
    y[0] = half_of_float(type, result)

cdef void find_largest_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, find_largest_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, add_wide, <const uint16_t *>x, stride, n, lanes, rows)
cdef void count_present_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, count_present_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_quick_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, add_quick_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_exactly_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, add_exactly_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void write_log_softmax_float16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_log_softmax_half(FLOAT16, <const uint16_t *>x, x_stride, <uint16_t *>y, y_stride, n, lanes, rows)
cdef void write_softmax_float16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_softmax_half(FLOAT16, <const uint16_t *>x, x_stride, <uint16_t *>y, y_stride, n, lanes, rows)
cdef void write_logsumexp_float16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_logsumexp_half(FLOAT16, <uint16_t *>y, lanes, rows)
cdef void write_log_softmax_last_float16(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_half_accurately(FLOAT16, LOG_SOFTMAX, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_softmax_last_float16(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_half_accurately(FLOAT16, SOFTMAX, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_logsumexp_last_float16(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_half_accurately(FLOAT16, LOGSUMEXP, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_exactly_float16(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_half_exactly(FLOAT16, <uint16_t *>y, row)
cdef void find_largest_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, find_largest_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, add_wide, <const uint16_t *>x, stride, n, lanes, rows)
cdef void count_present_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, count_present_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_quick_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, add_quick_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_exactly_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, add_exactly_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void write_log_softmax_bfloat16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_log_softmax_half(BFLOAT16, <const uint16_t *>x, x_stride, <uint16_t *>y, y_stride, n, lanes, rows)
cdef void write_softmax_bfloat16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_softmax_half(BFLOAT16, <const uint16_t *>x, x_stride, <uint16_t *>y, y_stride, n, lanes, rows)
cdef void write_logsumexp_bfloat16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_logsumexp_half(BFLOAT16, <uint16_t *>y, lanes, rows)
cdef void write_log_softmax_last_bfloat16(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_half_accurately(BFLOAT16, LOG_SOFTMAX, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_softmax_last_bfloat16(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_half_accurately(BFLOAT16, SOFTMAX, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_logsumexp_last_bfloat16(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_half_accurately(BFLOAT16, LOGSUMEXP, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_exactly_bfloat16(const void *x, void *y, Py_ssize_t n, const Lanes *row) noexcept nogil:
    write_half_exactly(BFLOAT16, <uint16_t *>y, row)

cdef void fill_half_reductions() noexcept:
    cdef ReductionLoops *loops16 = &table.reductions[FLOAT16]
    cdef ReductionLoops *brain16 = &table.reductions[BFLOAT16]
    loops16[0] = brain16[0] = table.reductions[FLOAT32]    # for the steps between reading and writing
    loops16.find_largest = find_largest_float16
    loops16.add = add_float16
    loops16.write[LOG_SOFTMAX] = write_log_softmax_float16
    loops16.write[SOFTMAX] = write_softmax_float16
    loops16.write[LOGSUMEXP] = write_logsumexp_float16
    loops16.count_present = count_present_float16
    loops16.add_accurately = add_quick_float16
    loops16.write_accurately[LOG_SOFTMAX] = write_log_softmax_last_float16
    loops16.write_accurately[SOFTMAX] = write_softmax_last_float16
    loops16.write_accurately[LOGSUMEXP] = write_logsumexp_last_float16
    loops16.add_exactly = add_exactly_float16
    loops16.write_exactly = write_exactly_float16
    brain16.find_largest = find_largest_bfloat16
    brain16.add = add_bfloat16
    brain16.write[LOG_SOFTMAX] = write_log_softmax_bfloat16
    brain16.write[SOFTMAX] = write_softmax_bfloat16
    brain16.write[LOGSUMEXP] = write_logsumexp_bfloat16
    brain16.count_present = count_present_bfloat16
    brain16.add_accurately = add_quick_bfloat16
    brain16.write_accurately[LOG_SOFTMAX] = write_log_softmax_last_bfloat16
    brain16.write_accurately[SOFTMAX] = write_softmax_last_bfloat16
    brain16.write_accurately[LOGSUMEXP] = write_logsumexp_last_bfloat16
    brain16.add_exactly = add_exactly_bfloat16
    brain16.write_exactly = write_exactly_bfloat16

fill_half_reductions()
