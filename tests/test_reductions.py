"""log_softmax, softmax and logsumexp: arguments, masked arrays, and what SciPy tests of its own."""

import math
import re
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

import halfulp
from reducing import DTYPES, FUNCTIONS, KEEPING_SHAPE, bits


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


# SciPy's own tests, for what these functions have in common.


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
