"""The reductions of the 16-bit types against sums in extended precision, or mpmath where those do not do."""

import math

import numpy as np
import pytest

import halfulp
from halfulp.accuracy import enclosure
from halfulp.accuracy.reference_rows import round_row
from halfulp.accuracy.ulp import FORMATS, widen
from reducing import FUNCTIONS

FORMS = [FORMATS["float16"], FORMATS["bfloat16"]]
every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)

EPS = np.finfo(np.longdouble).eps


def every_finite_number(form):
    x = form.from_bits(np.arange(1 << 16, dtype=np.uint16))
    return x[np.isfinite(widen(x))]


def rounded(form, values):
    """Round numbers of extended precision once to a format, ties to even; return the bits."""
    size = np.minimum(np.abs(values), 2 * form.largest)
    fraction, exponent = np.frexp(size)
    unit = np.maximum(np.where(size == 0, form.emin, exponent - form.precision), form.emin)
    multiple = np.rint(np.ldexp(fraction, exponent - unit)).astype(np.int64)
    bits = ((unit - form.emin) << (form.precision - 1)) + multiple
    return np.where(np.signbit(values), form.sign_bit, 0) | np.minimum(bits, form.infinity_bits)


def nearest(function, x, form):
    """Return the bits of the correctly rounded results of rows with a finite largest member, and no NaN.

    Every term is off by a few units and by what its argument is, |d| <= 12000 where it counts. A sum that
    vanishes in extended precision may be any other number as small, if there is a second finite member.
    """
    wide = widen(x).astype(np.longdouble)
    with np.errstate(under="ignore"):
        first = wide.argmax(axis=1)[:, None]
        largest = np.take_along_axis(wide, first, axis=1)
        others = np.exp(wide - largest)
        np.put_along_axis(others, first, 0, axis=1)
        rest = np.maximum(others.sum(axis=1, keepdims=True), np.finfo(np.longdouble).tiny)
        is_alone = np.isfinite(wide).sum(axis=1, keepdims=True) == 1
        error = (x.shape[1] + 25_000) * EPS
        log = np.log1p(rest)
        if function is halfulp.softmax:
            value = np.exp(wide - largest) / (1 + rest)
            margin = error * value
        elif function is halfulp.log_softmax:
            value = np.copysign(wide - largest - log, -np.inf)
            margin = error * np.where(np.isfinite(value), -value, 0)
        else:
            value = largest + log
            margin = error * (log + np.abs(value))
        below, above = rounded(form, value - margin), rounded(form, value + margin)
    undecided = ((below != above) & np.isfinite(value)) | is_alone
    result = below
    for i in np.flatnonzero(undecided.any(axis=1)):
        result[i] = [bits for bits, _, _ in round_row(function.__name__, widen(x[i]).tolist(), form)]
    return result[:, 0] if function is halfulp.logsumexp else result


def assert_nearest(function, x, form):
    __tracebackhide__ = True
    expected = nearest(function, x, form)
    computed = form.to_bits(function(x, axis=1))
    wrong = np.argwhere(computed != expected)
    assert not wrong.size, [(x[i[0]][:9], computed[tuple(i)], expected[tuple(i)]) for i in wrong[:3]]


@every_form
def test_all_pairs_with_zero(form):
    """[x, 0] has the sigmoid family for its results, which another reference of the harness knows."""
    x = every_finite_number(form)
    rows = np.stack([x, np.zeros_like(x)], axis=1)
    for reduction, function in [("log_softmax", "log_sigmoid"), ("softmax", "sigmoid")]:
        computed = form.to_bits(getattr(halfulp, reduction)(rows))
        for column, argument in [(0, x), (1, -x)]:
            expected, _ = enclosure.exact(function, argument, form)
            assert np.array_equal(computed[:, column], expected.bits), reduction
    expected, _ = enclosure.exact("softplus", x, form)
    assert np.array_equal(form.to_bits(halfulp.logsumexp(rows, axis=1)), expected.bits)


@every_form
@every_function
@pytest.mark.parametrize("others", [[1.5, -4], [-0.6931, -3, -np.inf], [-9.7, -9.7, -17.5, -20, 3]])
def test_every_number_beside_others(others, function, form):
    x = every_finite_number(form)
    rows = np.stack([x, *(np.full_like(x, np.float64(other).astype(form.dtype)) for other in others)], axis=1)
    assert_nearest(function, rows, form)


RECIPES = {
    "normal": lambda rng, shape: rng.normal(0, 4, shape),
    "narrow": lambda rng, shape: rng.normal(0, 10.0 ** rng.uniform(-5, 0, (shape[0], 1)), shape),
    "wide": lambda rng, shape: rng.uniform(-80, 80, shape),
    "subnormal results": lambda rng, shape: np.where(
        rng.random(shape) < 1 / shape[1], 0, rng.uniform(-100, -5, (shape[0], 1)) + rng.normal(0, 1, shape)
    ),
    "dominated": lambda rng, shape: np.where(
        np.arange(shape[1]) == shape[1] // 2, rng.uniform(0, 120, (shape[0], 1)), rng.normal(0, 1, shape)
    ),
    "equal": lambda rng, shape: np.broadcast_to(rng.normal(0, 9, (shape[0], 1)), shape),
    "masked": lambda rng, shape: np.where(rng.random(shape) < 0.5, -np.inf, rng.normal(0, 3, shape)),
    "alone beside a mask": lambda rng, shape: np.where(
        np.arange(shape[1]) == shape[1] // 2,
        rng.normal(0, 1, (shape[0], 1)),
        rng.choice([-np.inf, -650, -1e4], (shape[0], 1)),
    ),
    "cancelling": lambda rng, shape: np.log(rng.dirichlet(np.ones(shape[1]), shape[0])),
    "any exponent": lambda rng, shape: np.ldexp(rng.normal(0, 1, shape), rng.integers(-140, 120, shape)),
}


@every_form
@every_function
@pytest.mark.parametrize("recipe", RECIPES)
def test_rows_of_many_lengths(recipe, function, form):
    rng = np.random.default_rng(list(recipe.encode()))
    for n in [1, 2, 3, 7, 8, 10, 31, 32, 33, 128, 143, 144, 1000, 5000]:
        with np.errstate(all="ignore"):
            rows = RECIPES[recipe](rng, (max(2000 // n, 2), n)).astype(form.dtype)
        rows = rows[np.isfinite(widen(rows).max(axis=1))]
        assert_nearest(function, rows, form)


@every_form
def test_cancellation_down_to_subnormal_results(form):
    """For each m: as many members m as bring logsumexp nearest to 0, which m = -log(n) itself would be."""
    for n in range(2, 3000, 3):
        middle = np.float64(-math.log(n)).astype(form.dtype)
        near = form.neighbours(float(middle), 1)[:, None]
        assert_nearest(halfulp.logsumexp, np.repeat(near, n, axis=1), form)


@every_form
def test_logsumexp_next_to_zero(form):
    """Rows [x, y] with exp(x) + exp(y) next to 1: y is nearest to log(1 - exp(x)), or a neighbour."""
    x = every_finite_number(form)
    x = x[(x < 0) & (x > -100)]
    with np.errstate(under="ignore", divide="ignore"):
        y = np.log(-np.expm1(x.astype(np.float64))).astype(form.dtype)
    x, y = x[np.isfinite(widen(y))], y[np.isfinite(widen(y))]
    for step in (-1, 0, 1):
        other = form.from_bits((form.to_bits(y).astype(np.int64) + step).astype(np.uint16))
        rows = np.stack([x, other], axis=1)
        assert_nearest(halfulp.logsumexp, rows[np.isfinite(widen(other))], form)


@every_form
def test_results_beyond_the_largest_number_round_to_infinity(form):
    largest = form.largest
    row = np.array([largest, -largest], form.dtype)
    assert halfulp.log_softmax(row).astype(float).tolist() == [-0.0, -math.inf]
    assert math.copysign(1, halfulp.log_softmax(row)[0]) == -1
    assert halfulp.softmax(row).astype(float).tolist() == [1, 0]
    assert float(halfulp.logsumexp(row)) == largest
    # The nearest to what lies at or beyond the largest number and half a unit is infinity (IEEE 754, 4.3.1).
    unit = float(row[0]) - float(form.neighbours(largest, 1)[0])
    distances = [unit / 2 - unit / 64, unit / 2, unit / 2 + unit / 64]
    for distance, expected in zip(distances, [largest, math.inf, math.inf], strict=True):
        other = np.array([largest, -distance], form.dtype)
        if float(other[1]) == -distance:
            assert float(halfulp.log_softmax(other)[1]) == -expected


def test_logsumexp_of_float16_can_overflow():
    """65504 + log(n) reaches 65520, from where infinity is nearest, at n = exp(16) = 8886110.5."""
    x = np.full(8_886_111, 65504, np.float16)
    assert halfulp.logsumexp(x) == np.inf
    assert halfulp.logsumexp(x[:-1]) == 65504
    assert (
        float(halfulp.logsumexp(np.full(10**6, FORMATS["bfloat16"].largest, FORMATS["bfloat16"].dtype)))
        < np.inf
    )


def test_softmax_of_float16_halfway_below_the_smallest_number():
    """2^25 equal members: each result is just between 0 and the smallest number, and even wins."""
    x = np.zeros(1 << 25, np.float16)
    assert not halfulp.softmax(x, out=x).any()
    x = np.zeros((1 << 25) - 1, np.float16)
    assert (halfulp.softmax(x, out=x) == np.finfo(np.float16).smallest_subnormal).all()


@every_form
@every_function
def test_special_values(function, form):
    """As for the wider types: see the test of edge rows."""
    rows = [[np.nan, np.inf, 0], [np.inf, 0, 1], [-np.inf] * 3, [-np.inf, 7, -np.inf], [0, -2000, -np.inf]]
    for row in np.array(rows).astype(form.dtype):
        expected = [bits for bits, _, _ in round_row(function.__name__, widen(row).tolist(), form)]
        for batch in (row[None], np.tile(row, (40, 1)), np.tile(row, 100)[None][:, :3]):
            computed = form.to_bits(np.atleast_1d(function(batch, axis=1)))
            assert (computed == expected).all()
