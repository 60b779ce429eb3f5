"""The fast enclosures: their proven bound against mpmath, and the same roundings."""

import numpy as np
import pytest
from mpmath import libmp

from halfulp.accuracy import enclosure, inputs, reference
from halfulp.accuracy.functions import ELEMENTWISE
from halfulp.accuracy.ulp import FORMATS, errors

SETS = ("extremes", "thresholds", "powers-of-two", "subnormals", "uniform-value", "uniform-bits")


def all_inputs(function, form, samples):
    rng = np.random.default_rng(7)
    return np.concatenate([inputs.INPUTS[name](function, form, samples, rng) for name in SETS])


def relative_errors(function, x):
    """Yield |high + low - t| / t for each input, t from mpmath with 160 bits."""
    found = enclosure.enclose(function, x)
    parts = (part.tolist() for part in (x, found.high, found.low, found.scale))
    for value, high, low, scale in zip(*parts, strict=True):
        exact = libmp.mpf_abs(reference.elementwise(function, value, 160))
        pair = libmp.mpf_shift(libmp.mpf_add(libmp.from_float(high), libmp.from_float(low)), scale)
        yield libmp.to_float(libmp.mpf_div(libmp.mpf_abs(libmp.mpf_sub(pair, exact)), exact, 53, "n"))


@pytest.mark.parametrize("function", ELEMENTWISE)
def test_error_of_the_pairs_is_within_the_bound(function):
    rng = np.random.default_rng(11)
    x = all_inputs(function, FORMATS["float64"], 1000)
    x = x[np.isfinite(x) & (np.abs(x) < 2000)]
    near = [rng.uniform(-limit, limit, 1000) for limit in (0.01, 1, 40, 800)]
    worst = max(relative_errors(function, np.concatenate([x, *near])))
    assert 2.0**-80 < worst < enclosure.BOUND / 2


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
@pytest.mark.parametrize("function", ELEMENTWISE)
def test_agrees_with_the_reference(function, form):
    x = all_inputs(function, form, 1500)
    slow = reference.exact(function, x, form)
    fast, undecided = enclosure.exact(function, x, form)
    assert fast.bits.tolist() == slow.bits.tolist()
    assert fast.exponent.tolist() == slow.exponent.tolist()
    assert np.abs(fast.fraction - slow.fraction).max() < (2.0**-10 if form.name == "float64" else 2.0**-27)
    assert undecided < x.size / 20


@pytest.mark.parametrize("function", ELEMENTWISE)
def test_midpoints_near_zero_go_to_mpmath(function):
    """Sigmoid is 1/2 + x/4 - x^3/48: exact midpoints but for a third term far below any enclosure's reach."""
    form = FORMATS["float64"]
    x = np.ldexp(np.arange(1.0, 200.0, 2.0), -52)
    slow, (fast, undecided) = reference.exact(function, x, form), enclosure.exact(function, x, form)
    assert fast.bits.tolist() == slow.bits.tolist()
    assert not errors(slow, fast.values).ulp.max() > 0.5
    if function == "sigmoid":
        assert undecided >= x.size / 2
