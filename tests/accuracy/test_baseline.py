"""Baselines: what is recorded, what is found to differ, and halfulp's own at every level."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from halfulp.accuracy import baseline
from halfulp.accuracy.__main__ import command_line
from halfulp.accuracy.implementations import NAMED, Implementation
from halfulp.accuracy.measure import Case

CASES = [
    Case("sigmoid", "float32", "uniform-value"),
    Case("sigmoid", "float32", "extremes"),
    Case("log_softmax", "float64", "dominated"),
    Case("logsumexp", "float64", "special"),
]


def numpy_with(**functions):
    return Implementation("mine", NAMED["numpy"]() | functions, "1.0")


@pytest.fixture(scope="module")
def recorded():
    content = baseline.record(numpy_with(), samples=50, cases=CASES)
    return json.loads(json.dumps(content))  # as a file would give it


def test_nothing_differs_from_itself(recorded):
    assert len(recorded["cases"]) == len(CASES)
    assert baseline.check(recorded, numpy_with()) == []


def test_changed_bits_larger_errors_and_new_failures_are_found(recorded):
    def sigmoid(x):
        y = NAMED["numpy"]()["sigmoid"](x)
        y[x == 20] = np.nextafter(y[x == 20], np.float32(0))
        y[x == 50] = np.nan
        return y

    (found,) = baseline.check(recorded, numpy_with(sigmoid=sigmoid))
    assert (found.function, found.dtype, found.inputs) == ("sigmoid", "float32", "extremes")
    assert found.changed == 2
    assert found.new_failures == {"nan": 1}
    assert [example["input"] for example in found.examples] == [["20.0"], ["50.0"]]
    assert found.examples[0]["old"]["bits"] == "0x3f800000"
    assert found.examples[0]["new"]["bits"] == "0x3f7fffff"
    assert found.examples[1]["new"]["ulp"] is None


def test_larger_errors_are_found(recorded):
    def sigmoid(x):
        return (NAMED["numpy"]()["sigmoid"](x) * np.float32(1 + 2.0**-14)).astype(x.dtype)

    differences = baseline.check(recorded, numpy_with(sigmoid=sigmoid))
    assert [found.inputs for found in differences] == ["uniform-value", "extremes"]
    for found in differences:
        assert found.changed >= found.larger_errors + found.smaller_errors
        assert found.larger_errors > found.smaller_errors


def test_a_changed_element_of_a_row_is_found(recorded):
    def log_softmax(x):
        y = NAMED["numpy"]()["log_softmax"](x)
        y[0, 1] = 7.0
        return y

    (found,) = baseline.check(recorded, numpy_with(log_softmax=log_softmax))
    assert found.changed == len(recorded["cases"][2]["batches"])
    assert {example["element"] for example in found.examples} == {1}
    assert found.examples[0]["new"]["value"] == "7.0"
    assert len(found.examples[0]["input"]) == recorded["cases"][2]["batches"][0]["shape"][1]


def test_any_nan_is_like_another(recorded):
    def sigmoid(x):
        y = NAMED["numpy"]()["sigmoid"](x)
        return np.where(np.isnan(y), -np.float32(np.nan), y)

    assert baseline.check(recorded, numpy_with(sigmoid=sigmoid)) == []


def test_what_goes_wrong_is_a_difference(recorded):
    def sigmoid(x):
        raise RuntimeError("out of luck")

    found = baseline.check(recorded, numpy_with(sigmoid=sigmoid))
    assert [one.error for one in found] == ["raised RuntimeError: out of luck"] * 2


def test_the_commands(tmp_path):
    file, differences = tmp_path / "baseline.json", tmp_path / "differences.json"
    arguments = ["baseline", "--write", str(file), "--impl", "numpy", "--samples", "5"]
    written = CliRunner().invoke(command_line(), arguments)
    assert written.exit_code == 0, written.output
    same = CliRunner().invoke(command_line(), ["check", str(file)])
    assert (same.exit_code, "agrees with numpy" in same.output) == (0, True)
    arguments = ["check", str(file), "--impl", "scipy", "--json", str(differences)]
    other = CliRunner().invoke(command_line(), arguments)
    assert other.exit_code == 1
    assert "scipy" in other.output
    assert json.loads(differences.read_text())["differences"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "something else"}', '{"format": 1'])
def test_what_is_no_baseline_is_refused(tmp_path, text):
    file = tmp_path / "baseline.json"
    file.write_text(text)
    result = CliRunner().invoke(command_line(), ["check", str(file)])
    assert result.exit_code == 1
    assert "baseline" in result.output


@pytest.mark.parametrize("level", ["baseline", "avx2", "avx512"])
def test_halfulp_agrees_with_its_own_baseline_at_every_level(level):
    environment = os.environ | {"HALFULP_CPU": level}
    probe = subprocess.run(
        [sys.executable, "-c", "import halfulp"], env=environment, capture_output=True, check=False
    )
    if probe.returncode != 0:
        pytest.skip(f"this CPU has no {level}")
    arguments = [sys.executable, "-m", "halfulp.accuracy", "check"]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
