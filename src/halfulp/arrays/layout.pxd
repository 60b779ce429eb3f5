"""The n-d iteration space that two arrays share, as few axes as it takes, a walk along it. Knows no types."""

from libc.stdlib cimport llabs

cdef enum:
    MAX_AXES = 64      # NumPy's own limit
    SHORT_ROW = 16     # elements; to copy such rows one after the other would cost more than column by column
    CACHE_LINE = 64    # bytes
    TILE = 32          # rows that a tile crosses: as many cache lines are in use at a time

cdef struct Layout:
    const char *x
    char *y
    Py_ssize_t size                    # how many elements there are
    int ndim                           # at least 1; the last axis varies fastest
    Py_ssize_t shape[MAX_AXES]
    Py_ssize_t x_strides[MAX_AXES]     # bytes
    Py_ssize_t y_strides[MAX_AXES]

cdef struct Cursor:
    Py_ssize_t offset                  # bytes from the first element
    Py_ssize_t index[MAX_AXES]

cdef struct Plane:                     # of the elements that come next: lines side by side, in memory and in a block
    int axis                           # along which the walk passes it, in so many steps
    Py_ssize_t steps
    Py_ssize_t lines
    Py_ssize_t length                  # of a line, elements
    Py_ssize_t line_stride             # bytes
    Py_ssize_t stride
    Py_ssize_t block_line_stride       # elements
    Py_ssize_t block_stride


cdef inline void add_axis(
    Layout *layout, Py_ssize_t length, Py_ssize_t x_stride, Py_ssize_t y_stride
) noexcept nogil:
    """Add an axis in its place: sorted by the output's stride, so that memory is written in order."""
    cdef int place
    layout.size *= length
    if length == 1:
        return
    if y_stride < 0:
        layout.x += (length - 1) * x_stride
        layout.y += (length - 1) * y_stride
        x_stride, y_stride = -x_stride, -y_stride
    place = layout.ndim
    while place > 0 and layout.y_strides[place - 1] < y_stride:
        copy_axis(layout, place - 1, layout, place)
        place -= 1
    set_axis(layout, place, length, x_stride, y_stride)
    layout.ndim += 1


cdef inline void set_axis(
    Layout *layout, int axis, Py_ssize_t length, Py_ssize_t x_stride, Py_ssize_t y_stride
) noexcept nogil:
    layout.shape[axis] = length
    layout.x_strides[axis] = x_stride
    layout.y_strides[axis] = y_stride


cdef inline void copy_axis(const Layout *source, int axis, Layout *target, int place) noexcept nogil:
    set_axis(target, place, source.shape[axis], source.x_strides[axis], source.y_strides[axis])


cdef inline bint writes_each_element_once(const Layout *layout, Py_ssize_t y_size) noexcept nogil:
    """Whether it is sure that no two positions of the walk share memory in y; asked before merging."""
    cdef int axis
    for axis in range(layout.ndim - 1, -1, -1):
        if layout.y_strides[axis] < y_size:
            return layout.size == 0
        y_size += (layout.shape[axis] - 1) * layout.y_strides[axis]
    return True


cdef inline void merge_axes(Layout *layout, Py_ssize_t x_size, Py_ssize_t y_size) noexcept nogil:
    """Join the axes that are one run of memory in both arrays; the sizes are those of an element."""
    cdef int axis, last = 0
    for axis in range(1, layout.ndim):
        last = keep_axis(layout, axis, last, continues(layout, axis, last))
    end_axes(layout, last, x_size, y_size)


cdef inline void merge_axes_of_both(
    Layout *layout, Layout *other, Py_ssize_t x_size, Py_ssize_t other_size, Py_ssize_t y_size
) noexcept nogil:
    """The same for two layouts that have y in common: they keep the same axes."""
    cdef int axis, last = 0
    cdef bint joined
    for axis in range(1, layout.ndim):
        joined = continues(layout, axis, last) and continues(other, axis, last)
        keep_axis(other, axis, last, joined)
        last = keep_axis(layout, axis, last, joined)
    end_axes(layout, last, x_size, y_size)
    end_axes(other, last, other_size, y_size)


cdef inline bint continues(const Layout *layout, int axis, int last) noexcept nogil:
    """Whether a step along the last axis leads to where the next axis ends."""
    return (
        layout.x_strides[last] == layout.shape[axis] * layout.x_strides[axis]
        and layout.y_strides[last] == layout.shape[axis] * layout.y_strides[axis]
    )


cdef inline int keep_axis(Layout *layout, int axis, int last, bint joined) noexcept nogil:
    """Put an axis behind the last of those kept, or make it one with that; return which is the last now."""
    cdef Py_ssize_t length = layout.shape[axis] * (layout.shape[last] if joined else 1)
    last += not joined
    set_axis(layout, last, length, layout.x_strides[axis], layout.y_strides[axis])
    return last


cdef inline void end_axes(Layout *layout, int last, Py_ssize_t x_size, Py_ssize_t y_size) noexcept nogil:
    """There is always an axis, of length 1 if need be."""
    if layout.ndim == 0:
        set_axis(layout, 0, layout.size, x_size, y_size)
    layout.ndim = last + 1


cdef inline void keep_order(
    int ndim, const Py_ssize_t *shape, const Py_ssize_t *strides, Py_ssize_t itemsize, Py_ssize_t *kept
) noexcept nogil:
    """The strides of a new array without gaps whose axes lie in memory as those of another do: order "K".

    An insertion sort from the last axis on. As in NumPy's iterator, an axis that does not move (stride 0, or
    length 1) has no place of its own: it stays where it stands among its neighbours.
    """
    cdef int fastest_first[MAX_AXES]
    cdef int axis, other, count, place
    for count in range(ndim):
        axis = ndim - 1 - count
        place = count
        if strides[axis] != 0 and shape[axis] != 1:
            for other in range(count - 1, -1, -1):
                if strides[fastest_first[other]] == 0 or shape[fastest_first[other]] == 1:
                    continue
                if llabs(strides[fastest_first[other]]) <= llabs(strides[axis]):
                    break
                place = other
        for other in range(count, place, -1):
            fastest_first[other] = fastest_first[other - 1]
        fastest_first[place] = axis
    for count in range(ndim):
        kept[fastest_first[count]] = itemsize
        itemsize *= max(shape[fastest_first[count]], <Py_ssize_t>1)


cdef inline bint is_one_run(
    const Layout *layout, const Py_ssize_t *strides, Py_ssize_t itemsize
) noexcept nogil:
    """Whether an array lies in memory without gaps, in the order of the walk."""
    cdef int axis
    for axis in range(layout.ndim - 1, -1, -1):
        if strides[axis] != itemsize:
            return False
        itemsize *= layout.shape[axis]
    return True


cdef inline bint has_rows_of(
    const Layout *layout, Py_ssize_t length, Py_ssize_t x_size, Py_ssize_t y_size
) noexcept nogil:
    """Whether the last axis is at least that long, and without gaps in both arrays."""
    cdef int last = layout.ndim - 1
    return (
        layout.shape[last] >= length
        and layout.x_strides[last] == x_size
        and layout.y_strides[last] == y_size
    )


cdef inline void seek(
    const Layout *layout, const Py_ssize_t *strides, Py_ssize_t position, Cursor *cursor
) noexcept nogil:
    """Put the cursor on the element at a position of the walk."""
    cdef int axis
    cursor.offset = 0
    for axis in range(layout.ndim - 1, -1, -1):
        if position == 0:    # without a division, which takes longer than a short row
            cursor.index[axis] = 0
            continue
        cursor.index[axis] = position % layout.shape[axis]
        position //= layout.shape[axis]
        cursor.offset += cursor.index[axis] * strides[axis]


cdef inline Py_ssize_t run_length(const Layout *layout, const Cursor *cursor) noexcept nogil:
    """How many elements are left on the last axis."""
    return layout.shape[layout.ndim - 1] - cursor.index[layout.ndim - 1]


cdef inline Plane next_plane(
    const Layout *layout, const Py_ssize_t *strides, const Cursor *cursor, Py_ssize_t n
) noexcept nogil:
    """What to copy next, of n elements: whole rows, which the last axis spans, or what is left of one row.

    Rows that are short, or lie across memory, are copied column by column.
    """
    cdef int last = layout.ndim - 1
    cdef Py_ssize_t length = layout.shape[last], rows = 0
    cdef Plane plane
    plane.axis = last
    plane.steps = plane.length = min(n, length - cursor.index[last])
    plane.lines = 1
    plane.line_stride = 0
    plane.stride = strides[last]
    plane.block_line_stride = 0
    plane.block_stride = 1
    if last > 0 and cursor.index[last] == 0:
        rows = min(n // length, layout.shape[last - 1] - cursor.index[last - 1])
    if rows > 1:
        plane.axis = last - 1
        plane.steps = plane.lines = rows
        plane.length = length
        plane.line_stride = strides[last - 1]
        plane.block_line_stride = length
        if length <= SHORT_ROW or llabs(strides[last]) > llabs(strides[last - 1]):
            plane.lines, plane.length = length, rows
            plane.line_stride, plane.stride = plane.stride, plane.line_stride
            plane.block_line_stride, plane.block_stride = 1, length
    return plane


cdef inline void advance_along(
    const Layout *layout, const Py_ssize_t *strides, int axis, Py_ssize_t n, Cursor *cursor
) noexcept nogil:
    """Go n places on along an axis, at most to its end. The axes after it stand at their beginning."""
    cursor.index[axis] += n
    cursor.offset += n * strides[axis]
    while axis > 0 and cursor.index[axis] == layout.shape[axis]:
        cursor.index[axis] = 0
        cursor.offset -= layout.shape[axis] * strides[axis]
        axis -= 1
        cursor.index[axis] += 1
        cursor.offset += strides[axis]


cdef inline void advance(
    const Layout *layout, const Py_ssize_t *strides, Py_ssize_t n, Cursor *cursor
) noexcept nogil:
    """Go n elements on, at most to the end of the last axis."""
    advance_along(layout, strides, layout.ndim - 1, n, cursor)


cdef inline bint crosses_rows(const Layout *layout) noexcept nogil:
    """Whether x is walked across its rows: a step leaves the cache line; along another axis it would not."""
    cdef int last = layout.ndim - 1, axis = nearest_axis(layout)
    return (
        axis >= 0
        and layout.shape[last] > TILE
        and llabs(layout.x_strides[last]) >= CACHE_LINE
        and llabs(layout.x_strides[axis]) < CACHE_LINE
    )


cdef inline int nearest_axis(const Layout *layout) noexcept nogil:
    """Which axis but the last, of those that move at all, makes the smallest steps in x; -1 if none."""
    cdef int axis, nearest = -1
    for axis in range(layout.ndim - 1):
        if layout.x_strides[axis] != 0 and (
            nearest < 0 or llabs(layout.x_strides[axis]) < llabs(layout.x_strides[nearest])
        ):
            nearest = axis
    return nearest


cdef inline void split_into_tiles(Layout *layout, Layout *rest) noexcept nogil:
    """Cut the last axis of a layout that crosses rows, and let the walk cover tiles: each cache line of x
    is then used up before the walk comes to the next. What is left of the last axis becomes the rest.
    """
    cdef Layout whole = layout[0]
    cdef int axis, last = whole.ndim - 1, nearest = nearest_axis(&whole)
    cdef Py_ssize_t x_stride = whole.x_strides[last], y_stride = whole.y_strides[last]
    cdef Py_ssize_t pieces = whole.shape[last] // TILE, left = whole.shape[last] % TILE
    for axis in range(nearest, last - 1):
        copy_axis(&whole, axis + 1, layout, axis)
    set_axis(layout, last - 1, pieces, TILE * x_stride, TILE * y_stride)
    copy_axis(&whole, nearest, layout, last)
    set_axis(layout, last + 1, TILE, x_stride, y_stride)
    layout.ndim += 1
    layout.size = whole.size // whole.shape[last] * pieces * TILE
    rest[0] = whole
    rest.shape[last] = left
    rest.size = whole.size - layout.size
    rest.x += pieces * TILE * x_stride
    rest.y += pieces * TILE * y_stride
