"""The n-d iteration space that two arrays share, as few axes as it takes, and a walk along it. Knows no types."""

from libc.stdlib cimport llabs

cdef enum:
    MAX_AXES = 64    # NumPy's own limit

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


cdef inline void add_axis(Layout *layout, Py_ssize_t length, Py_ssize_t x_stride, Py_ssize_t y_stride) noexcept nogil:
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
        layout.shape[place] = layout.shape[place - 1]
        layout.x_strides[place] = layout.x_strides[place - 1]
        layout.y_strides[place] = layout.y_strides[place - 1]
        place -= 1
    layout.shape[place] = length
    layout.x_strides[place] = x_stride
    layout.y_strides[place] = y_stride
    layout.ndim += 1


cdef inline bint writes_each_element_once(const Layout *layout, Py_ssize_t y_size) noexcept nogil:
    """Whether no two positions of the walk share memory in y; asked before merging. May say no where they do not."""
    cdef int axis
    for axis in range(layout.ndim - 1, -1, -1):
        if layout.y_strides[axis] < y_size:
            return layout.size == 0
        y_size += (layout.shape[axis] - 1) * layout.y_strides[axis]
    return True


cdef inline void merge_axes(Layout *layout, Py_ssize_t x_size, Py_ssize_t y_size) noexcept nogil:
    """Join the axes that are one run of memory in both arrays; the sizes are those of an element."""
    cdef int axis, last = 0
    if layout.ndim == 0:
        layout.ndim = 1
        layout.shape[0] = layout.size
        layout.x_strides[0] = x_size
        layout.y_strides[0] = y_size
        return
    for axis in range(1, layout.ndim):
        if (
            layout.x_strides[last] == layout.shape[axis] * layout.x_strides[axis]
            and layout.y_strides[last] == layout.shape[axis] * layout.y_strides[axis]
        ):
            layout.shape[last] *= layout.shape[axis]
        else:
            last += 1
            layout.shape[last] = layout.shape[axis]
        layout.x_strides[last] = layout.x_strides[axis]
        layout.y_strides[last] = layout.y_strides[axis]
    layout.ndim = last + 1


cdef inline void keep_order(
    int ndim, const Py_ssize_t *shape, const Py_ssize_t *strides, Py_ssize_t itemsize, Py_ssize_t *kept
) noexcept nogil:
    """The strides of a new array without gaps whose axes lie in memory in the order of an existing one: order "K".

    An insertion sort from the last axis on. As in NumPy's iterator, an axis that does not move (stride 0, or length 1)
    has no place of its own: it stays where it stands among its neighbours.
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


cdef inline bint is_one_run(const Layout *layout, const Py_ssize_t *strides, Py_ssize_t itemsize) noexcept nogil:
    """Whether an array lies in memory without gaps, in the order of the walk."""
    cdef int axis
    for axis in range(layout.ndim - 1, -1, -1):
        if strides[axis] != itemsize:
            return False
        itemsize *= layout.shape[axis]
    return True


cdef inline void seek(
    const Layout *layout, const Py_ssize_t *strides, Py_ssize_t position, Cursor *cursor
) noexcept nogil:
    """Put the cursor on the element at a position of the walk."""
    cdef int axis
    cursor.offset = 0
    for axis in range(layout.ndim - 1, -1, -1):
        cursor.index[axis] = position % layout.shape[axis]
        position //= layout.shape[axis]
        cursor.offset += cursor.index[axis] * strides[axis]


cdef inline Py_ssize_t run_length(const Layout *layout, const Cursor *cursor) noexcept nogil:
    """How many elements are left on the last axis."""
    return layout.shape[layout.ndim - 1] - cursor.index[layout.ndim - 1]


cdef inline void advance(
    const Layout *layout, const Py_ssize_t *strides, Py_ssize_t n, Cursor *cursor
) noexcept nogil:
    """Go n elements on, at most to the end of the last axis."""
    cdef int axis = layout.ndim - 1
    cursor.index[axis] += n
    cursor.offset += n * strides[axis]
    while axis > 0 and cursor.index[axis] == layout.shape[axis]:
        cursor.index[axis] = 0
        cursor.offset -= layout.shape[axis] * strides[axis]
        axis -= 1
        cursor.index[axis] += 1
        cursor.offset += strides[axis]
