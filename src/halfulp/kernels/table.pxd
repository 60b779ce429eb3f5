"""The table of loops: what the module of each instruction-set level offers to the array floor.

Declarations, and how to call what they declare. A loop knows contiguous blocks of numbers and nothing of arrays, axes or threads.
"""

from halfulp.kernels.lanes cimport BRIEF, LONG, OF_OTHERS, Lanes

ctypedef void (*block_loop)(const void *x, void *y, Py_ssize_t n) noexcept nogil
"""y[i] = f(x[i]) for 0 <= i < n. Both blocks are contiguous and aligned; y may be x itself, or not overlap it."""

ctypedef bint (*narrow_loop)(const void *x, void *y) noexcept nogil
"""y[i] = f(x[i]) for 0 <= i < NARROW_BLOCK, x and y apart; tell whether that is sure of all, or else none counts."""

cdef enum:
    NARROW_BLOCK = 128

cdef enum:    # functions
    SIGMOID
    LOG_SIGMOID
    SOFTPLUS
    FUNCTION_COUNT

cdef enum:    # types
    FLOAT16
    BFLOAT16
    FLOAT32
    FLOAT64
    TYPE_COUNT

cdef enum:    # reductions
    LOG_SOFTMAX
    SOFTMAX
    LOGSUMEXP
    REDUCTION_COUNT

cdef struct Exponentials:    # that are kept
    double *high             # NULL if there are none
    double *low              # of FLOAT64: with these parts they are pairs

# A tile is n lines, `stride` elements apart, each of so many contiguous lanes. Lane l belongs to row l.
ctypedef void (*read_loop)(const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows) noexcept nogil
"""Take a tile into account in what is known of its rows."""

ctypedef void (*finish_loop)(Lanes *rows, Py_ssize_t lanes, Py_ssize_t n) noexcept nogil
"""Make of the sums of rows of n members what `write` needs."""

ctypedef void (*write_loop)(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil
"""Compute the results of a tile, and mark rows with an undecided one. y may be x itself, or not overlap it."""

ctypedef void (*keep_loop)(
    const void *x, Py_ssize_t stride, double *high, double *low, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil
"""Add the exponentials of a tile to the sums of its rows, and keep them; those of one strip in the order of its lines."""

ctypedef void (*write_kept_loop)(
    const double *high, const double *low, void *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil
"""Compute softmax of a tile of the same shape from what was kept, and mark rows with an undecided result.

If the tile is one strip of FLOAT64, y may be where the high parts are.
"""

ctypedef void (*last_loop)(const void *x, void *y, Py_ssize_t n, Lanes *rows) noexcept nogil
"""Compute n results of the one row of lane 0, and mark it if one is undecided even so. y may be x itself."""

ctypedef void (*whole_loop)(
    const void *x, void *y, Py_ssize_t n, double *kept, const char *ahead, int sums, Lanes *row
) noexcept nogil
"""Compute log_softmax, or softmax if there is room for kept exponentials, of a row that lies in one piece, not in place.

Of FLOAT64 it is room for low parts: the high ones are kept in y.
The row is marked if a result is undecided. What lies ahead is fetched while results are written, and memory for these
while members are read, unless it is NULL.
"""

cdef struct ReductionLoops:
    read_loop find_largest
    Py_ssize_t longest_brief[REDUCTION_COUNT] # members of a row of which few results of BRIEF sums are undecided
    Py_ssize_t longest_long[REDUCTION_COUNT]  # and of LONG ones
    read_loop add                             # the quick sums
    read_loop add_pairs                       # LONG ones for softmax of very long rows, in pairs for float32, too
    finish_loop finish_pairs
    finish_loop finish[REDUCTION_COUNT]
    write_loop write[REDUCTION_COUNT]
    whole_loop compute_whole                  # all these steps at once
    keep_loop add_keeping                     # for softmax of rows that are not long
    write_kept_loop write_kept
    read_loop count_present
    read_loop add_accurately
    finish_loop finish_accurately[REDUCTION_COUNT]
    last_loop write_accurately[REDUCTION_COUNT]
    read_loop add_exactly                     # for a logsumexp that cancels
    last_loop write_exactly

cdef struct Loops:
    block_loop elementwise[3][4]    # [function][type]; NULL where there is none yet
    narrow_loop narrow[3][2]        # [function][type], 16-bit types; NULL where the table is faster
    ReductionLoops reductions[4]    # [type]

cdef inline int first_sums(const ReductionLoops *loops, int function, Py_ssize_t n) noexcept nogil:
    """The sums to try first for rows of n members."""
    if n <= loops.longest_brief[function]:
        return BRIEF
    return LONG if n <= loops.longest_long[function] else OF_OTHERS

cdef inline Py_ssize_t kept_size(int type, Py_ssize_t n) noexcept nogil:
    """How many doubles stand for n exponentials."""
    return 2 * n if type == FLOAT64 else n

cdef inline Exponentials none_kept() noexcept nogil:
    cdef Exponentials none
    none.high = none.low = NULL
    return none

cdef inline Exponentials kept_behind(Exponentials kept, Py_ssize_t n) noexcept nogil:
    """What follows n of them."""
    if kept.high != NULL:
        kept.high += n
    if kept.low != NULL:
        kept.low += n
    return kept

cdef inline void read_tile(
    const ReductionLoops *loops, read_loop read, const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes,
    Exponentials kept, Lanes *rows,
) noexcept nogil:
    """Read a tile, or sum and keep its exponentials."""
    if kept.high == NULL:
        read(x, stride, n, lanes, rows)
    else:
        loops.add_keeping(x, stride, kept.high, kept.low, n, lanes, rows)

cdef inline void write_tile(
    const ReductionLoops *loops, int function, const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride,
    Py_ssize_t n, Py_ssize_t lanes, Exponentials kept, Lanes *rows,
) noexcept nogil:
    """Compute the results of a tile, from the exponentials that were kept, or from its members."""
    if kept.high == NULL:
        loops.write[function](x, x_stride, y, y_stride, n, lanes, rows)
    else:
        loops.write_kept(kept.high, kept.low, y, y_stride, n, lanes, rows)
