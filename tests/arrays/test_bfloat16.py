"""bfloat16 of ml_dtypes is a dtype like the others, whenever that package is imported."""

import numpy as np
import pytest

import halfulp
from halfulp import ufuncs

ml_dtypes = pytest.importorskip("ml_dtypes", reason="the extra halfulp[test] has ml_dtypes")
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


@pytest.fixture
def x():
    return np.linspace(-100, 100, 5000).astype(BFLOAT16)


@pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "softplus"])
class TestAnyFunction:
    def test_dtype_stays(self, name, x):
        result = getattr(halfulp, name)(x)
        assert result.dtype == BFLOAT16
        assert type(getattr(halfulp, name)(x[0])) is ml_dtypes.bfloat16
        one_by_one = np.array([getattr(halfulp, name)(element) for element in x])
        assert result.tobytes() == one_by_one.tobytes()

    def test_layouts(self, name, x):
        function = getattr(halfulp, name)
        square = np.repeat(x, 20).reshape(200, 500)
        for view in (
            square.T,
            square[:, ::2],
            square[::-1, ::-3],
            square[:, :100],
            np.broadcast_to(x, (9, x.size)),
        ):
            expected = function(view.ravel()).reshape(view.shape)
            assert function(view).tobytes() == expected.tobytes()
            out = np.zeros((*view.shape, 2), BFLOAT16)[..., 1]
            function(view, out=out)
            assert out.tobytes() == expected.tobytes()

    def test_ufunc_and_its_options(self, name, x):
        function, ufunc = getattr(halfulp, name), getattr(ufuncs, name)
        expected = function(x)
        assert ufunc(x).tobytes() == expected.tobytes()
        wide = np.zeros(x.shape, "float32")
        function(x, out=wide)
        np.testing.assert_array_equal(wide, expected.astype("float32"))
        out = np.zeros_like(x)
        function(x, where=x > 0, out=out)
        np.testing.assert_array_equal(out[x > 0], expected[x > 0])
        assert (out[x <= 0] == 0).all()

    @pytest.mark.parametrize("source", ["bool", "int8", "uint64", "float16", "float32", ">f8", "longdouble"])
    def test_dtype_converts_before_computing(self, name, source):
        function = getattr(halfulp, name)
        x = np.linspace(0, 100, 5000).astype(source)
        expected = function(x.astype(BFLOAT16))
        for dtype in (BFLOAT16, ml_dtypes.bfloat16, "bfloat16", type(BFLOAT16)):
            np.testing.assert_array_equal(function(x, dtype=dtype), expected, strict=True)
        wide = np.zeros(x.shape, "float32")
        function(x, out=wide, dtype=BFLOAT16, where=x > 1)
        np.testing.assert_array_equal(wide, np.where(x > 1, expected, 0).astype("float32"))
        assert type(function(2.5, dtype=BFLOAT16)) is ml_dtypes.bfloat16

    def test_casting_is_obeyed(self, name):
        function = getattr(halfulp, name)
        with pytest.raises(TypeError, match="casting rule 'safe'"):
            function(np.zeros(3), dtype=BFLOAT16, casting="safe")
        with pytest.raises(TypeError, match="float16"):
            function(np.zeros(3), dtype=BFLOAT16, out=np.zeros(3, "float16"))

    def test_no_floating_point_error_is_reported(self, name, x):
        with np.errstate(all="raise"):
            getattr(halfulp, name)(x)
            getattr(ufuncs, name)(x)


@pytest.mark.parametrize("first", ["halfulp", "ml_dtypes"])
def test_either_package_may_be_imported_first(run, first):
    second = {"halfulp": "ml_dtypes", "ml_dtypes": "halfulp"}[first]
    program = f"""
        import sys
        import numpy as np
        import {first}
        assert {first == "ml_dtypes"} or "ml_dtypes" not in sys.modules, "halfulp imported ml_dtypes"
        import {second}
        print(halfulp.sigmoid(np.zeros(3, ml_dtypes.bfloat16)).dtype)
        print(halfulp.ufuncs.sigmoid(np.zeros(3, ml_dtypes.bfloat16)).dtype)
    """
    assert run(program).split() == ["bfloat16", "bfloat16"]


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "int4"])
def test_the_other_types_of_the_package_are_named_as_unsupported(name):
    with pytest.raises(TypeError, match=f"{name}; supported are"):
        halfulp.sigmoid(np.zeros(3, getattr(ml_dtypes, name)))
