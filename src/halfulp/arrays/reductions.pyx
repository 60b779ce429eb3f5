"""The reductions on whole arrays: rows out of any axes, side by side or one at a time, and threads.

Formulas are in the kernels. A long row is read along, its members going through the lanes in turn; short ones, and
those whose members are far apart in memory, go side by side in bundles of neighbours. What is not contiguous in the
direction of the lanes is gathered, a tile at a time.
"""

cimport numpy as np
from libc.math cimport INFINITY, NAN
from libc.stdint cimport uint16_t
from libc.stdlib cimport free, llabs, malloc
from libc.string cimport memcpy

from halfulp.arrays.dtypes import is_bfloat16

from halfulp.arrays.blocks cimport NPY_HALF, copy_plane, gather, scatter
from halfulp.arrays.environment cimport FloatEnvironment, enter_default_environment, leave_environment
from halfulp.arrays.layout cimport Cursor, Layout, add_axis, advance, merge_axes, run_length, seek
from halfulp.arrays.threads cimport for_each_chunk, threads_for
from halfulp.kernels.dispatch cimport loops
from halfulp.kernels.halves cimport float_of_half, half_format, half_of_number
from halfulp.kernels.lanes cimport (
    LANES, STRIP, Lanes, any_undecided, begin, count_members, join_largest, join_sums, merge, merge_undecided, spread,
)
from halfulp.kernels.table cimport BFLOAT16, FLOAT16, FLOAT32, FLOAT64, LOGSUMEXP, ReductionLoops, read_loop
from halfulp.kernels cimport table



np.import_array()

cdef enum:
    BUFFER = 32768              # bytes of a gathered tile, on the stack
    LONG_ROW = 128              # members; shorter rows go side by side
    FEW_ROWS = 16               # too few to go side by side
    CACHE = 262144              # bytes: a bundle is read three times and had better stay there
    FEWEST_LANES = 32           # in a bundle, even so
    ROW_LANES = STRIP           # of a row that is read along
    CHUNK_ELEMENTS = 16384
    LONGEST_ACCURATE = 262144   # float64 members; the quick sums, 2^-76, have to do for longer rows
    PART_ELEMENTS = 65536       # of a row that is split among threads
    MOST_PARTS = 64

ctypedef fused number:
    uint16_t                    # the bits of a 16-bit type
    float
    double

cdef struct Work:
    const ReductionLoops *loops
    int function
    int type                    # of the result
    int x_type                  # NumPy's number of the input's type; NPY_HALF for any 16-bit float
    bint converts               # from that to the type of the result
    Py_ssize_t itemsize         # of the result's type
    bint in_place               # y is x
    Layout rows                 # the axes that stay: where each row begins
    Layout members              # the axes reduced: where the members of a row are from there
    Py_ssize_t rows_per_chunk

cdef struct Row:
    const char *x
    char *y


FUNCTIONS = {"log_softmax": table.LOG_SOFTMAX, "softmax": table.SOFTMAX, "logsumexp": table.LOGSUMEXP}


# --- The whole ---------------------------------------------------------------------------------------------------

cdef void reduce_rows(Work *work) noexcept nogil:
    cdef int threads = threads_for(work.rows.size * work.members.size)
    cdef FloatEnvironment saved
    work.rows_per_chunk = max(CHUNK_ELEMENTS // work.members.size, 1)
    if goes_side_by_side(work):
        work.rows_per_chunk = (work.rows_per_chunk + LANES - 1) // LANES * LANES
        for_each_chunk(compute_bundles, work, chunk_count(work), threads)
    elif work.rows.size < threads and work.members.size >= 2 * PART_ELEMENTS:
        work.rows_per_chunk = 1
        saved = enter_default_environment()
        compute_some_rows(work, 0, work.rows.size, threads)
        leave_environment(saved)
    else:
        for_each_chunk(compute_rows, work, chunk_count(work), threads)


cdef bint goes_side_by_side(const Work *work) noexcept nogil:
    cdef Py_ssize_t row_stride = work.rows.x_strides[work.rows.ndim - 1]
    cdef Py_ssize_t member_stride = work.members.x_strides[work.members.ndim - 1]
    if work.converts:
        return False
    if work.members.size < LONG_ROW:
        return True
    return llabs(row_stride) < llabs(member_stride) and work.rows.shape[work.rows.ndim - 1] >= FEW_ROWS


cdef Py_ssize_t chunk_count(const Work *work) noexcept nogil:
    return (work.rows.size + work.rows_per_chunk - 1) // work.rows_per_chunk


# --- One row, read along -----------------------------------------------------------------------------------------

cdef void compute_rows(void *context, Py_ssize_t chunk) noexcept nogil:
    cdef const Work *work = <const Work *>context
    cdef Py_ssize_t first = chunk * work.rows_per_chunk
    compute_some_rows(work, first, min(first + work.rows_per_chunk, work.rows.size), 1)


cdef void compute_some_rows(const Work *work, Py_ssize_t first, Py_ssize_t last, int threads) noexcept nogil:
    cdef Cursor x_cursor, y_cursor
    cdef Row row
    seek(&work.rows, work.rows.x_strides, first, &x_cursor)
    seek(&work.rows, work.rows.y_strides, first, &y_cursor)
    while first < last:
        row.x = work.rows.x + x_cursor.offset
        row.y = work.rows.y + y_cursor.offset
        compute_row(work, row, threads)
        advance(&work.rows, work.rows.x_strides, 1, &x_cursor)
        advance(&work.rows, work.rows.y_strides, 1, &y_cursor)
        first += 1


cdef void compute_row(const Work *work, Row row, int threads) noexcept nogil:
    cdef Lanes state
    begin(&state, ROW_LANES)
    scan(work, row, READ, work.loops.find_largest, &state, threads)
    join_largest(&state, ROW_LANES)
    scan(work, row, READ, work.loops.add, &state, threads)
    join_sums(&state, ROW_LANES)
    work.loops.finish[work.function](&state, 1, work.members.size)
    if work.function == LOGSUMEXP:
        work.loops.write[LOGSUMEXP](NULL, 0, row.y, 0, 1, 1, &state)
    else:
        spread(&state, ROW_LANES)
        if work.in_place:
            scan(work, row, TRY, NULL, &state, threads)
        if not work.in_place or not any_undecided(&state, ROW_LANES):
            scan(work, row, WRITE, NULL, &state, threads)
    if any_undecided(&state, ROW_LANES):
        compute_row_accurately(work, row, threads)


cdef void compute_row_accurately(const Work *work, Row row, int threads) noexcept nogil:
    cdef Lanes state
    cdef bint is_long = work.itemsize == 8 and work.members.size > LONGEST_ACCURATE
    cdef double present, largest
    begin(&state, ROW_LANES)
    scan(work, row, READ, work.loops.count_present, &state, threads)
    present = count_members(&state, ROW_LANES)
    begin(&state, ROW_LANES)
    scan(work, row, READ, work.loops.find_largest, &state, threads)
    join_largest(&state, ROW_LANES)
    largest = state.largest[0]
    if present != present or largest == INFINITY or largest == -INFINITY:
        fill_row(work, row, largest if work.function == LOGSUMEXP and present == present else NAN, &state)
        return
    if is_long:
        scan(work, row, READ, work.loops.add, &state, threads)
    else:
        scan(work, row, READ, work.loops.add_accurately, &state, threads)
    join_sums(&state, ROW_LANES)
    if present == 1:    # the others are -inf, and not just small
        state.high[0] = state.low[0] = 0
    if is_long:
        work.loops.finish[work.function](&state, 1, work.members.size)
    else:
        work.loops.finish_accurately[work.function](&state, 1, work.members.size)
    if work.function == LOGSUMEXP:
        write_logsumexp_accurately(work, row, &state)
    else:
        scan(work, row, WRITE_ACCURATELY, NULL, &state, threads)


cdef void write_logsumexp_accurately(const Work *work, Row row, Lanes *state) noexcept nogil:
    """Write the result; where the largest member and the logarithm cancel, sum the row again in fixed point."""
    work.loops.write_accurately[LOGSUMEXP](NULL, row.y, 1, state)
    if not is_nan(work.type, row.y):
        return
    begin(state, ROW_LANES)
    scan(work, row, READ, work.loops.add_exactly, state, 1)
    work.loops.write_exactly(NULL, row.y, 1, state)


cdef bint is_nan(int type, const char *y) noexcept nogil:
    cdef double value
    if type == FLOAT64:
        value = (<const double *>y)[0]
    elif type == FLOAT32:
        value = (<const float *>y)[0]
    else:
        value = float_of_half(type, (<const uint16_t *>y)[0])
    return value != value


cdef void fill_row(const Work *work, Row row, double value, Lanes *state) noexcept nogil:
    if work.function == LOGSUMEXP:
        fill_any(work.type, row.y, value, 0, 1)
    else:
        scan(work, row, FILL, NULL, state, 1)


cdef enum Scan:
    READ
    TRY                 # compute the results, only to see whether all are decided
    WRITE
    WRITE_ACCURATELY
    FILL                # with NaN

cdef struct Part:
    const Work *work
    Row row
    Scan kind
    read_loop read
    Py_ssize_t size
    Lanes *states


cdef void scan(
    const Work *work, Row row, Scan kind, read_loop read, Lanes *state, int threads
) noexcept nogil:
    """Read or write a row. Its parts depend on its length only, not on the threads."""
    cdef Py_ssize_t count = min(work.members.size // PART_ELEMENTS, <Py_ssize_t>MOST_PARTS)
    cdef Part part
    cdef Py_ssize_t i
    part.states = NULL
    if threads > 1 and count > 1:
        part.states = <Lanes *>malloc(count * sizeof(Lanes))
    if part.states == NULL:
        scan_part(work, row, kind, read, state, 0, work.members.size)
        return
    part.work = work
    part.row = row
    part.kind = kind
    part.read = read
    part.size = (work.members.size + count - 1) // count
    for i in range(count):
        part.states[i] = state[0]
    for_each_chunk(scan_chunk, &part, count, threads)
    for i in range(count):
        merge_undecided(state, &part.states[i], ROW_LANES)
        if kind == READ:
            merge(state, &part.states[i], ROW_LANES)
    free(part.states)


cdef void scan_chunk(void *context, Py_ssize_t chunk) noexcept nogil:
    cdef const Part *part = <const Part *>context
    cdef Py_ssize_t first = chunk * part.size
    scan_part(
        part.work, part.row, part.kind, part.read, &part.states[chunk], first,
        min(first + part.size, part.work.members.size),
    )


cdef void scan_part(
    const Work *work, Row row, Scan kind, read_loop read, Lanes *state, Py_ssize_t first, Py_ssize_t last
) noexcept nogil:
    """Go through some members of a row, in pieces that are contiguous, or gathered."""
    cdef char buffer[BUFFER]
    cdef Cursor x_cursor, y_cursor
    cdef Py_ssize_t last_axis = work.members.ndim - 1
    cdef bint x_is_contiguous = not work.converts and work.members.x_strides[last_axis] == work.itemsize
    cdef bint y_is_contiguous = kind != TRY and work.members.y_strides[last_axis] == work.itemsize
    cdef bint x_is_direct, y_is_direct
    cdef const char *x
    cdef char *y
    cdef Py_ssize_t n, run
    seek(&work.members, work.members.x_strides, first, &x_cursor)
    seek(&work.members, work.members.y_strides, first, &y_cursor)
    while first < last:
        n = last - first
        run = min(n, run_length(&work.members, &x_cursor))
        x_is_direct = x_is_contiguous and (run == n or run >= LONG_ROW)
        y_is_direct = y_is_contiguous and (run == n or run >= LONG_ROW)
        if x_is_direct or y_is_direct:
            n = run
        if not x_is_direct or (kind != READ and not y_is_direct):
            n = min(n, BUFFER // work.itemsize)
        x = row.x + x_cursor.offset if x_is_direct else buffer
        y = row.y + y_cursor.offset if y_is_direct else buffer
        if x_is_direct:
            advance(&work.members, work.members.x_strides, n, &x_cursor)
        else:
            gather_members(work, row.x, &x_cursor, buffer, n)
        if kind == READ:
            read_line(work, read, x, n, state)
        elif kind == WRITE_ACCURATELY:
            work.loops.write_accurately[work.function](x, y, n, state)
        elif kind == FILL:
            fill_any(work.type, y, NAN, 0, n)
        else:
            write_line(work, x, y, n, state)
        if y_is_direct or kind == READ or kind == TRY:
            advance(&work.members, work.members.y_strides, n, &y_cursor)
        else:
            scatter_members(work, buffer, row.y, &y_cursor, n)
        first += n


cdef void read_line(
    const Work *work, read_loop read, const char *x, Py_ssize_t n, Lanes *state
) noexcept nogil:
    """Read contiguous members of one row; the rest, filled up with -inf, as a line of its own."""
    cdef char line[ROW_LANES * 8]
    cdef Py_ssize_t rest = n % ROW_LANES
    read(x, ROW_LANES, n // ROW_LANES, ROW_LANES, state)
    if rest:
        fill_up(work, x + (n - rest) * work.itemsize, rest, line)
        read(line, ROW_LANES, 1, ROW_LANES, state)


cdef void write_line(const Work *work, const char *x, char *y, Py_ssize_t n, Lanes *state) noexcept nogil:
    cdef char line[ROW_LANES * 8]
    cdef Py_ssize_t rest = n % ROW_LANES
    cdef Py_ssize_t done = (n - rest) * work.itemsize
    work.loops.write[work.function](x, ROW_LANES, y, ROW_LANES, n // ROW_LANES, ROW_LANES, state)
    if rest:
        fill_up(work, x + done, rest, line)
        work.loops.write[work.function](line, ROW_LANES, line, ROW_LANES, 1, ROW_LANES, state)
        memcpy(y + done, line, rest * work.itemsize)


cdef Py_ssize_t whole_strips(Py_ssize_t lanes) noexcept nogil:
    return (lanes + STRIP - 1) // STRIP * STRIP


cdef void fill_up(const Work *work, const char *x, Py_ssize_t n, char *line) noexcept nogil:
    memcpy(line, x, n * work.itemsize)
    fill_any(work.type, line, -INFINITY, n, ROW_LANES)


cdef void fill_any(int type, char *line, double value, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    if type == FLOAT64:
        fill(<double *>line, value, first, last)
    elif type == FLOAT32:
        fill(<float *>line, <float>value, first, last)
    else:
        fill(<uint16_t *>line, half_of_number(value, half_format(type)), first, last)


cdef inline void fill(number *line, number value, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(first, last):
        line[i] = value


cdef void gather_members(
    const Work *work, const char *x, Cursor *cursor, char *buffer, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t run
    while n > 0:
        run = min(n, run_length(&work.members, cursor))
        gather(work.x_type, x + cursor.offset, work.members.x_strides[work.members.ndim - 1], buffer, run)
        advance(&work.members, work.members.x_strides, run, cursor)
        buffer += run * work.itemsize
        n -= run


cdef void scatter_members(
    const Work *work, const char *buffer, char *y, Cursor *cursor, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t run
    while n > 0:
        run = min(n, run_length(&work.members, cursor))
        scatter(work.itemsize, buffer, y + cursor.offset, work.members.y_strides[work.members.ndim - 1], run)
        advance(&work.members, work.members.y_strides, run, cursor)
        buffer += run * work.itemsize
        n -= run


# --- Bundles of rows, side by side -------------------------------------------------------------------------------

cdef struct Bundle:
    Row rows[LANES]
    Py_ssize_t count            # of rows
    Py_ssize_t lanes            # count, filled up to whole strips with the last row
    bint is_regular             # the rows lie equally far apart, and so do the members
    bint x_is_direct            # the members of a line are contiguous in memory
    bint y_is_direct
    Py_ssize_t lines            # in a tile


cdef void compute_bundles(void *context, Py_ssize_t chunk) noexcept nogil:
    cdef const Work *work = <const Work *>context
    cdef Py_ssize_t first = chunk * work.rows_per_chunk
    cdef Py_ssize_t last = min(first + work.rows_per_chunk, work.rows.size)
    cdef Bundle bundle
    cdef Py_ssize_t lanes = LANES
    while lanes > FEWEST_LANES and lanes * work.members.size * work.itemsize > CACHE:
        lanes //= 2
    while first < last:
        make_bundle(work, first, min(lanes, last - first), &bundle)
        compute_bundle(work, &bundle)
        first += bundle.count


cdef void make_bundle(const Work *work, Py_ssize_t first, Py_ssize_t count, Bundle *bundle) noexcept nogil:
    cdef Cursor x_cursor, y_cursor
    cdef int last = work.rows.ndim - 1
    cdef Py_ssize_t filled = 0, run, l
    seek(&work.rows, work.rows.x_strides, first, &x_cursor)
    seek(&work.rows, work.rows.y_strides, first, &y_cursor)
    bundle.count = count
    bundle.lanes = whole_strips(count)
    bundle.is_regular = work.members.ndim == 1 and count <= run_length(&work.rows, &x_cursor)
    while filled < count:
        run = min(count - filled, run_length(&work.rows, &x_cursor))
        for l in range(run):
            bundle.rows[filled + l].x = work.rows.x + x_cursor.offset + l * work.rows.x_strides[last]
            bundle.rows[filled + l].y = work.rows.y + y_cursor.offset + l * work.rows.y_strides[last]
        advance(&work.rows, work.rows.x_strides, run, &x_cursor)
        advance(&work.rows, work.rows.y_strides, run, &y_cursor)
        filled += run
    for l in range(count, bundle.lanes):
        bundle.rows[l] = bundle.rows[count - 1]
    bundle.x_is_direct = (
        bundle.is_regular and count == bundle.lanes and work.rows.x_strides[last] == work.itemsize
        and work.members.x_strides[0] % work.itemsize == 0
    )
    bundle.y_is_direct = (
        bundle.is_regular and count == bundle.lanes and work.rows.y_strides[last] == work.itemsize
        and work.members.y_strides[0] % work.itemsize == 0
    )
    bundle.lines = BUFFER // (bundle.lanes * work.itemsize)


cdef void compute_bundle(const Work *work, const Bundle *bundle) noexcept nogil:
    """The results of a bundle. Undecided rows are computed again, one at a time.

    In place there is no second time: so the results are tried first, and if any is undecided, every row goes alone.
    """
    cdef char buffer[BUFFER]
    cdef Lanes state
    cdef Py_ssize_t l
    cdef bint all_alone = False
    begin(&state, bundle.lanes)
    scan_bundle(work, bundle, READ, work.loops.find_largest, &state, buffer)
    scan_bundle(work, bundle, READ, work.loops.add, &state, buffer)
    work.loops.finish[work.function](&state, bundle.lanes, work.members.size)
    if work.function == LOGSUMEXP:
        work.loops.write[LOGSUMEXP](NULL, 0, buffer, 0, 1, bundle.lanes, &state)
        for l in range(bundle.count):
            memcpy(bundle.rows[l].y, buffer + l * work.itemsize, work.itemsize)
            if state.undecided[l] != 0:
                compute_row_accurately(work, bundle.rows[l], 1)
        return
    if work.in_place:
        scan_bundle(work, bundle, TRY, NULL, &state, buffer)
        all_alone = any_undecided(&state, bundle.count)
    if not all_alone:
        scan_bundle(work, bundle, WRITE, NULL, &state, buffer)
    for l in range(bundle.count if any_undecided(&state, bundle.count) else 0):
        if all_alone or state.undecided[l] != 0:
            compute_row_accurately(work, bundle.rows[l], 1)


cdef void scan_bundle(
    const Work *work, const Bundle *bundle, Scan kind, read_loop read, Lanes *state, char *buffer
) noexcept nogil:
    """Go through all members, a tile at a time; of a bundle that is one tile the first scan leaves it in the buffer."""
    cdef char results[BUFFER]
    cdef Py_ssize_t size = work.members.size
    cdef bint is_one_tile = size <= bundle.lines
    cdef bint is_direct = bundle.x_is_direct and (kind == READ or (kind == WRITE and bundle.y_is_direct))
    cdef Py_ssize_t most = size if is_direct else bundle.lines
    cdef Py_ssize_t first = 0, lines, x_stride, y_stride
    cdef const char *x
    cdef char *y
    while first < size:
        lines = min(most, size - first)
        if bundle.x_is_direct:
            x = bundle.rows[0].x + first * work.members.x_strides[0]
            x_stride = work.members.x_strides[0] // work.itemsize
        else:
            x = buffer
            x_stride = bundle.lanes
            if not is_one_tile or read == work.loops.find_largest:
                gather_tile(work, bundle, first, lines, buffer)
        if kind == READ:
            read(x, x_stride, lines, bundle.lanes, state)
        elif kind == WRITE and bundle.y_is_direct:
            y = bundle.rows[0].y + first * work.members.y_strides[0]
            y_stride = work.members.y_strides[0] // work.itemsize
            work.loops.write[work.function](x, x_stride, y, y_stride, lines, bundle.lanes, state)
        else:
            work.loops.write[work.function](x, x_stride, results, bundle.lanes, lines, bundle.lanes, state)
            if kind == WRITE:
                scatter_tile(work, bundle, first, lines, results)
        first += lines


cdef void gather_tile(
    const Work *work, const Bundle *bundle, Py_ssize_t first, Py_ssize_t lines, char *tile
) noexcept nogil:
    if work.itemsize == 2:
        gather_lines(work, bundle, first, lines, <uint16_t *>tile)
    elif work.itemsize == 4:
        gather_lines(work, bundle, first, lines, <float *>tile)
    else:
        gather_lines(work, bundle, first, lines, <double *>tile)


cdef void scatter_tile(
    const Work *work, const Bundle *bundle, Py_ssize_t first, Py_ssize_t lines, const char *tile
) noexcept nogil:
    if work.itemsize == 2:
        scatter_lines(work, bundle, first, lines, <const uint16_t *>tile)
    elif work.itemsize == 4:
        scatter_lines(work, bundle, first, lines, <const float *>tile)
    else:
        scatter_lines(work, bundle, first, lines, <const double *>tile)


cdef inline void gather_lines(
    const Work *work, const Bundle *bundle, Py_ssize_t first, Py_ssize_t lines, number *tile
) noexcept nogil:
    cdef Py_ssize_t size = sizeof(number), lanes = bundle.lanes, i, l
    cdef Cursor cursor
    seek(&work.members, work.members.x_strides, first, &cursor)
    if bundle.is_regular:
        copy_plane(
            <const number *>(bundle.rows[0].x + cursor.offset), work.rows.x_strides[work.rows.ndim - 1],
            work.members.x_strides[0], tile, size, size * lanes, bundle.count, lines,
        )
        for i in range(lines if bundle.count < lanes else 0):
            for l in range(bundle.count, lanes):
                tile[i * lanes + l] = tile[i * lanes + bundle.count - 1]
    else:
        for i in range(lines):
            for l in range(lanes):
                tile[i * lanes + l] = (<const number *>(bundle.rows[l].x + cursor.offset))[0]
            advance(&work.members, work.members.x_strides, 1, &cursor)


cdef inline void scatter_lines(
    const Work *work, const Bundle *bundle, Py_ssize_t first, Py_ssize_t lines, const number *tile
) noexcept nogil:
    cdef Py_ssize_t size = sizeof(number), lanes = bundle.lanes, i, l
    cdef Cursor cursor
    seek(&work.members, work.members.y_strides, first, &cursor)
    if bundle.is_regular:
        copy_plane(
            tile, size, size * lanes, <number *>(bundle.rows[0].y + cursor.offset),
            work.rows.y_strides[work.rows.ndim - 1], work.members.y_strides[0], bundle.count, lines,
        )
    else:
        for i in range(lines):
            for l in range(bundle.count):
                (<number *>(bundle.rows[l].y + cursor.offset))[0] = tile[i * lanes + l]
            advance(&work.members, work.members.y_strides, 1, &cursor)


# --- Arrays ------------------------------------------------------------------------------------------------------

def reduce(name, np.ndarray x, tuple axes, np.ndarray y):
    """Compute a reduction of x over axes, all of them in range, into y.

    Both arrays are aligned and in native byte order, and have equally many axes; for logsumexp those reduced have length
    1 in y. y is x, or shares no memory with it or with itself.
    """
    cdef Work work
    cdef Layout *layout
    cdef Py_ssize_t y_stride
    cdef int axis
    work.type = kernel_type(y)
    work.loops = &loops.reductions[work.type]
    work.function = FUNCTIONS[name]
    work.converts = np.PyArray_TYPE(x) != np.PyArray_TYPE(y)
    work.x_type = NPY_HALF if work.type == BFLOAT16 else np.PyArray_TYPE(x)
    work.itemsize = np.PyArray_ITEMSIZE(y)
    work.in_place = np.PyArray_DATA(x) == np.PyArray_DATA(y)
    work.rows.x = np.PyArray_BYTES(x)
    work.rows.y = np.PyArray_BYTES(y)
    work.rows.ndim = work.members.ndim = 0
    work.rows.size = work.members.size = 1
    work.members.x = work.members.y = NULL
    for axis in range(np.PyArray_NDIM(x)):
        if axis not in axes:
            add_axis(&work.rows, np.PyArray_DIM(x, axis), np.PyArray_STRIDE(x, axis), np.PyArray_STRIDE(y, axis))
            continue
        y_stride = np.PyArray_STRIDE(x if work.function == LOGSUMEXP else y, axis)
        add_axis(&work.members, np.PyArray_DIM(x, axis), np.PyArray_STRIDE(x, axis), y_stride)
    if work.rows.size == 0 or work.members.size == 0:
        return
    # An axis of negative stride is turned round, which moves the place of the first member.
    work.rows.x += <Py_ssize_t>work.members.x
    if work.function != LOGSUMEXP:
        work.rows.y += <Py_ssize_t>work.members.y
    merge_axes(&work.rows, np.PyArray_ITEMSIZE(x), work.itemsize)
    merge_axes(&work.members, np.PyArray_ITEMSIZE(x), work.itemsize)
    with nogil:
        reduce_rows(&work)


cdef int kernel_type(np.ndarray y):
    """The kernels' number of an array's type."""
    cdef int type_number = np.PyArray_TYPE(y)
    if type_number == NPY_HALF:
        return FLOAT16
    if type_number == np.NPY_FLOAT:
        return FLOAT32
    return BFLOAT16 if is_bfloat16(y.dtype) else FLOAT64
