# Members on their way from arrays to blocks that the kernels read, and results on their way back.
#
# What is not of the kernels' type, or of the machine's byte order, or left out by a mask, becomes so here: a piece at a
# time, after its bytes were gathered.

cdef enum:
    PIECE = 1024                # members that become readable at a time


cdef void gather_members(
    const Work *work, const Row *row, Cursor *x_cursor, Cursor *mask_cursor, char *block, Py_ssize_t n
) noexcept nogil:
    """The next members of a row, as the kernels read them, into a block."""
    cdef double[PIECE] numbers
    cdef any1[PIECE] mask
    cdef Py_ssize_t count
    if not work.prepares:
        gather_run(&work.members, work.itemsize, row.x, x_cursor, block, n)
        return
    while n > 0:
        count = min(n, <Py_ssize_t>PIECE)
        gather_run(&work.members, work.x_size, row.x, x_cursor, <char *>numbers, count)
        if work.is_masked:
            gather_run(&work.mask_members, 1, row.mask, mask_cursor, <char *>mask, count)
        prepare(work, numbers, mask, block, count)
        block += count * work.itemsize
        n -= count


cdef bint is_block(const Work *work) noexcept nogil:
    """Whether the members of a row lie in x as the kernels read them, without gaps."""
    return work.x_is_readable and work.members.ndim == 1 and work.members.x_strides[0] == work.itemsize


cdef bint is_written_directly(const Work *work) noexcept nogil:
    """Whether the results of a row lie in y as the kernels write them, without gaps."""
    return work.y_is_writable and work.members.ndim == 1 and work.members.y_strides[0] == work.itemsize


cdef bint is_gathered_once(const Work *work) noexcept nogil:
    """Whether all members of a row go into a buffer before it is read, if they fit.

    In place as well: then results can be written before it is known that all are decided.
    """
    return work.members.size <= BUFFER // work.itemsize and (work.in_place or not is_block(work))


cdef void gather_row(const Work *work, const Row *row, char *block) noexcept nogil:
    cdef Cursor x_cursor, mask_cursor
    seek(&work.members, work.members.x_strides, 0, &x_cursor)
    if work.is_masked:
        seek(&work.mask_members, work.mask_members.x_strides, 0, &mask_cursor)
    gather_members(work, row, &x_cursor, &mask_cursor, block, work.members.size)


cdef void gather_run(
    const Layout *layout, Py_ssize_t itemsize, const char *x, Cursor *cursor, char *block, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t run
    while n > 0:
        run = min(n, run_length(layout, cursor))
        copy_numbers(itemsize, x + cursor.offset, layout.x_strides[layout.ndim - 1], block, itemsize, run)
        advance(layout, layout.x_strides, run, cursor)
        block += run * itemsize
        n -= run


cdef void prepare(const Work *work, void *numbers, const any1 *mask, char *block, Py_ssize_t n) noexcept nogil:
    """Make of numbers as they lay in x what the kernels read. Those that the mask leaves out become -inf."""
    if work.x_is_swapped:
        swap_bytes(work.x_size, numbers, n)
    if work.converts:
        convert_block(work.x_type, work.x_size, numbers, work.type, block, n)
    else:
        memcpy(block, numbers, n * work.itemsize)
    if work.is_masked:
        fill_where_false(work.type, block, mask, -INFINITY, n)


cdef void put_members(const Work *work, char *block, char *y, Cursor *cursor, Py_ssize_t n) noexcept nogil:
    """The next results of a row, from a block."""
    cdef const Layout *layout = &work.members
    cdef Py_ssize_t run
    to_byte_order_of_y(work, block, n)
    while n > 0:
        run = min(n, run_length(layout, cursor))
        scatter(work.itemsize, block, y + cursor.offset, layout.y_strides[layout.ndim - 1], run)
        advance(layout, layout.y_strides, run, cursor)
        block += run * work.itemsize
        n -= run


cdef void put_result(const Work *work, void *result, char *y) noexcept nogil:
    """The one result of a row."""
    to_byte_order_of_y(work, result, 1)
    memcpy(y, result, work.itemsize)


cdef void to_byte_order_of_y(const Work *work, void *results, Py_ssize_t n) noexcept nogil:
    if work.y_is_swapped:
        swap_bytes(work.itemsize, results, n)


cdef void fill_with_nan(const Work *work, const Row *row, Py_ssize_t first, char *y, Py_ssize_t n) noexcept nogil:
    """The results of members of a row that has none: but those left out have theirs, as ever."""
    cdef double outside = 0 if work.function == SOFTMAX else -INFINITY
    cdef any1[PIECE] mask
    cdef Cursor cursor
    cdef Py_ssize_t count
    fill_any(work.type, y, NAN, 0, n)
    if not work.is_masked:
        return
    seek(&work.mask_members, work.mask_members.x_strides, first, &cursor)
    while n > 0:
        count = min(n, <Py_ssize_t>PIECE)
        gather_run(&work.mask_members, 1, row.mask, &cursor, <char *>mask, count)
        fill_where_false(work.type, y, mask, outside, count)
        y += count * work.itemsize
        n -= count


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


cdef void fill_where_false(
    int type, char *block, const any1 *mask, double value, Py_ssize_t n
) noexcept nogil:
    if type == FLOAT64:
        fill_selected(<double *>block, mask, value, n)
    elif type == FLOAT32:
        fill_selected(<float *>block, mask, <float>value, n)
    else:
        fill_selected(<uint16_t *>block, mask, half_of_number(value, half_format(type)), n)


cdef inline void fill_selected(number *block, const any1 *mask, number value, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        block[i] = block[i] if mask[i] else value
