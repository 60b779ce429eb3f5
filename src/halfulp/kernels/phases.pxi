# The phases one by one, at this module's level: for the tests and the harness, which measure each bound on its own.

from halfulp.kernels.exact cimport exact_sigmoid, exact_softplus
from halfulp.kernels.table cimport LOG_SIGMOID, SIGMOID, SOFTPLUS


def _function(name):
    """Return the number of a function that has phases of its own; log_sigmoid(x) is -softplus(-x)."""
    return {"sigmoid": SIGMOID, "softplus": SOFTPLUS}[name]


cdef number_format _format(str dtype):
    if dtype == "float32":
        return float32_format()
    if dtype == "float64":
        return float64_format()
    raise ValueError(f"no format {dtype!r}: float32 or float64")


cdef double _wide(int function, double x) noexcept nogil:
    cdef double z = x if function == SIGMOID else -fabs(x)
    cdef double shifted = shifted_multiple(z)
    cdef ratio e = wide_exp(wide_remainder(z, shifted), shifted)
    if function == SIGMOID:
        return wide_sigmoid(e)
    return wide_two_atanh(wide_atanh_argument(e)) + (x if x > 0 else 0)


cdef float _narrow(int function, float x) noexcept nogil:
    cdef float z = x if function == SIGMOID else -fabs(x)
    cdef float shifted = narrow_shifted_multiple(z)
    cdef single_ratio e = narrow_exp(narrow_remainder(z, shifted), shifted)
    if function == SIGMOID:
        return narrow_sigmoid(e)
    return narrow_two_atanh(narrow_atanh_argument(e)) + (x if x > 0 else 0)


cdef pair _quick(int function, double x) noexcept nogil:
    return quick_sigmoid(x) if function == SIGMOID else quick_softplus(x)


cdef scaled_pair _accurate(int function, double x) noexcept nogil:
    return accurate_sigmoid(x) if function == SIGMOID else accurate_softplus(x)


def narrow(name, values):
    """Return what the phase of the 16-bit types makes of each value, |value| <= 80: a float32."""
    function = _function(name)
    return [_narrow(function, x) for x in values]


def narrow_result(name, dtype, arguments):
    """Return the bits of each result as the loops in float32 round it, or None where they leave it to the table.

    The arguments are bits, too: each fills a block.
    """
    cdef int function = {"sigmoid": SIGMOID, "log_sigmoid": LOG_SIGMOID, "softplus": SOFTPLUS}[name]
    cdef int type = {"float16": FLOAT16, "bfloat16": BFLOAT16}[dtype]
    cdef uint16_t x[NARROW_BLOCK]
    cdef uint16_t y[NARROW_BLOCK]
    cdef uint16_t argument
    cdef int i
    results = []
    for argument in arguments:
        for i in range(NARROW_BLOCK):
            x[i] = argument
        results.append(y[0] if run_narrow(function, type, x, y) else None)
    return results


def tabled(name, values):
    """Return what the phase with a table makes of each float32, value > -88.7, as a pair (high, low): sigmoid alone."""
    cdef TabledScratch s
    cdef float x
    cdef single_sum divisor
    cdef Py_ssize_t i
    if _function(name) != SIGMOID:
        raise ValueError(f"no table for {name!r}: sigmoid")
    results = []
    for x in values:
        for i in range(TABLED_VECTOR):
            s.shifted[i] = tabled_shifted_exponent(x)
            s.t[i] = s.shifted[i] - TABLED_SHIFT
        look_up(s.shifted, s.t, s.power, s.log, TABLED_VECTOR)
        divisor = tabled_divisor(x, s.t[0], s.power[0], s.log[0])
        s.reciprocal[0] = 1 / divisor.high
        results.append((s.reciprocal[0], <double>s.reciprocal[0] * tabled_rest(divisor, s.reciprocal[0])))
    return results


def wide(name, values):
    """Return what the phase of the narrow formats makes of each value, |value| <= 110: a double."""
    function = _function(name)
    return [_wide(function, x) for x in values]


def is_sure(name, values):
    """Return whether the first rounding test of float32 settles a result that the wide phase makes each value of."""
    cdef double error = WIDE_SIGMOID_ERROR if _function(name) == SIGMOID else WIDE_SOFTPLUS_ERROR
    cdef double value
    cdef float rounded
    settled = []
    for value in values:
        settled.append(bool(round_surely(&value, &rounded, 1, 1, error)))
    return settled


def quick(name, values):
    """Return what the quick phase makes of each value, |value| <= 690: a pair (high, low)."""
    function = _function(name)
    pairs = [_quick(function, x) for x in values]
    return [(value["high"], value["low"]) for value in pairs]


def accurate(name, values):
    """Return what the accurate phase makes of each value, |value| <= 746: (high, low, exponent of a power of two)."""
    function = _function(name)
    triples = [_accurate(function, x) for x in values]
    return [(value["value"]["high"], value["value"]["low"], value["exponent"]) for value in triples]


def exact(name, values, dtype):
    """Return each value's result by the last phase alone, |value| <= 746, rounded to a dtype."""
    cdef int function = _function(name)
    cdef number_format target = _format(dtype)
    return [exact_sigmoid(x, target) if function == SIGMOID else exact_softplus(x, target) for x in values]


def deciding_phase(name, values):
    """Return which phase settles each float64 value: "quick", "accurate" or "exact"."""
    cdef int function = _function(name)
    cdef double error = QUICK_SIGMOID_ERROR if function == SIGMOID else QUICK_SOFTPLUS_ERROR
    cdef double x, result
    cdef pair y
    phases = []
    for x in values:
        y = _quick(function, 0 if is_outside(x) else x)
        if not is_outside(x) and y.high + fma(y.high, -error, y.low) == y.high + fma(y.high, error, y.low):
            phases.append("quick")
        elif not fabs(x) <= 746 or is_decided(_accurate(function, x), ACCURATE_ERROR, float64_format(), &result):
            phases.append("accurate")
        else:
            phases.append("exact")
    return phases
