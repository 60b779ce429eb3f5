"""Formats, rounding once, and the definition of the error in ULP."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfulp.accuracy.ulp import FORMATS, LARGEST_ULP, Exact, errors, format_of, round_dyadic, widen


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_parameters_agree_with_the_dtype(form):
    assert form.dtype.itemsize * 8 == form.width
    assert (
        form.hex(form.to_bits(np.ones(1, form.dtype))[0])
        == {
            "float16": "0x3c00",
            "bfloat16": "0x3f80",
            "float32": "0x3f800000",
            "float64": "0x3ff0000000000000",
        }[form.name]
    )
    assert float(form.from_bits(1)) == 2.0**form.emin
    assert float(form.from_bits(1 << (form.precision - 1))) == form.smallest_normal
    assert np.isinf(widen(form.from_bits(form.infinity_bits)))
    assert np.isnan(widen(form.from_bits(form.nan_bits)))


def test_unknown_dtype_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'int8'.*float16, bfloat16, float32, float64"):
        format_of(np.int8)


def dyadic(value):
    """Return the sign, mantissa and exponent of a finite float."""
    numerator, denominator = abs(float(value)).as_integer_ratio()
    return bool(np.signbit(value)), numerator, 1 - denominator.bit_length()


@pytest.mark.parametrize("name", ["float16", "float32"])
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_agrees_with_numpy(name, value):
    form = FORMATS[name]
    with np.errstate(over="ignore", under="ignore"):
        expected = np.float64(value).astype(form.dtype)
    assert form.hex(round_dyadic(form, *dyadic(value))[0]) == form.hex(form.to_bits(expected).item())


@given(numerator=st.integers(0, 2**120), shift=st.integers(0, 1250))
def test_rounding_agrees_with_python(numerator, shift):
    """Dividing integers is correctly rounded in CPython, onto the subnormal grid as well."""
    form = FORMATS["float64"]
    expected = np.float64(numerator / (1 << shift))
    assert form.hex(round_dyadic(form, False, numerator, -shift)[0]) == form.hex(
        form.to_bits(expected).item()
    )


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
@pytest.mark.parametrize(
    ("quarters", "expected", "fraction"),
    [
        (1, 0, 0.25),
        (2, 0, 0.5),
        (3, 1, -0.25),
        (4, 1, 0.0),
        (6, 2, -0.5),
        (9, 2, 0.25),
        (10, 2, 0.5),
        (11, 3, -0.25),
    ],
)
def test_subnormal_grid_and_ties_to_even(form, quarters, expected, fraction):
    assert round_dyadic(form, False, quarters, form.emin - 2) == (expected, fraction, form.emin)


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_overflow_and_far_underflow(form):
    assert round_dyadic(form, False, 1, 10**9)[0] == form.infinity_bits
    assert round_dyadic(form, True, 1, -(10**9)) == (form.sign_bit, 0.0, form.emin)
    half_above = Fraction(form.largest) + Fraction(2) ** (
        round_dyadic(form, False, int(form.largest), 0)[2] - 1
    )
    assert round_dyadic(form, False, int(half_above), 0)[0] == form.infinity_bits
    assert round_dyadic(form, False, int(half_above) - 1, 0)[0] == form.infinity_bits - 1


def exact_values(form, values):
    """Return the Exact of numbers of the format themselves."""
    rounded = []
    for value in np.array(values).astype(form.dtype):
        if np.isfinite(widen(value)):
            rounded.append(round_dyadic(form, *dyadic(value)))
        else:
            rounded.append((form.to_bits(value).item(), 0.0, form.emin))
    return Exact.from_list(form, rounded, (len(values),))


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_failures_are_told_apart(form):
    inf, nan = np.inf, np.nan
    table = [  # exact, computed, failure or error
        (nan, nan, 0.0),
        (nan, 1.0, "nan"),
        (1.0, nan, "nan"),
        (inf, nan, "nan"),
        (inf, inf, 0.0),
        (inf, -inf, "infinity"),
        (1.0, inf, "infinity"),
        (inf, 1.0, "infinity"),
        (0.0, -0.0, "zero sign"),
        (-0.0, 0.0, "zero sign"),
        (-0.0, -0.0, 0.0),
        (1.0, 1.0, 0.0),
    ]
    exact = exact_values(form, [row[0] for row in table])
    found = errors(exact, np.array([row[1] for row in table]).astype(form.dtype))
    for i, (_, _, due) in enumerate(table):
        kinds = [kind for kind, where in found.failed.items() if where[i]]
        if isinstance(due, str):
            assert kinds == [due]
            assert np.isnan(found.ulp[i])
            assert not found.correct[i]
        else:
            assert not kinds
            assert found.ulp[i] == due
            assert found.correct[i]


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_errors_beside_a_power_of_two_and_in_the_subnormals(form):
    p = form.precision
    exact = exact_values(form, [1.0, 1.0, 0.75, 2.0**form.emin, 2.0**form.emin, -3.0])
    computed = np.array(
        [1 + 2.0 ** (1 - p), 1 - 2.0**-p, 0.75 + 2.0**-p, 0.0, 3 * 2.0**form.emin, 3.0]
    ).astype(form.dtype)
    assert errors(exact, computed).ulp.tolist() == [1.0, 0.5, 1.0, 1.0, 2.0, 6 * 2.0 ** (p - 2)]


def test_errors_are_told_up_to_the_largest():
    form = FORMATS["float64"]
    found = errors(exact_values(form, [5e-324] * 3), np.array([1e308, -1e308, 2.0**-411]))
    assert found.ulp.tolist() == [LARGEST_ULP, LARGEST_ULP, 2.0**663 - 1]


@pytest.mark.parametrize(
    ("eighths", "muller", "harrison", "kahan"),
    [(-1, 0.5, 0.5, 0.5), (0, 1, 0.5, 0.5), (1, 1, 1, 0.5), (3, 1, 1, 1), (4, 1, 1, 1), (9, 1, 1, 1)],
)
def test_definitions_differ_beside_a_power_of_two_as_documented(eighths, muller, harrison, kahan):
    """At 1 plus so many eighths of s, the spacing above 1; the three definitions in units of s."""
    form = FORMATS["float16"]
    spacing = Fraction(2) ** (1 - form.precision)
    t = Fraction(eighths, 8)
    numbers = [Fraction(-i, 2) for i in (3, 2, 1)] + [
        Fraction(i) for i in range(4)
    ]  # places, in units of s from 1
    nearest = sorted(numbers, key=lambda y: abs(y - t))[:2]
    straddling = [b - a for a, b in pairwise(numbers) if a <= t <= b]
    exact = 1 + t * spacing
    ours = round_dyadic(form, False, exact.numerator, 1 - exact.denominator.bit_length())[2]
    assert (Fraction(2) ** ours / spacing, min(straddling), abs(nearest[0] - nearest[1])) == (
        muller,
        harrison,
        kahan,
    )
