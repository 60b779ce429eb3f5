# The reductions of float16 and bfloat16. Their numbers are float32 numbers too: members are widened, a block at a time,
# and go through the sums of that type. Results are rounded by way of float32 where it is sure that this is right, which
# leaves one element in 2^13 (float16) or 2^16 (bfloat16). In a block that has such an element all results are rounded
# in one step, from double to the bits of the format; both ends of the interval in which the exact result lies are, and
# where they differ (Ziv's rounding test) the row is undecided.

from libc.stdint cimport int16_t, int32_t, uint16_t

from halfulp.kernels.halves cimport (
    BFLOAT16_INFINITY, FLOAT16_INFINITY, FLOAT16_STORED, SIGN, SINGLE_UNIT, bfloat16_of_float, bits_of_float16,
    bits_of_half, float16_power_below, float16_rounder, float_of_half, half_format, half_of_number,
    nearest_power_below, rounder,
)
from halfulp.kernels.table cimport BFLOAT16, FLOAT16

cdef enum:
    HALF_BLOCK = GROUP * LANES      # elements: lines of any number of lanes make whole groups of it

cdef inline void widen(
    int type, const uint16_t *x, Py_ssize_t stride, float *wide, Py_ssize_t lines, Py_ssize_t lanes
) noexcept nogil:
    cdef Py_ssize_t i, j, l
    for i in range(lines):
        for j in range(lanes // STRIP):
            for l in range(STRIP):
                wide[i * lanes + j * STRIP + l] = float_of_half(type, x[i * stride + j * STRIP + l])

cdef inline int16_t order_of_half(int16_t x) noexcept nogil:
    """Map the bits of 16-bit floats to integers in the same order, and those back."""
    return x ^ ((x >> 15) & 0x7fff)

cdef inline void find_largest_half(
    int type, const uint16_t *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """NaN is passed over here, unless it hides the largest member: it turns the sum to NaN."""
    cdef int16_t largest[STRIP]
    cdef int16_t order
    cdef float found
    cdef Py_ssize_t strip, i, j, l
    for j in range(lanes // STRIP):
        strip = j * STRIP
        for l in range(STRIP):
            largest[l] = -0x8000    # the order of a NaN: the largest so far stays
        for i in range(n):
            for l in range(STRIP):
                order = order_of_half(x[i * stride + strip + l])
                largest[l] = order if order > largest[l] else largest[l]
        for l in range(STRIP):
            found = float_of_half(type, order_of_half(largest[l]))
            rows.largest[strip + l] = found if found > rows.largest[strip + l] else rows.largest[strip + l]

cdef inline void read_halves(
    int type, read_loop read, const uint16_t *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """Let a loop for float32 read a tile."""
    cdef float block[HALF_BLOCK]
    cdef Py_ssize_t most = HALF_BLOCK // lanes // GROUP * GROUP
    cdef Py_ssize_t start = 0, lines
    while start < n:
        lines = min(most, n - start)
        widen(type, x + start * stride, stride, block, lines, lanes)
        read(block, lanes, lines, lanes, rows)
        start += lines

cdef inline bint round_singles_to_float16(const float *x, uint16_t *y, Py_ssize_t n) noexcept nogil:
    """Round numbers x >= 0; tell whether one is half-way between two numbers of the format."""
    cdef uint32_t bits[BLOCK_SIZE]
    cdef int32_t infinity = <int32_t>bits_of_float(FLOAT16_INFINITY)
    cdef uint32_t midpoints = 0
    cdef int32_t number, power
    cdef float single, c, raised, half_a_unit
    cdef Py_ssize_t i
    for i in range(n):
        number = <int32_t>bits_of_float(x[i])
        number = number if number < infinity else infinity
        single = float_of_bits(<uint32_t>number)
        power = float16_power_below(single)
        c = float16_rounder(power)
        raised = single + c
        half_a_unit = float_of_bits(<uint32_t>(power - (FLOAT16_STORED + 1) * SINGLE_UNIT))
        midpoints |= fabs(single - (raised - c)) == half_a_unit
        bits[i] = bits_of_float16(power, raised)
    for i in range(n):
        y[i] = <uint16_t>bits[i]
    return midpoints != 0

cdef inline bint round_singles_to_bfloat16(const float *x, uint16_t *y, Py_ssize_t n) noexcept nogil:
    """The same; here it is the upper half of the bits that is rounded."""
    cdef uint32_t midpoints = 0
    cdef Py_ssize_t i
    for i in range(n):
        midpoints |= (bits_of_float(x[i]) & 0xffff) == 0x8000
        y[i] = bfloat16_of_float(x[i])
    return midpoints != 0

cdef inline bint round_by_way_of_singles(int type, const double *v, uint16_t *y, Py_ssize_t n) noexcept nogil:
    """Round results v >= 0; tell whether that was right for all.

    A midpoint of the format is a float32 number. So if the one nearest to v is no midpoint, it lies on the same side
    of all midpoints as v does, half a unit away from each or more; and so does the exact result, at v (1 +- 2^-34).
    """
    cdef float single[BLOCK_SIZE]
    cdef Py_ssize_t i
    for i in range(n):
        single[i] = <float>v[i]
    if type == FLOAT16:
        return not round_singles_to_float16(single, y, n)
    return not round_singles_to_bfloat16(single, y, n)

cdef inline void round_between(
    int type, const double *low, const double *high, uint16_t *y, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """Round results of which low >= 0 and high are bounds."""
    cdef uint64_t bits[STRIP]
    cdef double infinity = FLOAT16_INFINITY if type == FLOAT16 else BFLOAT16_INFINITY
    cdef double power, c, above, below
    cdef Py_ssize_t l
    for l in range(STRIP):
        below = low[l] if low[l] < infinity else infinity
        above = high[l] if high[l] < infinity else infinity
        power = nearest_power_below(type, below)
        c = rounder(type, power)
        below = below + c
        above = above + c
        rows.undecided[strip + l] |= bits_of_double(above) ^ bits_of_double(below)
        bits[l] = bits_of_half(type, power, above)
    for l in range(STRIP):
        y[l] = <uint16_t>bits[l]

cdef inline void round_line(
    int type, const double *v, uint16_t *y, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """Round results v >= 0 with a relative error below the rows' margin."""
    cdef double low[STRIP]
    cdef double high[STRIP]
    cdef double error
    cdef Py_ssize_t l
    for l in range(STRIP):
        error = rows.margin[strip + l] + 3 * UNIT_ROUNDOFF    # those of 1 + error, and of the products
        low[l] = v[l] * (1 - error)
        high[l] = v[l] * (1 + error)
    round_between(type, low, high, y, rows, strip)

cdef inline void write_block(
    int type, const double *v, uint16_t *y, Py_ssize_t y_stride, Py_ssize_t lines, const uint16_t *signs,
    Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    """Write results given by their magnitudes v, with errors as for `round_line`, and a sign for each lane."""
    cdef uint16_t block[BLOCK_SIZE]
    cdef Py_ssize_t i, l
    if not round_by_way_of_singles(type, v, block, lines * STRIP):
        for i in range(lines):
            round_line(type, v + i * STRIP, block + i * STRIP, rows, strip)
    for i in range(lines):
        for l in range(STRIP):
            y[i * y_stride + l] = block[i * STRIP + l] | signs[l]

cdef inline void write_dominated_half(
    int type, const float *members, uint16_t *y, Py_ssize_t y_stride, Py_ssize_t lines, const uint16_t *signs,
    Lanes *rows, Py_ssize_t strip,
) noexcept nogil:
    """L - d for both ends of the interval in which L lies, see is_dominated; -d of infinity is its own result."""
    cdef double low[STRIP]
    cdef double high[STRIP]
    cdef uint16_t line[STRIP]
    cdef double log, margin
    cdef pair d
    cdef Py_ssize_t i, l
    for i in range(lines):
        for l in range(STRIP):
            d = two_sum(rows.largest[strip + l], -<double>members[i * STRIP + l])
            log = rows.high[strip + l]
            margin = rows.margin[strip + l] * log
            low[l] = odd_sum(d, log - margin) if d.high <= LARGEST_DOUBLE else d.high
            high[l] = odd_sum(d, log + margin) if d.high <= LARGEST_DOUBLE else d.high
        round_between(type, low, high, line, rows, strip)
        for l in range(STRIP):
            y[i * y_stride + l] = line[l] | signs[l]

cdef inline void write_log_softmax_half(
    int type, const uint16_t *x, Py_ssize_t x_stride, uint16_t *y, Py_ssize_t y_stride, Py_ssize_t n,
    Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    """L - d with its sign changed, but for the 0 of a row of one member."""
    cdef uint16_t signs[STRIP]
    cdef float members[BLOCK_SIZE]
    cdef double results[BLOCK_SIZE]
    cdef Py_ssize_t start = 0, lines, strip, i, j, l
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            widen(type, x + start * x_stride + strip, x_stride, members, lines, STRIP)
            for l in range(STRIP):
                signs[l] = SIGN if rows.high[strip + l] > 0 else 0
            if is_dominated(rows, strip):
                write_dominated_half(
                    type, members, y + start * y_stride + strip, y_stride, lines, signs, rows, strip
                )
                continue
            for i in range(lines):
                fetch_ahead(rows, i, strip, STRIP * sizeof(uint16_t))
                for l in range(STRIP):
                    results[i * STRIP + l] = rows.largest[strip + l] - members[i * STRIP + l] + rows.high[strip + l]
            write_block(type, results, y + start * y_stride + strip, y_stride, lines, signs, rows, strip)
        start += GROUP
        move_ahead(rows, GROUP)

cdef inline void write_half_products(
    int type, const double *e, uint16_t *y, Py_ssize_t stride, Py_ssize_t n, Lanes *rows, Py_ssize_t strip
) noexcept nogil:
    cdef double results[BLOCK_SIZE]
    cdef uint16_t signs[STRIP]
    cdef Py_ssize_t i, l
    for l in range(STRIP):
        signs[l] = 0
    for i in range(n):
        fetch_ahead(rows, i, strip, STRIP * sizeof(uint16_t))
        for l in range(STRIP):
            results[i * STRIP + l] = e[i * STRIP + l] * rows.high[strip + l]
    write_block(type, results, y, stride, n, signs, rows, strip)

cdef inline void write_softmax_half(
    int type, const uint16_t *x, Py_ssize_t x_stride, uint16_t *y, Py_ssize_t y_stride, Py_ssize_t n,
    Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef float members[BLOCK_SIZE]
    cdef double e[BLOCK_SIZE]
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            widen(type, x + start * x_stride + strip, x_stride, members, lines, STRIP)
            wide_exp_of_strip(members, STRIP, lines, rows, strip, e)
            write_half_products(type, e, y + start * y_stride + strip, y_stride, lines, rows, strip)
        start += GROUP
        move_ahead(rows, GROUP)

cdef inline void add_keeping_half(
    int type, const uint16_t *x, Py_ssize_t stride, double *kept, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef float block[HALF_BLOCK]
    cdef Py_ssize_t most = HALF_BLOCK // lanes // GROUP * GROUP
    cdef Py_ssize_t start = 0, lines
    while start < n:
        lines = min(most, n - start)
        widen(type, x + start * stride, stride, block, lines, lanes)
        add_keeping_wide(block, lanes, kept, NULL, lines, lanes, rows)
        kept += lines * lanes
        start += lines

cdef inline void write_kept_half(
    int type, const double *kept, uint16_t *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    cdef Py_ssize_t start = 0, lines, strip, j
    while start < n:
        lines = min(<Py_ssize_t>GROUP, n - start)
        for j in range(lanes // STRIP):
            strip = j * STRIP
            write_half_products(type, kept, y + start * stride + strip, stride, lines, rows, strip)
            kept += lines * STRIP
        start += GROUP
        move_ahead(rows, GROUP)

cdef inline void write_logsumexp_half(int type, uint16_t *y, Py_ssize_t lanes, Lanes *rows) noexcept nogil:
    """m + L; where the two ends have different signs, that of a zero may be wrong."""
    cdef uint64_t bits[LANES]
    cdef double infinity = FLOAT16_INFINITY if type == FLOAT16 else BFLOAT16_INFINITY
    cdef double total, size, margin, power, c, above, below
    cdef Py_ssize_t l
    for l in range(lanes):
        total = rows.largest[l] + rows.high[l]
        size = fabs(total) if fabs(total) < infinity else infinity
        margin = (rows.high[l] + size) * rows.margin[l]
        power = nearest_power_below(type, size)
        c = rounder(type, power)
        above = size + margin + c
        below = size - margin + c
        rows.undecided[l] |= (above != below) | (size <= margin)
        bits[l] = (bits_of_half(type, power, above) & (SIGN - 1)) | (bits_of_double(total) >> 48 & SIGN)
    for l in range(lanes):
        y[l] = <uint16_t>bits[l]

cdef inline void write_half_last(
    int type, int function, const uint16_t *x, uint16_t *y, Py_ssize_t n, Lanes *row
) noexcept nogil:
    """Write a block of results by the last phase."""
    cdef number_format target = half_format(type)
    cdef float block[BLOCK_SIZE]
    cdef Py_ssize_t i
    if function == LOGSUMEXP:
        write_logsumexp_last(block, row, target)
    else:
        for i in range(n):
            block[i] = float_of_half(type, x[i])
        if function == LOG_SOFTMAX:
            write_log_softmax_last(block, block, n, row, target)
        else:
            write_softmax_last(block, block, n, row, target)
    for i in range(n):
        y[i] = half_of_number(block[i], target)

cdef inline void write_half_exactly(int type, uint16_t *y, Lanes *row) noexcept nogil:
    cdef float result
    write_exactly(&result, row, half_format(type))
    y[0] = half_of_number(result, half_format(type))
