# One row, read along: its members go through the lanes in turn.

cdef void compute_rows(void *context, Py_ssize_t chunk) noexcept nogil:
    cdef const Work *work = <const Work *>context
    cdef Py_ssize_t first = chunk * work.rows_per_chunk
    compute_some_rows(work, first, min(first + work.rows_per_chunk, work.rows.size), 1)


cdef void compute_some_rows(const Work *work, Py_ssize_t first, Py_ssize_t last, int threads) noexcept nogil:
    cdef Cursor x_cursor, y_cursor, mask_cursor
    cdef bint is_direct = is_block(work), is_gathered = is_gathered_once(work)
    cdef Row row
    row.mask = NULL
    row.kept = room_for_exponentials(work, work.members.size + ROW_LANES)
    seek(&work.rows, work.rows.x_strides, first, &x_cursor)
    seek(&work.rows, work.rows.y_strides, first, &y_cursor)
    if work.is_masked:
        seek(&work.mask_rows, work.mask_rows.x_strides, first, &mask_cursor)
    while first < last:
        row.x = work.rows.x + x_cursor.offset
        row.y = work.rows.y + y_cursor.offset
        row.block = row.x if is_direct else NULL
        if work.is_masked:
            row.mask = work.mask_rows.x + mask_cursor.offset
            advance(&work.mask_rows, work.mask_rows.x_strides, 1, &mask_cursor)
        if is_gathered:
            compute_gathered_row(work, &row)
        else:
            compute_row(work, &row, threads)
        advance(&work.rows, work.rows.x_strides, 1, &x_cursor)
        advance(&work.rows, work.rows.y_strides, 1, &y_cursor)
        first += 1
    free(row.kept)


cdef Py_ssize_t kept_size(const Work *work, Py_ssize_t n) noexcept nogil:
    """How many doubles stand for n exponentials."""
    return n * KEPT_64 if work.type == FLOAT64 else n


cdef double *room_for_exponentials(const Work *work, Py_ssize_t n) noexcept nogil:
    """Room for so many, which softmax keeps from the sum to the results; NULL if they are too many, or of no use."""
    if work.function != SOFTMAX or kept_size(work, n) > KEPT:
        return NULL
    return <double *>malloc(kept_size(work, n) * sizeof(double))


cdef void compute_gathered_row(const Work *work, Row *row) noexcept nogil:
    cdef char block[BUFFER]
    gather_row(work, row, block)
    row.block = block
    compute_row(work, row, 1)


cdef void compute_row(const Work *work, const Row *row, int threads) noexcept nogil:
    if is_hardly_decided(work):
        compute_long_row(work, row, threads)
    else:
        compute_row_quickly(work, row, sums_to_try(work), threads)


cdef void compute_row_quickly(const Work *work, const Row *row, int sums, int threads) noexcept nogil:
    """Compute a row by a quick phase, and by the next one if that leaves a result undecided."""
    cdef bint looks_ahead = fetches_ahead(work, work.members.size)
    cdef const char *next_row = NULL
    cdef Lanes state
    if looks_ahead and is_block(work):
        next_row = row.x + work.rows.x_strides[work.rows.ndim - 1]
    if is_whole(work, row, threads):
        work.loops.compute_whole(row.block, row.y, work.members.size, next_row, sums, &state)
    else:
        compute_row_by_steps(work, row, looks_ahead, next_row, sums, &state, threads)
    if any_undecided(&state, ROW_LANES):
        if sums != OF_OTHERS and state.margin[0] == INFINITY:
            pause_first_sums(work)
        compute_row_again(work, row, &state, 0, threads)


cdef void compute_row_by_steps(
    const Work *work, const Row *row, bint looks_ahead, const char *next_row, int sums, Lanes *state, int threads
) noexcept nogil:
    cdef double result
    begin(state, ROW_LANES)
    state.sums = sums
    if sums == OF_OTHERS:
        scan(work, row, READ, work.loops.find_largest, state, threads)
        join_largest(state)
    if looks_ahead and is_written_directly(work):
        expect(state, row.y, ROW_LANES * work.itemsize, STRIP * work.itemsize)
    scan(work, row, KEEP if keeps(row) else READ, work.loops.add, state, threads)
    if sums != OF_OTHERS:
        join_largest(state)
    join_sums(state)
    work.loops.finish[work.function](state, 1, work.members.size)
    if any_undecided(state, 1):
        return
    if work.function == LOGSUMEXP:
        work.loops.write[LOGSUMEXP](NULL, 0, &result, 0, 1, 1, state)
        put_result(work, &result, row.y)
    else:
        spread(state, ROW_LANES)
        if next_row != NULL:
            expect(state, next_row, ROW_LANES * work.itemsize, STRIP * work.itemsize)
        write_row(work, row, TRY, WRITE, state, threads)


cdef bint is_whole(const Work *work, const Row *row, int threads) noexcept nogil:
    """Whether a kernel can compute the row at once."""
    return (
        work.function == LOG_SOFTMAX and threads == 1
        and row.block != NULL and row.block != row.y and is_written_directly(work)
    )


cdef int sums_to_try(const Work *work) noexcept nogil:
    """The sums to try on the next rows. Only how long they take depends on it."""
    cdef int pause
    if work.first_sums == OF_OTHERS:
        return OF_OTHERS
    pause = load_relaxed(work.pause)
    if pause > 0:
        store_relaxed(work.pause, pause - 1)
    return OF_OTHERS if pause > 0 else work.first_sums


cdef void pause_first_sums(const Work *work) noexcept nogil:
    """Let some rows be summed otherwise: those near one of which a member dominates most likely are alike."""
    store_relaxed(work.pause, PAUSE)


cdef void compute_row_again(
    const Work *work, const Row *row, const Lanes *state, Py_ssize_t l, int threads
) noexcept nogil:
    """Compute a row of which a result was undecided by the next phase; without a margin all are, by any quick one.

    After sums in one pass that is the other quick phase, unless they were long, and as good as its own.
    """
    cdef double margin = state.margin[l]
    if (state.sums != OF_OTHERS and margin == INFINITY) or (state.sums == BRIEF and margin == margin):
        compute_row_quickly(work, row, OF_OTHERS, threads)
    else:
        compute_row_accurately(work, row, threads)


cdef void write_row(
    const Work *work, const Row *row, Scan attempt, Scan write, Lanes *state, int threads
) noexcept nogil:
    """Write the results; those that overwrite members, which another phase may need, only if all are decided."""
    cdef bint overwrites = work.in_place and (row.block == NULL or row.block == row.x)
    if overwrites:
        scan(work, row, attempt, NULL, state, threads)
    if not overwrites or not any_undecided(state, ROW_LANES):
        scan(work, row, write, NULL, state, threads)


cdef bint fetches_ahead(const Work *work, Py_ssize_t members) noexcept nogil:
    """Whether to fetch what a row or bundle of so many members needs next, its results and then its neighbour."""
    return work.function != LOGSUMEXP and members * work.itemsize <= AHEAD


cdef bint is_hardly_decided(const Work *work) noexcept nogil:
    """Whether softmax has so many results that the quick phase would leave one undecided, and is not worth a try."""
    return (
        work.function == SOFTMAX and work.members.size > LONGEST_QUICK
        and (work.type == FLOAT32 or work.type == FLOAT64)
    )


cdef bint keeps(const Row *row) noexcept nogil:
    """Whether the results are computed of exponentials that were kept; a row in a block has them in equal pieces."""
    return row.kept != NULL and row.block != NULL


cdef void compute_long_row(const Work *work, const Row *row, int threads) noexcept nogil:
    """Compute softmax of a row of many members, by a sum in one pass of pairs, if they allow that."""
    cdef Lanes state
    begin(&state, ROW_LANES)
    state.sums = LONG
    scan(work, row, READ, work.loops.add_pairs, &state, threads)
    join_largest(&state)
    join_sums(&state)
    work.loops.finish_accurately[SOFTMAX](&state, 1, work.members.size)
    if not any_undecided(&state, 1):
        write_row(work, row, TRY_ACCURATELY, WRITE_ACCURATELY, &state, threads)
        if not any_undecided(&state, ROW_LANES):
            return
    compute_row_accurately(work, row, threads)


cdef void compute_row_accurately(const Work *work, const Row *row, int threads) noexcept nogil:
    cdef Lanes state
    cdef bint is_long = work.itemsize == 8 and work.members.size > LONGEST_ACCURATE
    cdef double present, largest
    begin(&state, ROW_LANES)
    scan(work, row, READ, work.loops.count_present, &state, threads)
    present = count_members(&state, ROW_LANES)
    begin(&state, ROW_LANES)
    scan(work, row, READ, work.loops.find_largest, &state, threads)
    join_largest(&state)
    largest = state.largest[0]
    if present != present or largest == INFINITY or largest == -INFINITY:
        fill_row(work, row, largest if work.function == LOGSUMEXP and present == present else NAN, &state)
        return
    if present == 1:    # the others are -inf, and not just small
        state.count[0] = 1
    elif is_long:
        scan(work, row, READ, work.loops.add, &state, threads)
    else:
        scan(work, row, READ, work.loops.add_accurately, &state, threads)
    join_sums(&state)
    if is_long:
        work.loops.finish[work.function](&state, 1, work.members.size)
    else:
        work.loops.finish_accurately[work.function](&state, 1, work.members.size)
    begin_results(&state, ROW_LANES)
    if work.function == LOGSUMEXP:
        write_logsumexp_accurately(work, row, &state)
    else:
        write_row(work, row, TRY_ACCURATELY, WRITE_ACCURATELY, &state, threads)
    if any_undecided(&state, ROW_LANES):
        compute_row_in_integers(work, row)


cdef void write_logsumexp_accurately(const Work *work, const Row *row, Lanes *state) noexcept nogil:
    """Write the result; where the largest member and the logarithm cancel, sum the row again in fixed point."""
    cdef double result
    work.loops.write_accurately[LOGSUMEXP](NULL, &result, 1, state)
    if is_nan(work.type, &result):
        begin(state, ROW_LANES)
        scan(work, row, READ, work.loops.add_exactly, state, 1)
        work.loops.write_exactly(NULL, &result, 1, state)
    put_result(work, &result, row.y)


cdef bint is_nan(int type, const void *y) noexcept nogil:
    cdef double value = number_at(type, y, 0)
    return value != value


cdef double number_at(int type, const void *block, Py_ssize_t i) noexcept nogil:
    if type == FLOAT64:
        return (<const double *>block)[i]
    if type == FLOAT32:
        return (<const float *>block)[i]
    return float_of_half(type, (<const uint16_t *>block)[i])


cdef void fill_row(const Work *work, const Row *row, double value, Lanes *state) noexcept nogil:
    cdef double result
    if work.function == LOGSUMEXP:
        fill_any(work.type, <char *>&result, value, 0, 1)
        put_result(work, &result, row.y)
    else:
        scan(work, row, FILL, NULL, state, 1)


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
            work, read, row.block + first * work.itemsize, last - first, row.kept if kind == KEEP else NULL, state
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
            read_line(work, read, x, n, NULL, state)
        elif kind == WRITE_ACCURATELY or kind == TRY_ACCURATELY:
            work.loops.write_accurately[work.function](x, y, n, state)
        elif kind == FILL:
            fill_with_nan(work, row, first, y, n)
        else:
            write_line(work, x, y, n, row.kept + kept_size(work, first) if keeps(row) else NULL, state)
        if y_is_direct or kind == READ or is_tried:
            advance(&work.members, work.members.y_strides, n, &y_cursor)
        else:
            put_members(work, buffer, row.y, &y_cursor, n)
        first += n


cdef void read_line(
    const Work *work, read_loop read, const char *x, Py_ssize_t n, double *kept, Lanes *state
) noexcept nogil:
    """Read contiguous members of one row; the rest, filled up with -inf, as a line of its own."""
    cdef char line[ROW_LANES * 8]
    cdef Py_ssize_t lines = n // ROW_LANES, rest = n % ROW_LANES
    read_tile(work, read, x, ROW_LANES, lines, ROW_LANES, kept, state)
    if rest:
        fill_up(work, x + (n - rest) * work.itemsize, rest, line)
        if kept != NULL:
            kept += kept_size(work, n - rest)
        read_tile(work, read, line, ROW_LANES, 1, ROW_LANES, kept, state)


cdef void read_tile(
    const Work *work, read_loop read, const char *x, Py_ssize_t stride, Py_ssize_t lines, Py_ssize_t lanes,
    double *kept, Lanes *state,
) noexcept nogil:
    """Read a tile, or sum and keep its exponentials."""
    if kept == NULL:
        read(x, stride, lines, lanes, state)
    else:
        work.loops.add_keeping(x, stride, kept, lines, lanes, state)


cdef void write_line(
    const Work *work, const char *x, char *y, Py_ssize_t n, const double *kept, Lanes *state
) noexcept nogil:
    cdef char line[ROW_LANES * 8]
    cdef Py_ssize_t lines = n // ROW_LANES, rest = n % ROW_LANES
    cdef Py_ssize_t done = (n - rest) * work.itemsize
    write_tile(work, x, ROW_LANES, y, ROW_LANES, lines, ROW_LANES, kept, state)
    if rest:
        fill_up(work, x + done, rest, line)
        if kept != NULL:
            kept += kept_size(work, n - rest)
        write_tile(work, line, ROW_LANES, line, ROW_LANES, 1, ROW_LANES, kept, state)
        memcpy(y + done, line, rest * work.itemsize)


cdef void write_tile(
    const Work *work, const char *x, Py_ssize_t x_stride, char *y, Py_ssize_t y_stride, Py_ssize_t lines,
    Py_ssize_t lanes, const double *kept, Lanes *state,
) noexcept nogil:
    """Compute the results of a tile, from the exponentials that were kept, or from its members."""
    if kept == NULL:
        work.loops.write[work.function](x, x_stride, y, y_stride, lines, lanes, state)
    else:
        work.loops.write_kept(kept, y, y_stride, lines, lanes, state)


cdef void fill_up(const Work *work, const char *x, Py_ssize_t n, char *line) noexcept nogil:
    memcpy(line, x, n * work.itemsize)
    fill_any(work.type, line, -INFINITY, n, ROW_LANES)
