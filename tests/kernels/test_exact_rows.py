"""The last phase of the reductions, and rows whose members are chosen so that no other can decide them."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import halfulp
from halfulp.accuracy import reference
from halfulp.accuracy.functions import REDUCTIONS
from halfulp.accuracy.reference_rows import round_row
from halfulp.accuracy.ulp import FORMATS, widen
from halfulp.kernels.exact_rows import nearest, reduce_row

NARROW = [FORMATS[name] for name in ("float16", "bfloat16", "float32")]
FLOAT64 = FORMATS["float64"]
BITS = 1000  # of the arithmetic that finds the members


def number_below(form, value):
    """Return the largest number of the format, not above value < 0."""
    return max(x for x in widen(form.neighbours(float(value), 1)).tolist() if mpmath.mpf(x) <= value)


def members_that_add_up_to(form, total, depth):
    """Return members below 0 whose exponentials add up to total, but for less than 2^-depth of it."""
    members, rest = [], mpmath.mpf(total)
    while rest > total * mpmath.mpf(2) ** -depth:
        members.append(number_below(form, mpmath.log(rest)))
        rest -= mpmath.exp(members[-1])
    return members


def row_close_to_midpoint(function, form, rng, depth):
    """Return a row whose first result, that of its maximum 0, lies close to a midpoint."""
    with mpmath.workprec(BITS):
        _, y, above = widen(form.neighbours(rng.uniform(0.3, 0.9), 1)).tolist()
        midpoint = (mpmath.mpf(y) + mpmath.mpf(above)) / 2
        rest = 1 / midpoint - 1 if function == "softmax" else mpmath.expm1(midpoint)
        return np.array([0.0, *members_that_add_up_to(form, rest, depth)]).astype(form.dtype)


def assert_correctly_rounded(function, x):
    form = FORMATS[x.dtype.name]
    expected = reference.exact(function, x, form).bits
    computed = form.to_bits(np.atleast_1d(getattr(halfulp, function)(x, axis=-1)))
    assert np.array_equal(computed.ravel(), expected.ravel()), (function, widen(x).tolist())


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
@pytest.mark.parametrize("function", REDUCTIONS)
def test_agrees_with_the_reference(function, form):
    rng = np.random.default_rng(1)
    rows = [form.dtype.type(rng.normal(0, 10, n)).astype(np.float64) for n in (1, 2, 3, 20)]
    rows += [np.array(row) for row in ([0, -6e4], [0, 0, -math.inf], [3, 3, 3, 3, -6e4], [-math.inf, -7, -9])]
    for row in rows:
        members, place, counts = np.unique(row, return_inverse=True, return_counts=True)
        results = reduce_row(function, members.tolist(), counts.tolist(), form.precision, form.emin)
        results = np.array(results)[place] if function != "logsumexp" else np.array(results)
        expected = [bits for bits, *_ in round_row(function, row.tolist(), form)]
        assert form.to_bits(results.astype(form.dtype)).tolist() == expected, row


@pytest.mark.parametrize("form", NARROW, ids=str)
@pytest.mark.parametrize("function", REDUCTIONS)
@pytest.mark.parametrize("depth", [70, 90, 130, 300])
def test_rows_close_to_a_midpoint(function, form, depth):
    rng = np.random.default_rng(depth)
    for _ in range(4):
        assert_correctly_rounded(function, row_close_to_midpoint(function, form, rng, depth))


@pytest.mark.parametrize("form", NARROW, ids=str)
@pytest.mark.parametrize("function", ["log_softmax", "softmax"])
@pytest.mark.parametrize("width", [1, 20])
def test_rows_close_to_a_midpoint_in_any_place(function, form, width):
    """Alone, in a bundle, in place and not, contiguous and not."""
    row = row_close_to_midpoint(function, form, np.random.default_rng(3), 100)
    row = np.concatenate([row, np.full(150, -np.inf, form.dtype)])
    expected = reference.exact(function, row, form).bits
    for size in (row.size - 150, row.size):
        rows = np.tile(row[:size], (width, 1))
        for x in (rows, np.repeat(rows, 2, axis=1)[:, ::2], rows.T.copy().T):
            for y in (getattr(halfulp, function)(x), getattr(halfulp, function)(x, out=x)):
                assert (form.to_bits(y) == expected[:size]).all()


@pytest.mark.parametrize("length", [60, 200])
@pytest.mark.parametrize("function", ["log_softmax", "softmax"])
def test_some_rows_among_many_threads(function, length):
    row = row_close_to_midpoint(function, FORMATS["float32"], np.random.default_rng(4), 100)
    x = np.random.default_rng(4).normal(size=(4000, length)).astype(np.float32)
    x[::100], x[::100, : row.size] = -np.inf, row
    expected = reference.exact(function, row, FORMATS["float32"]).values
    assert (getattr(halfulp, function)(x)[::100, : row.size] == expected).all()


@pytest.mark.parametrize("function", ["log_softmax", "softmax"])
def test_long_row_close_to_a_midpoint(function):
    row = row_close_to_midpoint(function, FORMATS["float32"], np.random.default_rng(5), 200)
    x = np.full((1, 200_001), -np.inf, np.float32)
    x[0, :: x.size // row.size][: row.size] = row
    expected = reference.exact(function, row, FORMATS["float32"]).values
    assert np.array_equal(getattr(halfulp, function)(x)[x > -np.inf], expected)
    assert np.array_equal(getattr(halfulp, function)(x, where=x > -np.inf, out=x)[0, :1], expected[:1])


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_logsumexp_that_cancels_however_far(form):
    rng = np.random.default_rng(2)
    for largest in [
        -form.smallest_normal,
        -float(np.nextafter(form.dtype.type(0), form.dtype.type(1))),
        -0.5,
    ]:
        with mpmath.workprec(3000):
            rest = -mpmath.expm1(mpmath.mpf(float(largest)))
            second = number_below(form, mpmath.log(rest))
        assert_correctly_rounded("logsumexp", np.array([largest, second]).astype(form.dtype))
    for depth in (100, 300, 500):
        largest = number_below(form, -rng.uniform(0.1, 1))
        with mpmath.workprec(BITS):
            rest = -mpmath.expm1(mpmath.mpf(largest))
            row = [largest, *members_that_add_up_to(form, rest, depth)]
        assert_correctly_rounded("logsumexp", np.array(row).astype(form.dtype))


def test_tiny_maxima_cancel():
    for exponent in range(-1074, 0, 37):
        largest = -math.ldexp(1, exponent)
        with mpmath.workprec(3000):
            second = number_below(FLOAT64, mpmath.log(-mpmath.expm1(mpmath.mpf(largest))))
        assert_correctly_rounded("logsumexp", np.array([largest, second]))


def test_rounding_of_fractions():
    assert nearest(0, 24, -149) == 0
    assert nearest(-math.inf, 24, -149) == -math.inf
    for value in (math.pi, -math.pi, 1e-45, -1e-46, 2.5e-45, 3e38):
        assert nearest(Fraction(value), 53, -1074) == value
        assert nearest(Fraction(value), 24, -149) == np.float32(value)
    assert math.copysign(1, nearest(Fraction(-1, 2**1080), 53, -1074)) == -1
    assert [nearest(Fraction(n, 2**150), 24, -149) * 2**149 for n in (1, 2, 3, 5)] == [
        0,
        1,
        2,
        2,
    ]  # ties to even
    assert nearest(Fraction(2) ** 1024, 53, -1074) == math.inf
