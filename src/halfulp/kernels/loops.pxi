# Typed loops over contiguous blocks: the same source for every instruction-set level. They know no formula.
#
# A block goes through a quick phase that the compiler turns into vector code: it rounds both ends of the interval in
# which the exact result lies. Where the two differ (Ziv's rounding test) the element is undecided, and goes through the
# accurate phases alone. Clamps and tests have loops of their own: inside the main loop they cost more than here.

from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport fabs, fma
from libc.stdint cimport int32_t, uint32_t, uint64_t
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
    cdef uint32_t bits, least
    cdef int32_t signed_bits, largest
    if real is float:
        least = bits_of_float(-WIDE_LIMIT)    # as integers without sign, numbers below 0 lie above the others
        bits = bits_of_float(x)
        bits = bits if bits < least else least
        largest = <int32_t>bits_of_float(WIDE_LIMIT)    # with a sign, below
        signed_bits = <int32_t>bits
        return float_of_bits(<uint32_t>(signed_bits if signed_bits < largest else largest))
    else:
        return x if fabs(x) <= QUICK_LIMIT else 0

cdef inline bint prepare_sigmoid(const double *x, double *quick, Py_ssize_t n) noexcept nogil:
    """Make the block fit for the quick phase; tell whether some element is outside."""
    cdef Py_ssize_t i
    cdef uint64_t outside = 0
    for i in range(n):
        quick[i] = inside(x[i])
        outside |= is_outside(x[i])
    return outside != 0

cdef inline bint prepare_softplus(
    const double *x, double *positive, double *negative, Py_ssize_t n, double sign
) noexcept nogil:
    """The same for sign * x, which softplus(x) = max(x, 0) + log(1 + exp(-|x|)) takes in two parts."""
    cdef Py_ssize_t i
    cdef double t
    cdef uint64_t outside = 0
    for i in range(n):
        t = sign * x[i]
        positive[i] = t if t > 0 else 0
        negative[i] = -fabs(inside(t))
        outside |= is_outside(t)
    return outside != 0

cdef inline bint round_sigmoid(const double *x, double *low, double *high, Py_ssize_t n) noexcept nogil:
    """Round both ends of the interval in which sigmoid(x) lies; tell whether they differ somewhere."""
    cdef double[BLOCK] plus_high
    cdef double[BLOCK] plus_low
    cdef double[BLOCK] minus_high
    cdef double[BLOCK] minus_low
    cdef Py_ssize_t i
    cdef uint64_t differ = 0
    cdef pair_ratio e
    cdef pair value
    for i in range(n):
        e = quick_exp(x[i])
        plus_high[i] = e.plus.high
        plus_low[i] = e.plus.low
        minus_high[i] = e.minus.high
        minus_low[i] = e.minus.low
    for i in range(n):
        e.plus = make_pair(plus_high[i], plus_low[i])
        e.minus = make_pair(minus_high[i], minus_low[i])
        value = quick_sigmoid(e)
        low[i] = value.high + fma(value.high, -QUICK_SIGMOID_ERROR, value.low)
        high[i] = value.high + fma(value.high, QUICK_SIGMOID_ERROR, value.low)
        differ |= bits_of_double(low[i]) ^ bits_of_double(high[i])
    return differ != 0

cdef inline bint round_softplus(
    const double *positive, const double *negative, double *low, double *high, Py_ssize_t n, double sign
) noexcept nogil:
    """Round both ends of the interval in which sign * softplus(x) lies; tell whether they differ somewhere."""
    cdef double[BLOCK] plus_high
    cdef double[BLOCK] plus_low
    cdef double[BLOCK] minus_high
    cdef double[BLOCK] minus_low
    cdef Py_ssize_t i
    cdef uint64_t differ = 0
    cdef pair_ratio e
    cdef pair value
    for i in range(n):
        e = quick_exp(negative[i])
        plus_high[i] = e.plus.high
        plus_low[i] = e.plus.low
        minus_high[i] = e.minus.high
        minus_low[i] = e.minus.low
    for i in range(n):
        e.plus = make_pair(plus_high[i], plus_low[i])
        e.minus = make_pair(minus_high[i], minus_low[i])
        value = quick_atanh_argument(e)
        plus_high[i] = value.high
        plus_low[i] = value.low
    for i in range(n):
        value = quick_two_atanh(make_pair(plus_high[i], plus_low[i]))
        value = quick_add(positive[i], value)
        low[i] = sign * (value.high + fma(value.high, -QUICK_SOFTPLUS_ERROR, value.low))
        high[i] = sign * (value.high + fma(value.high, QUICK_SOFTPLUS_ERROR, value.low))
        differ |= bits_of_double(low[i]) ^ bits_of_double(high[i])
    return differ != 0

include "wide_loops.pxi"

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
    cdef number_format target = float32_format() if real is float else float64_format()
    while total > 0:
        n = min(total, BLOCK)
        argument = x
        if x == y:
            memcpy(copy, x, n * sizeof(real))
            argument = copy
        if real is float:
            undecided = round_float32(function, argument, low, y, n, sign)
        elif function == SIGMOID:
            undecided = prepare_sigmoid(x, quick, n)
            undecided |= round_sigmoid(quick, low, y, n)
        else:
            undecided = prepare_softplus(x, positive, quick, n, sign)
            undecided |= round_softplus(positive, quick, low, y, n, sign)
        if undecided:
            for i in range(n):
                if low[i] != y[i] or is_outside(argument[i]):
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
