"""Inputs where the structure of a function puts the result on the edge of two numbers, and three ulps around.

Every result is compared, as bits, with the reference of the harness.
"""

import numpy as np
import pytest

import halfulp
from halfulp.accuracy.reference import exact
from halfulp.accuracy.ulp import format_of

FUNCTIONS = {"sigmoid": halfulp.sigmoid, "log_sigmoid": halfulp.log_sigmoid, "softplus": halfulp.softplus}
STEPS = 3


def around(dtype, values):
    """Return each value and its neighbours, three to each side, and the same with the other sign."""
    values = np.unique(np.asarray(values, dtype))
    uint = {2: np.uint16, 4: np.uint32, 8: np.uint64}[values.dtype.itemsize]
    magnitude = np.abs(values).view(uint).astype(np.int64)
    near = magnitude[:, None] + np.arange(-STEPS, STEPS + 1)
    near = near[(near >= 0) & (near <= np.finfo(dtype).max.view(uint))]
    x = np.unique(near.astype(uint)).view(dtype)
    return np.concatenate([x, -x])


def tiny(dtype):
    """Arguments near 0: 1/2 + x/4 is a number, a midpoint, or close to one; subnormal arguments too."""
    info = np.finfo(dtype)
    eps = float(info.eps)
    odd = [n * eps / 2**shift for n in range(1, 40, 2) for shift in range(5)]
    powers = [np.ldexp(1.0, e) for e in range(-info.nmant - 12, 1)]
    return [
        *odd,
        *powers,
        0,
        float(info.smallest_subnormal),
        float(info.smallest_normal),
        1e3 * float(info.tiny),
    ]


def thresholds(dtype):
    """Where sigmoid becomes 0, 1 or subnormal, and where log_sigmoid(x) rounds to x."""
    info = np.finfo(dtype)
    bits = info.nmant + 1
    smallest = float(np.log2(np.longdouble(info.smallest_subnormal)))
    log2 = np.log(2.0)
    return [
        -(smallest - 1) * log2,
        -smallest * log2,
        -float(info.minexp) * log2,
        -float(info.minexp - 1) * log2,
        *(bits * log2 + k * log2 for k in range(-2, 3)),
        *(float(solve_absorbed(e, bits)) for e in range(-1, 7)),
        690.0,
        745.1332191019412,
        37.42994775023705,
        103.97208,
        17.32868,
    ]


def solve_absorbed(exponent, bits):
    """Return the x in [2^exponent, 2^(exponent + 1)) at which exp(-x) is half an ulp, or the nearer end."""
    return np.clip((bits - exponent) * np.log(2.0), 2.0**exponent, 2.0 ** (exponent + 1))


def powers_in_the_result(dtype):
    """Arguments whose sigmoid, log_sigmoid or softplus lies next to a power of two."""
    info = np.finfo(dtype)
    exponents = range(-1, int(info.minexp) - info.nmant - 1, -1)
    large = [-e * np.log(2.0) for e in exponents]
    near = [float(np.log(2.0**-e - 1.0)) for e in range(-1, -60, -1) if e < 0]
    logs = [float(np.log(np.expm1(2.0**e))) for e in range(-40, 7)]
    return [*large, *near, *logs, *(2.0**e for e in range(-10, 10))]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", [tiny, thresholds, powers_in_the_result])
def test_neighbourhood_is_correctly_rounded(name, dtype, kind):
    with np.errstate(over="ignore", under="ignore"):
        x = around(dtype, kind(dtype))
    expected = exact(name, x, format_of(np.dtype(dtype).name))
    computed = FUNCTIONS[name](x)
    wrong = np.flatnonzero(computed.view(expected.bits.dtype) != expected.bits)
    assert wrong.size == 0, [(float(x[i]).hex(), computed[i], expected.values[i]) for i in wrong[:5]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("sigmoid", np.inf, 1.0),
        ("sigmoid", -np.inf, 0.0),
        ("log_sigmoid", np.inf, -0.0),
        ("log_sigmoid", -np.inf, -np.inf),
        ("softplus", np.inf, np.inf),
        ("softplus", -np.inf, 0.0),
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", -0.0, 0.5),
    ],
)
def test_special_values(name, x, expected, dtype):
    y = FUNCTIONS[name](np.full(300, x, dtype))
    np.testing.assert_array_equal(y.tobytes(), np.full(300, expected, dtype).tobytes())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_nan_keeps_its_sign_and_payload(name, dtype):
    uint = {2: np.uint16, 4: np.uint32, 8: np.uint64}[np.dtype(dtype).itemsize]
    quiet = np.array(np.nan, dtype).view(uint)
    sign = uint(1) << uint(8 * np.dtype(dtype).itemsize - 1)
    x = np.array([quiet, quiet | uint(5), quiet | sign], uint).view(dtype)
    assert FUNCTIONS[name](x).view(uint).tolist() == x.view(uint).tolist()
