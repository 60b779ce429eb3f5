# The loops over a block of float64: a pair stands for each result until it is rounded.

cdef struct Scratch:    # of one block: each loop of a quick phase reads what the one before it left, and overwrites it
    double[BLOCK] a_high
    double[BLOCK] a_low
    double[BLOCK] b_high
    double[BLOCK] b_low
    double[BLOCK] c

cdef inline bint prepare_quotients(
    int function, const double *x, double *positive, Scratch *s, Py_ssize_t n, double half
) noexcept nogil:
    """Leave dividends in a, divisors in b and the reciprocals of these in c; tell whether some element is outside.

    The quotient is sigmoid(x), or the v of softplus(2 half x) = max(2 half x, 0) + 2 atanh(v), and then max(half x, 0)
    is left in positive. Outside, x becomes 0.
    """
    cdef Py_ssize_t i
    cdef uint64_t all_bits = <uint64_t>-1
    cdef uint64_t mask
    cdef uint64_t common = all_bits
    cdef double t, z
    cdef reduced_argument e
    cdef pair even, odd, divisor
    cdef pair_ratio exponential
    for i in range(n):
        mask = 0 if is_outside(x[i]) else all_bits
        common &= mask
        z = double_of_bits(bits_of_double(x[i]) & mask)
        if function != SIGMOID:
            z = -fabs(z)
            t = half * x[i]
            positive[i] = t if t > 0 else 0
        e = quick_remainder(z)
        s.a_high[i] = e.r.high
        s.a_low[i] = e.r.low
        s.b_high[i] = e.s.high
        s.b_low[i] = e.s.low
        s.c[i] = e.shifted
    for i in range(n):
        e.r = make_pair(s.a_high[i], s.a_low[i])
        e.s = make_pair(s.b_high[i], s.b_low[i])
        even = quick_even(e.s)
        odd = quick_odd(e.r, e.s)
        s.a_high[i] = even.high
        s.a_low[i] = even.low
        s.b_high[i] = odd.high
        s.b_low[i] = odd.low
    for i in range(n):
        even = make_pair(s.a_high[i], s.a_low[i])
        odd = make_pair(s.b_high[i], s.b_low[i])
        exponential = quick_ratio(even, odd, s.c[i])
        divisor = quick_sigmoid_divisor(exponential) if function == SIGMOID else quick_atanh_divisor(exponential)
        s.a_high[i] = exponential.plus.high
        s.a_low[i] = exponential.plus.low
        s.b_high[i] = divisor.high
        s.b_low[i] = divisor.low
        s.c[i] = 1 / divisor.high
    return common != all_bits

cdef inline bint round_quick_sigmoid(const double *x, double *low, double *high, Py_ssize_t n) noexcept nogil:
    """Round both ends of the interval in which sigmoid(x) lies; tell whether some element is undecided."""
    cdef Scratch s
    cdef Py_ssize_t i
    cdef uint64_t differ = 0
    cdef pair value
    cdef bint outside = prepare_quotients(SIGMOID, x, NULL, &s, n, 0.5)
    for i in range(n):
        value = quick_quotient(make_pair(s.a_high[i], s.a_low[i]), make_pair(s.b_high[i], s.b_low[i]), s.c[i])
        low[i] = value.high + fma(value.high, -QUICK_SIGMOID_ERROR, value.low)
        high[i] = value.high + fma(value.high, QUICK_SIGMOID_ERROR, value.low)
        differ |= bits_of_double(low[i]) ^ bits_of_double(high[i])
    return outside or differ != 0

cdef inline bint round_quick_softplus(
    const double *x, double *low, double *high, Py_ssize_t n, double sign
) noexcept nogil:
    """The same for sign * softplus(sign * x), of which quick_sum gives half."""
    cdef Scratch s
    cdef double[BLOCK] positive
    cdef double[BLOCK] v_high
    cdef double[BLOCK] v_low
    cdef Py_ssize_t i
    cdef uint64_t differ = 0
    cdef double twice = 2 * sign
    cdef pair t, v, value
    cdef bint outside = prepare_quotients(SOFTPLUS, x, positive, &s, n, 0.5 * sign)
    for i in range(n):
        v = quick_quotient(make_pair(s.a_high[i], s.a_low[i]), make_pair(s.b_high[i], s.b_low[i]), s.c[i])
        t = quick_square(v)
        v_high[i] = v.high
        v_low[i] = v.low
        s.a_high[i] = t.high
        s.a_low[i] = t.low
        s.c[i] = quick_tail(t.high)
    for i in range(n):
        value = quick_atanh_polynomial(make_pair(s.a_high[i], s.a_low[i]), s.c[i])
        s.a_high[i] = value.high
        s.a_low[i] = value.low
    for i in range(n):
        v = make_pair(v_high[i], v_low[i])
        value = quick_sum(positive[i], v, make_pair(s.a_high[i], s.a_low[i]))
        low[i] = twice * (value.high + fma(value.high, -QUICK_SOFTPLUS_ERROR, value.low))
        high[i] = twice * (value.high + fma(value.high, QUICK_SOFTPLUS_ERROR, value.low))
        differ |= bits_of_double(low[i]) ^ bits_of_double(high[i])
    return outside or differ != 0

cdef inline bint round_float64(
    int function, const double *x, double *low, double *high, Py_ssize_t n, double sign
) noexcept nogil:
    """Round both ends of the intervals in which the results lie; tell whether some element is undecided."""
    if function == SIGMOID:
        return round_quick_sigmoid(x, low, high, n)
    return round_quick_softplus(x, low, high, n, sign)
