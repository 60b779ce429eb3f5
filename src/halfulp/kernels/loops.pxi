# Typed loops over contiguous blocks: the same source for every instruction-set level. They know no formula.
#
# A block goes through a quick phase that the compiler turns into vector code: it rounds both ends of the interval in
# which the exact result lies. Where the two differ (Ziv's rounding test) the element is undecided, and goes through the
# accurate phases alone. A quick phase is a row of short loops through arrays of scratch: a processor looks ahead some
# hundred operations, and finds more that are independent of each other where their chains are short.

from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport fabs, fma
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from halfulp.kernels.bits cimport bits_of_double, bits_of_float, float_of_bits
from halfulp.kernels.bounds cimport *
from halfulp.kernels.log_sigmoid cimport *
from halfulp.kernels.pairs cimport *
from halfulp.kernels.rounding cimport *
from halfulp.kernels.sigmoid cimport *
from halfulp.kernels.table cimport Loops, SIGMOID, LOG_SIGMOID, SOFTPLUS, FLOAT32, FLOAT64

cdef enum:
    BLOCK = 256     # elements; the scratch of a block stays in the first-level cache

ctypedef fused real:
    float
    double

cdef inline bint is_outside(real x) noexcept nogil:
    """Tell whether x needs the accurate phases whatever the quick one says."""
    if real is float:
        return x != x
    else:
        return not fabs(x) <= QUICK_LIMIT

cdef inline real inside(real x) noexcept nogil:
    """Return x where the quick phase takes it, else a number that it takes: the same result in float32.

    The clamp is one of integers: of floating-point numbers the compiler makes two comparisons and two selections.
    """
    cdef uint32_t bits, magnitude, limit
    if real is float:
        bits = bits_of_float(x)
        magnitude = bits & <uint32_t>0x7fffffff
        limit = bits_of_float(WIDE_LIMIT)
        return float_of_bits((magnitude if magnitude < limit else limit) | (bits ^ magnitude))
    else:
        return x if fabs(x) <= QUICK_LIMIT else 0

cdef inline bint prepare_sigmoid(const float *x, float *quick, Py_ssize_t n) noexcept nogil:
    """Make the block fit for the wide phase; tell whether some element is outside."""
    cdef Py_ssize_t i
    cdef uint32_t outside = 0
    for i in range(n):
        quick[i] = inside(x[i])
        outside |= is_outside(x[i])
    return outside != 0

cdef inline bint prepare_softplus(
    const float *x, float *positive, float *negative, Py_ssize_t n, float sign
) noexcept nogil:
    """The same for sign * x, which softplus(x) = max(x, 0) + log(1 + exp(-|x|)) takes in two parts."""
    cdef Py_ssize_t i
    cdef float t
    cdef uint32_t outside = 0
    for i in range(n):
        t = sign * x[i]
        positive[i] = t if t > 0 else 0
        negative[i] = -fabs(inside(t))
        outside |= is_outside(t)
    return outside != 0

cdef inline bint round_sigmoid(const float *x, float *low, float *high, Py_ssize_t n) noexcept nogil:
    """Round both ends of the interval in which sigmoid(x) lies; tell whether they differ somewhere."""
    cdef Py_ssize_t i
    cdef uint32_t differ = 0
    cdef double wide
    for i in range(n):
        wide = wide_sigmoid(x[i])
        low[i] = <float>(wide * (1.0 - WIDE_SIGMOID_ERROR))
        high[i] = <float>(wide * (1.0 + WIDE_SIGMOID_ERROR))
        differ |= bits_of_float(low[i]) ^ bits_of_float(high[i])
    return differ != 0

cdef inline bint round_softplus(
    const float *positive, const float *negative, float *low, float *high, Py_ssize_t n, float sign
) noexcept nogil:
    """Round both ends of the interval in which sign * softplus(x) lies; tell whether they differ somewhere."""
    cdef Py_ssize_t i
    cdef uint32_t differ = 0
    cdef double wide
    for i in range(n):
        wide = sign * (wide_log1p_exp(negative[i]) + positive[i])
        low[i] = <float>(wide * (1.0 - WIDE_SOFTPLUS_ERROR))
        high[i] = <float>(wide * (1.0 + WIDE_SOFTPLUS_ERROR))
        differ |= bits_of_float(low[i]) ^ bits_of_float(high[i])
    return differ != 0

cdef struct Scratch:    # of one block: each loop of a quick phase reads what the one before it left, and overwrites it
    double[BLOCK] a_high
    double[BLOCK] a_low
    double[BLOCK] b_high
    double[BLOCK] b_low
    double[BLOCK] c

cdef inline bint quick_exp_parts(
    int function, const double *x, double *positive, Scratch *s, Py_ssize_t n, double half
) noexcept nogil:
    """Leave the A, r B and k of quick_exp in a, b and c; tell whether some element is outside, where x becomes 0.

    The argument is x for sigmoid, and -|x| for softplus(2 half x), with max(half x, 0) in positive.
    """
    cdef Py_ssize_t i
    cdef uint64_t all_bits = <uint64_t>-1
    cdef uint64_t mask
    cdef uint64_t common = all_bits
    cdef double t, z
    cdef reduced_argument e
    cdef pair even, odd
    for i in range(n):
        mask = 0 if is_outside(x[i]) else all_bits
        common &= mask
        z = double_of_bits(bits_of_double(x[i]) & mask)
        if function != SIGMOID:
            z = -fabs(z)
            t = half * x[i]
            positive[i] = t if t > 0 else 0
        e = quick_remainder(z)
        s.a_high[i] = e.r.high
        s.a_low[i] = e.r.low
        s.b_high[i] = e.s.high
        s.b_low[i] = e.s.low
        s.c[i] = e.shifted
    for i in range(n):
        e.r = make_pair(s.a_high[i], s.a_low[i])
        e.s = make_pair(s.b_high[i], s.b_low[i])
        even = quick_even(e.s)
        odd = quick_odd(e.r, e.s)
        s.a_high[i] = even.high
        s.a_low[i] = even.low
        s.b_high[i] = odd.high
        s.b_low[i] = odd.low
    return common != all_bits

cdef inline bint round_quick_sigmoid(const double *x, double *low, double *high, Py_ssize_t n) noexcept nogil:
    """Round both ends of the interval in which sigmoid(x) lies; tell whether some element is undecided."""
    cdef Scratch s
    cdef Py_ssize_t i
    cdef uint64_t differ = 0
    cdef pair_ratio e
    cdef pair value
    cdef bint outside = quick_exp_parts(SIGMOID, x, NULL, &s, n, 0.5)
    for i in range(n):
        e = quick_ratio(make_pair(s.a_high[i], s.a_low[i]), make_pair(s.b_high[i], s.b_low[i]), s.c[i])
        value = quick_sigmoid_divisor(e)
        s.a_high[i] = e.plus.high
        s.a_low[i] = e.plus.low
        s.b_high[i] = value.high
        s.b_low[i] = value.low
        s.c[i] = 1 / value.high
    for i in range(n):
        value = quick_quotient(make_pair(s.a_high[i], s.a_low[i]), make_pair(s.b_high[i], s.b_low[i]), s.c[i])
        low[i] = value.high + fma(value.high, -QUICK_SIGMOID_ERROR, value.low)
        high[i] = value.high + fma(value.high, QUICK_SIGMOID_ERROR, value.low)
        differ |= bits_of_double(low[i]) ^ bits_of_double(high[i])
    return outside or differ != 0

cdef inline bint round_quick_softplus(
    const double *x, double *low, double *high, Py_ssize_t n, double sign
) noexcept nogil:
    """The same for sign * softplus(sign * x); low is that of softplus(sign * x) / 2."""
    cdef Scratch s
    cdef double[BLOCK] positive
    cdef double[BLOCK] v_high
    cdef double[BLOCK] v_low
    cdef Py_ssize_t i
    cdef uint64_t differ = 0
    cdef double twice = 2 * sign
    cdef double upper
    cdef pair_ratio e
    cdef pair t, v, value
    cdef bint outside = quick_exp_parts(SOFTPLUS, x, positive, &s, n, 0.5 * sign)
    for i in range(n):
        e = quick_ratio(make_pair(s.a_high[i], s.a_low[i]), make_pair(s.b_high[i], s.b_low[i]), s.c[i])
        value = quick_atanh_divisor(e)
        s.a_high[i] = e.plus.high
        s.a_low[i] = e.plus.low
        s.b_high[i] = value.high
        s.b_low[i] = value.low
        s.c[i] = 1 / value.high
    for i in range(n):
        v = quick_quotient(make_pair(s.a_high[i], s.a_low[i]), make_pair(s.b_high[i], s.b_low[i]), s.c[i])
        t = quick_square(v)
        v_high[i] = v.high
        v_low[i] = v.low
        s.a_high[i] = t.high
        s.a_low[i] = t.low
        s.c[i] = quick_tail(t.high)
    for i in range(n):
        value = quick_atanh_polynomial(make_pair(s.a_high[i], s.a_low[i]), s.c[i])
        s.a_high[i] = value.high
        s.a_low[i] = value.low
    for i in range(n):
        v = make_pair(v_high[i], v_low[i])
        value = quick_sum(positive[i], v, make_pair(s.a_high[i], s.a_low[i]))
        low[i] = value.high + fma(value.high, -QUICK_SOFTPLUS_ERROR, value.low)
        upper = value.high + fma(value.high, QUICK_SOFTPLUS_ERROR, value.low)
        differ |= bits_of_double(low[i]) ^ bits_of_double(upper)
        high[i] = twice * upper
    return outside or differ != 0

cdef inline double resolve(int function, double x, number_format target) noexcept nogil:
    if function == SIGMOID:
        return resolve_sigmoid(x, target)
    return resolve_softplus(x, target)

cdef inline void run(int function, const real *x, real *y, Py_ssize_t total) noexcept nogil:
    """y[i] = function(x[i]), a block at a time. log_sigmoid(x) is -softplus(-x)."""
    cdef real[BLOCK] copy
    cdef real[BLOCK] positive
    cdef real[BLOCK] quick
    cdef real[BLOCK] low
    cdef const real *argument
    cdef Py_ssize_t n, i
    cdef bint undecided
    cdef real sign = -1 if function == LOG_SIGMOID else 1
    cdef real scale = 1     # by which low is still to be multiplied
    if real is double and function != SIGMOID:
        scale = 2 * sign
    cdef number_format target = float32_format() if real is float else float64_format()
    while total > 0:
        n = min(total, BLOCK)
        argument = x
        if x == y:
            memcpy(copy, x, n * sizeof(real))
            argument = copy
        if real is float:
            if function == SIGMOID:
                undecided = prepare_sigmoid(x, quick, n)
                undecided |= round_sigmoid(quick, low, y, n)
            else:
                undecided = prepare_softplus(x, positive, quick, n, sign)
                undecided |= round_softplus(positive, quick, low, y, n, sign)
        elif function == SIGMOID:
            undecided = round_quick_sigmoid(argument, low, y, n)
        else:
            undecided = round_quick_softplus(argument, low, y, n, sign)
        if undecided:
            for i in range(n):
                if scale * low[i] != y[i] or is_outside(argument[i]):
                    y[i] = sign * <real>resolve(function, sign * argument[i], target)
        x += n
        y += n
        total -= n

cdef void sigmoid_float32(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(SIGMOID, <const float *>x, <float *>y, n)

cdef void sigmoid_float64(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(SIGMOID, <const double *>x, <double *>y, n)

cdef void log_sigmoid_float32(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(LOG_SIGMOID, <const float *>x, <float *>y, n)

cdef void log_sigmoid_float64(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(LOG_SIGMOID, <const double *>x, <double *>y, n)

cdef void softplus_float32(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(SOFTPLUS, <const float *>x, <float *>y, n)

cdef void softplus_float64(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(SOFTPLUS, <const double *>x, <double *>y, n)

cdef Loops table
table.elementwise[SIGMOID][FLOAT32] = sigmoid_float32
table.elementwise[SIGMOID][FLOAT64] = sigmoid_float64
table.elementwise[LOG_SIGMOID][FLOAT32] = log_sigmoid_float32
table.elementwise[LOG_SIGMOID][FLOAT64] = log_sigmoid_float64
table.elementwise[SOFTPLUS][FLOAT32] = softplus_float32
table.elementwise[SOFTPLUS][FLOAT64] = softplus_float64

loops = PyCapsule_New(&table, "halfulp.kernels.loops", NULL)
