"""The elementwise functions on arrays: a type's operation, the parallel walk, the fast lane for ndarrays.

Formulas are in the kernels; what is not a plain ndarray goes through halfulp.ufuncs instead.
"""

cimport numpy as np
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.object cimport PyTypeObject
from cpython.ref cimport Py_INCREF, PyObject
from libc.string cimport memcpy

from halfulp.arrays.blocks cimport copy_numbers
from halfulp.arrays.conversions cimport NPY_HALF, gather
from halfulp.arrays.layout cimport (
    CACHE_LINE, MAX_AXES, Cursor, Layout, Plane, add_axis, advance, advance_along, crosses_rows, has_rows_of,
    is_one_run, keep_order, merge_axes, next_plane, run_length, seek, split_into_tiles, writes_each_element_once,
)
from halfulp.arrays.threads cimport chunk_size, for_each_chunk, threads_for
from halfulp.kernels.dispatch cimport loops
from halfulp.kernels.lanes cimport fetch
from halfulp.kernels.table cimport BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FUNCTION_COUNT

cdef extern from "numpy/arrayobject.h":
    np.ndarray PyArray_NewFromDescr(
        PyTypeObject *subtype, np.dtype descr, int nd, const np.npy_intp *dims, const np.npy_intp *strides,
        void *data, int flags, PyObject *obj
    )

np.import_array()

cdef enum:
    BLOCK = 512                   # elements on the stack: the gathered block stays in the first-level cache
    ALIGNMENT = 64
    LONG_ROW = 32                 # elements; from here on a call for each row costs less than copies of both sides,
    LONG_ROW_BESIDE_RUN = 64      # or of one side if the other is contiguous
    LONG_ROW_OF_FLOATS = 128      # and of float32, whose loops lose most where a row ends within a vector
    BUILTIN_TYPES = 24            # NumPy's type numbers run from NPY_BOOL to NPY_HALF
    KEEP_GIL_BELOW = 500          # elements; releasing costs more than it gives, as in NumPy's ufuncs

cdef Operation operations[FUNCTION_COUNT][BUILTIN_TYPES + 1]    # the last one is bfloat16
cdef int bfloat16_type_number = -1    # NumPy hands it out when ml_dtypes is imported


cdef void fill_operations() noexcept:
    cdef int function, type_number
    for function in range(FUNCTION_COUNT):
        for type_number in range(np.NPY_BOOL, np.NPY_ULONGLONG + 1):
            operations[function][type_number] = Operation(
                loops.elementwise[function][FLOAT64], type_number, np.NPY_DOUBLE, integer_size(type_number),
                8, True,
            )
        operations[function][NPY_HALF] = Operation(
            loops.elementwise[function][FLOAT16], NPY_HALF, NPY_HALF, 2, 2, False
        )
        operations[function][<int>np.NPY_FLOAT] = Operation(
            loops.elementwise[function][FLOAT32], np.NPY_FLOAT, np.NPY_FLOAT, 4, 4, False
        )
        operations[function][<int>np.NPY_DOUBLE] = Operation(
            loops.elementwise[function][FLOAT64], np.NPY_DOUBLE, np.NPY_DOUBLE, 8, 8, False
        )


cdef Py_ssize_t integer_size(int type_number) noexcept:
    return np.dtype(np.PyArray_DescrFromType(type_number)).itemsize


fill_operations()


cdef void admit_bfloat16(int type_number) noexcept:
    """Make operations for ml_dtypes' bfloat16, which NumPy knows by this number."""
    global bfloat16_type_number
    cdef int function
    for function in range(FUNCTION_COUNT):
        operations[function][BUILTIN_TYPES] = Operation(
            loops.elementwise[function][BFLOAT16], NPY_HALF, type_number, 2, 2, False
        )
    bfloat16_type_number = type_number


cdef const Operation *operation_for(int function, int type_number) noexcept nogil:
    """The operation for a type of NumPy's, or NULL."""
    if 0 <= type_number < BUILTIN_TYPES:
        return &operations[function][type_number] if operations[function][type_number].loop != NULL else NULL
    if type_number == bfloat16_type_number and operations[function][BUILTIN_TYPES].loop != NULL:
        return &operations[function][BUILTIN_TYPES]
    return NULL


cdef struct Work:
    const Operation *operation
    const Layout *layout
    bint x_is_one_run
    bint y_is_one_run
    bint has_long_rows
    Py_ssize_t ahead            # fetch_distance
    Py_ssize_t chunk_size


cdef void compute(const Operation *operation, Layout *layout) noexcept nogil:
    """y = f(x) over a layout, in parallel where it is large. x and y are the same elements, or disjoint."""
    cdef Layout rest
    merge_axes(layout, operation.x_size, operation.y_size)
    if crosses_rows(layout):
        split_into_tiles(layout, &rest)
        walk(operation, &rest)
    walk(operation, layout)


cdef void walk(const Operation *operation, const Layout *layout) noexcept nogil:
    cdef Work work
    cdef int threads = threads_for(layout.size)
    work.operation = operation
    work.layout = layout
    work.x_is_one_run = not operation.converts and is_one_run(layout, layout.x_strides, operation.x_size)
    work.y_is_one_run = is_one_run(layout, layout.y_strides, operation.y_size)
    work.has_long_rows = not operation.converts and has_rows_of(
        layout, long_row(&work), operation.x_size, operation.y_size
    )
    work.ahead = fetch_distance(operation, layout)
    work.chunk_size = chunk_size(layout.size, operation.y_size, threads)
    for_each_chunk(compute_chunk, &work, (layout.size + work.chunk_size - 1) // work.chunk_size, threads)


cdef Py_ssize_t long_row(const Work *work) noexcept nogil:
    if not work.x_is_one_run and not work.y_is_one_run:
        return LONG_ROW
    return LONG_ROW_OF_FLOATS if work.operation.y_size == 4 else LONG_ROW_BESIDE_RUN


cdef void compute_chunk(void *context, Py_ssize_t chunk) noexcept nogil:
    cdef const Work *work = <const Work *>context
    cdef const Operation *operation = work.operation
    cdef const Layout *layout = work.layout
    cdef Py_ssize_t start = chunk * work.chunk_size
    cdef Py_ssize_t stop = min(start + work.chunk_size, layout.size)
    if work.x_is_one_run and work.y_is_one_run:
        operation.loop(layout.x + start * operation.x_size, layout.y + start * operation.y_size, stop - start)
    elif work.has_long_rows:
        compute_rows(work, start, stop)
    else:
        compute_strided(work, start, stop)


cdef void compute_rows(const Work *work, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Compute row by row, without a copy."""
    cdef const Operation *operation = work.operation
    cdef const Layout *layout = work.layout
    cdef Cursor x_cursor, y_cursor
    cdef Py_ssize_t n
    seek(layout, layout.x_strides, start, &x_cursor)
    seek(layout, layout.y_strides, start, &y_cursor)
    while start < stop:
        n = min(run_length(layout, &x_cursor), stop - start)
        operation.loop(layout.x + x_cursor.offset, layout.y + y_cursor.offset, n)
        advance(layout, layout.x_strides, n, &x_cursor)
        advance(layout, layout.y_strides, n, &y_cursor)
        start += n


cdef void compute_strided(const Work *work, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Gather a block, compute it, scatter it; leave out the copy on a side that is contiguous."""
    cdef const Operation *operation = work.operation
    cdef const Layout *layout = work.layout
    cdef char buffer[BLOCK * 8 + ALIGNMENT]
    cdef char *block = <char *>((<size_t>buffer + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT)
    cdef const void *source
    cdef void *target
    cdef Cursor x_cursor, y_cursor
    cdef Py_ssize_t n
    seek(layout, layout.x_strides, start, &x_cursor)
    seek(layout, layout.y_strides, start, &y_cursor)
    while start < stop:
        n = min(<Py_ssize_t>BLOCK, stop - start)
        source = target = block
        if work.x_is_one_run:
            source = layout.x + start * operation.x_size
        else:
            gather_block(work, &x_cursor, block, n)
        if work.y_is_one_run:
            target = layout.y + start * operation.y_size
        operation.loop(source, target, n)
        if not work.y_is_one_run:
            scatter_block(operation, layout, &y_cursor, block, n)
        start += n


cdef void gather_block(const Work *work, Cursor *cursor, char *block, Py_ssize_t n) noexcept nogil:
    cdef const Operation *operation = work.operation
    cdef const Layout *layout = work.layout
    cdef Py_ssize_t size = operation.y_size, line
    cdef const char *source
    cdef Plane plane
    while n > 0:
        plane = next_plane(layout, layout.x_strides, cursor, n)
        source = layout.x + cursor.offset
        if work.ahead != 0 and plane.block_stride == 1:
            for line in range(plane.lines):
                fetch(source + work.ahead, plane.length * size + CACHE_LINE - 1)
                memcpy(block + line * plane.block_line_stride * size, source, plane.length * size)
                source += plane.line_stride
        else:
            for line in range(plane.lines):
                gather(
                    operation.x_type, source, plane.stride,
                    block + line * plane.block_line_stride * size, plane.block_stride * size, plane.length,
                )
                source += plane.line_stride
        advance_along(layout, layout.x_strides, plane.axis, plane.steps, cursor)
        block += plane.lines * plane.length * size
        n -= plane.lines * plane.length


cdef Py_ssize_t fetch_distance(const Operation *operation, const Layout *layout) noexcept nogil:
    """Return how many bytes ahead rows without gaps are fetched while they are gathered: two blocks. 0: others are not.

    The processor by itself, while it computes one block, fetches too little of the next.
    """
    cdef int last = layout.ndim - 1
    if last == 0 or operation.converts or layout.x_strides[last] != operation.x_size:
        return 0
    return 2 * BLOCK // layout.shape[last] * layout.x_strides[last - 1]


cdef void scatter_block(
    const Operation *operation, const Layout *layout, Cursor *cursor, const char *block, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t size = operation.y_size, line
    cdef Plane plane
    while n > 0:
        plane = next_plane(layout, layout.y_strides, cursor, n)
        for line in range(plane.lines):
            copy_numbers(
                size, block + line * plane.block_line_stride * size, plane.block_stride * size,
                layout.y + cursor.offset + line * plane.line_stride, plane.stride, plane.length,
            )
        advance_along(layout, layout.y_strides, plane.axis, plane.steps, cursor)
        block += plane.lines * plane.length * size
        n -= plane.lines * plane.length


cdef object apply(int function, object x, object out):
    """Return f(x) for a plain ndarray or float of a supported type; NotImplemented for all else.

    Nothing has been written to `out` when NotImplemented is returned.
    """
    cdef np.ndarray scalar
    if np.PyArray_CheckExact(x):
        return apply_to_array(function, <np.ndarray>x, out)
    if PyFloat_CheckExact(x):
        scalar = np.PyArray_EMPTY(0, NULL, np.NPY_DOUBLE, 0)
        (<double *>np.PyArray_DATA(scalar))[0] = PyFloat_AS_DOUBLE(x)
        return apply_to_array(function, scalar, out)
    return NotImplemented


cdef object apply_to_array(int function, np.ndarray x, object out):
    cdef const Operation *operation = operation_for(function, np.PyArray_TYPE(x))
    cdef Layout layout
    cdef np.ndarray y
    cdef int axis
    if operation == NULL or not np.PyArray_ISBEHAVED_RO(x):
        return NotImplemented
    if out is None:
        y = new_in_order_of(x, np.PyArray_DIMS(x), operation.y_type)
    elif is_plain_output(out, x, operation):
        y = <np.ndarray>out
        if may_overlap(x, y) and not same_elements(x, y):
            x = np.PyArray_NewCopy(x, np.NPY_KEEPORDER)
    else:
        return NotImplemented
    layout.x = np.PyArray_BYTES(x)
    layout.y = np.PyArray_BYTES(y)
    layout.ndim = 0
    layout.size = 1
    if np.PyArray_ISCONTIGUOUS(x) and np.PyArray_ISCONTIGUOUS(y):
        add_axis(&layout, np.PyArray_SIZE(x), operation.x_size, operation.y_size)
    else:
        for axis in range(np.PyArray_NDIM(x)):
            add_axis(&layout, np.PyArray_DIM(x, axis), np.PyArray_STRIDE(x, axis), np.PyArray_STRIDE(y, axis))
        if not writes_each_element_once(&layout, operation.y_size):
            return NotImplemented
    if layout.size < KEEP_GIL_BELOW:
        compute(operation, &layout)
    else:
        with nogil:
            compute(operation, &layout)
    if out is None and np.PyArray_NDIM(x) == 0:
        return np.PyArray_ToScalar(np.PyArray_DATA(y), y)
    return y


def empty_in_order_of(np.ndarray x, shape, np.dtype dtype):
    """Return an uninitialised array in the memory order of x; of its shape, or with axes of length 1 instead.

    The order is that of NumPy's ufuncs, from which numpy.empty_like differs where an axis has stride 0.
    """
    cdef np.npy_intp[MAX_AXES] lengths
    cdef int axis
    for axis in range(np.PyArray_NDIM(x)):
        lengths[axis] = shape[axis]
    return new_in_order_of(x, lengths, dtype.num)


cdef np.ndarray new_in_order_of(np.ndarray x, np.npy_intp *shape, int type_number):
    cdef Py_ssize_t[MAX_AXES] strides
    cdef np.dtype dtype
    if np.PyArray_ISCONTIGUOUS(x):
        return np.PyArray_EMPTY(np.PyArray_NDIM(x), shape, type_number, 0)
    dtype = np.PyArray_DescrFromType(type_number)
    keep_order(
        np.PyArray_NDIM(x), <Py_ssize_t *>shape, <Py_ssize_t *>np.PyArray_STRIDES(x), dtype.itemsize, strides
    )
    Py_INCREF(dtype)    # which NumPy takes over
    return PyArray_NewFromDescr(
        <PyTypeObject *>np.ndarray, dtype, np.PyArray_NDIM(x), shape, <np.npy_intp *>strides, NULL, 0, NULL
    )


cdef bint is_plain_output(object out, np.ndarray x, const Operation *operation):
    """Whether `out` can be written to as it is."""
    cdef np.ndarray y
    cdef int axis
    if not np.PyArray_CheckExact(out):
        return False
    y = <np.ndarray>out
    if np.PyArray_TYPE(y) != operation.y_type or not np.PyArray_ISBEHAVED(y):
        return False
    if np.PyArray_NDIM(y) != np.PyArray_NDIM(x):
        return False
    for axis in range(np.PyArray_NDIM(x)):
        if np.PyArray_DIM(y, axis) != np.PyArray_DIM(x, axis):
            return False
    return True


cdef bint same_elements(np.ndarray x, np.ndarray y):
    """Whether the two arrays are the same elements in the same places, which is safe to compute in place."""
    cdef int axis
    if np.PyArray_DATA(x) != np.PyArray_DATA(y) or np.PyArray_TYPE(x) != np.PyArray_TYPE(y):
        return False
    for axis in range(np.PyArray_NDIM(x)):
        if np.PyArray_STRIDE(x, axis) != np.PyArray_STRIDE(y, axis) and np.PyArray_DIM(x, axis) > 1:
            return False
    return True


cdef bint may_overlap(np.ndarray x, np.ndarray y):
    """Whether the ranges of addresses of the two arrays meet."""
    cdef size_t x_first, x_end, y_first, y_end
    address_range(x, &x_first, &x_end)
    address_range(y, &y_first, &y_end)
    return x_first < y_end and y_first < x_end


cdef void address_range(np.ndarray array, size_t *first, size_t *end) noexcept:
    cdef int axis
    cdef Py_ssize_t extent
    first[0] = <size_t>np.PyArray_DATA(array)
    end[0] = first[0] + np.PyArray_ITEMSIZE(array)
    for axis in range(np.PyArray_NDIM(array)):
        extent = (np.PyArray_DIM(array, axis) - 1) * np.PyArray_STRIDE(array, axis)
        if extent < 0:
            first[0] += extent
        else:
            end[0] += extent
