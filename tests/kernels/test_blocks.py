"""The blocks of float32, and the first of the two rounding tests, which speaks of a whole block."""

import numpy as np
import pytest

import halfulp
from halfulp.accuracy.reference import exact
from halfulp.accuracy.ulp import format_of

from .levels import BOUNDS, every_level, module

FLOAT32 = format_of("float32")
FUNCTIONS = {"sigmoid": halfulp.sigmoid, "log_sigmoid": halfulp.log_sigmoid, "softplus": halfulp.softplus}
SPECIAL = [
    *(np.nan, -np.nan, np.inf, -np.inf, -0.0, 3e38, -3e38, 1e-45),
    *(-87.0, -87.3, -87.4, -95.5, -103.9, -104.1, -110.5),
]


def results(name, x):
    """Return the correctly rounded results, NaN as it came."""
    return np.where(np.isnan(x), x, exact(name, x, FLOAT32).values)


def undecided(name, count):
    """Return float32 arguments whose result the wide phase cannot settle.

    It is nearer to a midpoint than 2^-19 of the spacing, which is what a relative error of 2^-43 can be.
    """
    x = np.random.default_rng(0).uniform(-80, 17, 1 << 22).astype(np.float32)
    y = x.astype(np.float64)
    y = 1 / (1 + np.exp(-y)) if name == "sigmoid" else np.logaddexp(0, y)
    dropped = (y.view(np.uint64) & np.uint64(2**29 - 1)).astype(np.int64)
    near = x[np.abs(dropped - 2**28) < 2**10]
    assert near.size >= 3
    return (-near if name == "log_sigmoid" else near)[:count]


def ordinary(seed, size):
    return np.random.default_rng(seed).normal(0, 4, size).astype(np.float32)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("sign", [1, -1])
def test_special_elements_among_ordinary_ones(name, sign):
    for seed, special in enumerate(SPECIAL):
        x = ordinary(seed, 300)
        x[7 * seed : 7 * seed + 2] = sign * np.float32(special)
        expected = results(name, x)
        np.testing.assert_array_equal(FUNCTIONS[name](x).view(np.uint32), expected.view(np.uint32))
        FUNCTIONS[name](x, out=x)
        np.testing.assert_array_equal(x.view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_undecided_elements_among_ordinary_ones(name):
    for seed, argument in enumerate(undecided(name, 20)):
        x = ordinary(seed, 300)
        x[[seed, 256 + seed]] = argument
        expected = results(name, x)
        np.testing.assert_array_equal(FUNCTIONS[name](x).view(np.uint32), expected.view(np.uint32))
        FUNCTIONS[name](x, out=x)
        np.testing.assert_array_equal(x.view(np.uint32), expected.view(np.uint32))


def midpoints():
    """Return midpoints between float32 neighbours, of every binade and beside the powers of two."""
    rng = np.random.default_rng(0)
    exponent = np.repeat(np.arange(-126, 128), 20)
    significand = rng.integers(2**23, 2**24, exponent.size)
    significand[::20], significand[1::20] = 2**23, 2**24 - 1
    return np.ldexp(significand + 0.5, exponent - 23)


@every_level
@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
class TestFirstRoundingTest:
    def test_doubts_what_may_lie_on_the_other_side_of_a_midpoint(self, level, name):
        error = 2.0 ** BOUNDS["wide", name]
        for share in (-0.999, -0.5, 0, 0.5, 0.999):
            assert not any(module(level).is_sure(name, midpoints() * (1 + share * error)))

    def test_is_sure_of_all_else(self, level, name):
        error = 2.0 ** BOUNDS["wide", name]
        for share in (-2.01, 2.01):
            assert all(module(level).is_sure(name, midpoints() * (1 + share * error)))
        numbers = np.ldexp(1.0, np.arange(-126, 128))
        for share in (-0.999, -0.5, 0, 0.5, 0.999):
            assert all(module(level).is_sure(name, numbers * (1 + share * error)))
        assert module(level).is_sure(name, [np.inf]) == [True]
