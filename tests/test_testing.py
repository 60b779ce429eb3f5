"""halfulp.testing: what it accepts, what it tells, and its pytest plugin in someone else's project."""

from fractions import Fraction

import ml_dtypes
import mpmath
import numpy as np
import pytest

import halfulp
from halfulp.testing import assert_ulp, ulp_error

pytest_plugins = ["pytester"]

DTYPES = [np.float16, ml_dtypes.bfloat16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_ulp_error_is_a_real_number(dtype):
    epsilon = float(ml_dtypes.finfo(dtype).eps)
    computed = np.array([1, 1, 1 + epsilon, 1, 3], dtype)
    exact = [
        Fraction(1),
        1 + Fraction(epsilon) / 4,
        Fraction(1),
        1 + 3 * Fraction(epsilon),
        Fraction(3) + Fraction(epsilon),
    ]
    assert ulp_error(computed, np.array(exact, object)).tolist() == [0.0, 0.25, 1.0, 3.0, 0.5]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_smallest_numbers(dtype):
    tiny = float(ml_dtypes.finfo(dtype).smallest_subnormal)
    exact = np.array([Fraction(tiny) / 2, Fraction(tiny) * 7 / 2, Fraction(-tiny) / 4], object)
    assert ulp_error(np.array([tiny, 3 * tiny, tiny], dtype), exact).tolist() == [0.5, 0.5, 1.25]


def test_exact_values_of_any_kind():
    computed = np.float64([1 / 3, 0.1, 2.0])
    third = 2.0**54 * float(Fraction(1, 3) - Fraction(1 / 3))
    with mpmath.workprec(200):
        third_again, minus_third = mpmath.mpf(1) / 3, mpmath.mpf(-1) / 3
    exact = np.array([Fraction(1, 3), 0.1, 2], object)
    assert ulp_error(computed, exact).tolist() == [third, 0.0, 0.0]
    assert ulp_error(computed[:1], np.array([third_again], object)).tolist() == [third]
    assert ulp_error(-computed[:1], np.array([minus_third], object)).tolist() == [third]
    assert ulp_error(np.float32([0.5]), [0.5 + 2.0**-25]).tolist() == [0.5]
    assert ulp_error([np.inf, 1.0], np.array([mpmath.inf, 10**400], object)).tolist()[0] == 0.0
    assert ulp_error([1.0], np.longdouble([1]) + np.finfo(np.longdouble).eps).item() == (
        float(np.finfo(np.longdouble).eps) * 2.0**52
    )


@pytest.mark.parametrize(
    ("computed", "exact", "fails"),
    [
        (0.0, -0.0, True),
        (-0.0, 0.0, True),
        (-0.0, -0.0, False),
        (np.nan, 1.0, True),
        (1.0, np.nan, True),
        (np.nan, np.nan, False),
        (np.inf, np.inf, False),
        (np.inf, -np.inf, True),
        (1.0, np.inf, True),
        (np.inf, 1.0, True),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_failures_are_nan(dtype, computed, exact, fails):
    error = ulp_error(np.array([computed]).astype(dtype), [exact])
    assert np.isnan(error[0]) if fails else error[0] == 0


def test_ulp_error_of_bad_input():
    with pytest.raises(TypeError, match=r"dtype int64.*float16, bfloat16, float32, float64"):
        ulp_error([1], [1.0])
    with pytest.raises(ValueError, match=r"actual has the shape \(2,\), exact has \(3,\)"):
        ulp_error([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="'one', of str, which is no real number"):
        ulp_error([1.0], np.array(["one"], object))


@pytest.mark.parametrize("function", ["sigmoid", "log_sigmoid", "softplus"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_halfulp_passes(function, dtype):
    x = np.random.default_rng(0).normal(0, 30, (20, 5)).astype(dtype)
    assert_ulp(getattr(halfulp, function)(x), function, x)
    assert_ulp(getattr(halfulp, function)(x[0, 0]), function, x[0, 0])


def test_one_wrong_element_is_told_with_its_bits():
    x = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)
    y = halfulp.sigmoid(x)
    y[1, 2] = np.nextafter(y[1, 2], np.float32(2))
    with pytest.raises(AssertionError) as caught:
        assert_ulp(y, "sigmoid", x)
    lines = str(caught.value).splitlines()
    assert lines[0] == "sigmoid float32: 1 of 12 results is not correctly rounded"
    assert lines[1].endswith("ULP at index (1, 2)")
    assert lines[2] == f"  input:    {float(x[1, 2])!r} ({x[1, 2].view(np.uint32):#010x})"
    assert lines[3] == f"  actual:   {float(y[1, 2])!r} ({y[1, 2].view(np.uint32):#010x})"
    assert_ulp(y, "sigmoid", x, max_ulp=1.5)


def test_no_bound_allows_a_failure():
    with pytest.raises(AssertionError, match="worst: a failure"):
        assert_ulp(np.float32([0.0]), "log_sigmoid", np.float32([200.0]), max_ulp=1e30)


def test_a_tie_goes_to_even():
    """An error of exactly 1/2 is not enough: of two nearest numbers one is the correctly rounded one."""
    odd = np.float16([5.960464477539063e-08])  # the exact value of sigmoid is below half of it, by far
    with pytest.raises(AssertionError):
        assert_ulp(odd, "sigmoid", np.float16([-30.0]))


def test_rows():
    x = np.array([[0.0, -50.0], [1.0, 2.0]])
    exact = np.array([[-1.9287498479639178e-22, -50.0], [-1.3132616875182228, -0.3132616875182228]])
    assert_ulp(exact, "log_softmax", x)
    assert_ulp(exact[0], "log_softmax", x[0])
    with pytest.raises(
        AssertionError, match=r"index \(0, 0\)\n  input:    row \[0x0000000000000000, 0xc049000000000000\]"
    ):
        assert_ulp(exact * [[0, 1], [1, 1]], "log_softmax", x, max_ulp=1)
    assert_ulp(np.array([1.9287498479639178e-22, 2.313261687518223]), "logsumexp", x)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0], "tanh", [1.0]), ValueError, r"'tanh'; known are sigmoid, log_sigmoid"),
        (([1], "sigmoid", [1.0]), TypeError, r"dtype int64"),
        (([1.0], "sigmoid"), ValueError, r"sigmoid has one input, 0 were given"),
        (([1.0], "sigmoid", [1.0, 2.0]), ValueError, r"actual has the shape \(1,\)"),
        ((np.float32([1.0]), "sigmoid", [0.1]), ValueError, r"float64, is not exact in float32"),
        ((1.0, "softmax", 1.0), ValueError, r"works on rows"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        assert_ulp(*arguments)


@pytest.mark.parametrize("bound", [np.nan, -1.0])
def test_a_bound_that_is_none(bound):
    with pytest.raises(ValueError, match="which is no bound of an error"):
        assert_ulp([0.5], "sigmoid", [0.0], max_ulp=bound)


def test_rows_without_members():
    x = np.empty((3, 0))
    assert_ulp(np.full(3, -np.inf), "logsumexp", x)
    assert_ulp(x, "softmax", x)
    with pytest.raises(AssertionError, match=r"row \[\] of 0"):
        assert_ulp(np.zeros(3), "logsumexp", x)


PROJECT = """
    import numpy as np
    import pytest
    from halfulp.testing import assert_ulp

    @pytest.mark.parametrize("x", [-1.0, 0.5, 20.0])
    def test_mine(x):
        x = np.array([x])
        assert_ulp(1 / (1 + np.exp(-x)), "sigmoid", x, max_ulp=3)
"""


def test_the_plugin_in_another_project(pytester):
    pytester.makepyfile(PROJECT)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)
    result.stdout.re_match_lines(
        [r"=+ largest errors seen by halfulp.testing =+", r"sigmoid float64: 0\.\d+ ULP at .*, 3 results"]
    )


def test_the_plugin_is_silent_and_imports_nothing_where_it_is_not_used(pytester):
    pytester.makepyfile("import sys\ndef test_other():\n    assert 'mpmath' not in sys.modules")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*largest errors*")


def test_the_plugin_adds_up_the_workers_of_xdist(pytester):
    pytest.importorskip("xdist")
    pytester.makepyfile(PROJECT)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2")
    result.assert_outcomes(passed=3)
    result.stdout.re_match_lines([r"sigmoid float64: 0\.\d+ ULP at .*, 3 results"])
