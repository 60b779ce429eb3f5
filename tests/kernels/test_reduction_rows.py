"""log_softmax, softmax, logsumexp of rows: exact results bit for bit, limits of phases, special values."""

import math

import ml_dtypes
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import halfulp
from halfulp.accuracy import reference
from halfulp.accuracy.cases import load
from halfulp.accuracy.reference_rows import round_row
from halfulp.accuracy.ulp import format_of, widen
from reducing import DTYPES, FUNCTIONS, KEEPING_SHAPE, bits

CASES = [case for f in FUNCTIONS for dtype in DTYPES for case in load(f.__name__, dtype.__name__)]


def exact(function, row):
    """Return the correctly rounded results of a row."""
    results = round_row(function.__name__, [float(x) for x in row], format_of(row.dtype))
    return np.array([result[0] for result in results], f"u{row.itemsize}").view(row.dtype)


def assert_exact(function, row):
    __tracebackhide__ = True
    computed = np.atleast_1d(function(row))
    expected = exact(function, row)
    wrong = np.flatnonzero(bits(computed) != bits(expected))
    assert not wrong.size, f"{row!r}: {computed[wrong]} instead of {expected[wrong]} at {wrong}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_edge_rows(case):
    assert bits(getattr(halfulp, case.function)(case.input)).ravel().tolist() == list(case.output_bits)


RECIPES = {
    "spread": lambda rng, n: rng.normal(size=n) * 10 ** rng.uniform(-6, 3),
    "few values": lambda rng, n: rng.integers(-3, 4, size=n) * 10 ** rng.uniform(-5, 3),
    "equal": lambda rng, n: np.full(n, rng.normal()),
    "dominated": lambda rng, n: np.append(rng.normal(size=n - 1), rng.uniform(0, 800)),
    "near thresholds": lambda rng, n: (
        rng.choice([-np.inf, 0, 1, -700, -745, -103.5, -80], size=n)
        + rng.normal(size=n) * rng.choice([0, 1e-3, 1])
    ),
    "alone beside a mask": lambda rng, n: np.append(
        np.full(n, rng.choice([-np.inf, -650, -740, -2000, -1e4])), rng.normal(size=rng.integers(1, 3))
    ),
    "far apart": lambda rng, n: rng.normal(size=n) * rng.choice([1, 1e-20, 1e20, 1e30], size=n),
    "tiny": lambda rng, n: np.ldexp(rng.normal(size=n), rng.integers(-1074, -950, size=n)),
    "uniform in exponent": lambda rng, n: np.ldexp(rng.normal(size=n), rng.integers(-140, 120, size=n)),
    "nearly equal maxima": lambda rng, n: np.append(rng.normal(size=n), [9, 9 - 10 ** rng.uniform(-16, 0)]),
    "logarithms of probabilities": lambda rng, n: np.log(rng.dirichlet(np.ones(n))),
    "one not finite": lambda rng, n: np.append(rng.normal(size=n), rng.choice([np.inf, -np.inf, np.nan])),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_correctly_rounded(recipe, function, dtype):
    rng = np.random.default_rng(list(recipe.encode()))
    for n in [1, 2, 2, 2, 3, 3, 5, 10, 33, 200]:
        with np.errstate(all="ignore"):
            x = RECIPES[recipe](rng, n).astype(dtype)
        assert_exact(function, x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_row(function, dtype, data):
    width = np.dtype(dtype).itemsize * 8
    size = st.integers(1, 12)
    if width == 16:  # hypothesis knows no bfloat16
        x = data.draw(npst.arrays(np.uint16, size)).view(dtype)
        x = x if data.draw(st.booleans()) else np.where(widen(abs(x)) < 50, x, x.dtype.type(-5))
    else:
        members = st.floats(width=width) | st.floats(-2, 2, width=width) | st.floats(-800, 0, width=width)
        x = data.draw(npst.arrays(dtype, size, elements=members))
    assert_exact(function, x)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_midpoints_that_a_vanishing_logarithm_decides(function, dtype):
    """x - m lies half-way between two numbers, and the others only tell on which side the result is."""
    ulp = float(ml_dtypes.finfo(dtype).eps)
    for far in [-60, -200, -700, -2000]:
        assert_exact(function, np.array([ulp * 32, -64 - 64 * ulp, far], dtype))
        assert_exact(function, np.array([-ulp * 32, -64 - 64 * ulp, far], dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("scale", [10, 30, 100, 300])
def test_rows_dominated_by_one_member(function, dtype, scale):
    """x - m is a midpoint of the format for every other x or so, and a tiny logarithm decides."""
    x = (scale * np.random.default_rng(14).normal(size=(150, 7))).astype(dtype)
    x[::5, 3] = -np.inf
    expected = reference.exact(function.__name__, x, format_of(dtype)).bits
    assert np.array_equal(bits(function(x, 1)), expected)
    assert np.array_equal(bits(function(x.T.copy(), 0)), expected.T)
    wide = np.concatenate([np.full((150, 200), -np.inf, dtype), x], axis=1)  # rows that are read along
    computed = bits(function(wide, 1))
    assert np.array_equal(computed if function is halfulp.logsumexp else computed[:, 200:], expected)


LARGEST = [-3e38, -301, -100.001, -100, -99.999, 0, 88.5, 299.999, 300, 300.001, 1e4, 3e38]


SUMMED_IN_ONE_PASS = [
    *((f, dtype) for f in (halfulp.log_softmax, halfulp.logsumexp) for dtype in (np.float32, np.float64)),
    (halfulp.softmax, np.float64),
]


@pytest.mark.parametrize(("function", "dtype"), [*SUMMED_IN_ONE_PASS, (halfulp.softmax, np.float32)])
@pytest.mark.parametrize("largest", LARGEST)
def test_limits_of_the_sums_in_one_pass(largest, function, dtype):
    """They hold for largest members from -100 to 300, and take what lies below -300 for nothing."""
    rng = np.random.default_rng(8)
    for spread in (1e-3, 1, 30, 300):
        for n in (2, 33, 150):
            row = (largest - np.abs(rng.normal(size=n)) * spread).astype(dtype)
            row[rng.integers(n)] = largest
            assert_exact(function, row)
            assert_exact(function, np.where(rng.random(n) < 0.3, -np.inf, row).astype(dtype))


@pytest.mark.parametrize(
    ("function", "dtype", "size"),
    [
        *((f, dtype, 8193) for f, dtype in SUMMED_IN_ONE_PASS),
        *((f, np.float64, 65537) for f in (halfulp.softmax, halfulp.logsumexp)),
    ],
)
@pytest.mark.parametrize("largest", [-101, -99, 5, 301])
def test_limits_of_the_sums_in_one_pass_of_long_rows(largest, function, dtype, size):
    rng = np.random.default_rng(8)
    for spread in (1, 300):
        row = (largest - np.abs(rng.normal(size=size)) * spread).astype(dtype)
        row[rng.integers(row.size, size=100)] = -np.inf
        assert_exact(function, row)


@pytest.mark.parametrize(
    ("size", "dtype"),
    [
        *((size, dtype) for size in (60, 1500, 9001) for dtype in (np.float32, np.float64)),
        (65537, np.float64),
    ],
)
@pytest.mark.parametrize("limit", [-300, -846])
def test_softmax_of_members_far_below_the_others(limit, size, dtype):
    """Sums in one pass take them for nothing, but beside -99.9 results are not 0 down to -845."""
    row = np.random.default_rng(17).normal(size=size) - 140
    row[-1] = -99.9
    row[7:11] = [-846, -1e4, -3e38, -np.inf]
    row[20:26] = limit + np.array([-1.1, -0.1, 0, 0.1, 0.9, 1.1])
    assert_exact(halfulp.softmax, row.astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_very_long_rows_does_not_change_with_what_is_added_to_all(dtype):
    """Their sums are in one pass where the largest member is from -100 to 300."""
    x = np.round(np.random.default_rng(15).normal(size=600001) * 1024) / 1024
    expected = halfulp.softmax(x.astype(dtype))
    assert np.isclose(expected.sum(dtype=float), 1)
    for added in (-1000, -104, 200, 290, 310):
        assert np.array_equal(bits(halfulp.softmax((x + added).astype(dtype))), bits(expected))


@pytest.mark.parametrize("dtype", DTYPES)
def test_midpoints_far_below_the_logarithm(dtype):
    """Of x - log T, with a sum of two equal members near a power of two, and ulps of x twice as large."""
    info = ml_dtypes.finfo(dtype)
    for power in range(1, 8):
        near = dtype(2.0**power - math.log(2))
        far = [
            -(2.0**power) * (2 + 2 * j * float(info.eps)) / float(info.eps) * factor
            for j in range(4)
            for factor in (1, 2.0**20, 2.0**60)
        ]
        far = np.array([x for x in far if -x < float(info.max)], dtype)
        for largest in (near, np.nextafter(near, dtype(np.inf)), np.nextafter(near, dtype(-np.inf))):
            assert_exact(halfulp.log_softmax, np.append(far, [largest, largest]).astype(dtype))


@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, np.float32, np.float64])
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("shape", "axis"), [((300, 200), 1), ((200, 300), 0), ((300, 9), 1)])
def test_rows_of_all_kinds_beside_each_other(shape, axis, function, dtype):
    """Which rows are summed in one pass depends on those before them; results do not."""
    rng = np.random.default_rng(9)
    n = shape[axis]
    x = rng.normal(size=(300, n))
    x[rng.random(300) < 0.3, 0] += 20  # dominated
    x[60:180, n // 2] += rng.uniform(5, 15, size=120)
    x[200:220] += 1000
    x[rng.random(300) < 0.02, n - 1] = np.nan
    x = x.astype(dtype)
    alone = np.array([function(row, axis=0) for row in x])
    x = x if axis else np.ascontiguousarray(x.T)
    expected = alone.T if function in KEEPING_SHAPE and not axis else alone
    np.testing.assert_array_equal(bits(function(x, axis=axis)), bits(np.ascontiguousarray(expected)))
    if function in KEEPING_SHAPE:
        np.testing.assert_array_equal(
            bits(function(x, axis=axis, out=x)), bits(np.ascontiguousarray(expected))
        )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, 1])
def test_subnormal_results_among_many_members(dtype, axis):
    """Results may be subnormal though their exponentials are not: they are rounded once all the same."""
    least = math.log(float(ml_dtypes.finfo(dtype).smallest_normal))
    x = np.zeros(60000, dtype)
    x[-300:] = least + np.random.default_rng(11).uniform(8.5, 11, 300)
    rows = np.stack([x, x[::-1]], axis=1 - axis)
    computed = halfulp.softmax(rows, axis)
    assert np.array_equal(bits(computed.take(0, 1 - axis)), bits(exact(halfulp.softmax, x)))
    assert np.array_equal(bits(computed.take(1, 1 - axis)[::-1]), bits(computed.take(0, 1 - axis)))


def row_with_a_result_next_to(midpoint, above, dtype):
    """Return a row of which softmax's last result lies above or below a midpoint, by some 2^-75 of it.

    Beside 0 and that member there are float32 numbers, each taking from the sum's excess as much as it can.
    """
    last = dtype(mpmath.log(midpoint * 1.0001))
    e = mpmath.exp(mpmath.mpf(float(last)))
    excess = e / midpoint - 1 - e
    row = [np.float32(0)]
    while excess > 2.0**-60:
        row.append(np.float32(mpmath.log(excess)))
        if mpmath.exp(mpmath.mpf(float(row[-1]))) > excess:
            row[-1] = np.nextafter(row[-1], np.float32(-np.inf))
        excess -= mpmath.exp(mpmath.mpf(float(row[-1])))
    if not above:
        row[-1] = np.nextafter(row[-1], np.float32(0))
    return np.array([*row, last], dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("is_subnormal", [False, True])
def test_results_next_to_midpoints(is_subnormal, dtype):
    rng = np.random.default_rng(12)
    info = np.finfo(dtype)
    with mpmath.workprec(300):
        smallest = mpmath.mpf(float(info.smallest_subnormal))
        for i in range(40):
            if is_subnormal:
                midpoint = (int(2 ** rng.uniform(0, info.nmant)) + mpmath.mpf(0.5)) * smallest
            else:
                significand = 2**info.nmant + int(rng.integers(2**info.nmant)) + mpmath.mpf(0.5)
                midpoint = mpmath.ldexp(significand, int(rng.integers(-info.nmant - 40, -info.nmant - 5)))
            row = row_with_a_result_next_to(midpoint, i % 2, dtype)
            assert_exact(halfulp.softmax, row)
            columns = np.repeat(row[:, np.newaxis], 40, axis=1)
            assert (bits(exact(halfulp.softmax, row)) == bits(halfulp.softmax(columns, axis=0)).T).all()


def test_cancelling_logsumexp_is_exact_down_to_its_last_bits():
    for x in ([-math.log(2)] * 2, [-math.log(3)] * 3, [-1e-3, math.log(-math.expm1(-1e-3))]):
        for dtype in DTYPES:
            assert_exact(halfulp.logsumexp, np.array(x, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([np.nan, np.inf, 0], [np.nan] * 3),
        ([np.inf, 0], [np.nan] * 2),
        ([-np.inf] * 3, [np.nan] * 3),
        ([-np.inf, 7, -np.inf], [-np.inf, 0.0, -np.inf]),
        ([3], [0.0]),
        ([0, -2000], [-0.0, -2000]),
        ([0, -2000, -np.inf], [-0.0, -2000, -np.inf]),
    ],
)
def test_special_values_of_log_softmax(row, expected, dtype):
    computed = halfulp.log_softmax(np.array(row, dtype))
    assert np.array_equal(bits(computed), bits(np.array(expected, dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([np.nan, np.inf, 0], np.nan),
        ([np.inf, 0, -np.inf], np.inf),
        ([-np.inf] * 3, -np.inf),
        ([-np.inf, 7, -np.inf], 7),
        ([], -np.inf),
        ([0.0], 0.0),
    ],
)
def test_special_values_of_logsumexp(row, expected, dtype):
    computed = halfulp.logsumexp(np.array(row, dtype))
    assert np.array_equal(bits(computed), bits(np.array(expected, dtype)))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_call_raises_a_floating_point_error(function, dtype):
    largest = float(ml_dtypes.finfo(dtype).max)
    rows = [
        [0, -100, -750],
        [largest, -largest],
        [np.inf, np.nan],
        [-np.inf] * 2,
        [float(ml_dtypes.finfo(dtype).tiny) / 4, 0],
    ]
    with np.errstate(all="raise"):
        for row in rows:
            function(np.array(row, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_long_rows(dtype):
    """Against extended precision, which is good to 2^-60 or so."""
    x = np.random.default_rng(10).normal(size=1_000_003).astype(dtype)
    wide = widen(x).astype(np.longdouble)
    total = np.sum(np.exp(wide - wide.max()))
    log = np.log(total)
    expected = wide - wide.max() - log
    most = 0.51 if dtype is np.float64 else 0.5000001
    assert error_in_ulp(halfulp.softmax(x), np.exp(wide - wide.max()) / total).max() <= most
    assert error_in_ulp(halfulp.log_softmax(x), expected).max() <= most
    assert error_in_ulp(halfulp.logsumexp(x), wide.max() + log) <= 0.51


def error_in_ulp(computed, exact):
    form = format_of(computed.dtype)
    ulp = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - form.precision, form.emin))
    return np.abs(widen(computed) - exact) / ulp
