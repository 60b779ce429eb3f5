# Typed loops over contiguous blocks: the same source for every instruction-set level. They know no formula.
#
# A block goes through a quick phase that the compiler turns into vector code: it rounds both ends of the interval in
# which the exact result lies. Where the two differ (Ziv's rounding test) the element is undecided, and goes through the
# accurate phases alone. Clamps and tests have loops of their own: inside the main loop they cost more than here.

from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport INFINITY, fma
from libc.stdint cimport uint32_t, uint64_t

from halfulp.kernels.bits cimport bits_of_double, bits_of_float
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

cdef inline real lowest(real x) noexcept nogil:
    """The quick phases take arguments from here to minus here."""
    if real is float:
        return -WIDE_LIMIT
    else:
        return -QUICK_LIMIT

cdef inline bint is_outside(real x) noexcept nogil:
    """Tell whether x needs the accurate phase whatever the quick one says; NaN does, and an infinity in two_sum."""
    if real is float:
        return x != x
    else:
        return not (lowest(x) < x < INFINITY)

cdef inline bint prepare(const real *x, real *argument, real *inside, Py_ssize_t n, real sign) noexcept nogil:
    """argument = sign * x, and the same where the quick phases work; tell whether some element is outside."""
    cdef Py_ssize_t i
    cdef real t
    cdef bint outside = False
    for i in range(n):
        t = sign * x[i]
        argument[i] = t
        outside |= is_outside(t)
        t = t if t > lowest(t) else lowest(t)
        inside[i] = t if t < -lowest(t) else -lowest(t)
    return outside

cdef inline bint round_sigmoid(const real *x, real *low, real *high, Py_ssize_t n) noexcept nogil:
    """Round both ends of the interval in which sigmoid(x) lies; tell whether they differ somewhere."""
    cdef double[BLOCK] plus_high
    cdef double[BLOCK] plus_low
    cdef double[BLOCK] minus_high
    cdef double[BLOCK] minus_low
    cdef Py_ssize_t i
    cdef uint32_t differ32 = 0
    cdef uint64_t differ64 = 0
    cdef double wide
    cdef pair_ratio e
    cdef pair value
    if real is float:
        for i in range(n):
            wide = wide_sigmoid(x[i])
            low[i] = <float>(wide * (1 - WIDE_SIGMOID_ERROR))
            high[i] = <float>(wide * (1 + WIDE_SIGMOID_ERROR))
            differ32 |= bits_of_float(low[i]) ^ bits_of_float(high[i])
        return differ32 != 0
    else:
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
            differ64 |= bits_of_double(low[i]) ^ bits_of_double(high[i])
        return differ64 != 0

cdef inline bint round_softplus(
    const real *x, const real *inside, real *low, real *high, Py_ssize_t n, real sign
) noexcept nogil:
    """Round both ends of the interval in which sign * softplus(x) lies; tell whether they differ somewhere.

    softplus(x) = max(x, 0) + log(1 + exp(-|x|)).
    """
    cdef real[BLOCK] negative       # -|x|
    cdef real[BLOCK] positive       # max(x, 0)
    cdef double[BLOCK] plus_high
    cdef double[BLOCK] plus_low
    cdef double[BLOCK] minus_high
    cdef double[BLOCK] minus_low
    cdef Py_ssize_t i
    cdef uint32_t differ32 = 0
    cdef uint64_t differ64 = 0
    cdef double wide
    cdef pair_ratio e
    cdef pair value
    for i in range(n):
        positive[i] = x[i] if x[i] > 0 else 0
        negative[i] = -inside[i] if inside[i] > 0 else inside[i]
    if real is float:
        for i in range(n):
            wide = sign * (wide_log1p_exp(negative[i]) + positive[i])
            low[i] = <float>(wide * (1 - WIDE_SOFTPLUS_ERROR))
            high[i] = <float>(wide * (1 + WIDE_SOFTPLUS_ERROR))
            differ32 |= bits_of_float(low[i]) ^ bits_of_float(high[i])
        return differ32 != 0
    else:
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
            differ64 |= bits_of_double(low[i]) ^ bits_of_double(high[i])
        return differ64 != 0

cdef inline double resolve(int function, double x, number_format target) noexcept nogil:
    if function == SIGMOID:
        return resolve_sigmoid(x, target)
    return resolve_softplus(x, target)

cdef inline void run(int function, const real *x, real *y, Py_ssize_t total) noexcept nogil:
    """y[i] = function(x[i]), a block at a time. log_sigmoid(x) is -softplus(-x)."""
    cdef real[BLOCK] argument
    cdef real[BLOCK] inside
    cdef real[BLOCK] low
    cdef Py_ssize_t n, i
    cdef bint undecided
    cdef real sign = -1 if function == LOG_SIGMOID else 1
    cdef number_format target = float32_format() if real is float else float64_format()
    while total > 0:
        n = min(total, BLOCK)
        undecided = prepare(x, argument, inside, n, sign)
        if function == SIGMOID:
            undecided |= round_sigmoid(inside, low, y, n)
        else:
            undecided |= round_softplus(argument, inside, low, y, n, sign)
        if undecided:
            for i in range(n):
                if low[i] != y[i] or is_outside(argument[i]):
                    y[i] = sign * <real>resolve(function, argument[i], target)
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
