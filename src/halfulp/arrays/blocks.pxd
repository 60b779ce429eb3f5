"""Strided memory in and out of a contiguous block. Knows addresses and sizes, no types and no axes."""

from libc.string cimport memcpy

cdef extern from *:
    """
    #include <stdint.h>
    #if defined(__GNUC__)
    #define AT_ANY_ADDRESS __attribute__((aligned(1), may_alias))
    #else    /* compilers that assume neither alignment nor types */
    #define AT_ANY_ADDRESS
    #endif
    typedef uint8_t any1;
    typedef uint16_t AT_ANY_ADDRESS any2;
    typedef uint32_t AT_ANY_ADDRESS any4;
    typedef uint64_t AT_ANY_ADDRESS any8;

    /* y[j][i] = x[i][j] of 4 x 4 or 2 x 2 numbers, as vectors of 16 bytes; strides in bytes */
    #if defined(__has_builtin)
    #if __has_builtin(__builtin_shufflevector)
    #define HAS_SQUARES 1
    typedef uint32_t four __attribute__((vector_size(16), aligned(1), may_alias));
    typedef uint64_t two __attribute__((vector_size(16), aligned(1), may_alias));
    static inline void transpose_4x4(const char *x, Py_ssize_t x_stride, char *y, Py_ssize_t y_stride)
    {
        four a = *(const four *)x, b = *(const four *)(x + x_stride);
        four c = *(const four *)(x + 2 * x_stride), d = *(const four *)(x + 3 * x_stride);
        four ac = __builtin_shufflevector(a, c, 0, 4, 1, 5), bd = __builtin_shufflevector(b, d, 0, 4, 1, 5);
        *(four *)y = __builtin_shufflevector(ac, bd, 0, 4, 1, 5);
        *(four *)(y + y_stride) = __builtin_shufflevector(ac, bd, 2, 6, 3, 7);
        ac = __builtin_shufflevector(a, c, 2, 6, 3, 7);
        bd = __builtin_shufflevector(b, d, 2, 6, 3, 7);
        *(four *)(y + 2 * y_stride) = __builtin_shufflevector(ac, bd, 0, 4, 1, 5);
        *(four *)(y + 3 * y_stride) = __builtin_shufflevector(ac, bd, 2, 6, 3, 7);
    }
    static inline void transpose_2x2(const char *x, Py_ssize_t x_stride, char *y, Py_ssize_t y_stride)
    {
        two a = *(const two *)x, b = *(const two *)(x + x_stride);
        *(two *)y = __builtin_shufflevector(a, b, 0, 2);
        *(two *)(y + y_stride) = __builtin_shufflevector(a, b, 1, 3);
    }
    #endif
    #endif
    #if !defined(HAS_SQUARES)
    #define HAS_SQUARES 0
    #define transpose_4x4(x, x_stride, y, y_stride) ((void)0)
    #define transpose_2x2(x, x_stride, y, y_stride) ((void)0)
    #endif
    """
    ctypedef unsigned char any1
    ctypedef unsigned short any2
    ctypedef unsigned int any4
    ctypedef unsigned long long any8
    const bint HAS_SQUARES
    void transpose_4x4(const char *x, Py_ssize_t x_stride, char *y, Py_ssize_t y_stride) nogil
    void transpose_2x2(const char *x, Py_ssize_t x_stride, char *y, Py_ssize_t y_stride) nogil

ctypedef fused number:    # by its size alone, whatever its type and alignment
    any1
    any2
    any4
    any8


cdef inline void copy(
    const number *x, Py_ssize_t x_stride, number *y, Py_ssize_t y_stride, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i, size = sizeof(number)
    if x_stride == size and y_stride == size:
        memcpy(y, x, n * size)
    elif x_stride == 2 * size and y_stride == size:    # constant strides, which compilers vectorise
        for i in range(n):
            y[i] = x[2 * i]
    else:
        for i in range(n):
            (<number *>(<char *>y + i * y_stride))[0] = (<const number *>(<const char *>x + i * x_stride))[0]


cdef inline void copy_numbers(
    Py_ssize_t itemsize, const void *x, Py_ssize_t x_stride, void *y, Py_ssize_t y_stride, Py_ssize_t n
) noexcept nogil:
    """y[i] = x[i], for numbers of 1, 2, 4 or 8 bytes. Strides are bytes."""
    if itemsize == 4:
        copy(<const any4 *>x, x_stride, <any4 *>y, y_stride, n)
    elif itemsize == 8:
        copy(<const any8 *>x, x_stride, <any8 *>y, y_stride, n)
    elif itemsize == 2:
        copy(<const any2 *>x, x_stride, <any2 *>y, y_stride, n)
    else:
        copy(<const any1 *>x, x_stride, <any1 *>y, y_stride, n)


cdef inline void scatter(
    Py_ssize_t itemsize, const void *block, void *y, Py_ssize_t y_stride, Py_ssize_t n
) noexcept nogil:
    """The same, from a block without gaps."""
    copy_numbers(itemsize, block, itemsize, y, y_stride, n)


cdef inline Py_ssize_t square(Py_ssize_t itemsize) noexcept nogil:
    """How many numbers of this size make one side of a square; 0 if there are no squares of them."""
    return 16 // itemsize if HAS_SQUARES and itemsize >= 4 else 0


cdef inline void transpose_square(
    Py_ssize_t itemsize, const char *x, Py_ssize_t x_stride, char *y, Py_ssize_t y_stride
) noexcept nogil:
    if itemsize == 4:
        transpose_4x4(x, x_stride, y, y_stride)
    else:
        transpose_2x2(x, x_stride, y, y_stride)


cdef inline void transpose(
    Py_ssize_t itemsize, const char *x, Py_ssize_t x_stride, char *y, Py_ssize_t y_stride, Py_ssize_t rows, Py_ssize_t n
) noexcept nogil:
    """y[j][i] = x[i][j], in squares, for one of them at least. The last of a row or column overlap those before."""
    cdef Py_ssize_t side = square(itemsize), back = (n + side - 1) // side * side - n, i = 0, j
    cdef const char *source
    cdef char *target
    while i < rows:
        i = min(i, rows - side)
        source = x + i * x_stride
        target = y + i * itemsize
        for j in range(n // side):
            transpose_square(itemsize, source, x_stride, target, y_stride)
            source += side * itemsize
            target += side * y_stride
        if back:
            transpose_square(itemsize, source - back * itemsize, x_stride, target - back * y_stride, y_stride)
        i += side


cdef inline void copy_plane(
    const number *x, Py_ssize_t x_row_stride, Py_ssize_t x_stride, number *y, Py_ssize_t y_row_stride,
    Py_ssize_t y_stride, Py_ssize_t rows, Py_ssize_t n,
) noexcept nogil:
    """Copy n numbers of each row, strides in bytes: four rows at a time, so that either side may be transposed."""
    cdef const char *from_row = <const char *>x
    cdef char *to_row = <char *>y
    cdef const char *source
    cdef char *target
    cdef number first, second, third, fourth
    cdef Py_ssize_t size = sizeof(number), row = 0, i
    if 0 < square(size) <= min(rows, n):
        if x_stride == size and y_row_stride == size:
            transpose(size, from_row, x_row_stride, to_row, y_stride, rows, n)
            return
        if x_row_stride == size and y_stride == size:
            transpose(size, from_row, x_stride, to_row, y_row_stride, n, rows)
            return
    while row + 4 <= rows:
        for i in range(n):
            source = from_row + i * x_stride
            target = to_row + i * y_stride
            first = (<const number *>source)[0]
            second = (<const number *>(source + x_row_stride))[0]
            third = (<const number *>(source + 2 * x_row_stride))[0]
            fourth = (<const number *>(source + 3 * x_row_stride))[0]
            (<number *>target)[0] = first
            (<number *>(target + y_row_stride))[0] = second
            (<number *>(target + 2 * y_row_stride))[0] = third
            (<number *>(target + 3 * y_row_stride))[0] = fourth
        from_row += 4 * x_row_stride
        to_row += 4 * y_row_stride
        row += 4
    while row < rows:
        for i in range(n):
            (<number *>(to_row + i * y_stride))[0] = (<const number *>(from_row + i * x_stride))[0]
        from_row += x_row_stride
        to_row += y_row_stride
        row += 1
