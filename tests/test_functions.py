"""The public functions are at home in NumPy: what a ufunc understands, they understand."""

import inspect
import pickle
import sys

import numpy as np
import pytest

import halfulp
from halfulp import ufuncs

FUNCTIONS = ["sigmoid", "log_sigmoid", "softplus"]
X = np.linspace(-100, 100, 24, dtype="float32").reshape(4, 6)


@pytest.mark.parametrize("name", FUNCTIONS)
class TestAnyFunction:
    def test_is_documented_and_has_a_ufuncs_signature(self, name):
        function = getattr(halfulp, name)
        assert function.__name__ == name
        for part in ("Parameters", "Returns", "Raises", "Notes", "Examples", "ULP"):
            assert part in function.__doc__
        signature = inspect.signature(function)
        assert list(signature.parameters) == ["x", "out", "where", "casting", "order", "dtype", "subok"]

    def test_can_be_pickled(self, name):
        assert pickle.loads(pickle.dumps(getattr(halfulp, name))) is getattr(halfulp, name)
        assert pickle.loads(pickle.dumps(getattr(ufuncs, name))) is getattr(ufuncs, name)

    def test_agrees_with_its_ufunc_bit_for_bit(self, name):
        function, ufunc = getattr(halfulp, name), getattr(ufuncs, name)
        assert isinstance(ufunc, np.ufunc)
        for x in (X, X.T, X.astype("float64"), X[::-1, ::2], X.astype("int8"), X > 0):
            assert ufunc(x).dtype == function(x).dtype
            assert ufunc(x).tobytes() == function(x).tobytes()

    def test_where_leaves_the_others_alone(self, name):
        function = getattr(halfulp, name)
        out = np.full(X.shape, 7, X.dtype)
        function(X, where=X > 0, out=out)
        np.testing.assert_array_equal(out, np.where(X > 0, function(X), 7))

    def test_dtype_converts_before_computing(self, name):
        function = getattr(halfulp, name)
        np.testing.assert_array_equal(
            function(X, dtype="float64"), function(X.astype("float64")), strict=True
        )
        wide = X.astype("float64") / 3
        np.testing.assert_array_equal(
            function(wide, dtype="float32"), function(wide.astype("float32")), strict=True
        )
        integers = X.astype("int16")
        np.testing.assert_array_equal(
            function(integers, dtype="float32"), function(integers.astype("float32")), strict=True
        )

    def test_dtype_may_be_a_class_of_dtypes(self, name):
        function = getattr(halfulp, name)
        for dtype in (np.float16, np.float32, np.float64):
            computed = function(X, dtype=type(np.dtype(dtype)), casting="unsafe")
            np.testing.assert_array_equal(computed, function(X.astype(dtype)), strict=True)
        for wrong in (np.dtypes.Int64DType, np.dtypes.StrDType, np.dtypes.ObjectDType, np.dtype):
            with pytest.raises(TypeError):
                function(X, dtype=wrong)

    def test_long_doubles_and_objects_pass_with_a_dtype_and_a_casting_that_let_them(self, name):
        function = getattr(halfulp, name)
        expected = function(X.astype("float64"))
        np.testing.assert_array_equal(
            function(X.astype("longdouble"), dtype="float64"), expected, strict=True
        )
        np.testing.assert_array_equal(
            function(X.astype(object), dtype="float64", casting="unsafe"), expected, strict=True
        )


class TestCasting:
    def test_is_obeyed(self):
        with pytest.raises(TypeError, match="casting rule 'no'"):
            halfulp.sigmoid(X, out=np.empty(X.shape), casting="no")
        with pytest.raises(TypeError, match="casting rule 'safe'"):
            halfulp.sigmoid(X.astype("float64"), out=np.empty_like(X), casting="safe")
        integers = np.full(X.shape, 7)
        halfulp.softplus(X, out=integers, casting="unsafe")
        np.testing.assert_array_equal(integers, halfulp.softplus(X).astype(int))

    def test_to_a_narrower_output_does_not_warn(self):
        out = np.empty(2, "float32")
        with np.errstate(all="raise"):
            halfulp.log_sigmoid(np.array([-1e300, 100.0]), out=out)
        assert out[0] == -np.inf

    def test_unknown_rule_is_an_error(self):
        with pytest.raises(ValueError, match="casting"):
            halfulp.sigmoid(X, casting="sometimes")


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("x", [X, X.T, np.asfortranarray(X), X[:, ::2]], ids=["C", "T", "F", "strided"])
def test_order(order, x):
    result, model = halfulp.sigmoid(x, order=order), np.negative(x, order=order)
    assert result.strides == model.strides
    np.testing.assert_array_equal(result, halfulp.sigmoid(x))


def test_unknown_order_is_an_error():
    with pytest.raises(ValueError, match="order"):
        halfulp.sigmoid(X, order="Z")


class Labelled(np.ndarray):
    """A subclass without a say in ufuncs."""


class TestOtherArrays:
    def test_subclass_is_kept_unless_subok_is_false(self):
        x = X.view(Labelled)
        assert type(halfulp.sigmoid(x)) is Labelled
        assert type(halfulp.sigmoid(x, subok=False)) is np.ndarray
        np.testing.assert_array_equal(np.asarray(halfulp.sigmoid(x)), halfulp.sigmoid(X))

    def test_subclass_as_output(self):
        out = np.empty_like(X).view(Labelled)
        assert halfulp.sigmoid(X, out=out) is out
        np.testing.assert_array_equal(np.asarray(out), halfulp.sigmoid(X))

    def test_matrix(self):
        with pytest.warns(PendingDeprecationWarning):
            x = np.matrix(X)
        assert type(halfulp.sigmoid(x)) is np.matrix

    def test_masked_array_keeps_its_mask(self):
        x = np.ma.masked_less(X, 0)
        result = halfulp.sigmoid(x)
        assert isinstance(result, np.ma.MaskedArray)
        np.testing.assert_array_equal(result.mask, x.mask)
        np.testing.assert_array_equal(result.compressed(), halfulp.sigmoid(x.compressed()))

    def test_memory_map(self, tmp_path):
        x = np.memmap(tmp_path / "x", "float32", "w+", shape=(300, 400))
        x[:] = np.random.default_rng(0).normal(size=x.shape)
        np.testing.assert_array_equal(halfulp.sigmoid(x), halfulp.sigmoid(np.array(x)))

    def test_array_ufunc_is_asked_with_what_was_given(self):
        calls = []

        class Overrides:
            def __array_ufunc__(self, ufunc, method, *inputs, **options):
                calls.append((ufunc, method, inputs, options))
                return "mine"

        x, out = Overrides(), np.empty(3)
        assert halfulp.sigmoid(x) == "mine"
        assert halfulp.sigmoid(X, out=x) == "mine"
        assert halfulp.log_sigmoid(x, out=out, where=False, dtype="float32", order="F", subok=False) == "mine"
        assert calls[0] == (ufuncs.sigmoid, "__call__", (x,), {})
        assert calls[1] == (ufuncs.sigmoid, "__call__", (X,), {"out": (x,)})
        ufunc, _, inputs, options = calls[2]
        assert (ufunc, inputs) == (ufuncs.log_sigmoid, (x,))
        assert options == {
            "out": (out,),
            "where": False,
            "dtype": np.dtype("float32"),
            "order": "F",
            "subok": False,
        }

    def test_array_ufunc_none_is_refused(self):
        class Refuses:
            __array_ufunc__ = None

        with pytest.raises(TypeError, match="does not support ufuncs"):
            halfulp.sigmoid(Refuses())

    def test_objects_that_can_become_arrays_are_read(self):
        class Convertible:
            def __array__(self, dtype=None, copy=None):
                return X if dtype is None else X.astype(dtype)

        np.testing.assert_array_equal(halfulp.sigmoid(Convertible()), halfulp.sigmoid(X), strict=True)
        np.testing.assert_array_equal(halfulp.sigmoid(memoryview(X)), halfulp.sigmoid(X), strict=True)

    def test_error_in_conversion_reaches_the_caller(self):
        with pytest.raises(ValueError, match="inhomogeneous"):
            halfulp.sigmoid([[1.0], [1.0, 2.0]])


class TestUfunc:
    def test_types(self):
        assert {"e->e", "f->f", "d->d"} < set(ufuncs.sigmoid.types)
        assert {t[-1] for t in ufuncs.sigmoid.types if t[0] in "?bBhHiIlLqQ"} == {"d"}

    def test_at(self):
        x = np.array([0.0, 1.0, 2.0])
        ufuncs.sigmoid.at(x, [0, 2])
        np.testing.assert_array_equal(x, [0.5, 1.0, halfulp.sigmoid(2.0)])

    def test_doc_and_name(self):
        for name in FUNCTIONS:
            assert getattr(ufuncs, name).__name__ == name
            assert f"halfulp.{name}" in getattr(ufuncs, name).__doc__


def test_wrong_arguments_are_errors():
    with pytest.raises(TypeError, match="argument"):
        halfulp.sigmoid()
    with pytest.raises(TypeError, match="argument"):
        halfulp.sigmoid(X, X.copy(), X)
    with pytest.raises(TypeError, match="axis"):
        halfulp.sigmoid(X, axis=0)
    with pytest.raises(TypeError, match="not understood"):
        halfulp.sigmoid(X, dtype="float31")
    for subok in (0, None):
        with pytest.raises(TypeError, match="subok"):
            halfulp.sigmoid(X, subok=subok)


@pytest.mark.parametrize("x", [X, X[:0], np.float32(1), 1.0, 3, [1.0], X.astype("int8"), X[:, ::2]])
def test_nothing_leaks(x):
    tracemalloc = pytest.importorskip("tracemalloc")
    out = np.empty(np.shape(x), np.result_type(halfulp.sigmoid(x)))
    calls = [
        lambda: halfulp.sigmoid(x),
        lambda: halfulp.sigmoid(x, out=out),
        lambda: halfulp.sigmoid(x, dtype="float64"),
    ]
    references = sys.getrefcount(out.dtype)
    for call in calls:
        for _ in range(1000):  # fill the caches of the interpreter and of NumPy
            call()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            call()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert grown < 8000, f"{grown} bytes in 1000 calls"
    assert abs(sys.getrefcount(out.dtype) - references) < 100
