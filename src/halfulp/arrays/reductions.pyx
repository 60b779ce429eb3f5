"""The reductions on whole arrays: rows out of any axes, side by side or one at a time, and threads.

Formulas are in the kernels. A long row is read along, its members going through the lanes in turn; short ones, and
those whose members are far apart in memory, go side by side in bundles of neighbours. What is not contiguous in the
direction of the lanes, or not as the kernels read it, is gathered, a tile at a time: no array is copied whole.
"""

cimport numpy as np
from libc.math cimport INFINITY, NAN
from libc.stdint cimport uint16_t
from libc.stdlib cimport free, llabs, malloc
from libc.string cimport memcpy

import numpy

from halfulp.arrays.dtypes import is_bfloat16

from halfulp.arrays.blocks cimport any1, any2, any4, any8, copy_numbers, copy_plane, scatter
from halfulp.arrays.blocks cimport number as bits
from halfulp.arrays.conversions cimport NPY_HALF, convert_block, swap_bytes
from halfulp.arrays.environment cimport FloatEnvironment, enter_default_environment, leave_environment
from halfulp.arrays.layout cimport (
    Cursor, Layout, add_axis, advance, merge_axes, merge_axes_of_both, run_length, seek, writes_each_element_once,
)
from halfulp.arrays.threads cimport chunk_size, for_each_chunk, threads_for
from halfulp.kernels.dispatch cimport loops
from halfulp.kernels.halves cimport float_of_half, half_format, half_of_number
from halfulp.kernels.lanes cimport (
    BRIEF, LANES, LONG, OF_OTHERS, STRIP, Lanes, any_undecided, begin, begin_results, count_members, expect, join_largest,
    join_sums, merge, merge_undecided, spread,
)
from halfulp.kernels.table cimport (
    BFLOAT16, FLOAT16, FLOAT32, FLOAT64, LOG_SOFTMAX, LOGSUMEXP, SOFTMAX, Exponentials, ReductionLoops, first_sums,
    kept_behind, kept_size, none_kept, read_loop, read_tile, write_tile,
)
from halfulp.kernels.rounding cimport float32_format, float64_format, number_format
from halfulp.kernels cimport table

np.import_array()

cdef enum:
    BUFFER = 32768              # bytes of a gathered tile, on the stack
    LONG_ROW = 144              # members; shorter rows go side by side, unless they are few
    ROW_COST = 96               # members that take as long as it takes to begin and end a row
    FEW_ROWS = 16               # too few to go side by side
    CACHE = 262144              # bytes: a bundle is read three times and had better stay there
    FEWEST_LANES = 32           # in a bundle, even so
    AHEAD = 262144              # bytes: of larger rows and bundles nothing is fetched ahead, but see most_ahead
    ROW_LANES = STRIP           # of a row that is read along
    KEPT = 114688               # doubles, 896 KiB, for exponentials kept from the sum to the results of softmax
    LONGEST_ACCURATE = 262144   # float64 members; the quick sums, 2^-76, have to do for longer rows
    LONGEST_QUICK = 524288      # members of a row that softmax tries to compute by the quick phase alone
    PAUSE = 16
    PART_ELEMENTS = 65536       # of a row that is split among threads
    MOST_PARTS = 64

ctypedef fused number:
    uint16_t                    # the bits of a 16-bit type
    float
    double

cdef extern from *:
    """
    /* of numbers that several threads read and write, and that may be out of date */
    #if defined(__GNUC__)
    #define load_relaxed(address) __atomic_load_n(address, __ATOMIC_RELAXED)
    #define store_relaxed(address, value) __atomic_store_n(address, value, __ATOMIC_RELAXED)
    #else
    #define load_relaxed(address) (*(volatile int *)(address))
    #define store_relaxed(address, value) ((void)(*(volatile int *)(address) = (value)))
    #endif
    """
    int load_relaxed(int *address) nogil
    void store_relaxed(int *address, int value) nogil

cdef extern from *:
    """
    /* in bytes, or 0 if nobody tells */
    #if defined(__linux__)
    #include <unistd.h>
    #endif
    #if defined(_SC_LEVEL2_CACHE_SIZE)
    #define second_level_cache() sysconf(_SC_LEVEL2_CACHE_SIZE)
    #else
    #define second_level_cache() 0
    #endif
    """
    long second_level_cache()

# What is fetched ahead had better not push out what is still needed: two rows or bundles fit in the second-level cache.
cdef Py_ssize_t most_ahead = max(<Py_ssize_t>AHEAD, <Py_ssize_t>second_level_cache() // 2)

cdef struct Work:
    const ReductionLoops *loops
    int first_sums              # to try on rows of this length
    int *pause                  # rows, or bundles, until they are again, after one for which that was of no use
    int function
    int type                    # of the result
    Py_ssize_t itemsize         # of the result's type
    int x_type                  # NumPy's number of the input's type
    Py_ssize_t x_size           # of that type
    bint converts               # from that to the type of the result
    bint x_is_swapped           # not in the machine's byte order
    bint y_is_swapped
    bint is_masked              # some members may be left out
    bint prepares               # x has to become what the kernels read
    bint x_is_readable          # they may read it where it lies
    bint y_is_writable          # and write
    bint x_is_one_piece         # the rows lie one after the other, without gaps
    bint y_is_one_piece
    bint in_place               # y is x
    Layout rows                 # the axes that stay: where each row begins
    Layout members              # the axes reduced: where the members of a row are from there
    Layout mask_rows            # the same with the mask in the place of x, and the same axes
    Layout mask_members
    Py_ssize_t rows_per_chunk
    void *errors                # a list

cdef struct Row:
    const char *x
    const char *mask
    char *y
    const char *block           # all its members as the kernels read them, x itself or gathered; or NULL
    Exponentials kept           # room for those of its members, if there is


cdef enum Scan:
    READ
    KEEP                # read for the sum, and keep the exponentials
    TRY                 # compute the results, only to see whether all are decided
    WRITE
    TRY_ACCURATELY
    WRITE_ACCURATELY
    FILL                # with NaN


include "reduction_members.pxi"
include "reduction_integers.pxi"
include "reduction_rows.pxi"
include "reduction_scan.pxi"
include "reduction_bundles.pxi"

FUNCTIONS = {"log_softmax": table.LOG_SOFTMAX, "softmax": table.SOFTMAX, "logsumexp": table.LOGSUMEXP}
NAMES = {number: name for name, number in FUNCTIONS.items()}


# --- The whole ---------------------------------------------------------------------------------------------------

cdef void reduce_rows(Work *work) noexcept nogil:
    cdef Py_ssize_t size = work.rows.size * work.members.size
    cdef int threads = threads_for(size)
    cdef int pause = 0
    cdef FloatEnvironment saved
    work.pause = &pause
    work.rows_per_chunk = max(chunk_size(size, work.itemsize, threads) // work.members.size, 1)
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
    cdef Py_ssize_t strips = (work.rows.size + STRIP - 1) // STRIP
    cdef Py_ssize_t lines = (work.members.size + ROW_LANES - 1) // ROW_LANES
    if work.members.size < LONG_ROW:    # a strip takes as long whether or not it is filled, and so does a line
        return strips * STRIP * work.members.size <= work.rows.size * (lines * ROW_LANES + ROW_COST)
    return llabs(row_stride) < llabs(member_stride) and work.rows.shape[work.rows.ndim - 1] >= FEW_ROWS


cdef Py_ssize_t chunk_count(const Work *work) noexcept nogil:
    return (work.rows.size + work.rows_per_chunk - 1) // work.rows_per_chunk


# --- Arrays ------------------------------------------------------------------------------------------------------

def reduce(name, np.ndarray x, tuple axes, np.ndarray y, np.ndarray where=None):
    """Compute a reduction of x over axes, all of them in range, into y.

    The arrays have equally many axes; for logsumexp those reduced have length 1 in y. The dtype of y, in whatever byte
    order, is that in which x is computed. y is x, or shares no memory with it, with itself or with where, a mask of
    the shape of x.
    """
    cdef Work work
    cdef np.ndarray order
    cdef list errors = []
    work.type = kernel_type(y)
    work.loops = &loops.reductions[work.type]
    work.function = FUNCTIONS[name]
    work.itemsize = np.PyArray_ITEMSIZE(y)
    work.x_type = np.PyArray_TYPE(x)
    work.x_size = np.PyArray_ITEMSIZE(x)
    work.converts = work.x_type != np.PyArray_TYPE(y)
    work.x_is_swapped = np.PyArray_ISBYTESWAPPED(x)
    work.y_is_swapped = np.PyArray_ISBYTESWAPPED(y)
    work.is_masked = where is not None
    work.prepares = work.converts or work.x_is_swapped or work.is_masked
    work.x_is_readable = not work.prepares and np.PyArray_ISALIGNED(x)
    work.y_is_writable = not work.y_is_swapped and np.PyArray_ISALIGNED(y)
    work.in_place = np.PyArray_DATA(x) == np.PyArray_DATA(y)
    order = x if work.function == LOGSUMEXP else y
    lay_out(x, y, order, axes, &work.rows, &work.members)
    if work.rows.size == 0 or work.members.size == 0:
        return
    if work.is_masked:
        lay_out(where, y, order, axes, &work.mask_rows, &work.mask_members)
        merge_axes_of_both(&work.rows, &work.mask_rows, work.x_size, 1, work.itemsize)
        merge_axes_of_both(&work.members, &work.mask_members, work.x_size, 1, work.itemsize)
    else:
        merge_axes(&work.rows, work.x_size, work.itemsize)
        merge_axes(&work.members, work.x_size, work.itemsize)
    work.x_is_one_piece = is_one_piece(&work, work.rows.x_strides, work.members.x_strides)
    work.y_is_one_piece = is_one_piece(&work, work.rows.y_strides, work.members.y_strides)
    work.first_sums = first_sums(work.loops, work.function, work.members.size)
    work.errors = <void *>errors
    with nogil:
        reduce_rows(&work)
    if errors:
        raise errors[0]


def has_separate_elements(np.ndarray y):
    """Tell whether it is sure that no two elements of an array share memory."""
    cdef Layout layout
    cdef int axis
    layout.x = layout.y = np.PyArray_BYTES(y)
    layout.ndim = 0
    layout.size = 1
    for axis in range(np.PyArray_NDIM(y)):
        add_axis(&layout, np.PyArray_DIM(y, axis), np.PyArray_STRIDE(y, axis), np.PyArray_STRIDE(y, axis))
    return writes_each_element_once(&layout, np.PyArray_ITEMSIZE(y))


cdef void lay_out(
    np.ndarray x, np.ndarray y, np.ndarray order, tuple axes, Layout *rows, Layout *members
):
    """Part the axes of x and y. Members are walked in the order of an array, which is y where that has them all."""
    cdef Py_ssize_t length, stride
    cdef int axis
    rows.x = np.PyArray_BYTES(x)
    rows.y = np.PyArray_BYTES(y)
    members.x = np.PyArray_BYTES(x)
    members.y = np.PyArray_BYTES(order)
    rows.ndim = members.ndim = 0
    rows.size = members.size = 1
    for axis in range(np.PyArray_NDIM(x)):
        length = np.PyArray_DIM(x, axis)
        stride = np.PyArray_STRIDE(x, axis)
        if axis in axes:
            add_axis(members, length, stride, np.PyArray_STRIDE(order, axis))
        else:
            add_axis(rows, length, stride, np.PyArray_STRIDE(y, axis))
    # An axis of negative stride is turned round, which moves the place of the first member.
    rows.x += members.x - np.PyArray_BYTES(x)
    if order is y:
        rows.y += members.y - np.PyArray_BYTES(y)


cdef bint is_one_piece(const Work *work, const Py_ssize_t *row_strides, const Py_ssize_t *member_strides):
    """Whether rows follow each other in memory, as do their members, none of them converted."""
    return (
        not work.converts and work.rows.ndim == 1 and work.members.ndim == 1
        and member_strides[0] == work.itemsize and row_strides[0] == work.members.size * work.itemsize
    )


cdef int kernel_type(np.ndarray y):
    """The kernels' number of an array's type."""
    cdef int type_number = np.PyArray_TYPE(y)
    if type_number == NPY_HALF:
        return FLOAT16
    if type_number == np.NPY_FLOAT:
        return FLOAT32
    return BFLOAT16 if is_bfloat16(y.dtype) else FLOAT64
