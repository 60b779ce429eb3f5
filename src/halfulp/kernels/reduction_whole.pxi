# log_softmax of one row that lies in one piece, its members going through the lanes in turn: the steps that the array floor
# takes for any row, without what it has to ask at each, and compiled for the level.

from halfulp.kernels.lanes cimport expect, join_largest, join_sums, spread

cdef inline bint compute_whole(
    const ReductionLoops *loops, const member *x, member *y, Py_ssize_t n, member minus_infinity, const char *ahead,
    bint is_brief,
) noexcept nogil:
    cdef read_loop add = loops.add_briefly if is_brief else loops.add
    cdef write_loop write = loops.write[LOG_SOFTMAX]
    cdef member line[STRIP]
    cdef Lanes state
    cdef Py_ssize_t size = sizeof(member)
    cdef Py_ssize_t lines = n // STRIP, rest = n % STRIP, l
    cdef Py_ssize_t done = lines * STRIP
    for l in range(STRIP):
        line[l] = x[done + l] if l < rest else minus_infinity
    begin(&state, STRIP)
    loops.find_largest(x, STRIP, lines, STRIP, &state)
    if rest:
        loops.find_largest(line, STRIP, 1, STRIP, &state)
    join_largest(&state, STRIP)
    if ahead != NULL:
        expect(&state, <const char *>y, STRIP * size, STRIP * size)
    add(x, STRIP, lines, STRIP, &state)
    if rest:
        add(line, STRIP, 1, STRIP, &state)
    join_sums(&state, STRIP)
    loops.finish[LOG_SOFTMAX](&state, 1, n, is_brief)
    if any_undecided(&state, 1):
        return False
    spread(&state, STRIP)
    expect(&state, ahead, STRIP * size, STRIP * size if ahead != NULL else 0)
    write(x, STRIP, y, STRIP, lines, STRIP, &state)
    if rest:
        write(line, STRIP, line, STRIP, 1, STRIP, &state)
        memcpy(y + done, line, rest * size)
    return not any_undecided(&state, STRIP)

cdef bint compute_whole_float16(
    const void *x, void *y, Py_ssize_t n, const char *ahead, bint is_brief
) noexcept nogil:
    cdef uint16_t minus_infinity = half_of_number(-INFINITY, half_format(FLOAT16))
    return compute_whole(
        &table.reductions[FLOAT16], <const uint16_t *>x, <uint16_t *>y, n, minus_infinity, ahead, is_brief
    )

cdef bint compute_whole_bfloat16(
    const void *x, void *y, Py_ssize_t n, const char *ahead, bint is_brief
) noexcept nogil:
    cdef uint16_t minus_infinity = half_of_number(-INFINITY, half_format(BFLOAT16))
    return compute_whole(
        &table.reductions[BFLOAT16], <const uint16_t *>x, <uint16_t *>y, n, minus_infinity, ahead, is_brief
    )

cdef bint compute_whole_float32(
    const void *x, void *y, Py_ssize_t n, const char *ahead, bint is_brief
) noexcept nogil:
    return compute_whole(
        &table.reductions[FLOAT32], <const float *>x, <float *>y, n, -INFINITY, ahead, is_brief
    )

cdef bint compute_whole_float64(
    const void *x, void *y, Py_ssize_t n, const char *ahead, bint is_brief
) noexcept nogil:
    return compute_whole(
        &table.reductions[FLOAT64], <const double *>x, <double *>y, n, -INFINITY, ahead, is_brief
    )

table.reductions[FLOAT16].compute_whole = compute_whole_float16
table.reductions[BFLOAT16].compute_whole = compute_whole_bfloat16
table.reductions[FLOAT32].compute_whole = compute_whole_float32
table.reductions[FLOAT64].compute_whole = compute_whole_float64
