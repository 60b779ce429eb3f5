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
    if row.kept.high == NULL and is_kept_in_part(work):
        row.kept.low = <double *>malloc(work.members.size * sizeof(double))
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
    free(row.kept.high if row.kept.high != NULL else row.kept.low)


cdef Exponentials room_for_exponentials(const Work *work, Py_ssize_t n) noexcept nogil:
    """Room for so many, which softmax keeps from the sum to the results; none if they are too many, or of no use."""
    cdef Exponentials kept = none_kept()
    if work.function == SOFTMAX and kept_size(work.type, n) <= KEPT:
        kept.high = <double *>malloc(kept_size(work.type, n) * sizeof(double))
    if kept.high != NULL and work.type == FLOAT64:
        kept.low = kept.high + n
    return kept


cdef bint is_kept_in_part(const Work *work) noexcept nogil:
    """Whether there is room for the low parts of a row's exponentials, though not for pairs: y may hold the high ones."""
    return (
        work.function == SOFTMAX and work.type == FLOAT64 and work.members.size <= KEPT and is_written_directly(work)
    )


cdef double *kept_beside_results(const Work *work, const Row *row) noexcept nogil:
    """Room for what a kernel keeps that computes the row at once, or NULL."""
    return row.kept.low if work.type == FLOAT64 else row.kept.high


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
        work.loops.compute_whole(
            row.block, row.y, work.members.size, kept_beside_results(work, row), next_row, sums, &state
        )
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
        (work.function == LOG_SOFTMAX or kept_beside_results(work, row) != NULL) and threads == 1
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
    """Whether to fetch what a row or bundle of so many members needs next, its results and then its neighbour.

    Beside those of softmax there are the exponentials that are kept, too.
    """
    cdef Py_ssize_t most = AHEAD if work.function == SOFTMAX else most_ahead
    return work.function != LOGSUMEXP and members * work.itemsize <= most


cdef bint is_hardly_decided(const Work *work) noexcept nogil:
    """Whether softmax has so many results that the quick phase would leave one undecided, and is not worth a try."""
    return (
        work.function == SOFTMAX and work.members.size > LONGEST_QUICK
        and (work.type == FLOAT32 or work.type == FLOAT64)
    )


cdef bint keeps(const Row *row) noexcept nogil:
    """Whether the results are computed of exponentials that were kept; a row in a block has them in equal pieces."""
    return row.kept.high != NULL and row.block != NULL


cdef void compute_long_row(const Work *work, const Row *row, int threads) noexcept nogil:
    """Compute softmax of a row of many members, by a sum in one pass of pairs, if they allow that."""
    cdef Lanes state
    begin(&state, ROW_LANES)
    state.sums = LONG
    scan(work, row, READ, work.loops.add_pairs, &state, threads)
    join_largest(&state)
    join_sums(&state)
    work.loops.finish_pairs(&state, 1, work.members.size)
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
