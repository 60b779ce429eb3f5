# A row that no kernel can decide: its distinct members go to Python, and the results come back.

cdef void compute_row_in_integers(const Work *work, const Row *row) noexcept with gil:
    try:
        round_row(work, row)
    except BaseException as error:
        (<list>work.errors).append(error)


cdef round_row(const Work *work, const Row *row):
    cdef number_format target = format_of(work.type)
    cdef np.ndarray members = numpy.empty(work.members.size)
    cdef np.ndarray block = numpy.empty(work.members.size * work.itemsize, numpy.uint8)
    cdef np.ndarray results
    cdef Cursor cursor
    cdef Py_ssize_t i
    from halfulp.kernels.exact_rows import reduce_row    # not at start-up: hardly any program needs it
    if row.block != NULL:
        memcpy(np.PyArray_DATA(block), row.block, np.PyArray_SIZE(block))
    else:
        gather_row(work, row, np.PyArray_BYTES(block))
    for i in range(work.members.size):
        (<double *>np.PyArray_DATA(members))[i] = number_at(work.type, np.PyArray_DATA(block), i)
    distinct, place, counts = numpy.unique(members, return_inverse=True, return_counts=True)
    computed = reduce_row(
        NAMES[work.function], distinct.tolist(), counts.tolist(), target.precision, target.smallest_exponent
    )
    results = numpy.array(computed)
    if work.function != LOGSUMEXP:
        results = results[place]
    convert_block(np.NPY_DOUBLE, 8, np.PyArray_DATA(results), work.type, np.PyArray_DATA(block), results.size)
    if work.function == LOGSUMEXP:
        put_result(work, np.PyArray_DATA(block), row.y)
    else:
        seek(&work.members, work.members.y_strides, 0, &cursor)
        put_members(work, np.PyArray_BYTES(block), row.y, &cursor, work.members.size)


cdef number_format format_of(int type) noexcept:
    if type == FLOAT64:
        return float64_format()
    return float32_format() if type == FLOAT32 else half_format(type)
