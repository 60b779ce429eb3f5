"""What holds for every argument: order, symmetry, and independence of what stands next to an element."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import halfulp

FUNCTIONS = [halfulp.sigmoid, halfulp.log_sigmoid, halfulp.softplus]
DTYPES = [np.float16, np.float32, np.float64]
every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def numbers(dtype):
    """Return arrays of any numbers, and of numbers of the size at which something happens."""
    width = 8 * np.dtype(dtype).itemsize
    bound = float(np.finfo(dtype).max)
    middle = st.floats(-800, 800, width=width) if width > 16 else st.floats(-20, 20, width=width)
    anything = st.floats(-bound, bound, width=width)
    return arrays(dtype, st.integers(1, 600), elements=st.one_of(middle, anything))


@every_function
@every_dtype
@given(data=st.data())
def test_monotone(function, dtype, data):
    y = function(np.sort(data.draw(numbers(dtype))))
    assert np.all(y[1:] >= y[:-1])


@every_dtype
@given(data=st.data())
def test_sigmoids_of_both_signs_add_up_to_one_within_an_ulp(dtype, data):
    x = data.draw(numbers(dtype))
    total = halfulp.sigmoid(x).astype(np.longdouble) + halfulp.sigmoid(-x).astype(np.longdouble)
    assert np.all(np.abs(total - 1) <= np.finfo(dtype).eps)


@every_dtype
@given(data=st.data())
def test_softplus_is_log_sigmoid_mirrored(dtype, data):
    x = data.draw(numbers(dtype))
    assert halfulp.softplus(x).tobytes() == (-halfulp.log_sigmoid(-x)).tobytes()


@every_dtype
@given(data=st.data())
def test_softplus_lies_above_its_asymptotes(dtype, data):
    x = data.draw(numbers(dtype))
    y = halfulp.softplus(x)
    assert np.all(y >= np.maximum(x, 0))


@every_function
@every_dtype
@given(data=st.data())
def test_an_element_does_not_depend_on_the_others(function, dtype, data):
    x = data.draw(numbers(dtype))
    start = data.draw(st.integers(0, x.size - 1))
    assert function(x)[start:].tobytes() == function(x[start:].copy()).tobytes()
