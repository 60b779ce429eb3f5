"""The reference itself, against a second source with proven enclosures: the balls of Arb (python-flint)."""

from fractions import Fraction

import flint
import numpy as np
import pytest

from halfulp.accuracy import inputs, reference, rows
from halfulp.accuracy.functions import ELEMENTWISE, REDUCTIONS
from halfulp.accuracy.reference_rows import round_row
from halfulp.accuracy.ulp import FORMATS, Format, errors, round_dyadic, widen

RANDOM_SETS = ("subnormals", "uniform-value", "uniform-bits")


def arb_elementwise(function, x):
    """Return an Arb ball that encloses a function's value at a finite float."""
    x = flint.arb(x)
    if function == "sigmoid":
        return 1 / (1 + (-x).exp())
    return x.exp().log1p() if function == "softplus" else -(-x).exp().log1p()


def arb_row(function, row):
    """Return the balls of a reduction's values on a row of finite floats, straight from the definition."""
    members = [flint.arb(x) for x in row]
    largest = flint.arb(max(row))
    total = sum((x - largest).exp() for x in members)
    if function == "logsumexp":
        return [largest + total.log()]
    if function == "softmax":
        return [(x - largest).exp() / total for x in members]
    return [x - largest - total.log() for x in members]


def round_ball(form, ball):
    """Round an Arb ball to a format; None if its ends round differently."""
    ends = []
    for end in (ball.lower(), ball.upper()):
        mantissa, exponent = (int(part) for part in end.man_exp())
        ends.append(round_dyadic(form, mantissa < 0, abs(mantissa), exponent)[0])
    return ends[0] if ends[0] == ends[1] else None


def rounded_by_arb(form, compute):
    """Raise Arb's precision until all balls of `compute()` are decided; return the rounded bits."""
    bits = 128
    while bits <= 1 << 17:
        with flint.ctx.workprec(bits):
            found = [round_ball(form, ball) for ball in compute()]
        if None not in found:
            return found
        bits *= 2
    raise AssertionError("undecided")


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
@pytest.mark.parametrize("function", ELEMENTWISE)
def test_elementwise_agrees_with_arb(function, form):
    rng = np.random.default_rng(3)
    # Over all functions and formats these are 10^5 inputs.
    sets = [inputs.INPUTS[name](function, form, 2800, rng) for name in RANDOM_SETS]
    x = np.concatenate([*sets, inputs.INPUTS["thresholds"](function, form, 0, rng)])
    # Beyond that exp leaves Arb's exponents, and every result is settled: zero, one, or the input.
    x = x[np.isfinite(widen(x)) & (np.abs(widen(x)) < 1e9)]
    exact = reference.exact(function, x, form)
    for value, bits in zip(widen(x).tolist(), exact.bits.tolist(), strict=True):
        (due,) = rounded_by_arb(form, lambda value=value: [arb_elementwise(function, value)])
        assert form.hex(bits) in (form.hex(due), form.hex(due ^ form.sign_bit) if due == 0 else ""), value


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
@pytest.mark.parametrize("function", REDUCTIONS)
def test_rows_agree_with_arb(function, form):
    rng = np.random.default_rng(4)
    for name in ("dominated", "equal", "normal", "two-maxima", "cancelling"):
        for batch in rows.ROWS[name](form, 100, rng):
            exact = reference.exact(function, batch, form).bits.reshape(len(batch), -1)
            for row, bits in zip(widen(batch).tolist(), exact.tolist(), strict=True):
                due = rounded_by_arb(form, lambda row=row: arb_row(function, row))
                magnitudes = form.sign_bit - 1
                assert [b & magnitudes for b in bits] == [d & magnitudes for d in due], row


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
@pytest.mark.parametrize("function", REDUCTIONS)
@pytest.mark.parametrize(
    "row",
    [[0, -80], [0, 0, -90], [3, 3, 3, 3, -100], [-64, -200], [64, -60], [-1, -60], [-0.5, -90]],
    ids=str,
)
def test_unit_of_results_next_to_a_power_of_two(row, function, form):
    """On which side of the power the exact value lies decides how large a unit in the last place is."""
    exact = reference.exact(function, np.array([row], form.dtype), form)
    with flint.ctx.workprec(1000):
        for i, ball in enumerate(arb_row(function, row)):
            mantissa, exponent = (int(part) for part in ball.mid().man_exp())
            bits, fraction, unit = round_dyadic(form, mantissa < 0, abs(mantissa), exponent)
            assert (exact.bits.flat[i], exact.exponent.flat[i]) == (bits, unit)
            assert exact.fraction.flat[i] == pytest.approx(fraction, abs=1e-8)


def test_neighbours_of_a_power_of_two_are_a_unit_off():
    """Exactly it is 1 - 2^-115, and -64 + 2^-196: half a unit of the numbers above would be one below."""
    for function, row, computed in [
        ("softmax", [0.0, -80.0], np.nextafter(1, 0)),
        ("logsumexp", [-64.0, -200.0], np.nextafter(-64, 0)),
    ]:
        exact = reference.exact(function, np.array([row]), FORMATS["float64"])
        y = exact.values.copy()
        y.flat[0] = computed
        assert errors(exact, y).ulp.flat[0] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("k", [1, 3, 5, 7, 1001, 2**20 + 1])
@pytest.mark.parametrize("sign", [1, -1])
def test_midpoints_of_sigmoid_near_zero(k, sign):
    """1/2 + x/4 is a midpoint; -x^3/48 makes the result that which is nearer to 1/2."""
    form = FORMATS["float64"]
    # Above 1/2 the numbers are 2^-53 apart, below 2^-54.
    spacing = Fraction(2) ** (-53 if sign > 0 else -54)
    x = float(sign * k * 2 * spacing)
    sum_of_two = Fraction(1, 2) + Fraction(x) / 4
    assert (sum_of_two / spacing).denominator == 2
    nearer = Fraction(1, 2) + (abs(sum_of_two - Fraction(1, 2)) // spacing) * spacing * sign
    assert Fraction(float(reference.exact("sigmoid", np.array(x), form).values)) == nearer


@pytest.mark.parametrize(
    ("function", "row", "expected"),
    [
        ("softmax", [0.0] * 4, [0.25] * 4),
        ("softmax", [7.0], [1.0]),
        ("log_softmax", [7.0], [0.0]),
        ("logsumexp", [7.0], [7.0]),
        ("logsumexp", [-np.inf] * 2, [-np.inf]),
        ("logsumexp", [], [-np.inf]),
    ],
)
def test_exact_rows(function, row, expected):
    exact = reference.exact(function, np.array([row], np.float16), FORMATS["float16"])
    assert (exact.values.ravel() == np.array(expected, np.float16)).all()


def test_softmax_of_equal_members_may_be_an_exact_tie():
    """1/32 is half of the smallest number of this format, 1/96 below that: the first is a tie, to even."""
    toy = Format("toy", precision=4, emin=-4, width=8)
    assert round_row("softmax", [0.0] * 32, toy) == [(0, 0.5, -4)] * 32
    assert [bits for bits, *_ in round_row("softmax", [0.0] * 31, toy)] == [1] * 31


def test_terms_that_differ_by_a_huge_power_are_decided():
    form = FORMATS["float64"]
    row = np.array([[0.0, -(2.0**-52), -1e308, -1e-308, -745.0]])
    assert rounded_by_arb(
        form, lambda: arb_row("log_softmax", [0.0, -(2.0**-52), -1e9, -1e-308, -745.0])[:2]
    ) == (reference.exact("log_softmax", row, form).bits[0, :2].tolist())
    pair = np.array([[1.0, -1e308]])
    assert reference.exact("log_softmax", pair, form).values.tolist() == [[-0.0, -1e308]]


def test_signed_zeros_and_special_values():
    form = FORMATS["float32"]
    x = np.array([np.nan, np.inf, -np.inf, 200, -200], np.float32)
    table = {
        "sigmoid": [0x7FC00000, 0x3F800000, 0x00000000, 0x3F800000, 0x00000000],
        "log_sigmoid": [0x7FC00000, 0x80000000, 0xFF800000, 0x80000000, 0xC3480000],
        "softplus": [0x7FC00000, 0x7F800000, 0x00000000, 0x43480000, 0x00000000],
    }
    for function, bits in table.items():
        assert reference.exact(function, x, form).bits.tolist() == bits


def test_unknown_function_lists_the_known_ones():
    with pytest.raises(
        ValueError, match=r"'tanh'.*sigmoid, log_sigmoid, softplus, log_softmax, softmax, logsumexp"
    ):
        reference.exact("tanh", np.zeros(1), FORMATS["float64"])
