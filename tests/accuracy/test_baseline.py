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


def check(*arguments):
    result = CliRunner().invoke(command_line(), ["check", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def sigmoid(x):
    return NAMED["numpy"]()["sigmoid"](x)


def test_a_function_can_be_chosen(tmp_path):
    file = tmp_path / "baseline.json"
    arguments = ["--write", str(file), "--samples", "5", "--function", "softplus"]
    result = CliRunner().invoke(command_line(), ["baseline", *arguments, "--impl", "numpy"])
    assert result.exit_code == 0, result.output
    cases = json.loads(file.read_text())["cases"]
    assert {case["function"] for case in cases} == {"softplus"}
    assert "numpy on 24 cases" in result.output
    assert check(file, "--function", "softplus")[0] == 0
    status, text = check(file, "--function", "sigmoid")
    assert (status, "the baseline is of softplus, not of sigmoid" in text) == (1, True)

    file.unlink()
    result = CliRunner().invoke(command_line(), ["baseline", *arguments, "--impl", f"{__name__}:sigmoid"])
    assert result.exit_code == 2
    text = " ".join(result.output.split())
    assert "is taken for sigmoid, after its name; asked for is softplus" in text
    assert not file.exists()


def test_one_function_of_several_is_compared(recorded, tmp_path):
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps(recorded))
    status, text = check(file, "--impl", f"{__name__}:sigmoid", "--function", "sigmoid")
    assert (status, "agrees with mine 1.0" in text, "on all 2 cases" in text) == (0, True, True)


def test_a_baseline_of_nothing_is_not_written(monkeypatch, tmp_path):
    monkeypatch.setitem(NAMED, "numpy", dict)
    file = tmp_path / "baseline.json"
    arguments = ["baseline", "--write", str(file), "--impl", "numpy", "--function", "softplus"]
    result = CliRunner().invoke(command_line(), arguments)
    assert (result.exit_code, "numpy: has no softplus" in result.output) == (1, True)
    assert not file.exists()


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


def without(key):
    return lambda content: content.pop(key)


def in_the_first_case(**changes):
    return lambda content: content["cases"][0].update(changes)


@pytest.mark.parametrize(
    "damage",
    [
        *(without(key) for key in ("implementation", "version", "environment", "cases")),
        lambda content: content.update(implementation=5),
        lambda content: content.update(cases=[]),
        lambda content: content["cases"].append("sigmoid"),
        *(in_the_first_case(**{key: "tanh"}) for key in ("function", "dtype", "max_ulp", "failures")),
        in_the_first_case(function="softmax"),
        in_the_first_case(batches=[{}]),
        lambda content: content["cases"][0]["failures"].pop("nan"),
        lambda content: content["cases"][0]["batches"][0]["y"].pop(),
        lambda content: content["cases"][3]["batches"][0]["shape"].pop(),
        lambda content: content["cases"][0]["batches"][0].update(y=["0"]),
    ],
)
def test_a_damaged_baseline_is_refused(recorded, tmp_path, damage):
    content = json.loads(json.dumps(recorded))
    damage(content)
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps(content))
    status, text = check(file)
    assert (status, "is no baseline, or a damaged one" in text) == (1, True), text


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
