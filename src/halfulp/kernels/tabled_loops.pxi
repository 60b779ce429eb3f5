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

    static const uint32_t tabled_powers[] = { TABLED_POWERS };
    static const float tabled_logs[] = { TABLED_LOGS };

    /* Leave the entries of both tables that the low bits of `shifted` tell, those of powers scaled by 2^n: k << 18 is n
       in the exponent's bits, and what the entry lacks. n is a multiple of 16. */
    static inline void look_up(const float *shifted, float *power, float *log, Py_ssize_t n) {
    #if REGISTERS_HOLD_TABLE
        const __m512i powers[2] = {_mm512_loadu_si512(tabled_powers), _mm512_loadu_si512(tabled_powers + 16)};
        const __m512 logs[2] = {_mm512_loadu_ps(tabled_logs), _mm512_loadu_ps(tabled_logs + 16)};
        for (Py_ssize_t i = 0; i < n; i += 16) {
            const __m512i j = _mm512_loadu_si512(shifted + i);
            const __m512i entry = _mm512_permutex2var_epi32(powers[0], j, powers[1]);
            _mm512_storeu_si512(power + i, _mm512_add_epi32(entry, _mm512_slli_epi32(j, 18)));
            _mm512_storeu_ps(log + i, _mm512_permutex2var_ps(logs[0], j, logs[1]));
        }
    #else
        for (Py_ssize_t i = 0; i < n; i++) {
            const uint32_t j = bits_of_float(shifted[i]);
            power[i] = float_of_bits(tabled_powers[j & 31] + (j << 18));
            log[i] = tabled_logs[j & 31];
        }
    #endif
    }

    /* Return a number of which bit i tells whether a[i] and b[i] differ, i < 16. */
    static inline uint32_t differing(const float *a, const float *b) {
    #if REGISTERS_HOLD_TABLE
        return _mm512_cmpneq_epi32_mask(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
    #else
        uint32_t result = 0;
        for (int i = 0; i < 16; i++)
            result |= (uint32_t)(bits_of_float(a[i]) != bits_of_float(b[i])) << i;
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
    void look_up(const float *shifted, float *power, float *log, Py_ssize_t n) noexcept nogil
    uint32_t differing(const float *a, const float *b) noexcept nogil
    int lowest_bit(uint32_t number) noexcept nogil

cdef enum:
    TABLED_VECTOR = 16      # numbers
    TABLED_BLOCK = 128

cdef struct TabledScratch:    # of one block: what each loop leaves to those after it
    float[TABLED_BLOCK] shifted
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

cdef inline uint32_t twice_bits(float x) noexcept nogil:
    """Return bits without a sign, larger for larger |x|, and the largest for NaN."""
    return bits_of_float(x) << 1

cdef inline bint reduce_tabled(const float *x, TabledScratch *s, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """Leave the number of steps in each of n arguments, from `at` on; tell whether some x is beyond the table."""
    cdef uint32_t largest = 0
    cdef uint32_t bits
    cdef Py_ssize_t i
    for i in range(n):
        s.shifted[at + i] = tabled_shifted_multiple(x[i])
        bits = twice_bits(x[i])
        largest = largest if largest > bits else bits
    return largest > twice_bits(TABLED_LIMIT)

cdef inline void divide_tabled(const float *x, TabledScratch *s, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """Leave 1 + exp(-x) and its reciprocal."""
    cdef single_sum divisor
    cdef Py_ssize_t i
    for i in range(n):
        divisor = tabled_divisor(x[i], s.shifted[at + i], s.power[at + i], s.log[at + i])
        s.high[at + i] = divisor.high
        s.low[at + i] = divisor.low
        s.reciprocal[at + i] = 1 / divisor.high

cdef inline bint round_tabled(TabledScratch *s, Py_ssize_t at, float *y, Py_ssize_t n) noexcept nogil:
    """Round both ends of the intervals in which the results lie; tell whether some are undecided."""
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
        differ |= bits_of_float(s.below[at + i]) ^ bits_of_float(y[i])
    return differ != 0

cdef inline void doubt_beyond(const float *x, float *below, const float *y, Py_ssize_t n) noexcept nogil:
    """Let the ends of intervals differ where arguments are beyond the table."""
    cdef Py_ssize_t i
    for i in range(n):
        if twice_bits(x[i]) > twice_bits(TABLED_LIMIT):
            below[i] = float_of_bits(bits_of_float(y[i]) ^ 1)

cdef inline void postpone_undecided(
    const float *x, float *below, float *y, Py_ssize_t n, bint beyond, Postponed *postponed
) noexcept nogil:
    """Note the elements of which both ends differ, and those beyond the table if there are any."""
    cdef uint32_t undecided
    cdef Py_ssize_t start, i
    if beyond:
        doubt_beyond(x, below, y, n)
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
    cdef bint beyond = reduce_tabled(x, s, 0, TABLED_BLOCK)
    look_up(s.shifted, s.power, s.log, TABLED_BLOCK)
    divide_tabled(x, s, 0, TABLED_BLOCK)
    if round_tabled(s, 0, y, TABLED_BLOCK) | beyond:
        postpone_undecided(x, s.below, y, TABLED_BLOCK, beyond, postponed)

cdef inline void compute_part_of_block(
    const float *x, float *y, Py_ssize_t n, TabledScratch *s, Postponed *postponed
) noexcept nogil:
    """The same of n elements, a vector of them at least. The last vector overlaps the one before."""
    cdef Py_ssize_t last = n - TABLED_VECTOR
    cdef Py_ssize_t at = (n - 1) // TABLED_VECTOR * TABLED_VECTOR
    cdef bint beyond = reduce_tabled(x, s, 0, at) | reduce_tabled(x + last, s, at, TABLED_VECTOR)
    look_up(s.shifted, s.power, s.log, at + TABLED_VECTOR)
    divide_tabled(x, s, 0, at)
    divide_tabled(x + last, s, at, TABLED_VECTOR)
    if round_tabled(s, 0, y, at) | round_tabled(s, at, y + last, TABLED_VECTOR) | beyond:
        postpone_undecided(x, s.below, y, at, beyond, postponed)
        postpone_undecided(x + last, s.below + at, y + last, TABLED_VECTOR, beyond, postponed)

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
