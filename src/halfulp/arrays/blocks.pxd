"""Strided memory in and out of a contiguous block. Knows addresses and types, no axes."""

cimport numpy as np
from libc.stdint cimport uint16_t
from libc.string cimport memcpy

cdef extern from "numpy/ndarraytypes.h":
    enum:
        NPY_HALF    # which NumPy's own declarations for Cython leave out

ctypedef fused integer:
    signed char
    unsigned char
    short
    unsigned short
    int
    unsigned int
    long
    unsigned long
    long long
    unsigned long long

ctypedef fused number:
    uint16_t
    float
    double


cdef inline void copy_in(const number *x, Py_ssize_t stride, number *block, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if stride == <Py_ssize_t>sizeof(number):
        memcpy(block, x, n * sizeof(number))
    elif stride == 2 * <Py_ssize_t>sizeof(number):    # a constant stride, which compilers vectorise
        for i in range(n):
            block[i] = x[2 * i]
    else:
        for i in range(n):
            block[i] = (<const number *>(<const char *>x + i * stride))[0]


cdef inline void convert_in(const integer *x, Py_ssize_t stride, double *block, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        block[i] = <double>(<const integer *>(<const char *>x + i * stride))[0]


cdef inline void gather(
    int type_number, const void *x, Py_ssize_t stride, void *block, Py_ssize_t n
) noexcept nogil:
    """block[i] = element i of x, where floats keep their bits and integers and booleans become float64.

    `type_number` is NumPy's; NPY_HALF stands for any 16-bit float.
    """
    if type_number == np.NPY_FLOAT:
        copy_in(<const float *>x, stride, <float *>block, n)
    elif type_number == np.NPY_DOUBLE:
        copy_in(<const double *>x, stride, <double *>block, n)
    elif type_number == NPY_HALF:
        copy_in(<const uint16_t *>x, stride, <uint16_t *>block, n)
    elif type_number == np.NPY_BYTE:
        convert_in(<const signed char *>x, stride, <double *>block, n)
    elif type_number == np.NPY_UBYTE or type_number == np.NPY_BOOL:
        convert_in(<const unsigned char *>x, stride, <double *>block, n)
    elif type_number == np.NPY_SHORT:
        convert_in(<const short *>x, stride, <double *>block, n)
    elif type_number == np.NPY_USHORT:
        convert_in(<const unsigned short *>x, stride, <double *>block, n)
    elif type_number == np.NPY_INT:
        convert_in(<const int *>x, stride, <double *>block, n)
    elif type_number == np.NPY_UINT:
        convert_in(<const unsigned int *>x, stride, <double *>block, n)
    elif type_number == np.NPY_LONG:
        convert_in(<const long *>x, stride, <double *>block, n)
    elif type_number == np.NPY_ULONG:
        convert_in(<const unsigned long *>x, stride, <double *>block, n)
    elif type_number == np.NPY_LONGLONG:
        convert_in(<const long long *>x, stride, <double *>block, n)
    elif type_number == np.NPY_ULONGLONG:
        convert_in(<const unsigned long long *>x, stride, <double *>block, n)


cdef inline void copy_out(const number *block, char *y, Py_ssize_t stride, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if stride == <Py_ssize_t>sizeof(number):
        memcpy(y, block, n * sizeof(number))
    else:
        for i in range(n):
            (<number *>(y + i * stride))[0] = block[i]


cdef inline void scatter(
    Py_ssize_t itemsize, const void *block, char *y, Py_ssize_t stride, Py_ssize_t n
) noexcept nogil:
    """Element i of y = block[i], for floats of 2, 4 or 8 bytes."""
    if itemsize == 4:
        copy_out(<const float *>block, y, stride, n)
    elif itemsize == 8:
        copy_out(<const double *>block, y, stride, n)
    else:
        copy_out(<const uint16_t *>block, y, stride, n)
