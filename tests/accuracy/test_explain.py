"""explain: the exact digits, the two neighbours, what each implementation returned."""

import re

import pytest
from click.testing import CliRunner

from halfulp.accuracy.__main__ import command_line


def explain(*arguments):
    result = CliRunner().invoke(
        command_line(), ["explain", *arguments, "--impl", "numpy"], catch_exceptions=False
    )
    return result.exit_code, " ".join(result.output.split())


def test_the_input_that_every_peer_gets_wrong():
    status, text = explain("sigmoid", "-100", "--dtype", "float32")
    assert status == 0
    assert "input: -100.0 0xc2c80000" in text
    assert "exact value to 30 digits: 3.72007597602083596295969580386e-44" in text
    assert "correctly rounded: 3.783505853677006e-44 0x0000001b (0.452650733 ULP away)" in text
    assert "on the other side: 3.6433760072445244e-44 0x0000001a (0.547349267 ULP away)" in text
    assert "numpy │ 0.0 │ 0x00000000 │ 26.547" in text


def test_bits_are_taken_as_input():
    _, text = explain("log_sigmoid", "0x42c80000", "--dtype", "float32")
    assert "input: 100.0 0x42c80000" in text
    assert "correctly rounded: -3.783505853677006e-44 0x8000001b" in text


@pytest.mark.parametrize(
    ("decimal", "bits"),
    [
        ("1.00000005960464477540", "0x3f800001"),  # a little above a midpoint, which is the nearest float64
        ("-1.00000005960464477539", "0xbf800000"),
        ("-0.0", "0x80000000"),
        ("1e-46", "0x00000000"),
        ("1e-400", "0x00000000"),
        ("-1e39", "0xff800000"),
        ("1e400", "0x7f800000"),
        ("-inf", "0xff800000"),
        ("nan", "0x7fc00000"),
    ],
)
def test_decimals_are_rounded_once(decimal, bits):
    _, text = explain("sigmoid", decimal, "--dtype", "float32")
    assert re.match(rf"sigmoid float32 input: \S+ {bits} ", text)


def test_a_row():
    status, text = explain("log_softmax", "0", "-50")
    assert status == 0
    assert "-1.92874984796391778301715681273e-22" in text
    assert "correctly rounded: -1.9287498479639178e-22 0xbb6d257d547e083f" in text
    assert "8.20e+15" in text
    assert "-50.000000000000000000000192875" in text


def test_digits_survive_cancellation():
    _, text = explain("logsumexp", "-0.6931471805599453", "-0.6931471805599453")
    assert "exact value to 30 digits: 2.31904681384629961549485546388e-17" in text


def test_special_values_go_by_rule():
    _, text = explain("log_sigmoid", "inf", "--dtype", "float16")
    assert "set by rule correctly rounded: -0.0 0x8000" in text
    _, text = explain("log_softmax", "inf", "0")
    assert "set by rule correctly rounded: nan 0x7ff8000000000000" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sigmoid", "1", "2"], "sigmoid takes one value, 2 were given"),
        (
            ["sigmoid", "one"],
            "'one' is neither a decimal number nor the bits of a float64 (0x and 16 digits)",
        ),
        (["sigmoid", "0x12"], "'0x12' is neither"),
        (["tanh", "1"], "'tanh' is not one of"),
    ],
)
def test_bad_input(arguments, message):
    status, text = explain(*arguments)
    assert status == 2
    assert message in text
