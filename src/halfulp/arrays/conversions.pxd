"""Blocks of numbers from one type to another, rounded as NumPy's astype does, and the order of their bytes.

A number goes to float32 and float64 at once; by way of float64 to float16, of float32 to bfloat16 as in
ml_dtypes. Values beyond a type become infinite, and the floating-point environment is the caller's business.
"""

cimport numpy as np
from libc.math cimport fabs
from libc.stdint cimport uint16_t, uint32_t, uint64_t

from halfulp.arrays.blocks cimport any2, any4, any8, copy
from halfulp.kernels.bits cimport bits_of_double
from halfulp.kernels.halves cimport (
    FLOAT16_INFINITY, bfloat16_of_float, bits_of_half, float_of_half, nearest_power_below, rounder,
)
from halfulp.kernels.table cimport BFLOAT16, FLOAT16, FLOAT32, FLOAT64

cdef extern from "numpy/ndarraytypes.h":
    enum:
        NPY_HALF    # which NumPy's own declarations for Cython leave out

cdef enum:
    CONVERTED = 256    # numbers on the stack on their way to a 16-bit type

ctypedef fused source:
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
    float
    double

ctypedef fused wide:
    float
    double


cdef inline void gather(
    int type_number, const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n
) noexcept nogil:
    """y[i] = x[i], where floats keep their bits and integers and booleans become float64. Strides are bytes.

    `type_number` is NumPy's; NPY_HALF stands for any 16-bit float.
    """
    if type_number == np.NPY_FLOAT:
        copy(<const any4 *>x, x_stride, <any4 *>y, y_stride, n)
    elif type_number == np.NPY_DOUBLE:
        copy(<const any8 *>x, x_stride, <any8 *>y, y_stride, n)
    elif type_number == NPY_HALF:
        copy(<const any2 *>x, x_stride, <any2 *>y, y_stride, n)
    else:
        widen(type_number, x, x_stride, <double *>y, y_stride, n)


cdef inline void convert_block(
    int x_type, Py_ssize_t x_size, const void *x, int type, void *y, Py_ssize_t n
) noexcept nogil:
    """y[i] = x[i], where x_type is NumPy's number of a type, for bfloat16 any that it gives out, and type the kernels'."""
    if type == FLOAT64:
        widen(x_type, x, x_size, <double *>y, sizeof(double), n)
    elif type == FLOAT32:
        widen(x_type, x, x_size, <float *>y, sizeof(float), n)
    else:
        convert_to_halves(x_type, x_size, <const char *>x, type, <uint16_t *>y, n)


cdef inline void convert_to_halves(
    int x_type, Py_ssize_t x_size, const char *x, int type, uint16_t *y, Py_ssize_t n
) noexcept nogil:
    cdef double[CONVERTED] doubles
    cdef float[CONVERTED] floats
    cdef Py_ssize_t count
    while n > 0:
        count = min(<Py_ssize_t>CONVERTED, n)
        if type == FLOAT16:
            widen(x_type, x, x_size, doubles, sizeof(double), count)
            round_to_float16(doubles, y, count)
        else:
            widen(x_type, x, x_size, floats, sizeof(float), count)
            round_to_bfloat16(floats, y, count)
        x += count * x_size
        y += count
        n -= count


cdef inline void widen(
    int x_type, const void *x, Py_ssize_t x_stride, wide *y, Py_ssize_t y_stride, Py_ssize_t n
) noexcept nogil:
    """y[i] = x[i]"""
    if x_type == np.NPY_DOUBLE:
        cast(<const double *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_FLOAT:
        cast(<const float *>x, x_stride, y, y_stride, n)
    elif x_type == NPY_HALF:
        cast_halves(FLOAT16, <const char *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_BYTE:
        cast(<const signed char *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_UBYTE or x_type == np.NPY_BOOL:
        cast(<const unsigned char *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_SHORT:
        cast(<const short *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_USHORT:
        cast(<const unsigned short *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_INT:
        cast(<const int *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_UINT:
        cast(<const unsigned int *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_LONG:
        cast(<const long *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_ULONG:
        cast(<const unsigned long *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_LONGLONG:
        cast(<const long long *>x, x_stride, y, y_stride, n)
    elif x_type == np.NPY_ULONGLONG:
        cast(<const unsigned long long *>x, x_stride, y, y_stride, n)
    else:
        cast_halves(BFLOAT16, <const char *>x, x_stride, y, y_stride, n)


cdef inline void cast(
    const source *x, Py_ssize_t x_stride, wide *y, Py_ssize_t y_stride, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i, x_size = sizeof(source), y_size = sizeof(wide)
    if x_stride == x_size and y_stride == y_size:    # which compilers vectorise
        for i in range(n):
            y[i] = <wide>x[i]
    else:
        for i in range(n):
            (<wide *>(<char *>y + i * y_stride))[0] = <wide>(<const source *>(<const char *>x + i * x_stride))[0]


cdef inline void cast_halves(
    int type, const char *x, Py_ssize_t x_stride, wide *y, Py_ssize_t y_stride, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        (<wide *>(<char *>y + i * y_stride))[0] = float_of_half(type, (<const uint16_t *>(x + i * x_stride))[0])


cdef inline void round_to_float16(const double *x, uint16_t *y, Py_ssize_t n) noexcept nogil:
    cdef uint64_t half
    cdef double magnitude, power
    cdef Py_ssize_t i
    for i in range(n):
        magnitude = fabs(x[i])
        magnitude = magnitude if magnitude < FLOAT16_INFINITY else FLOAT16_INFINITY
        power = nearest_power_below(FLOAT16, magnitude)
        half = bits_of_half(FLOAT16, power, magnitude + rounder(FLOAT16, power))
        half = half if x[i] == x[i] else 0x7e00
        y[i] = <uint16_t>((half & 0x7fff) | (bits_of_double(x[i]) >> 48 & 0x8000))


cdef inline void round_to_bfloat16(const float *x, uint16_t *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = bfloat16_of_float(x[i]) if x[i] == x[i] else 0x7fc0


cdef inline void swap_bytes(Py_ssize_t itemsize, void *block, Py_ssize_t n) noexcept nogil:
    """Turn round the bytes of every number of 1, 2, 4 or 8."""
    cdef any2 *pairs = <any2 *>block
    cdef any4 *fours = <any4 *>block
    cdef any8 *eights = <any8 *>block
    cdef uint32_t four
    cdef uint64_t eight
    cdef Py_ssize_t i
    if itemsize == 2:
        for i in range(n):
            pairs[i] = <any2>(pairs[i] << 8 | pairs[i] >> 8)
    elif itemsize == 4:
        for i in range(n):    # bytes change places with their neighbours, pairs of them with theirs, and so on
            four = fours[i]
            four = (four & <uint32_t>0x00ff00ff) << 8 | (four >> 8 & <uint32_t>0x00ff00ff)
            fours[i] = four << 16 | four >> 16
    elif itemsize == 8:
        for i in range(n):
            eight = eights[i]
            eight = (eight & <uint64_t>0x00ff00ff00ff00ff) << 8 | (eight >> 8 & <uint64_t>0x00ff00ff00ff00ff)
            eight = (eight & <uint64_t>0x0000ffff0000ffff) << 16 | (eight >> 16 & <uint64_t>0x0000ffff0000ffff)
            eights[i] = eight << 32 | eight >> 32
