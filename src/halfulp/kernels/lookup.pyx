"""The 16-bit types: 65,536 arguments, so a function of one is a table of 128 KiB.

The tables are asked for what the loops in float32 leave undecided, and for everything where a level has no such loops.
They are filled at import, in a few milliseconds, from the float64 loops of the chosen level. These round
correctly to float64; rounding that once more, to 16 bits, is right unless it lies next to a midpoint, where the
accurate phases round in one step.
"""

from libc.math cimport ldexp
from libc.stdint cimport uint16_t
from libc.string cimport memcpy

from halfulp.kernels.halves cimport SIGN, float_of_bfloat16, float_of_float16, half_of_number
from halfulp.kernels.lanes cimport fetch
from halfulp.kernels.log_sigmoid cimport resolve_softplus
from halfulp.kernels.pairs cimport make_pair
from halfulp.kernels.rounding cimport bfloat16_format, float16_format, is_decided, make_scaled, number_format
from halfulp.kernels.sigmoid cimport resolve_sigmoid
from halfulp.kernels.table cimport (
    BFLOAT16, FLOAT16, FLOAT64, LOG_SIGMOID, NARROW_BLOCK, SIGMOID, SOFTPLUS, Loops, narrow_loop,
)

cdef enum:
    ENTRIES = 65536

cdef uint16_t sigmoid_of_float16[ENTRIES]
cdef uint16_t sigmoid_of_bfloat16[ENTRIES]
cdef uint16_t softplus_of_float16[ENTRIES]
cdef uint16_t softplus_of_bfloat16[ENTRIES]
cdef narrow_loop narrow[3][2]
cdef double arguments[ENTRIES]
cdef double results[ENTRIES]

cdef uint16_t entry(int function, double x, double y, number_format target) noexcept nogil:
    """Return the bits of the function's value at x, no NaN, of which y is the nearest float64."""
    cdef double rounded
    if y == 0 or y > 1e300:
        rounded = y
    elif not is_decided(make_scaled(make_pair(y, 0), 0), ldexp(1.0, -52), target, &rounded):
        rounded = resolve_sigmoid(x, target) if function == SIGMOID else resolve_softplus(x, target)
    return half_of_number(rounded, target)

cdef void fill(uint16_t *table, const Loops *loops, int function, int type) noexcept nogil:
    cdef bint is_float16 = type == FLOAT16
    cdef number_format target = float16_format() if is_float16 else bfloat16_format()
    cdef uint16_t quiet = 1 << (target.precision - 2)
    cdef int i
    for i in range(ENTRIES):
        arguments[i] = float_of_float16(i) if is_float16 else float_of_bfloat16(i)
    loops.elementwise[function][FLOAT64](arguments, results, ENTRIES)
    for i in range(ENTRIES):
        if arguments[i] != arguments[i]:
            table[i] = <uint16_t>i | quiet
        else:
            table[i] = entry(function, arguments[i], results[i], target)

cdef inline void look_up(
    const uint16_t *table, const uint16_t *x, uint16_t *y, Py_ssize_t n, uint16_t flip
) noexcept nogil:
    """y = table[x], with the signs of both flipped where flip is the sign bit."""
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = table[x[i] ^ flip] ^ flip

cdef inline void run(
    narrow_loop narrow, const uint16_t *table, const void *arguments, void *results, Py_ssize_t n, uint16_t flip
) noexcept nogil:
    """Compute whole blocks, and look up those that are not sure of, and what is left."""
    cdef uint16_t copy[NARROW_BLOCK]
    cdef const uint16_t *argument
    cdef const uint16_t *x = <const uint16_t *>arguments
    cdef uint16_t *y = <uint16_t *>results
    while narrow != NULL and n >= NARROW_BLOCK:
        fetch(y + 2 * NARROW_BLOCK, sizeof(copy))
        argument = x
        if x == y:
            memcpy(copy, x, sizeof(copy))
            argument = copy
        if not narrow(argument, y):
            look_up(table, argument, y, NARROW_BLOCK, flip)
        x += NARROW_BLOCK
        y += NARROW_BLOCK
        n -= NARROW_BLOCK
    look_up(table, x, y, n, flip)

cdef void sigmoid_float16(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(narrow[SIGMOID][FLOAT16], sigmoid_of_float16, x, y, n, 0)

cdef void sigmoid_bfloat16(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(narrow[SIGMOID][BFLOAT16], sigmoid_of_bfloat16, x, y, n, 0)

cdef void softplus_float16(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(narrow[SOFTPLUS][FLOAT16], softplus_of_float16, x, y, n, 0)

cdef void softplus_bfloat16(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(narrow[SOFTPLUS][BFLOAT16], softplus_of_bfloat16, x, y, n, 0)

cdef void log_sigmoid_float16(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(narrow[LOG_SIGMOID][FLOAT16], softplus_of_float16, x, y, n, SIGN)

cdef void log_sigmoid_bfloat16(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run(narrow[LOG_SIGMOID][BFLOAT16], softplus_of_bfloat16, x, y, n, SIGN)

cdef void add_lookups(Loops *loops) noexcept:
    """Fill the tables, and enter the loops that look into them."""
    global narrow
    narrow = loops.narrow
    fill(sigmoid_of_float16, loops, SIGMOID, FLOAT16)
    fill(sigmoid_of_bfloat16, loops, SIGMOID, BFLOAT16)
    fill(softplus_of_float16, loops, SOFTPLUS, FLOAT16)
    fill(softplus_of_bfloat16, loops, SOFTPLUS, BFLOAT16)
    loops.elementwise[SIGMOID][FLOAT16] = sigmoid_float16
    loops.elementwise[SIGMOID][BFLOAT16] = sigmoid_bfloat16
    loops.elementwise[SOFTPLUS][FLOAT16] = softplus_float16
    loops.elementwise[SOFTPLUS][BFLOAT16] = softplus_bfloat16
    loops.elementwise[LOG_SIGMOID][FLOAT16] = log_sigmoid_float16
    loops.elementwise[LOG_SIGMOID][BFLOAT16] = log_sigmoid_bfloat16
