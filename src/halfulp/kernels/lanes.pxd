"""What a reduction knows of rows that go side by side, one in each lane.

Equally, of one row that goes through the lanes in turn: then lane l stands for its members l, l + lanes, ... and
`join_largest` and `join_sums` make one of them.
"""

from libc.math cimport INFINITY
from libc.stdint cimport uint64_t
from libc.string cimport memset

from halfulp.kernels.pairs cimport *

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define prefetch(address) __builtin_prefetch(address)
    #else
    #define prefetch(address) ((void)0)
    #endif
    """
    void prefetch(const void *address) noexcept nogil

cdef enum:
    CACHE_LINE = 64    # bytes
    LANES = 128    # the most there are
    STRIP = 32     # rows that a loop takes at once, a number known to the compiler: lanes are multiples of it

cdef enum Sums:        # of the quick phases
    OF_OTHERS          # exp(x - m) of all members but the largest, which are counted
    BRIEF              # exp(x) of all of them in one pass, which finds the largest on its way
    LONG               # the same, more precise, for rows of more members

cdef struct Lanes:
    double largest[LANES]      # m
    double least[LANES]        # the least member of which softmax may not be 0, if exponentials are kept by sums in one pass
    double count[LANES]        # how many members equal m
    double high[LANES]         # the sum S, and later what `write` needs: L, or 1 / (1 + R)
    double low[LANES]
    int sums                   # which these are
    bint is_joined             # the bound of the errors tells that m + L serves as well as its parts: for doubles it is low,
                               # for pairs high and low, and the margin is then one of absolute errors
    double margin[LANES]       # bound of the relative error of the results; INFINITY or NaN: all are undecided
    uint64_t undecided[LANES]  # not 0: a result lies too close to a midpoint to be sure of its rounding
    const char *ahead          # memory that loops fetch line by line while they compute, as it will be needed; or NULL
    Py_ssize_t ahead_line      # bytes from one of its lines to the next
    Py_ssize_t ahead_strip     # bytes of a strip

cdef inline void begin_results(Lanes *rows, Py_ssize_t lanes) noexcept nogil:
    """Let nothing be undecided yet."""
    memset(rows.undecided, 0, lanes * sizeof(uint64_t))

cdef inline void begin(Lanes *rows, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    rows.sums = OF_OTHERS
    rows.is_joined = False
    for l in range(lanes):
        rows.largest[l] = -INFINITY
        rows.least[l] = INFINITY
    memset(rows.count, 0, lanes * sizeof(double))
    memset(rows.high, 0, lanes * sizeof(double))
    memset(rows.low, 0, lanes * sizeof(double))
    begin_results(rows, lanes)
    expect(rows, NULL, 0, 0)

cdef inline void expect(Lanes *rows, const char *ahead, Py_ssize_t line, Py_ssize_t strip) noexcept nogil:
    """Let this memory be needed soon."""
    rows.ahead = ahead
    rows.ahead_line = line
    rows.ahead_strip = strip

cdef inline void fetch(const void *memory, Py_ssize_t size) noexcept nogil:
    """Fetch so many bytes that are needed soon. What is not there is not fetched."""
    cdef Py_ssize_t done
    for done in range(size // CACHE_LINE):
        prefetch(<const char *>memory + done * CACHE_LINE)

cdef inline void fetch_ahead(const Lanes *rows, Py_ssize_t line, Py_ssize_t strip, Py_ssize_t size) noexcept nogil:
    """Fetch a strip of one of the lines that will be needed soon. Its size in bytes is known to the compiler.

    A strip that begins within a cache line ends in one more, and its first one was the last of the strip before.
    """
    if rows.ahead == NULL:
        return
    fetch(rows.ahead + line * rows.ahead_line + strip // STRIP * rows.ahead_strip + CACHE_LINE - 1, size)

cdef inline void move_ahead(Lanes *rows, Py_ssize_t lines) noexcept nogil:
    if rows.ahead != NULL:
        rows.ahead += lines * rows.ahead_line

cdef inline void fold_largest(Lanes *rows, Py_ssize_t half) noexcept nogil:
    """Of a number of lanes known to the compiler: of a loop over such numbers it makes no vector code."""
    cdef Py_ssize_t l
    for l in range(half):
        rows.largest[l] = rows.largest[l + half] if rows.largest[l + half] > rows.largest[l] else rows.largest[l]
        rows.least[l] = rows.least[l + half] if rows.least[l + half] < rows.least[l] else rows.least[l]

cdef inline void join_largest(Lanes *rows) noexcept nogil:
    """Let all of STRIP lanes have the largest member of any."""
    cdef Py_ssize_t l
    fold_largest(rows, STRIP // 2)
    fold_largest(rows, STRIP // 4)
    fold_largest(rows, STRIP // 8)
    fold_largest(rows, STRIP // 16)
    fold_largest(rows, STRIP // 32)
    for l in range(1, STRIP):
        rows.largest[l] = rows.largest[0]

cdef inline void fold_sums(Lanes *rows, Py_ssize_t half) noexcept nogil:
    """Alike."""
    cdef Py_ssize_t l
    cdef pair total
    for l in range(half):
        rows.count[l] += rows.count[l + half]
        total = two_sum(rows.high[l], rows.high[l + half])
        rows.high[l] = total.high
        rows.low[l] = total.low + (rows.low[l] + rows.low[l + half])

cdef inline void join_sums(Lanes *rows) noexcept nogil:
    """Let lane 0 have the sums of STRIP lanes, with an error below 2^-100.6.

    The low parts are added as doubles. After k steps they are below (1 + k) u, each step rounds twice: in all at most
    2 u (2 + 3 + 4 + 5 + 6) u = 40 u^2 of the sum, of numbers that are all positive.
    """
    cdef pair total
    fold_sums(rows, STRIP // 2)
    fold_sums(rows, STRIP // 4)
    fold_sums(rows, STRIP // 8)
    fold_sums(rows, STRIP // 16)
    fold_sums(rows, STRIP // 32)
    total = fast_two_sum(rows.high[0], rows.low[0])
    rows.high[0] = total.high
    rows.low[0] = total.low

cdef inline void merge(Lanes *rows, const Lanes *others, Py_ssize_t lanes) noexcept nogil:
    """Add to each lane what the same lane of others has found in other members."""
    cdef Py_ssize_t l
    cdef pair total
    for l in range(lanes):
        rows.largest[l] = max(rows.largest[l], others.largest[l])
        rows.least[l] = min(rows.least[l], others.least[l])
        rows.count[l] += others.count[l]
        total = add(make_pair(rows.high[l], rows.low[l]), make_pair(others.high[l], others.low[l]))
        rows.high[l] = total.high
        rows.low[l] = total.low

cdef inline void mark_rows_without_margin(Lanes *rows, Py_ssize_t lanes) noexcept nogil:
    """Mark rows whose margin, or what is to be written, is infinite or NaN: all their results are undecided."""
    cdef Py_ssize_t l
    for l in range(lanes):
        rows.undecided[l] |= not rows.margin[l] + rows.high[l] < INFINITY

cdef inline void merge_undecided(Lanes *rows, const Lanes *others, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    for l in range(lanes):
        rows.undecided[l] |= others.undecided[l]

cdef inline void spread(Lanes *rows, Py_ssize_t lanes) noexcept nogil:
    """Let all lanes have what lane 0 has."""
    cdef Py_ssize_t l
    for l in range(1, lanes):
        rows.largest[l] = rows.largest[0]
        rows.high[l] = rows.high[0]
        rows.low[l] = rows.low[0]
        rows.margin[l] = rows.margin[0]

cdef inline double count_members(const Lanes *rows, Py_ssize_t lanes) noexcept nogil:
    cdef double count = 0
    cdef Py_ssize_t l
    for l in range(lanes):
        count += rows.count[l]
    return count

cdef inline bint any_undecided(const Lanes *rows, Py_ssize_t lanes) noexcept nogil:
    cdef uint64_t found = 0
    cdef Py_ssize_t l
    for l in range(lanes):
        found |= rows.undecided[l]
    return found != 0
