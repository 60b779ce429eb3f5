# The sums and logarithms of the reductions one by one, at this module's level: for the tests, which measure each bound.
# They are reached as the array floor reaches them, through the table.

from halfulp.kernels.lanes cimport begin, join_largest, join_sums
from halfulp.kernels.table cimport first_sums


cdef read_loop _adding(str phase):
    cdef ReductionLoops *loops = &table.reductions[FLOAT32 if _is_wide(phase) else FLOAT64]
    if phase == "pairs wide":
        return loops.add_pairs
    return loops.add_accurately if phase == "accurate" else loops.add


cdef int _sums(str phase):
    return {"brief": BRIEF, "long": LONG, "pairs": LONG}.get(phase.split()[0], OF_OTHERS)


cdef bint _is_wide(str phase):
    return phase.endswith("wide")


cdef finish_loop _finishing(str phase):
    cdef ReductionLoops *loops = &table.reductions[FLOAT32 if _is_wide(phase) else FLOAT64]
    return loops.finish_accurately[LOG_SOFTMAX] if phase == "accurate" else loops.finish[LOG_SOFTMAX]


def exp_below(phase, values, largest=0.0):
    """Return exp(value - largest) as a phase sums it: (high, low), times 2^512 in the quick and the accurate phase.

    The wide phases take float32 values. The brief and long ones, of either kind, know of no largest, nor does "pairs wide",
    of very long rows; the brief wide one has another constant factor.
    """
    cdef read_loop add = _adding(phase)
    cdef Lanes rows
    cdef double members64[STRIP]
    cdef float members32[STRIP]
    cdef int l
    results = []
    for value in values:
        begin(&rows, STRIP)
        rows.sums = _sums(phase)
        for l in range(STRIP):
            members32[l] = members64[l] = value
            if rows.sums == OF_OTHERS:
                rows.largest[l] = largest
        add(<void *>members32 if _is_wide(phase) else <void *>members64, STRIP, 1, STRIP, &rows)
        results.append((rows.high[0], rows.low[0]))
    return results


def is_next_to_midpoint_of_float32(value, margin):
    """Return whether so many ulps beside a value lies a midpoint, as log_softmax finds it."""
    cdef double wide = value
    cdef uint32_t halves[2]
    memcpy(halves, &wide, sizeof(wide))
    return bool(is_next_to_midpoint(above_midpoint(halves[LOW_HALF], margin), margin))


def log_of_row(phase, row):
    """Return L of a row as a phase derives it, (high, low), and the bound of its relative error.

    The row has at most LINES * STRIP members. The bound is that of d - L too: NaN or infinite if there is none. The brief
    and the long quick phase give m + L, and the bound of its absolute error.
    """
    cdef Lanes rows
    cdef double members64[LINES * STRIP]
    cdef float members32[LINES * STRIP]
    cdef Py_ssize_t lines = (len(row) + STRIP - 1) // STRIP
    cdef Py_ssize_t i
    begin(&rows, STRIP)
    rows.sums = _sums(phase)
    for i in range(lines * STRIP):
        members64[i] = row[i] if i < len(row) else -INFINITY
        members32[i] = <float>members64[i]
    for i in range(STRIP if rows.sums == OF_OTHERS else 0):
        rows.largest[i] = max(row)
    _adding(phase)(<void *>members32 if _is_wide(phase) else <void *>members64, STRIP, lines, STRIP, &rows)
    join_largest(&rows)
    join_sums(&rows)
    _finishing(phase)(&rows, 1, len(row))
    return rows.high[0], rows.low[0], rows.margin[0]


def softmax_of_row(row):
    """Return what softmax of float32 rounds, of a row of at most GROUP * STRIP members, and its margin."""
    cdef ReductionLoops *loops = &table.reductions[FLOAT32]
    cdef Lanes rows
    cdef float members[BLOCK_SIZE]
    cdef double kept[BLOCK_SIZE]
    cdef Py_ssize_t lines = (len(row) + STRIP - 1) // STRIP
    cdef Py_ssize_t i
    begin(&rows, STRIP)
    rows.sums = first_sums(loops, SOFTMAX, len(row))
    for i in range(lines * STRIP):
        members[i] = row[i] if i < len(row) else -INFINITY
    loops.add_keeping(members, STRIP, kept, NULL, lines, STRIP, &rows)
    join_largest(&rows)
    join_sums(&rows)
    loops.finish[SOFTMAX](&rows, 1, len(row))
    return [kept[i] * rows.high[0] for i in range(len(row))], rows.margin[0]


def log1p_of_sum(phase, values):
    """Return log(1 + value) as a phase derives it from a sum: (high, low)."""
    cdef finish_loop finish = _finishing(phase)
    cdef Lanes rows
    results = []
    for value in values:
        begin(&rows, 1)
        rows.largest[0] = 0
        rows.count[0] = 1
        rows.high[0] = value if phase == "wide" else value * SUM_SCALE
        finish(&rows, 1, 2)    # rows of one member are not summed
        results.append((rows.high[0], rows.low[0]))
    return results
