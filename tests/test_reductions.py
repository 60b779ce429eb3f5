"""log_softmax, softmax and logsumexp: exact results bit for bit, special values, and arguments."""

import itertools
import math
import os
import re
import subprocess
import sys

import ml_dtypes
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

DTYPES = [np.float16, ml_dtypes.bfloat16, np.float32, np.float64]
KEEPING_SHAPE = [halfulp.log_softmax, halfulp.softmax]
FUNCTIONS = [*KEEPING_SHAPE, halfulp.logsumexp]
CASES = [case for f in FUNCTIONS for dtype in DTYPES for case in load(f.__name__, dtype.__name__)]


def bits(array):
    array = np.asarray(array)
    return array.view(f"u{array.itemsize}")


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


# --- Axes and layouts ---------------------------------------------------------------------------------------


def by_rows(function, x, axes):
    """Return what the function gives row by row."""
    moved = np.moveaxis(x, axes, range(-len(axes), 0))
    kept = moved.shape[: x.ndim - len(axes)]
    rows = np.ascontiguousarray(moved).reshape(*kept, -1)
    results = np.empty(kept if function is halfulp.logsumexp else rows.shape, x.dtype)
    for index in np.ndindex(*kept):
        results[index] = function(rows[index].copy())
    if function is halfulp.logsumexp:
        return results
    return np.moveaxis(results.reshape(moved.shape), range(-len(axes), 0), axes)


LAYOUTS = {
    "C": lambda x: x,
    "Fortran": np.asfortranarray,
    "reversed": lambda x: x[::-1, :, ::-1],
    "every second": lambda x: np.repeat(x, 2, axis=2)[:, :, ::2],
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "swapped bytes": lambda x: x.astype(x.dtype.newbyteorder()),
    "unaligned": lambda x: np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape),
    "one value": lambda x: np.broadcast_to(x[:1, :1, :1], x.shape),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 150, 17), (150, 3, 9), (5, 2, 300)])
def test_layouts_and_axes(shape, layout, function, dtype):
    if layout == "swapped bytes" and dtype is ml_dtypes.bfloat16:
        return  # NumPy has no such dtype
    x = LAYOUTS[layout](np.random.default_rng(5).normal(size=shape).astype(dtype))
    native = x.astype(dtype)
    before = x.copy()
    for axes in [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2)]:
        expected = by_rows(function, native, axes)
        computed = function(x, axis=axes)
        assert computed.dtype == dtype
        assert np.array_equal(bits(computed), bits(expected)), axes
        assert np.array_equal(x, before)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("cut", [np.s_[:], np.s_[::-1, :, ::-1], np.s_[:1], np.s_[:, None, 0]], ids=str)
def test_memory_order_is_that_of_numpy(order, cut):
    x = np.ones((4, 5, 6)).transpose(order)[cut]
    for view in [x, np.broadcast_to(x, (2, *x.shape)), np.broadcast_to(x[:, :1], x.shape)]:
        for function in KEEPING_SHAPE:
            assert strides(function(view)) == strides(np.exp(view))
    for axis, keepdims in itertools.product([0, 1, -1, (0, 2), ()], [False, True]):
        computed = halfulp.logsumexp(x, axis, keepdims=keepdims)
        assert strides(computed) == strides(np.sum(x, axis, keepdims=keepdims))


def strides(array):
    """Return the strides that matter, those of axes with more than one element."""
    return [stride for length, stride in zip(array.shape, array.strides, strict=True) if length > 1]


@pytest.mark.parametrize("function", KEEPING_SHAPE)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, 1])
def test_in_place_and_overlapping(function, dtype, axis):
    x = np.random.default_rng(6).normal(size=(40, 300)).astype(dtype)
    x[3], x[7, 1:], x[9, 5] = -np.inf, -2000, np.nan  # rows that take the accurate phase
    expected = function(x, axis)
    y = x.copy()
    assert function(y, axis, out=y) is y
    assert np.array_equal(bits(y), bits(expected))
    y = np.zeros((41, 300), dtype)
    y[1:] = x
    function(y[1:], axis, out=y[:-1])
    assert np.array_equal(bits(y[:-1]), bits(expected))
    y = x.copy()
    function(y, axis, out=y[:, ::-1])
    assert np.array_equal(bits(y[:, ::-1]), bits(expected))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [128, 129, 159, 161, 300])
def test_columns_that_make_no_whole_strips(function, dtype, width):
    """The last of them are computed together with some that are done already, unless it is in place."""
    x = np.random.default_rng(13).normal(size=(3, 20, width)).astype(dtype)
    x[0, 3, -2], x[1, 1:, -40], x[2, 5, -1] = -np.inf, -2000, np.nan
    expected = np.stack([np.stack([function(row) for row in plane.T], -1) for plane in x])
    assert np.array_equal(bits(function(x, 1)), bits(expected))
    if function is not halfulp.logsumexp:
        assert np.array_equal(
            bits(function(x, 1, out=np.zeros((3, 20, 2 * width), dtype)[..., ::2])), bits(expected)
        )
        assert np.array_equal(bits(function(x, 1, out=x)), bits(expected))


@pytest.mark.parametrize("dtype", DTYPES[:3])
@pytest.mark.parametrize("function", KEEPING_SHAPE)
def test_a_permutation_permutes_the_result(function, dtype):
    rng = np.random.default_rng(7)
    x = (rng.normal(size=3000) * 5).astype(dtype)
    order = rng.permutation(x.size)
    assert np.array_equal(bits(function(x[order])), bits(function(x)[order]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 500), (2, 4111), (2, 50001), (40, 900), (40, 50001), (150, 5)])
@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_with_and_without_room_for_the_exponentials(shape, dtype, axis):
    """Members of -inf change no other result, but make rows so long that exponentials are computed twice."""
    x = (np.random.default_rng(12).normal(size=shape) * 3).astype(dtype)
    fill = np.full(120000, -np.inf, dtype)
    expected = np.concatenate([halfulp.softmax(np.append(row, fill))[: row.size] for row in x])
    given = np.ascontiguousarray(x if axis else x.T)
    computed = halfulp.softmax(given, axis)
    assert np.array_equal(bits(computed if axis else computed.T).ravel(), bits(expected))
    assert halfulp.softmax(given, axis, out=given) is given
    assert np.array_equal(bits(given), bits(computed))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_slices_of_a_batch_give_the_same_bits(function, dtype):
    x = np.random.default_rng(8).normal(size=(300, 40)).astype(dtype)
    whole = function(x, axis=1)
    parts = np.concatenate([np.atleast_1d(function(x[i : i + step], axis=1)) for i, step in slices(300)])
    assert np.array_equal(bits(whole), bits(parts))
    assert np.array_equal(bits(whole), bits(function(x[:, :], axis=-1)))


def slices(n):
    start = 0
    for step in [1, 2, 3, 7, 8, 9, 100, n]:
        yield start, min(step, n - start)
        start = min(start + step, n)
        if start == n:
            return


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", range(1, 10))
def test_bundles_of_any_height_and_width(size, dtype):
    """Rows go in and out of bundles in squares, of which the last ones overlap; a row alone does not."""
    x = np.random.default_rng(13).normal(size=(131, size)).astype(dtype)
    alone = np.array([halfulp.log_softmax(row) for row in x])
    for count in [*range(1, 10), 127, 128, 129, 131]:
        y = np.full((count + 1, size), 7, dtype)
        halfulp.log_softmax(x[:count], axis=1, out=y[:count])
        assert np.array_equal(bits(y[:count]), bits(alone[:count]))
        assert np.all(y[count] == 7)


DIGEST = """
import hashlib, ml_dtypes, numpy as np, halfulp
digest = hashlib.sha256()
rng = np.random.default_rng(9)
for dtype in (np.float16, ml_dtypes.bfloat16, np.float32, np.float64):
    for shape, axis in [((70, 300), 1), ((300, 70), 0), ((3000, 7), 1), ((1, 300000), 1), ((2, 9, 31, 5), (1,
    3))]:
        x = (rng.normal(size=shape) * 3).astype(dtype)
        for function in (halfulp.log_softmax, halfulp.softmax, halfulp.logsumexp):
            digest.update(np.ascontiguousarray(function(x, axis=axis)).tobytes())
print(halfulp.show_config(mode="dicts")["instruction sets"]["available"], digest.hexdigest())
"""


def digest_with(**variables):
    run = subprocess.run(
        [sys.executable, "-c", DIGEST],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **variables},
    )
    return run.stdout


def test_every_level_and_number_of_threads_gives_the_same_bits():
    levels = halfulp.show_config(mode="dicts")["instruction sets"]["available"]
    digests = {digest_with(HALFULP_CPU=level, OMP_NUM_THREADS="1") for level in levels}
    digests.add(digest_with(OMP_NUM_THREADS="2"))
    digests.add(digest_with(OMP_NUM_THREADS="5"))
    assert len(digests) == 1


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


# --- Arguments ----------------------------------------------------------------------------------------------


def test_defaults_and_scalars():
    x = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(halfulp.log_softmax(x), halfulp.log_softmax(x, axis=1))
    assert np.array_equal(halfulp.log_softmax(x, None), halfulp.log_softmax(x.ravel()).reshape(2, 3))
    assert halfulp.logsumexp(x) == halfulp.logsumexp(x.ravel())
    for function, expected in zip(FUNCTIONS, [0.0, 1.0, 3.0], strict=True):
        for dtype in DTYPES:
            result = function(dtype(3))
            assert type(result) is dtype
            assert result == expected
        assert type(function(3)) is np.float64
    assert type(halfulp.logsumexp(x)) is np.float64
    assert np.array_equal(halfulp.softmax(x, ()), np.ones((2, 3)))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), ()])
@pytest.mark.parametrize("dtype", DTYPES)
def test_shapes_of_logsumexp(dtype, axis, keepdims):
    x = np.ones((2, 3, 4), dtype)
    expected = np.sum(x, axis, keepdims=keepdims)
    computed = halfulp.logsumexp(x, axis, keepdims=keepdims)
    assert computed.shape == expected.shape
    assert computed.dtype == dtype
    out = np.empty(expected.shape, dtype)
    assert halfulp.logsumexp(x, axis, keepdims=keepdims, out=out) is out
    assert np.array_equal(out, computed)


@pytest.mark.parametrize("dtype", DTYPES)
def test_empty_axes(dtype):
    for shape in [(0,), (3, 0), (0, 3)]:
        for function in KEEPING_SHAPE:
            assert function(np.zeros(shape, dtype), axis=0).shape == shape
    assert np.array_equal(halfulp.logsumexp(np.zeros((3, 0), dtype), axis=1), [-np.inf] * 3)
    assert halfulp.logsumexp(np.zeros((0, 3)), axis=1).shape == (0,)


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.int32, np.uint64])
def test_integers_compute_as_float64(dtype):
    x = np.random.default_rng(11).integers(0, 2, size=(3, 200)).astype(dtype)
    for function in FUNCTIONS:
        for axis in (0, 1):
            expected = function(x.astype(np.float64), axis)
            assert np.array_equal(bits(function(x, axis)), bits(expected))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("source", [*DTYPES, np.int32])
def test_dtype_converts_first(source, dtype):
    with np.errstate(all="ignore"):
        x = np.array([1.0, 1.0 + 1e-9, 2.0, -17.3, 3e4, -7e4]).astype(source)
    for function in FUNCTIONS:
        computed = function(x, -1, dtype=dtype)
        assert computed.dtype == dtype
        assert function(x, -1, dtype=type(np.dtype(dtype))).dtype == dtype
        with np.errstate(all="ignore"):
            assert np.array_equal(bits(computed), bits(function(x.astype(dtype), -1)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_where_leaves_members_out(dtype):
    rng = np.random.default_rng(12)
    x = rng.normal(size=(6, 50)).astype(dtype)
    where = rng.random((6, 50)) < 0.5
    where[4] = False
    x[2, 3], where[2, 3] = np.nan, False
    x[3, 4], where[3, 4] = np.inf, False
    for function, outside in zip(KEEPING_SHAPE, [-np.inf, 0], strict=True):
        computed = function(x, 1, where=where)
        assert np.array_equal(computed[~where], np.full((~where).sum(), outside, dtype))
        for row, members, results in zip(x, where, computed, strict=True):
            assert np.array_equal(bits(results[members]), bits(function(row[members])))
    totals = halfulp.logsumexp(x, 1, where=where)
    expected = [halfulp.logsumexp(row[members]) for row, members in zip(x, where, strict=True)]
    assert np.array_equal(bits(totals), bits(np.array(expected, dtype)))


class TestMaskedArrays:
    """A result is masked where one of numpy.ma is, and computed from what is left."""

    @pytest.fixture(params=DTYPES)
    def x(self, request):
        rng = np.random.default_rng(14)
        mask = rng.random((3, 4, 5)) < 0.4
        mask[1, 2] = mask[:, 3, 0] = True
        values = np.where(mask, rng.choice([np.nan, np.inf, 1e4], (3, 4, 5)), rng.normal(size=(3, 4, 5)))
        return np.ma.array(values.astype(request.param), mask=mask)

    @pytest.mark.parametrize("axis", [0, -1, (0, 2), None])
    def test_the_mask_stays(self, x, axis):
        for function in KEEPING_SHAPE:
            result = function(x, axis)
            assert type(result) is np.ma.MaskedArray
            assert np.array_equal(result.mask, x.mask)
            expected = function(x.data, axis, where=~x.mask)
            assert np.array_equal(bits(result.data), bits(expected))
            result[...] = np.ma.masked
            assert not x.mask.all()

    @pytest.mark.parametrize("keepdims", [False, True])
    @pytest.mark.parametrize("axis", [0, -1, (0, 2), None])
    def test_logsumexp_is_masked_where_a_sum_is(self, x, axis, keepdims):
        result = halfulp.logsumexp(x, axis, keepdims=keepdims)
        model = np.ma.sum(x.astype(np.float64), axis, keepdims=keepdims)
        assert isinstance(result, np.ma.MaskedArray) == isinstance(model, np.ma.MaskedArray)
        assert np.array_equal(np.ma.getmaskarray(result), np.ma.getmaskarray(model))
        expected = halfulp.logsumexp(x.data, axis, keepdims=keepdims, where=~x.mask)
        assert np.array_equal(bits(result), bits(expected))

    def test_where_leaves_out_more(self, x):
        where = np.arange(5) != 1
        for function in FUNCTIONS:
            result = function(x, 2, where=where)
            assert np.array_equal(bits(result), bits(function(x.data, 2, where=where & ~x.mask)))
            assert np.array_equal(result.mask, function(x, 2).mask)

    def test_without_a_mask(self):
        x = np.ma.array([1.0, 2.0])
        for function in KEEPING_SHAPE:
            assert function(x).mask is np.ma.nomask
            assert np.array_equal(function(x).data, function(x.data))
        assert halfulp.logsumexp(x) == halfulp.logsumexp(x.data)
        assert halfulp.logsumexp(x[:0]) == -np.inf

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_all_is_masked(self, function):
        assert function(np.ma.masked) is np.ma.masked
        assert function(np.ma.masked_all((2, 3)), 0).mask.all()
        assert halfulp.logsumexp(np.ma.masked_all((2, 3))) is np.ma.masked
        assert function(np.ma.array(3.0), None) == function(3.0)

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_as_output_or_with_one(self, function):
        x, out = np.zeros((2, 3)), np.full((2, 3), 7.0)
        for masked in [np.ma.array(x), np.ma.masked]:
            with pytest.raises(TypeError, match=f"{function.__name__} takes no out= with a masked array"):
                function(masked, (), out=out)
        with pytest.raises(TypeError, match="no masked array as out="):
            function(x, (), out=np.ma.array(out))
        assert (out == 7).all()

    def test_are_looked_for_without_an_import(self):
        program = "import halfulp, sys; halfulp.softmax([1.0]); assert 'numpy.ma' not in sys.modules"
        subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_bad_arguments(function):
    x = np.ones((2, 3), np.float32)
    for axis, wrong in [(2, 2), (-3, -3), ((0, 5), 5), (2**70, 2**70), ((-(2**70),), -(2**70))]:
        with pytest.raises(np.exceptions.AxisError, match=f"axis {wrong} is out of bounds .* dimension 2"):
            function(x, axis)
    for axis in [(0, 0), (0, 1, -2)]:
        with pytest.raises(ValueError, match=re.escape(f"axis 0 is given twice in {axis}")):
            function(x, axis)
    for axis in [1.0, b"a", "01", [0], (0, 1.0), (0, None), np.array([0, 1])]:
        message = f"an integer, a tuple of integers or None, not {axis!r}"
        with pytest.raises(TypeError, match=re.escape(message)):
            function(x, axis)
    for dtype in (np.complex64, np.longdouble, object, "U3", "M8[s]"):
        with pytest.raises(TypeError, match=f"{function.__name__}.*supported are float16, bfloat16"):
            function(np.zeros(3).astype(dtype))
    for dtype in (ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2):  # one is of kind "V", the other "f"
        with pytest.raises(TypeError, match=f"{np.dtype(dtype)}; supported are float16, bfloat16"):
            function(np.zeros(3, dtype))
        with pytest.raises(TypeError, match=f"{np.dtype(dtype)}; supported are float16, bfloat16"):
            function(x, dtype=dtype)
    with pytest.raises(
        TypeError, match=r"int32; supported are float16, bfloat16 \(of ml_dtypes\), float32, float64$"
    ):
        function(x, dtype=np.int32)
    out = np.full((5, 5), 7, np.float32)
    with pytest.raises(ValueError, match=r"shape .*, not \(5, 5\)"):
        function(x, -1, out=out)
    for wrong in ([0], (), (out, out), ([0],)):
        with pytest.raises(TypeError, match="ndarray"):
            function(x, -1, out=wrong)
    with pytest.raises(TypeError, match="boolean"):
        function(x, -1, where=np.ones(3))
    with pytest.raises(ValueError, match="broadcast"):
        function(x, -1, where=np.ones(4, bool))
    shape = np.shape(function(x, -1))
    with pytest.raises(TypeError, match="cast"):
        function(x, -1, out=np.zeros(shape, int))
    out = np.full(shape, 7, np.float32)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        function(x, -1, out=out)
    assert (out == 7).all()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_out_may_come_in_a_tuple(function):
    x, out = np.arange(6.0).reshape(2, 3), np.zeros((2, 3))
    assert function(x, (), out=(out,)) is out
    assert np.array_equal(out, function(x, ()))
    assert np.array_equal(function(x, out=(None,)), function(x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_out_of_another_dtype(dtype):
    x = np.random.default_rng(13).normal(size=(4, 5)).astype(dtype)
    for other in (np.float32, np.float64):
        out = np.empty((4, 5), other)
        assert halfulp.softmax(x, out=out) is out
        assert np.array_equal(out, halfulp.softmax(x).astype(other))
    with pytest.raises(TypeError, match="cannot cast its result from bfloat16 to float16"):
        halfulp.softmax(x, dtype=ml_dtypes.bfloat16, out=np.empty((4, 5), np.float16))


# --- SciPy's own tests, for what these functions have in common ---------------------------------------------


def test_what_scipy_tests_of_logsumexp():
    a = np.arange(200)
    np.testing.assert_allclose(halfulp.logsumexp(a), np.log(np.sum(np.exp(a))), rtol=1e-14)
    b = [1000, 1000]
    assert halfulp.logsumexp(b) == 1000.0 + math.log(2.0)
    n = 1000
    b = np.full(n, 10000.0)
    np.testing.assert_allclose(halfulp.logsumexp(b), 10000.0 + math.log(n), rtol=1e-15)
    x = np.array([1e-40] * 1000000)
    np.testing.assert_allclose(np.exp(halfulp.logsumexp(np.log(x))), x.sum(), rtol=1e-13)
    stacked = np.vstack([np.log(x), np.log(x)])
    np.testing.assert_allclose(np.exp(halfulp.logsumexp(stacked, axis=1)), [x.sum()] * 2, rtol=1e-13)
    assert halfulp.logsumexp(np.array([0, -np.inf])) == 0
    assert halfulp.logsumexp([-1, -math.inf]) == -1
    assert halfulp.logsumexp([np.float32(5)]) == 5


def test_what_scipy_tests_of_softmax():
    np.testing.assert_allclose(halfulp.softmax([1000, 0, 0, 0]), [1, 0, 0, 0], rtol=1e-13)
    np.testing.assert_allclose(halfulp.softmax([1, 1]), [0.5, 0.5])
    np.testing.assert_allclose(halfulp.softmax([0, 1]), np.array([1, math.e]) / (1 + math.e), rtol=1e-15)
    x = np.arange(4)
    expected = np.array([0.03205860328008499, 0.08714431874203257, 0.23688281808991013, 0.6439142598879722])
    np.testing.assert_allclose(halfulp.softmax(x), expected, rtol=1e-15)
    np.testing.assert_allclose(halfulp.softmax(x + 100), expected, rtol=1e-13)
    np.testing.assert_allclose(
        halfulp.softmax(x.reshape(2, 2), axis=None), expected.reshape(2, 2), rtol=1e-15
    )
    x3d = np.array([[[1, 0], [1000, 1000]], [[1, 0], [0, 0]]])
    np.testing.assert_allclose(halfulp.softmax(x3d, axis=(1, 2)).sum(axis=(1, 2)), [1, 1])


def test_what_scipy_tests_of_log_softmax():
    x = np.array([1000, 1])
    np.testing.assert_allclose(halfulp.log_softmax(x), [0, -999], rtol=1e-13, atol=1e-300)
    expected = [-3.4401896985611953, -2.4401896985611953, -1.4401896985611953, -0.44018969856119533]
    for shift in (0, 100):
        np.testing.assert_allclose(halfulp.log_softmax(np.arange(4) + shift), expected, rtol=1e-14)
    x = np.array([[0, 1, 2, 3]] * 2)
    np.testing.assert_allclose(halfulp.log_softmax(x.T, axis=0), np.array([expected] * 2).T, rtol=1e-14)
