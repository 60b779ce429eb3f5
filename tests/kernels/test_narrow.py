"""The loops in float32 of the 16-bit types: at every argument there is, at every level."""

import functools

import numpy as np
import pytest

import halfulp
from halfulp.accuracy.proofs.kernel_source import constants
from halfulp.accuracy.reference import exact
from halfulp.accuracy.ulp import FORMATS

from .levels import every_level, module

BITS = np.arange(1 << 16, dtype=np.uint16)
every_type = pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
every_function = pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "softplus"])


@functools.cache
def right_bits(name, dtype):
    """Return the bits of the correctly rounded results of all arguments."""
    form = FORMATS[dtype]
    return form.to_bits(exact(name, form.from_bits(BITS), form).values)


def true_value(name, x):
    """Return the value in float64, good to some 2^-50."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e) if name == "sigmoid" else np.maximum(x, 0) + np.log1p(e)


def within(x, limit):
    """Tell which are numbers no larger than this. Some CPUs call a cast of signalling NaNs invalid."""
    with np.errstate(invalid="ignore"):
        return np.abs(x.astype(np.float32)) <= limit


@every_level
@pytest.mark.parametrize(("dtype", "limit"), [("float16", 20), ("bfloat16", 80)])
@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_error_stays_below_the_bound(level, dtype, limit, name):
    units = constants()[f"NARROW_{dtype.upper()}_ERROR"] * 2**24
    x = FORMATS[dtype].from_bits(BITS)
    x = x[within(x, limit)].astype(np.float64)
    error = np.abs(np.array(module(level).narrow(name, x.tolist())) / true_value(name, x) - 1)
    assert units - 1.3 < error.max() * 2**24 < units


@every_level
@every_type
@every_function
def test_what_is_decided_is_right(level, dtype, name):
    chosen = BITS[:: 7 if level == "baseline" else 1]  # at that level these loops are slow, and not in use
    x = FORMATS[dtype].from_bits(chosen)
    results = module(level).narrow_result(name, dtype, chosen.tolist())
    decided = np.array([y is not None for y in results])
    y = np.array([y or 0 for y in results], np.uint16)
    np.testing.assert_array_equal(y[decided], right_bits(name, dtype)[chosen][decided])
    ordinary = within(x, 80)
    assert not decided[~ordinary].any()
    assert decided[ordinary].mean() > 0.998


@every_type
@every_function
def test_blocks_have_the_bits_of_the_table(dtype, name):
    """What is shorter than a block comes from the table; in a block any number may stand beside any other."""
    form = FORMATS[dtype]
    function = getattr(halfulp, name)
    x = form.from_bits(np.random.default_rng(0).permutation(BITS))
    expected = form.to_bits(np.concatenate([function(part) for part in np.split(x, 1024)]))
    for start in (0, 1, 64):
        np.testing.assert_array_equal(form.to_bits(function(x[start:])), expected[start:])
    ordinary = within(x, 80)  # blocks without NaN, of which most are decided
    np.testing.assert_array_equal(form.to_bits(function(x[ordinary])), expected[ordinary])
    function(x, out=x)
    np.testing.assert_array_equal(form.to_bits(x), expected)
