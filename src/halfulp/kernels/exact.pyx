"""The last phase: fixed-point arithmetic of 320 fractional bits, for what no pair can decide.

About one argument in 2^46 comes here. With z = |x|, k = floor(z / ln 2), r = z - k ln 2 and E = exp(r) in [1, 2),

    1 / (1 + exp(z)) = 2^-k / (E + 2^-k),      log(1 + exp(-z)) = 2 atanh(2^-k G),  G = 1 / (2 E + 2^-k).

Every operation truncates, with an error below 2^-320; exp(r) is squared 16 times, and the result is within 2^-295.
No result for x != 0 is a midpoint or a number of the format (Lindemann: exp(x) is transcendental), and 2^-295 decides
every one: the closest of all are those of sigmoid next to 1/2, where x/4 is a midpoint and -x^3/48 = 2^-165 decides.
"""

from libc.math cimport fabs, frexp, ldexp
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from halfulp.kernels.rounding cimport number_format

cdef enum:
    FRACTION = 320              # bits behind the point, in ten limbs
    LIMBS = FRACTION // 32 + 1  # and one limb before it
    HALVINGS = 16               # of r, undone by as many squarings

cdef struct fixed:
    uint32_t limb[LIMBS]    # lowest first

cdef inline fixed zero() noexcept nogil:
    cdef fixed result
    memset(&result, 0, sizeof(result))
    return result

cdef inline fixed power_of_two(int exponent) noexcept nogil:
    """2^exponent, or 0 where that is below the last bit."""
    cdef fixed result = zero()
    cdef int position = FRACTION + exponent
    if position >= 0:
        result.limb[position // 32] = <uint32_t>1 << (position % 32)
    return result

cdef inline bint is_zero(fixed a) noexcept nogil:
    cdef int i
    for i in range(LIMBS):
        if a.limb[i]:
            return False
    return True

cdef inline bint has_no_bits_below(fixed a, int position) noexcept nogil:
    cdef int i
    for i in range(position):
        if (a.limb[i // 32] >> (i % 32)) & 1:
            return False
    return True

cdef inline bint is_less(fixed a, fixed b) noexcept nogil:
    cdef int i
    for i in range(LIMBS - 1, -1, -1):
        if a.limb[i] != b.limb[i]:
            return a.limb[i] < b.limb[i]
    return False

cdef inline fixed add(fixed a, fixed b) noexcept nogil:
    cdef uint64_t carry = 0
    cdef int i
    for i in range(LIMBS):
        carry += <uint64_t>a.limb[i] + b.limb[i]
        a.limb[i] = <uint32_t>carry
        carry >>= 32
    return a

cdef inline fixed subtract(fixed a, fixed b) noexcept nogil:
    """a - b for a >= b."""
    cdef uint64_t borrow = 0
    cdef uint64_t difference
    cdef int i
    for i in range(LIMBS):
        difference = <uint64_t>a.limb[i] - b.limb[i] - borrow
        a.limb[i] = <uint32_t>difference
        borrow = (difference >> 32) & 1
    return a

cdef inline fixed multiply(fixed a, fixed b) noexcept nogil:
    """a * b; truncated."""
    cdef uint32_t product[2 * LIMBS]
    cdef uint64_t carry
    cdef fixed result
    cdef int i, j
    memset(product, 0, sizeof(product))
    for i in range(LIMBS):
        carry = 0
        for j in range(LIMBS):
            carry += <uint64_t>a.limb[i] * b.limb[j] + product[i + j]
            product[i + j] = <uint32_t>carry
            carry >>= 32
        product[i + LIMBS] = <uint32_t>carry
    for i in range(LIMBS):
        result.limb[i] = product[i + FRACTION // 32]
    return result

cdef inline fixed multiply_by_integer(fixed a, uint32_t n) noexcept nogil:
    cdef uint64_t carry = 0
    cdef int i
    for i in range(LIMBS):
        carry += <uint64_t>a.limb[i] * n
        a.limb[i] = <uint32_t>carry
        carry >>= 32
    return a

cdef inline fixed divide_by_integer(fixed a, uint32_t n) noexcept nogil:
    cdef uint64_t rest = 0
    cdef int i
    for i in range(LIMBS - 1, -1, -1):
        rest = (rest << 32) | a.limb[i]
        a.limb[i] = <uint32_t>(rest // n)
        rest %= n
    return a

cdef inline fixed shift_right(fixed a, int bits) noexcept nogil:
    """a * 2^-bits; truncated."""
    cdef fixed result = zero()
    cdef int limbs = bits // 32
    cdef uint64_t both
    cdef int i
    for i in range(LIMBS - limbs):
        both = a.limb[i + limbs]
        if i + limbs + 1 < LIMBS:
            both |= <uint64_t>a.limb[i + limbs + 1] << 32
        result.limb[i] = <uint32_t>(both >> (bits % 32))
    return result

cdef inline fixed reciprocal(fixed a) noexcept nogil:
    """1 / a for a >= 1, by long division, a bit at a time."""
    cdef fixed rest = power_of_two(0)
    cdef fixed result = zero()
    cdef int i
    for i in range(FRACTION + 1):
        if not is_less(rest, a):
            rest = subtract(rest, a)
            result = add(result, power_of_two(-i))
        rest = add(rest, rest)
    return result

cdef fixed atanh_series(fixed t) noexcept nogil:
    """1 + t/3 + t^2/5 + ... for t <= 1/9: atanh(s) = s times that, with t = s^2."""
    cdef fixed power = power_of_two(0)
    cdef fixed total = zero()
    cdef uint32_t n = 1
    while not is_zero(power):
        total = add(total, divide_by_integer(power, n))
        power = multiply(power, t)
        n += 2
    return total

cdef fixed exponential(fixed r) noexcept nogil:
    """exp(r) for 0 <= r < 1: the Taylor series at r / 2^HALVINGS, squared HALVINGS times."""
    cdef fixed term = power_of_two(0)
    cdef fixed total = zero()
    cdef uint32_t n = 0
    r = shift_right(r, HALVINGS)
    while not is_zero(term):
        total = add(total, term)
        n += 1
        term = divide_by_integer(multiply(term, r), n)
    for _ in range(HALVINGS):
        total = multiply(total, total)
    return total

cdef fixed fixed_of(double a) noexcept nogil:
    """0 <= a < 2^32 as a fixed-point number; truncated."""
    cdef int exponent
    cdef uint64_t significand = <uint64_t>ldexp(frexp(a, &exponent), 53)
    cdef fixed result = zero()
    result.limb[LIMBS - 1] = <uint32_t>(significand >> 21)
    result.limb[LIMBS - 2] = <uint32_t>(significand << 11)
    return shift_right(result, 32 - exponent) if exponent > 32 - FRACTION else zero()

cdef fixed LN2 = multiply_by_integer(divide_by_integer(atanh_series(divide_by_integer(power_of_two(0), 9)), 3), 2)

cdef fixed reduce(double x, int *k) noexcept nogil:
    """Return E = exp(|x| - k ln 2), with k = floor(|x| / ln 2) or one less. |x| <= 746.

    Where |x| < 2^-200, 2^-200 stands for it: the results then lie between 1/2, or ln 2, and the same midpoint.
    """
    cdef fixed z = fixed_of(max(fabs(x), ldexp(1.0, -200)))
    k[0] = <int>(fabs(x) * 1.4426)
    return exponential(subtract(z, multiply_by_integer(LN2, k[0])))

cdef double round_fixed(fixed a, int exponent, number_format target) noexcept nogil:
    """Return a * 2^exponent rounded to the format, ties to even."""
    cdef int top = 32 * LIMBS - 1
    while not (a.limb[top // 32] >> (top % 32)) & 1:
        top -= 1
    cdef int unit = max(top + 1 - target.precision, target.smallest_exponent - exponent + FRACTION)
    if unit > top + 1:
        return 0
    # Half a unit up, then cut: that is the nearest, but for a tie, where nothing is left and even wins.
    cdef fixed raised = add(a, power_of_two(unit - 1 - FRACTION))
    cdef fixed integer = shift_right(raised, unit)
    cdef uint64_t significand = integer.limb[0] | <uint64_t>integer.limb[1] << 32
    if has_no_bits_below(raised, unit):
        significand &= ~<uint64_t>1
    return ldexp(<double>significand, unit - FRACTION + exponent)

cdef double exact_sigmoid(double x, number_format target) noexcept nogil:
    """sigmoid(x) correctly rounded, |x| <= 746."""
    cdef int k
    cdef fixed e = reduce(x, &k)
    cdef fixed quotient = reciprocal(add(e, power_of_two(-k)))
    if x < 0:
        return round_fixed(quotient, -k, target)
    return round_fixed(multiply(e, quotient), 0, target)

cdef double exact_softplus(double x, number_format target) noexcept nogil:
    """log(1 + exp(x)) correctly rounded, |x| <= 746."""
    cdef int k
    cdef fixed e = reduce(x, &k)
    cdef fixed g = reciprocal(add(add(e, e), power_of_two(-k)))
    cdef fixed s = shift_right(g, k) if k < FRACTION else zero()
    cdef fixed scaled = multiply(add(g, g), atanh_series(multiply(s, s)))
    if x < 0:
        return round_fixed(scaled, -k, target)
    # The last bit stands for all that lies below it: the result is above x.
    scaled = add(shift_right(scaled, k) if k < FRACTION else zero(), power_of_two(-FRACTION))
    return round_fixed(add(scaled, fixed_of(x)), 0, target)

cdef void add_exact_exp(double x, uint32_t *total) noexcept nogil:
    """Add exp(x), -223 < x <= 0, to a fixed-point number; an error below 2^-299. x itself is cut to 2^-320."""
    cdef fixed sum_so_far
    cdef int k = <int>(-x * 1.4427) + 1    # above -x / ln 2, so that exp(x) = 2^-k exp(k ln 2 + x)
    cdef fixed r = subtract(multiply_by_integer(LN2, k), fixed_of(-x))
    # Where 1.4427 was too much, r is a little above ln 2; exp(r) is still below 4.
    memcpy(&sum_so_far, total, sizeof(sum_so_far))
    sum_so_far = add(sum_so_far, shift_right(exponential(r), k))
    memcpy(total, &sum_so_far, sizeof(sum_so_far))

cdef bint exact_log(const uint32_t *total, number_format target, double *result) noexcept nogil:
    """Round log(a) of a fixed-point number near 1, 2 atanh(d / (2 + d)) with d = a - 1; tell whether that is sure.

    a is the sum of fewer than 2^45 numbers with errors below 2^-299.
    """
    cdef fixed a, s
    cdef fixed margin = power_of_two(-250)
    cdef double below
    cdef fixed one = power_of_two(0)
    memcpy(&a, total, sizeof(a))
    cdef bint is_negative = is_less(a, one)
    cdef fixed d = subtract(one, a) if is_negative else subtract(a, one)
    s = multiply(d, reciprocal(add(one, a)))
    s = multiply(add(s, s), atanh_series(multiply(s, s)))
    if is_less(s, add(margin, margin)):
        result[0] = 0
        return False
    below = round_fixed(subtract(s, margin), 0, target)
    result[0] = -below if is_negative else below
    return below == round_fixed(add(s, margin), 0, target)
