# The table of the loops in reduction_halves.pxi, for float16 and bfloat16.

cdef enum:
    LONGEST_BRIEF_16 = 262144       # members: of this many, with an error of 2^-35, one result in 2^23 is undecided

cdef void find_largest_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    find_largest_half(FLOAT16, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, add_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void count_present_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, count_present_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_quick_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, add_quick_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_exactly_float16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(FLOAT16, add_exactly_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void write_log_softmax_float16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_log_softmax_half(FLOAT16, <const uint16_t *>x, x_stride, <uint16_t *>y, y_stride, n, lanes, rows)
cdef void write_softmax_float16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_softmax_half(FLOAT16, <const uint16_t *>x, x_stride, <uint16_t *>y, y_stride, n, lanes, rows)
cdef void add_keeping_float16(
    const void *x, Py_ssize_t stride, double *kept, double *low, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    add_keeping_half(FLOAT16, <const uint16_t *>x, stride, kept, n, lanes, rows)
cdef void write_kept_float16(
    const double *kept, const double *low, void *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_kept_half(FLOAT16, kept, <uint16_t *>y, stride, n, lanes, rows)
cdef void write_logsumexp_float16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_logsumexp_half(FLOAT16, <uint16_t *>y, lanes, rows)
cdef void write_logsumexp_last_float16(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_half_last(FLOAT16, LOGSUMEXP, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_exactly_float16(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_half_exactly(FLOAT16, <uint16_t *>y, row)
cdef void find_largest_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    find_largest_half(BFLOAT16, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, add_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void count_present_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, count_present_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_quick_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, add_quick_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void add_exactly_bfloat16(
    const void *x, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    read_halves(BFLOAT16, add_exactly_float32, <const uint16_t *>x, stride, n, lanes, rows)
cdef void write_log_softmax_bfloat16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_log_softmax_half(BFLOAT16, <const uint16_t *>x, x_stride, <uint16_t *>y, y_stride, n, lanes, rows)
cdef void write_softmax_bfloat16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_softmax_half(BFLOAT16, <const uint16_t *>x, x_stride, <uint16_t *>y, y_stride, n, lanes, rows)
cdef void add_keeping_bfloat16(
    const void *x, Py_ssize_t stride, double *kept, double *low, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    add_keeping_half(BFLOAT16, <const uint16_t *>x, stride, kept, n, lanes, rows)
cdef void write_kept_bfloat16(
    const double *kept, const double *low, void *y, Py_ssize_t stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_kept_half(BFLOAT16, kept, <uint16_t *>y, stride, n, lanes, rows)
cdef void write_logsumexp_bfloat16(
    const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n, Py_ssize_t lanes, Lanes *rows
) noexcept nogil:
    write_logsumexp_half(BFLOAT16, <uint16_t *>y, lanes, rows)
cdef void write_logsumexp_last_bfloat16(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_half_last(BFLOAT16, LOGSUMEXP, <const uint16_t *>x, <uint16_t *>y, n, row)
cdef void write_exactly_bfloat16(const void *x, void *y, Py_ssize_t n, Lanes *row) noexcept nogil:
    write_half_exactly(BFLOAT16, <uint16_t *>y, row)

cdef void fill_half_reductions() noexcept:
    cdef ReductionLoops *loops16 = &table.reductions[FLOAT16]
    cdef ReductionLoops *brain16 = &table.reductions[BFLOAT16]
    loops16[0] = table.reductions[FLOAT32]    # for the steps between reading and writing
    loops16.longest_brief[LOG_SOFTMAX] = loops16.longest_brief[LOGSUMEXP] = LONGEST_BRIEF_16
    loops16.longest_long[LOG_SOFTMAX] = loops16.longest_long[LOGSUMEXP] = 0
    brain16[0] = loops16[0]
    loops16.find_largest = find_largest_float16
    loops16.add = add_float16
    loops16.write[LOG_SOFTMAX] = write_log_softmax_float16
    loops16.write[SOFTMAX] = write_softmax_float16
    loops16.write[LOGSUMEXP] = write_logsumexp_float16
    loops16.add_keeping = add_keeping_float16
    loops16.write_kept = write_kept_float16
    loops16.count_present = count_present_float16
    loops16.add_accurately = add_quick_float16
    loops16.write_accurately[LOGSUMEXP] = write_logsumexp_last_float16
    loops16.add_exactly = add_exactly_float16
    loops16.write_exactly = write_exactly_float16
    brain16.find_largest = find_largest_bfloat16
    brain16.add = add_bfloat16
    brain16.write[LOG_SOFTMAX] = write_log_softmax_bfloat16
    brain16.write[SOFTMAX] = write_softmax_bfloat16
    brain16.write[LOGSUMEXP] = write_logsumexp_bfloat16
    brain16.add_keeping = add_keeping_bfloat16
    brain16.write_kept = write_kept_bfloat16
    brain16.count_present = count_present_bfloat16
    brain16.add_accurately = add_quick_bfloat16
    brain16.write_accurately[LOGSUMEXP] = write_logsumexp_last_bfloat16
    brain16.add_exactly = add_exactly_bfloat16
    brain16.write_exactly = write_exactly_bfloat16

fill_half_reductions()
