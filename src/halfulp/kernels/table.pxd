"""The table of loops: what the module of each instruction-set level offers to the array floor.

Declarations only. A loop knows contiguous blocks of numbers and nothing of arrays, axes or threads.
"""

ctypedef void (*block_loop)(const void *x, void *y, Py_ssize_t n) noexcept nogil
"""y[i] = f(x[i]) for 0 <= i < n. Both blocks are contiguous and aligned; y may be x itself, or not overlap it."""

cdef enum:    # functions
    SIGMOID
    LOG_SIGMOID
    SOFTPLUS
    FUNCTION_COUNT

cdef enum:    # types
    FLOAT16
    BFLOAT16
    FLOAT32
    FLOAT64
    TYPE_COUNT

cdef struct Loops:
    block_loop elementwise[3][4]    # [function][type]; NULL where there is none yet
