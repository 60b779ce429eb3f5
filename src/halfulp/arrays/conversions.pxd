"""Blocks of numbers from one type to another, rounded as NumPy's astype does, and the order of their bytes.

A number goes to float32 and float64 at once; by way of float64 to float16, of float32 to bfloat16 as in
ml_dtypes. Values beyond a type become infinite, and the floating-point environment is the caller's business.
"""

cimport numpy as np
from libc.stdint cimport uint16_t, uint32_t, uint64_t

from halfulp.arrays.blocks cimport NPY_HALF, any2, any4, any8
from halfulp.kernels.bits cimport bits_of_double, bits_of_float, double_of_bits, float_of_bits
from halfulp.kernels.halves cimport float_of_half
from halfulp.kernels.table cimport BFLOAT16, FLOAT16, FLOAT32, FLOAT64

cdef extern from *:
    """
    #define FLOAT16_SMALLEST_NORMAL 0x1p-14
    #define FLOAT16_OVERFLOW 65520.0      // half-way between the largest number and 2^16
    #define FLOAT16_ROUNDER 0x1.8p42      // 1.5 * 2^52 times the spacing of numbers from 1 to 2, 2^-10
    """
    const double FLOAT16_SMALLEST_NORMAL, FLOAT16_OVERFLOW, FLOAT16_ROUNDER

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


cdef inline void convert_block(
    int x_type, const void *x, int type, void *y, Py_ssize_t n
) noexcept nogil:
    """y[i] = x[i], where x_type is NumPy's number of a type, for bfloat16 any that it gives out, and type the kernels'."""
    if type == FLOAT64:
        widen(x_type, x, 0, <double *>y, n)
    elif type == FLOAT32:
        widen(x_type, x, 0, <float *>y, n)
    else:
        convert_to_halves(x_type, x, type, <uint16_t *>y, n)


cdef inline void convert_to_halves(
    int x_type, const void *x, int type, uint16_t *y, Py_ssize_t n
) noexcept nogil:
    cdef double[CONVERTED] doubles
    cdef float[CONVERTED] floats
    cdef Py_ssize_t start = 0, count
    while start < n:
        count = min(<Py_ssize_t>CONVERTED, n - start)
        if type == FLOAT16:
            widen(x_type, x, start, doubles, count)
            round_to_float16(doubles, y + start, count)
        else:
            widen(x_type, x, start, floats, count)
            round_to_bfloat16(floats, y + start, count)
        start += count


cdef inline void widen(int x_type, const void *x, Py_ssize_t start, wide *y, Py_ssize_t n) noexcept nogil:
    """y[i] = x[start + i]"""
    if x_type == np.NPY_DOUBLE:
        cast(<const double *>x + start, y, n)
    elif x_type == np.NPY_FLOAT:
        cast(<const float *>x + start, y, n)
    elif x_type == NPY_HALF:
        cast_halves(FLOAT16, <const uint16_t *>x + start, y, n)
    elif x_type == np.NPY_BYTE:
        cast(<const signed char *>x + start, y, n)
    elif x_type == np.NPY_UBYTE or x_type == np.NPY_BOOL:
        cast(<const unsigned char *>x + start, y, n)
    elif x_type == np.NPY_SHORT:
        cast(<const short *>x + start, y, n)
    elif x_type == np.NPY_USHORT:
        cast(<const unsigned short *>x + start, y, n)
    elif x_type == np.NPY_INT:
        cast(<const int *>x + start, y, n)
    elif x_type == np.NPY_UINT:
        cast(<const unsigned int *>x + start, y, n)
    elif x_type == np.NPY_LONG:
        cast(<const long *>x + start, y, n)
    elif x_type == np.NPY_ULONG:
        cast(<const unsigned long *>x + start, y, n)
    elif x_type == np.NPY_LONGLONG:
        cast(<const long long *>x + start, y, n)
    elif x_type == np.NPY_ULONGLONG:
        cast(<const unsigned long long *>x + start, y, n)
    else:
        cast_halves(BFLOAT16, <const uint16_t *>x + start, y, n)


cdef inline void cast(const source *x, wide *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = <wide>x[i]


cdef inline void cast_halves(int type, const uint16_t *x, wide *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = float_of_half(type, x[i])


cdef inline void round_to_float16(const double *x, uint16_t *y, Py_ssize_t n) noexcept nogil:
    """A number added to 1.5 * 2^52 times the format's spacing leaves its multiple of that in the last bits of the sum.

    The multiple is the stored significand, with 2^10 where it is a normal number: the exponent is added to that.
    """
    cdef uint64_t smallest = bits_of_double(FLOAT16_SMALLEST_NORMAL)
    cdef uint64_t magnitude, power, half
    cdef double value
    cdef Py_ssize_t i
    for i in range(n):
        magnitude = bits_of_double(x[i]) & <uint64_t>0x7fffffffffffffff
        value = double_of_bits(magnitude)
        power = magnitude & <uint64_t>0x7ff0000000000000
        power = smallest if value < FLOAT16_SMALLEST_NORMAL else power
        half = bits_of_double(value + FLOAT16_ROUNDER * double_of_bits(power)) + ((power - smallest) >> 42)
        half = half if value < FLOAT16_OVERFLOW else 0x7c00
        half = half if value == value else 0x7e00
        y[i] = <uint16_t>((half & 0x7fff) | (bits_of_double(x[i]) >> 48 & 0x8000))


cdef inline void round_to_bfloat16(const float *x, uint16_t *y, Py_ssize_t n) noexcept nogil:
    """A bfloat16 is the upper half of a float32."""
    cdef uint32_t bits
    cdef Py_ssize_t i
    for i in range(n):
        bits = bits_of_float(x[i])
        bits = (bits + 0x7fff + (bits >> 16 & 1)) >> 16 if x[i] == x[i] else 0x7fc0
        y[i] = <uint16_t>bits


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
