# Typed loops over contiguous blocks: the same source for every instruction-set level.

from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport exp, log1p, fabs, fmin

from halfulp.kernels.table cimport Loops, SIGMOID, LOG_SIGMOID, SOFTPLUS, FLOAT32, FLOAT64

ctypedef fused real:
    float
    double

cdef inline void sigmoid_block(const real *x, real *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = <real>(1 / (1 + exp(-<double>x[i])))

cdef inline void log_sigmoid_block(const real *x, real *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = <real>(fmin(x[i], 0) - log1p(exp(-fabs(x[i]))))

cdef inline void softplus_block(const real *x, real *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = <real>(log1p(exp(-fabs(x[i]))) - fmin(-x[i], 0))

cdef void sigmoid_float32(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    sigmoid_block(<const float *>x, <float *>y, n)
cdef void sigmoid_float64(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    sigmoid_block(<const double *>x, <double *>y, n)
cdef void log_sigmoid_float32(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    log_sigmoid_block(<const float *>x, <float *>y, n)
cdef void log_sigmoid_float64(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    log_sigmoid_block(<const double *>x, <double *>y, n)
cdef void softplus_float32(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    softplus_block(<const float *>x, <float *>y, n)
cdef void softplus_float64(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    softplus_block(<const double *>x, <double *>y, n)

cdef Loops table
table.elementwise[SIGMOID][FLOAT32] = sigmoid_float32
table.elementwise[SIGMOID][FLOAT64] = sigmoid_float64
table.elementwise[LOG_SIGMOID][FLOAT32] = log_sigmoid_float32
table.elementwise[LOG_SIGMOID][FLOAT64] = log_sigmoid_float64
table.elementwise[SOFTPLUS][FLOAT32] = softplus_float32
table.elementwise[SOFTPLUS][FLOAT64] = softplus_float64

loops = PyCapsule_New(&table, "halfulp.kernels.loops", NULL)
