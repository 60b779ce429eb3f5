# Bundles of rows, side by side: each has a lane of its own.

cdef struct Bundle:
    const char *x[LANES]        # where each row begins, if the bundle is regular only the first
    const char *mask[LANES]
    char *y[LANES]
    Py_ssize_t count            # of rows
    Py_ssize_t lanes            # count, filled up to whole strips with the last row
    bint is_regular             # the rows lie equally far apart, and so do the members
    bint x_is_direct            # the members of a line are contiguous in memory
    bint y_is_direct
    Py_ssize_t lines            # in a tile
    Exponentials kept           # room for those of all members, if there is


cdef void compute_bundles(void *context, Py_ssize_t chunk) noexcept nogil:
    cdef const Work *work = <const Work *>context
    cdef Py_ssize_t first = chunk * work.rows_per_chunk
    cdef Py_ssize_t last = min(first + work.rows_per_chunk, work.rows.size)
    cdef Bundle bundle
    cdef Py_ssize_t beginning = first, lanes = LANES, count, again
    while lanes > FEWEST_LANES and (
        lanes * work.members.size * work.itemsize > CACHE
        or (work.function == SOFTMAX and kept_size(work.type, lanes * work.members.size) > KEPT)
    ):
        lanes //= 2
    bundle.kept = room_for_exponentials(work, lanes * work.members.size)
    while first < last:
        count = min(lanes, last - first)
        again = 0
        if lie_side_by_side(work):
            fit_into_run(work, beginning, last, first, &count, &again)
        make_bundle(work, first - again, count + again, &bundle)
        compute_bundle(work, &bundle)
        first += count
    free(bundle.kept.high)


cdef bint lie_side_by_side(const Work *work) noexcept nogil:
    """Whether the kernels can read rows where they lie, if these are neighbours and make whole strips."""
    return (
        work.x_is_readable and work.members.ndim == 1 and work.members.x_strides[0] % work.itemsize == 0
        and work.rows.x_strides[work.rows.ndim - 1] == work.itemsize
    )


cdef void fit_into_run(
    const Work *work, Py_ssize_t beginning, Py_ssize_t last, Py_ssize_t first, Py_ssize_t *count, Py_ssize_t *again
) noexcept nogil:
    """Let a bundle be whole strips of neighbours, of which some, at the end of a long run, are computed again."""
    cdef Py_ssize_t size = work.rows.shape[work.rows.ndim - 1]
    cdef Py_ssize_t before = min(first - beginning, first % size)
    cdef Py_ssize_t left = min(last - first, size - first % size)
    if size < LANES:
        return
    if left >= STRIP:
        count[0] = min(count[0], left // STRIP * STRIP)
    elif before >= STRIP - left and not work.in_place:
        count[0] = left
        again[0] = STRIP - left


cdef void make_bundle(const Work *work, Py_ssize_t first, Py_ssize_t count, Bundle *bundle) noexcept nogil:
    cdef int last = work.rows.ndim - 1
    bundle.count = count
    bundle.lanes = (count + STRIP - 1) // STRIP * STRIP
    bundle.is_regular = (
        work.members.ndim == 1 and count <= work.rows.shape[last] - first % work.rows.shape[last]
    )
    find_rows(&work.rows, work.rows.x_strides, work.rows.x, first, bundle, bundle.x)
    find_rows(&work.rows, work.rows.y_strides, work.rows.y, first, bundle, <const char **>bundle.y)
    if work.is_masked:
        find_rows(&work.mask_rows, work.mask_rows.x_strides, work.mask_rows.x, first, bundle, bundle.mask)
    bundle.x_is_direct = lie_side_by_side(work) and bundle.is_regular and count == bundle.lanes
    bundle.y_is_direct = (
        work.y_is_writable and bundle.is_regular and count == bundle.lanes
        and work.rows.y_strides[last] == work.itemsize and work.members.y_strides[0] % work.itemsize == 0
    )
    bundle.lines = BUFFER // (bundle.lanes * work.itemsize)


cdef void find_rows(
    const Layout *rows, const Py_ssize_t *strides, const char *array, Py_ssize_t first, const Bundle *bundle,
    const char **found,
) noexcept nogil:
    """Find where the rows of a bundle begin in an array."""
    cdef Py_ssize_t stride = strides[rows.ndim - 1], filled = 0, run, l
    cdef Cursor cursor
    seek(rows, strides, first, &cursor)
    if bundle.is_regular:
        found[0] = array + cursor.offset
        return
    while filled < bundle.count:
        run = min(bundle.count - filled, run_length(rows, &cursor))
        for l in range(run):
            found[filled + l] = array + cursor.offset + l * stride
        advance(rows, strides, run, &cursor)
        filled += run
    for l in range(bundle.count, bundle.lanes):
        found[l] = found[bundle.count - 1]


cdef Row row_of(const Work *work, const Bundle *bundle, Py_ssize_t l) noexcept nogil:
    cdef Py_ssize_t found = 0 if bundle.is_regular else l
    cdef int last = work.rows.ndim - 1
    cdef Row row
    row.x = bundle.x[found] + (l - found) * work.rows.x_strides[last]
    row.y = bundle.y[found] + (l - found) * work.rows.y_strides[last]
    row.mask = bundle.mask[found] + (l - found) * work.mask_rows.x_strides[last] if work.is_masked else NULL
    row.block = NULL
    row.kept = none_kept()
    return row


cdef void compute_bundle(const Work *work, const Bundle *bundle) noexcept nogil:
    cdef int sums = sums_to_try(work)
    cdef bint looks_ahead = fetches_ahead(work, bundle.lanes * work.members.size)
    cdef char buffer[BUFFER]
    cdef Lanes state
    if is_one_tile(work, bundle) and not bundle.x_is_direct:
        gather_tile(work, bundle, 0, work.members.size, buffer)
    sum_bundle(work, bundle, sums, looks_ahead, &state, buffer)
    if sums != OF_OTHERS and wants_precision(&state, bundle.lanes):
        pause_first_sums(work)
        sum_bundle(work, bundle, OF_OTHERS, looks_ahead, &state, buffer)
    if work.function == LOGSUMEXP:
        put_logsumexp(work, bundle, &state, buffer)
    else:
        write_bundle(work, bundle, looks_ahead, &state, buffer)


cdef bint is_one_tile(const Work *work, const Bundle *bundle) noexcept nogil:
    return work.members.size <= bundle.lines


cdef bint wants_precision(const Lanes *state, Py_ssize_t lanes) noexcept nogil:
    """Whether the first sum is of no use for so many rows that it is worth while to sum all once more.

    One of them alone takes as long as some eight in a bundle.
    """
    cdef Py_ssize_t count = 0, l
    if not any_undecided(state, lanes):
        return False
    for l in range(lanes):
        count += state.margin[l] == INFINITY
    return 8 * count > lanes


cdef void sum_bundle(
    const Work *work, const Bundle *bundle, int sums, bint looks_ahead, Lanes *state, char *buffer
) noexcept nogil:
    begin(state, bundle.lanes)
    state.sums = sums
    if sums == OF_OTHERS:
        scan_bundle(work, bundle, READ, work.loops.find_largest, state, buffer)
    if looks_ahead:
        expect_tiles(
            work, bundle, bundle.y[0], work.members.y_strides[0], bundle.y_is_direct, work.y_is_one_piece, state
        )
    scan_bundle(work, bundle, KEEP if bundle.kept.high != NULL else READ, work.loops.add, state, buffer)
    work.loops.finish[work.function](state, bundle.lanes, work.members.size)


cdef void expect_tiles(
    const Work *work, const Bundle *bundle, const char *first, Py_ssize_t stride, bint is_direct, bint is_one_piece,
    Lanes *state,
) noexcept nogil:
    """Let as much as a bundle be needed soon, line by line, or in the order of the memory if it is in one piece."""
    if is_direct or is_one_piece:
        stride = stride if is_direct else bundle.lanes * work.itemsize
        expect(state, first, stride, STRIP * work.itemsize)


cdef void put_logsumexp(
    const Work *work, const Bundle *bundle, Lanes *state, char *buffer
) noexcept nogil:
    cdef double results[LANES]
    cdef Row row
    cdef Py_ssize_t l
    work.loops.write[LOGSUMEXP](NULL, 0, results, 0, 1, bundle.lanes, state)
    for l in range(bundle.count):
        row = row_of(work, bundle, l)
        if state.undecided[l] != 0:
            compute_row_alone(work, &row, state, l, buffer)
        else:
            put_result(work, <char *>results + l * work.itemsize, row.y)


cdef void write_bundle(
    const Work *work, const Bundle *bundle, bint looks_ahead, Lanes *state, char *buffer
) noexcept nogil:
    """The results of a bundle. Undecided rows are computed again, one at a time.

    In place there is no second time: so the results are tried first, and if any is undecided, every row goes alone.
    """
    cdef bint all_alone = False
    cdef const char *next_row
    cdef Row row
    cdef Py_ssize_t l
    if work.in_place:
        scan_bundle(work, bundle, TRY, NULL, state, buffer)
        all_alone = any_undecided(state, bundle.count)
    if looks_ahead:    # most likely, the next bundle lies beside this one
        next_row = bundle.x[0] + bundle.count * work.rows.x_strides[work.rows.ndim - 1]
        expect_tiles(work, bundle, next_row, work.members.x_strides[0], bundle.x_is_direct, work.x_is_one_piece, state)
    if not all_alone:
        scan_bundle(work, bundle, WRITE, NULL, state, buffer)
    for l in range(bundle.count if any_undecided(state, bundle.count) else 0):
        if all_alone or state.undecided[l] != 0:
            row = row_of(work, bundle, l)
            compute_row_alone(work, &row, state, l, buffer)


cdef void compute_row_alone(
    const Work *work, Row *row, const Lanes *state, Py_ssize_t l, char *buffer
) noexcept nogil:
    if work.members.size <= BUFFER // work.itemsize:
        gather_row(work, row, buffer)
        row.block = buffer
    compute_row_again(work, row, state, l, 1)


cdef void scan_bundle(
    const Work *work, const Bundle *bundle, Scan kind, read_loop read, Lanes *state, char *buffer
) noexcept nogil:
    """Go through all members, a tile at a time; a bundle that is one tile is in the buffer already.

    Results that are not written to y at once take the place of a tile's members, unless they are only tried.
    """
    cdef char tried[BUFFER]
    cdef Py_ssize_t size = work.members.size
    cdef bint is_direct = bundle.x_is_direct and (kind == READ or (kind == WRITE and bundle.y_is_direct))
    cdef Py_ssize_t most = size if is_direct and bundle.kept.high == NULL else bundle.lines
    cdef Py_ssize_t first = 0, lines, x_stride, y_stride
    cdef const char *x
    cdef char *y
    cdef Exponentials kept = none_kept() if kind == READ else bundle.kept
    cdef bint needs_x = kept.high == NULL or kind == KEEP
    while first < size:
        lines = min(most, size - first)
        if bundle.x_is_direct:
            x = bundle.x[0] + first * work.members.x_strides[0]
            x_stride = work.members.x_strides[0] // work.itemsize
        else:
            x = buffer
            x_stride = bundle.lanes
            if needs_x and not is_one_tile(work, bundle):
                gather_tile(work, bundle, first, lines, buffer)
        if kind == READ or kind == KEEP:
            read_tile(work.loops, read, x, x_stride, lines, bundle.lanes, kept, state)
        elif kind == WRITE and bundle.y_is_direct:
            y = bundle.y[0] + first * work.members.y_strides[0]
            y_stride = work.members.y_strides[0] // work.itemsize
            write_tile(work.loops, work.function, x, x_stride, y, y_stride, lines, bundle.lanes, kept, state)
        else:
            y = &tried[0] if kind == TRY else buffer
            write_tile(work.loops, work.function, x, x_stride, y, bundle.lanes, lines, bundle.lanes, kept, state)
            if kind == WRITE:
                put_tile(work, bundle, first, lines, y)
        kept = kept_behind(kept, lines * bundle.lanes)
        first += lines


cdef void gather_tile(
    const Work *work, const Bundle *bundle, Py_ssize_t first, Py_ssize_t lines, char *tile
) noexcept nogil:
    """Some lines of a bundle, as the kernels read them."""
    cdef double[PIECE] numbers
    cdef any1[PIECE] mask
    cdef Py_ssize_t count, last = first + lines
    if not work.prepares:
        gather_lines(&work.rows, &work.members, work.itemsize, bundle, bundle.x, first, lines, tile)
        return
    while first < last:
        count = min(last - first, PIECE // bundle.lanes)
        gather_lines(&work.rows, &work.members, work.x_size, bundle, bundle.x, first, count, <char *>numbers)
        if work.is_masked:
            gather_lines(
                &work.mask_rows, &work.mask_members, 1, bundle, bundle.mask, first, count, <char *>mask
            )
        prepare(work, numbers, mask, tile, count * bundle.lanes)
        tile += count * bundle.lanes * work.itemsize
        first += count


cdef void gather_lines(
    const Layout *rows, const Layout *members, Py_ssize_t itemsize, const Bundle *bundle, const char *const *x,
    Py_ssize_t first, Py_ssize_t lines, char *tile,
) noexcept nogil:
    if itemsize == 4:
        gather_numbers(rows, members, bundle, x, first, lines, <any4 *>tile)
    elif itemsize == 8:
        gather_numbers(rows, members, bundle, x, first, lines, <any8 *>tile)
    elif itemsize == 2:
        gather_numbers(rows, members, bundle, x, first, lines, <any2 *>tile)
    else:
        gather_numbers(rows, members, bundle, x, first, lines, <any1 *>tile)


cdef inline void gather_numbers(
    const Layout *rows, const Layout *members, const Bundle *bundle, const char *const *x,
    Py_ssize_t first, Py_ssize_t lines, bits *tile,
) noexcept nogil:
    cdef Py_ssize_t size = sizeof(bits), lanes = bundle.lanes, i, l
    cdef Cursor cursor
    seek(members, members.x_strides, first, &cursor)
    if bundle.is_regular:
        copy_plane(
            <const bits *>(x[0] + cursor.offset), rows.x_strides[rows.ndim - 1], members.x_strides[0],
            tile, size, size * lanes, bundle.count, lines,
        )
        for i in range(lines if bundle.count < lanes else 0):
            for l in range(bundle.count, lanes):
                tile[i * lanes + l] = tile[i * lanes + bundle.count - 1]
    else:
        for i in range(lines):
            for l in range(lanes):
                tile[i * lanes + l] = (<const bits *>(x[l] + cursor.offset))[0]
            advance(members, members.x_strides, 1, &cursor)


cdef void put_tile(
    const Work *work, const Bundle *bundle, Py_ssize_t first, Py_ssize_t lines, char *tile
) noexcept nogil:
    """The results of some lines of a bundle."""
    to_byte_order_of_y(work, tile, lines * bundle.lanes)
    if work.itemsize == 4:
        scatter_numbers(work, bundle, first, lines, <const any4 *>tile)
    elif work.itemsize == 8:
        scatter_numbers(work, bundle, first, lines, <const any8 *>tile)
    else:
        scatter_numbers(work, bundle, first, lines, <const any2 *>tile)


cdef inline void scatter_numbers(
    const Work *work, const Bundle *bundle, Py_ssize_t first, Py_ssize_t lines, const bits *tile
) noexcept nogil:
    cdef Py_ssize_t size = sizeof(bits), lanes = bundle.lanes, i, l
    cdef Cursor cursor
    seek(&work.members, work.members.y_strides, first, &cursor)
    if bundle.is_regular:
        copy_plane(
            tile, size, size * lanes, <bits *>(bundle.y[0] + cursor.offset),
            work.rows.y_strides[work.rows.ndim - 1], work.members.y_strides[0], bundle.count, lines,
        )
    else:
        for i in range(lines):
            for l in range(bundle.count):
                (<bits *>(bundle.y[l] + cursor.offset))[0] = tile[i * lanes + l]
            advance(&work.members, work.members.y_strides, 1, &cursor)
