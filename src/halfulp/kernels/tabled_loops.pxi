# The loops over a block of float32 for sigmoid in float32, where vector registers hold the table.
#
# Of a loop that reads a table the compiler makes no search of registers, so intrinsic functions say it. Other levels would
# search memory, number by number, and take the loops in double precision. Both give the same bits.
#
# One element in a thousand or so is undecided, and computed in double precision later, together with others.

from halfulp.kernels.tabled cimport *

cdef extern from *:
    """
    #if defined(__AVX512F__)
    #include <immintrin.h>
    #define REGISTERS_HOLD_TABLE 1
    #else
    #define REGISTERS_HOLD_TABLE 0
    #endif

    static const float tabled_powers[] = { TABLED_POWERS };
    static const float tabled_logs[] = { TABLED_LOGS };

    /* Leave the entries of both tables that the low bits of `shifted` tell, those of powers times 2^n, where n is the
       greatest integer up to t: 0 or infinite if that is out of range. n numbers, a multiple of 16. */
    static inline void look_up(const float *shifted, const float *t, float *power, float *log, Py_ssize_t n) {
    #if REGISTERS_HOLD_TABLE
        const __m512 powers[2] = {_mm512_loadu_ps(tabled_powers), _mm512_loadu_ps(tabled_powers + 16)};
        const __m512 logs[2] = {_mm512_loadu_ps(tabled_logs), _mm512_loadu_ps(tabled_logs + 16)};
        for (Py_ssize_t i = 0; i < n; i += 16) {
            const __m512i j = _mm512_loadu_si512(shifted + i);
            const __m512 entry = _mm512_permutex2var_ps(powers[0], j, powers[1]);
            _mm512_storeu_ps(power + i, _mm512_scalef_ps(entry, _mm512_loadu_ps(t + i)));
            _mm512_storeu_ps(log + i, _mm512_permutex2var_ps(logs[0], j, logs[1]));
        }
    #else
        for (Py_ssize_t i = 0; i < n; i++) {
            const uint32_t j = bits_of_float(shifted[i]) & 31;
            power[i] = ldexpf(tabled_powers[j], (int)floorf(t[i]));
            log[i] = tabled_logs[j];
        }
    #endif
    }

    /* Return a number of which bit i tells whether a[i] and b[i] differ, or are NaN; i < 16. */
    static inline uint32_t differing(const float *a, const float *b) {
    #if REGISTERS_HOLD_TABLE
        return _mm512_cmp_ps_mask(_mm512_loadu_ps(a), _mm512_loadu_ps(b), _CMP_NEQ_UQ);
    #else
        uint32_t result = 0;
        for (int i = 0; i < 16; i++)
            result |= (uint32_t)(a[i] != b[i]) << i;
        return result;
    #endif
    }

    #if defined(__GNUC__)
    #define lowest_bit(number) __builtin_ctz(number)
    #else
    static inline int lowest_bit(uint32_t number) { int i = 0; while (!(number >> i & 1)) i++; return i; }
    #endif
    """
    const bint REGISTERS_HOLD_TABLE
    void look_up(const float *shifted, const float *t, float *power, float *log, Py_ssize_t n) noexcept nogil
    uint32_t differing(const float *a, const float *b) noexcept nogil
    int lowest_bit(uint32_t number) noexcept nogil

cdef enum:
    TABLED_VECTOR = 16      # numbers
    TABLED_BLOCK = 128

cdef struct TabledScratch:    # of one block: what each loop leaves to those after it
    float[TABLED_BLOCK] shifted
    float[TABLED_BLOCK] t
    float[TABLED_BLOCK] power
    float[TABLED_BLOCK] log
    float[TABLED_BLOCK] high          # of the divisor
    float[TABLED_BLOCK] low
    float[TABLED_BLOCK] reciprocal
    float[TABLED_BLOCK] below         # results, at the lower ends of their intervals

cdef struct Postponed:    # elements that wait for the loops in double precision, until they are many
    Py_ssize_t n
    float x[2 * TABLED_BLOCK]
    float *y[2 * TABLED_BLOCK]

cdef inline void reduce_tabled(const float *x, TabledScratch *s, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """Leave t of n arguments, from `at` on, and its sum with TABLED_SHIFT."""
    cdef Py_ssize_t i
    for i in range(n):
        s.shifted[at + i] = tabled_shifted_exponent(x[i])
        s.t[at + i] = s.shifted[at + i] - TABLED_SHIFT

cdef inline void divide_tabled(const float *x, TabledScratch *s, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """Leave 1 + exp(-x) and its reciprocal."""
    cdef single_sum divisor
    cdef Py_ssize_t i
    for i in range(n):
        divisor = tabled_divisor(x[i], s.t[at + i], s.power[at + i], s.log[at + i])
        s.high[at + i] = divisor.high
        s.low[at + i] = divisor.low
        s.reciprocal[at + i] = 1 / divisor.high

cdef inline bint round_tabled(TabledScratch *s, Py_ssize_t at, float *y, Py_ssize_t n) noexcept nogil:
    """Round both ends of the intervals in which the results lie; tell whether some are undecided, or NaN."""
    cdef uint32_t differ = 0
    cdef single_sum divisor
    cdef float reciprocal, rest
    cdef Py_ssize_t i
    for i in range(n):
        divisor.high = s.high[at + i]
        divisor.low = s.low[at + i]
        reciprocal = s.reciprocal[at + i]
        rest = tabled_rest(divisor, reciprocal)
        s.below[at + i] = fmaf(reciprocal, rest - TABLED_SIGMOID_ERROR, reciprocal)
        y[i] = fmaf(reciprocal, rest + TABLED_SIGMOID_ERROR, reciprocal)
        differ |= bits_of_float(y[i] - s.below[at + i])
    return differ != 0

cdef inline void postpone_undecided(
    const float *x, const float *below, float *y, Py_ssize_t n, Postponed *postponed
) noexcept nogil:
    """Note the elements of which both ends differ, or are NaN."""
    cdef uint32_t undecided
    cdef Py_ssize_t start, i
    for start in range(0, n, 16):
        undecided = differing(below + start, y + start)
        while undecided != 0:
            i = start + lowest_bit(undecided)
            postponed.x[postponed.n] = x[i]
            postponed.y[postponed.n] = y + i
            postponed.n += 1
            undecided &= undecided - 1

cdef inline void compute_postponed(Postponed *postponed) noexcept nogil:
    cdef float[2 * TABLED_BLOCK] y
    cdef Py_ssize_t i
    run(SIGMOID, postponed.x, y, postponed.n)
    for i in range(postponed.n):
        postponed.y[i][0] = y[i]
    postponed.n = 0

cdef inline void compute_whole_block(
    const float *x, float *y, TabledScratch *s, Postponed *postponed
) noexcept nogil:
    """Compute TABLED_BLOCK elements, but those that are undecided. x and y are apart.

    As a case of what follows below it takes a fifth longer: the compiler makes it of loops of unknown length.
    """
    reduce_tabled(x, s, 0, TABLED_BLOCK)
    look_up(s.shifted, s.t, s.power, s.log, TABLED_BLOCK)
    divide_tabled(x, s, 0, TABLED_BLOCK)
    if round_tabled(s, 0, y, TABLED_BLOCK):
        postpone_undecided(x, s.below, y, TABLED_BLOCK, postponed)

cdef inline void compute_part_of_block(
    const float *x, float *y, Py_ssize_t n, TabledScratch *s, Postponed *postponed
) noexcept nogil:
    """The same of n elements, a vector of them at least. The last vector overlaps the one before."""
    cdef Py_ssize_t last = n - TABLED_VECTOR
    cdef Py_ssize_t at = (n - 1) // TABLED_VECTOR * TABLED_VECTOR
    reduce_tabled(x, s, 0, at)
    reduce_tabled(x + last, s, at, TABLED_VECTOR)
    look_up(s.shifted, s.t, s.power, s.log, at + TABLED_VECTOR)
    divide_tabled(x, s, 0, at)
    divide_tabled(x + last, s, at, TABLED_VECTOR)
    if round_tabled(s, 0, y, at) | round_tabled(s, at, y + last, TABLED_VECTOR):
        postpone_undecided(x, s.below, y, at, postponed)
        postpone_undecided(x + last, s.below + at, y + last, TABLED_VECTOR, postponed)

cdef inline void run_tabled(const float *x, float *y, Py_ssize_t total) noexcept nogil:
    """y[i] = sigmoid(x[i]), a block at a time."""
    cdef float[TABLED_BLOCK] copy
    cdef const float *argument
    cdef TabledScratch s
    cdef Postponed postponed
    cdef Py_ssize_t n
    if total < TABLED_VECTOR:
        run(SIGMOID, x, y, total)
        return
    postponed.n = 0
    while total > 0:
        n = min(total, <Py_ssize_t>TABLED_BLOCK)
        if 0 < total - n < TABLED_VECTOR:
            n -= TABLED_VECTOR    # so that what is left fills a vector
        fetch(x + 2 * TABLED_BLOCK, TABLED_BLOCK * sizeof(float))
        fetch(y + 2 * TABLED_BLOCK, TABLED_BLOCK * sizeof(float))
        argument = x
        if x == y:
            memcpy(copy, x, n * sizeof(float))
            argument = copy
        if n == TABLED_BLOCK:
            compute_whole_block(argument, y, &s, &postponed)
        else:
            compute_part_of_block(argument, y, n, &s, &postponed)
        if postponed.n > TABLED_BLOCK:
            compute_postponed(&postponed)
        x += n
        y += n
        total -= n
    if postponed.n > 0:
        compute_postponed(&postponed)

cdef void tabled_sigmoid_float32(const void *x, void *y, Py_ssize_t n) noexcept nogil:
    run_tabled(<const float *>x, <float *>y, n)

if REGISTERS_HOLD_TABLE:
    table.elementwise[SIGMOID][FLOAT32] = tabled_sigmoid_float32
