# Typed loops over contiguous blocks: the same source for every instruction-set level. They know no formula.
#
# A block goes through a quick phase that the compiler turns into vector code: it rounds both ends of the interval in
# which the exact result lies. Where the two differ (Ziv's rounding test) the element is undecided, and goes through the
# accurate phases alone. A quick phase is a row of short loops through arrays of scratch: in one loop of all its parts the
# processor, which looks ahead some hundred instructions, would wait for the end of a single result's long chain.

from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport fabs, fma
from libc.stdint cimport int32_t, uint32_t, uint64_t
from libc.string cimport memcpy

from halfulp.kernels.bits cimport LOW_HALF, bits_of_double, bits_of_float, double_of_bits, float_of_bits
from halfulp.kernels.bounds cimport *
from halfulp.kernels.lanes cimport fetch
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

include "wide_loops.pxi"
include "quick_loops.pxi"

cdef inline double resolve(int function, double x, number_format target) noexcept nogil:
    if function == SIGMOID:
        return resolve_sigmoid(x, target)
    return resolve_softplus(x, target)

cdef inline void run(int function, const real *x, real *y, Py_ssize_t total) noexcept nogil:
    """y[i] = function(x[i]), a block at a time. log_sigmoid(x) is -softplus(-x)."""
    cdef real[BLOCK] copy
    cdef real[BLOCK] low
    cdef const real *argument
    cdef Py_ssize_t n, i
    cdef bint undecided
    cdef real sign = -1 if function == LOG_SIGMOID else 1
    cdef number_format target = float32_format() if real is float else float64_format()
    while total > 0:
        n = min(total, BLOCK)
        fetch(x + 2 * BLOCK, n * sizeof(real))
        fetch(y + 2 * BLOCK, n * sizeof(real))
        argument = x
        if x == y:
            memcpy(copy, x, n * sizeof(real))
            argument = copy
        if real is float:
            undecided = round_float32(function, argument, low, y, n, sign)
        else:
            undecided = round_float64(function, argument, low, y, n, sign)
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
