# Through the members of one row: in pieces that are contiguous or gathered, and in parts that are split among threads.

cdef struct Part:
    const Work *work
    const Row *row
    Scan kind
    read_loop read
    Py_ssize_t size
    Lanes *states


cdef void scan(
    const Work *work, const Row *row, Scan kind, read_loop read, Lanes *state, int threads
) noexcept nogil:
    """Read or write a row. Its parts depend on its length only, not on the threads."""
    cdef Py_ssize_t count = min(work.members.size // PART_ELEMENTS, <Py_ssize_t>MOST_PARTS)
    cdef Part part
    cdef Py_ssize_t i
    part.states = NULL
    if count > 1:
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
    const Work *work, const Row *row, Scan kind, read_loop read, Lanes *state, Py_ssize_t first, Py_ssize_t last
) noexcept nogil:
    """Go through some members of a row, in pieces that are contiguous, or gathered."""
    cdef char buffer[BUFFER]
    cdef Cursor x_cursor, y_cursor, mask_cursor
    cdef Py_ssize_t last_axis = work.members.ndim - 1
    cdef bint x_is_contiguous = (
        row.block == NULL and work.x_is_readable and work.members.x_strides[last_axis] == work.itemsize
    )
    cdef bint is_tried = kind == TRY or kind == TRY_ACCURATELY
    cdef bint y_is_contiguous = (
        not is_tried and work.y_is_writable and work.members.y_strides[last_axis] == work.itemsize
        and (last_axis == 0 or not keeps(row))
    )
    cdef bint is_long, x_is_direct, y_is_direct
    cdef const char *x
    cdef char *y
    cdef Py_ssize_t n, run
    if kind == KEEP or (row.block != NULL and kind == READ):    # what is kept is kept of a whole row
        read_line(
            work, read, row.block + first * work.itemsize, last - first, row.kept if kind == KEEP else none_kept(), state
        )
        return
    seek(&work.members, work.members.x_strides, first, &x_cursor)
    seek(&work.members, work.members.y_strides, first, &y_cursor)
    if work.is_masked:
        seek(&work.mask_members, work.mask_members.x_strides, first, &mask_cursor)
    while first < last:
        n = last - first
        run = min(n, run_length(&work.members, &x_cursor if row.block == NULL else &y_cursor))
        is_long = run == n or run >= LONG_ROW
        x_is_direct = x_is_contiguous and is_long
        y_is_direct = y_is_contiguous and is_long
        if x_is_direct or y_is_direct:
            n = run
        if not (x_is_direct or row.block != NULL) or (kind != READ and not y_is_direct):
            n = min(n, BUFFER // work.itemsize)
        y = row.y + y_cursor.offset if y_is_direct else buffer
        if row.block != NULL:
            x = row.block + first * work.itemsize
        elif x_is_direct:
            x = row.x + x_cursor.offset
            advance(&work.members, work.members.x_strides, n, &x_cursor)
        else:
            x = buffer
            gather_members(work, row, &x_cursor, &mask_cursor, buffer, n)
        if kind == READ:
            read_line(work, read, x, n, none_kept(), state)
        elif kind == WRITE_ACCURATELY or kind == TRY_ACCURATELY:
            work.loops.write_accurately[work.function](x, y, n, state)
        elif kind == FILL:
            fill_with_nan(work, row, first, y, n)
        else:
            write_line(work, x, y, n, kept_behind(row.kept, first) if keeps(row) else none_kept(), state)
        if y_is_direct or kind == READ or is_tried:
            advance(&work.members, work.members.y_strides, n, &y_cursor)
        else:
            put_members(work, buffer, row.y, &y_cursor, n)
        first += n


cdef void read_line(
    const Work *work, read_loop read, const char *x, Py_ssize_t n, Exponentials kept, Lanes *state
) noexcept nogil:
    """Read contiguous members of one row; the rest, filled up with -inf, as a line of its own."""
    cdef char line[ROW_LANES * 8]
    cdef Py_ssize_t lines = n // ROW_LANES, rest = n % ROW_LANES
    read_tile(work.loops, read, x, ROW_LANES, lines, ROW_LANES, kept, state)
    if rest:
        fill_up(work, x + (n - rest) * work.itemsize, rest, line)
        read_tile(work.loops, read, line, ROW_LANES, 1, ROW_LANES, kept_behind(kept, n - rest), state)


cdef void write_line(
    const Work *work, const char *x, char *y, Py_ssize_t n, Exponentials kept, Lanes *state
) noexcept nogil:
    cdef char line[ROW_LANES * 8]
    cdef Py_ssize_t lines = n // ROW_LANES, rest = n % ROW_LANES
    cdef Py_ssize_t done = (n - rest) * work.itemsize
    write_tile(work.loops, work.function, x, ROW_LANES, y, ROW_LANES, lines, ROW_LANES, kept, state)
    if rest:
        fill_up(work, x + done, rest, line)
        kept = kept_behind(kept, n - rest)
        write_tile(work.loops, work.function, line, ROW_LANES, line, ROW_LANES, 1, ROW_LANES, kept, state)
        memcpy(y + done, line, rest * work.itemsize)


cdef void fill_up(const Work *work, const char *x, Py_ssize_t n, char *line) noexcept nogil:
    memcpy(line, x, n * work.itemsize)
    fill_any(work.type, line, -INFINITY, n, ROW_LANES)
