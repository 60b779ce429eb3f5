"""The report: what it counts, what it prints and writes, and what goes wrong in it."""

import importlib.metadata
import json
import re
import subprocess
import sys
import types
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from halfulp.accuracy import enclosure, implementations, inputs, report
from halfulp.accuracy.__main__ import command_line
from halfulp.accuracy.implementations import NAMED, Implementation, load
from halfulp.accuracy.measure import Case, Result, prepare
from halfulp.accuracy.tables import percent_text, summarise, ulp_text
from halfulp.accuracy.ulp import format_of


def sigmoid(x):
    """A correctly rounded sigmoid."""
    return enclosure.exact("sigmoid", x, format_of(x.dtype))[0].values


def wrong_shape(x):
    return sigmoid(x)[:-1]


def wrong_dtype(x):
    return x.astype(np.float64)


def raises(x):
    raise RuntimeError("out of luck")


def changes_its_input(x):
    x[:] = 0
    return x


def clears_its_input(x):
    y = sigmoid(x)
    x[:] = 0
    return y


def returns_a_list(x):
    return x.tolist()


def exits(x):
    sys.exit(3)


not_callable = 5


def one_place_off_at_minus_100(x):
    y = sigmoid(x)
    y[x == -100] = np.nextafter(y[x == -100], y.dtype.type(1))
    return y


def wrong_sign(x):
    return sigmoid(-x)


def negative_zero(x):
    y = sigmoid(x)
    return np.where(y == 0, -y, y)


def invoke(*arguments):
    return CliRunner().invoke(command_line(), arguments, catch_exceptions=False)


def measured(name, **options):
    """Return the results of this module's function `name`, taken for sigmoid."""
    options = {"function": "sigmoid", "dtype": "float32", "inputs": ["extremes", "uniform-value"]} | options
    one = load(f"{__name__}:{name}", (options["function"],))
    found = report.run(
        [options["function"]], [options["dtype"]], options["inputs"], [one], samples=200, jobs=1
    )
    return found.results


def test_a_correctly_rounded_function_is_found_to_be_one():
    results = measured(
        "sigmoid", inputs=["extremes", "thresholds", "uniform-value", "uniform-bits", "hard-to-round"]
    )
    assert len(results) == 5
    for result in results:
        assert result.keeps_promise()
        assert result.correct == result.count > 0
        assert 0 < result.mean_ulp < result.p99_ulp <= result.max_ulp <= 0.5


@pytest.mark.parametrize("function", ["sigmoid", "log_sigmoid", "softplus"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_hard_to_round_inputs_lie_next_to_midpoints(function, dtype):
    ((x, exact),) = prepare(Case(function, dtype, "hard-to-round"), 50, 1)
    assert x.size == (100 if dtype == "float64" else 50)  # there is a table, too
    assert np.abs(exact.fraction).min() > 0.495


def test_random_inputs_depend_on_the_seed_and_on_each_name():
    draws = [
        (0, "a", "b", "c"),
        (1, "a", "b", "c"),
        (0, "x", "b", "c"),
        (0, "a", "x", "c"),
        (0, "a", "b", "x"),
    ]
    assert len({inputs.generator(*draw).integers(1 << 62) for draw in draws}) == len(draws)
    for name in ("uniform-bits", "uniform-value"):
        ((x, _),) = prepare(Case("sigmoid", "float16", name), 20, 5)
        rng = inputs.generator(5, "sigmoid", "float16", name)
        np.testing.assert_array_equal(x, inputs.INPUTS[name]("sigmoid", format_of("float16"), 20, rng))


@pytest.mark.parametrize(
    ("function", "dtype", "correct", "largest", "keeps"),
    [
        ("sigmoid", "float64", 5, 0.5, True),
        ("sigmoid", "float64", 4, 0.5, False),
        ("softmax", "float32", 4, 0.5, False),
        ("softmax", "float64", 4, 0.501, True),
        ("softmax", "float64", 4, np.nextafter(0.501, 1), False),
    ],
)
def test_what_is_promised(function, dtype, correct, largest, keeps):
    result = Result(function, dtype, "extremes", "halfulp", 5, correct, max_ulp=largest)
    assert result.keeps_promise() == keeps
    (both,) = summarise([replace(result, correct=5, max_ulp=0.5), result])
    assert both["keeps_promise"] == keeps
    assert both["max_ulp"] == largest


def test_one_wrong_result_is_found():
    extremes, uniform = measured("one_place_off_at_minus_100")
    assert uniform.keeps_promise()
    assert not extremes.keeps_promise()
    assert extremes.count - extremes.correct == 1
    assert extremes.worst.input == ["-100.0"]
    assert extremes.worst.input_bits == ["0xc2c80000"]
    assert (extremes.worst.computed_bits, extremes.worst.expected_bits) == ("0x0000001c", "0x0000001b")
    assert extremes.max_ulp == extremes.worst.ulp == pytest.approx(1.452650733, abs=1e-8)


def test_failures_are_counted_apart():
    extremes, _ = measured("negative_zero")
    assert extremes.failures["zero sign"] > 0
    assert extremes.failures["nan"] == extremes.failures["infinity"] == 0
    assert extremes.max_ulp <= 0.5
    assert not extremes.keeps_promise()
    assert extremes.failed[0].computed_bits == "0x80000000"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wrong_shape", r"returned float32\[64\], where float32\[65\] is due"),
        ("wrong_dtype", r"returned float64\[65\], where float32\[65\] is due"),
        ("raises", "raised RuntimeError: out of luck"),
        ("exits", "raised SystemExit: 3"),
        ("changes_its_input", "changed its input"),
        ("returns_a_list", "returned list, not a numpy array"),
        ("not_callable", "is not callable, but int"),
        ("no_such_name", "cannot be imported: AttributeError"),
    ],
)
def test_what_goes_wrong_becomes_a_row(name, message):
    results = measured(name)
    assert len(results) == 2
    for result in results:
        assert not result.keeps_promise()
        assert result.count == 0
    assert re.search(message, results[0].error)


def test_an_implementation_that_changes_its_input_does_not_change_that_of_the_next():
    names = ("clears_its_input", "sigmoid")
    both = [load(f"{__name__}:{name}", ("sigmoid",)) for name in names]
    found = report.run(["sigmoid"], ["float32"], ["extremes", "uniform-value"], both, samples=50, jobs=1)
    assert [result.error for result in found.results] == ["changed its input", ""] * 2
    assert all(result.keeps_promise() for result in found.results[1::2])


def test_a_module_that_is_not_there_becomes_a_row_and_the_rest_goes_on():
    result = invoke(
        *("report", "--function", "sigmoid", "--dtype", "float16", "--inputs", "extremes", "--jobs", "1"),
        *("--impl", "no_such_module:sigmoid", "--impl", "numpy"),
    )
    text = " ".join(result.output.split())
    assert "no_such_module:sigmoid" in text
    assert "ModuleNotFoundError" in text
    assert "numpy │ 65" in text


def test_rows_of_the_reductions():
    numpy = load("numpy")
    found = report.run(
        ["log_softmax", "logsumexp"], ["float64"], ["dominated", "special"], [numpy], samples=200, jobs=1
    )
    by_name = {(r.function, r.inputs): r for r in found.results}
    assert set(by_name) == {(f, s) for f in ("log_softmax", "logsumexp") for s in ("dominated", "special")}
    dominated = by_name["log_softmax", "dominated"]
    assert dominated.max_ulp > 1e10  # the dominating member's result is lost, as the README tells
    assert dominated.worst.length == len(dominated.worst.input) > 1
    assert float(dominated.worst.input[dominated.worst.element]) == max(map(float, dominated.worst.input))
    assert by_name["logsumexp", "dominated"].max_ulp < 10


def test_everything_is_written_as_json(tmp_path):
    file = tmp_path / "report.json"
    arguments = [
        "--function",
        "sigmoid",
        "--dtype",
        "float32",
        "--impl",
        "numpy",
        "--impl",
        f"{__name__}:sigmoid",
    ]
    result = invoke(*arguments, "--samples", "100", "--seed", "5", "--jobs", "1", "--json", str(file))
    assert result.exit_code == 0
    content = json.loads(file.read_text())
    assert content["seed"] == 5
    assert content["samples"] == 100
    assert content["environment"]["versions"]["numpy"] == np.__version__
    assert content["environment"]["cpu"]
    sets = [name for name in report.INPUT_SETS if name in report.INPUTS and name != "exhaustive"]
    assert [(r["inputs"], r["implementation"]) for r in content["results"]] == [
        (name, one) for name in sets for one in ("numpy", f"{__name__}:sigmoid")
    ]
    for line in content["results"]:
        assert line["keeps_promise"] == (line["correct"] == line["count"])
        assert line["worst"]["input_bits"][0].startswith("0x")


def test_the_largest_errors_are_printed_drawn_and_written(tmp_path):
    """Of results that should be subnormal, and are 1."""
    files = {name: tmp_path / f"report.{name}" for name in ("json", "html", "markdown")}
    result = invoke(
        *("report", "--function", "sigmoid", "--dtype", "float64", "--inputs", "subnormals"),
        *("--impl", f"{__name__}:wrong_sign", "--samples", "100", "--jobs", "1"),
        *(argument for name, file in files.items() for argument in (f"--{name}", str(file))),
    )
    assert result.exit_code == 0
    assert "1.00e+200" in result.output
    (line,) = json.loads(files["json"].read_text())["results"]
    assert line["max_ulp"] == 1e200
    assert 1e198 < line["mean_ulp"] < 1e200
    assert all("1.00e+200" in files[name].read_text() for name in ("html", "markdown"))


def test_the_same_seed_gives_the_same_report():
    first, second = (
        report.run(
            ["sigmoid"],
            ["float32"],
            ["uniform-bits", "hard-to-round"],
            [load("numpy")],
            samples=50,
            jobs=jobs,
        )
        for jobs in (1, 2)
    )
    assert first.results == second.results
    other = report.run(
        ["sigmoid"], ["float32"], ["uniform-bits"], [load("numpy")], samples=50, seed=1, jobs=1
    )
    assert other.results[0] != first.results[0]


@pytest.mark.parametrize(("function", "status"), [("sigmoid", 0), ("one_place_off_at_minus_100", 1)])
def test_the_exit_status_tells_whether_halfulp_keeps_its_promise(monkeypatch, function, status):
    monkeypatch.setitem(NAMED, "halfulp", lambda: {"sigmoid": globals()[function]})
    result = invoke(
        "--function",
        "sigmoid",
        "--dtype",
        "float32",
        "--inputs",
        "extremes",
        "--impl",
        "halfulp",
        "--jobs",
        "1",
    )
    assert result.exit_code == status
    assert ("keeps" if status == 0 else "breaks") + " correctly rounded" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--impl", "fortran"],
            "known are halfulp, numpy, scipy, torch, tensorflow, jax and module:function",
        ),
        (["--function", "tanh"], "'tanh' is not one of 'sigmoid', 'log_sigmoid', 'softplus'"),
        (["--dtype", "int8"], "'int8' is not one of 'float16', 'bfloat16', 'float32', 'float64'"),
        (["--inputs", "some"], "'some' is not one of 'extremes', 'thresholds'"),
        (["--impl", "math:exp"], "which function is 'math:exp'? Choose one with --function"),
        (["--samples", "0"], "0 is not in the range"),
        (
            ["--function", "sigmoid", "--inputs", "dominated"],
            "no dominated: the sets of sigmoid of float16, bfloat16, float32, float64 are extremes,",
        ),
        (["--dtype", "float32", "--inputs", "exhaustive"], "of float32 are extremes, thresholds,"),
        (
            ["--impl", f"{__name__}:sigmoid", "--function", "softplus"],
            "is taken for sigmoid, after its name; asked for is softplus",
        ),
        (["--json", "no/such/folder/report.json"], "cannot be written: no folder no/such/folder"),
        (["--html", "a.html", "--markdown", "a.html"], "markdown and html are one file, a.html"),
    ],
)
def test_bad_arguments_list_what_is_known(arguments, message):
    result = invoke("report", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_an_implementation_that_is_named_twice_is_measured_once():
    result = invoke(
        *("--function", "sigmoid", "--dtype", "float32", "--inputs", "extremes", "--jobs", "1"),
        *("--impl", "numpy", "--impl", "numpy"),
    )
    assert re.findall(r"numpy +│ +(\d+) ", result.output) == ["65", "65"]  # in details and summary


def test_a_version_comes_from_the_metadata_or_the_module(monkeypatch):
    assert load("halfulp").version == importlib.metadata.version("halfulp")
    assert load("click:echo", ("sigmoid",)).version == importlib.metadata.version("click")
    module = types.ModuleType("tensorflow")
    module.__version__ = "3"
    monkeypatch.setitem(sys.modules, "tensorflow", module)  # as of tensorflow-cpu
    monkeypatch.setitem(NAMED, "tensorflow", dict)
    assert (load("tensorflow").version, load("tensorflow").error) == ("3", "")


def test_nothing_measured_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setitem(NAMED, "numpy", dict)
    file = tmp_path / "report.html"
    result = invoke("--impl", "numpy", "--function", "softplus", "--dtype", "float32", "--html", str(file))
    assert result.exit_code == 2
    assert "numpy: no softplus of float32 on extremes," in " ".join(result.output.split())
    assert not file.exists()


def test_named_implementations_say_why_they_are_not_there(monkeypatch):
    def missing():
        raise ModuleNotFoundError("No module named 'jax'")

    monkeypatch.setitem(NAMED, "jax", missing)
    one = load("jax", ("sigmoid",))
    (result,) = report.run(["sigmoid"], ["float32"], ["extremes"], [one], jobs=1).results
    assert result.error == "cannot be imported: No module named 'jax'"


@pytest.mark.parametrize("name", ["scipy", "torch", "tensorflow", "jax"])
def test_adapters_keep_shape_dtype_and_value(name):
    if not implementations.installed(name):
        pytest.skip(f"{name} is not installed")
    one = load(name)
    for function in one.functions:
        for dtype in ("float32", "float64"):
            x = np.array([[-2.0, 0.5, 1.0], [3.0, 0.25, -7.0]], dtype)
            due = implementations.NAMED["numpy"]()[function](x)
            np.testing.assert_allclose(one(function, x), due, rtol=1e-5)


def test_an_implementation_that_only_takes_some_dtypes_is_left_out_elsewhere():
    def only_float32(x):
        if x.dtype != np.float32:
            raise TypeError(x.dtype)
        return sigmoid(x)

    one = Implementation("mine", {"sigmoid": only_float32})
    found = report.run(["sigmoid"], ["float16", "float32"], ["extremes"], [one], jobs=1)
    assert [r.dtype for r in found.results] == ["float32"]


@pytest.mark.parametrize(
    ("raised", "rows"), [(TypeError("no float32 here"), 0), (ValueError("a bug"), 1), (MemoryError(), 1)]
)
def test_halfulp_may_lack_a_dtype_but_not_fail(raised, rows):
    def sigmoid(x):
        raise raised

    found = report.run(
        ["sigmoid"], ["float32"], ["extremes"], [Implementation("halfulp", {"sigmoid": sigmoid})], jobs=1
    )
    assert len(found.results) == len(found.broken_promises()) == rows


@pytest.mark.parametrize(
    ("ulp", "text"),
    [
        (0.0, "0.000"),
        (0.5, "0.500"),
        (0.49999999, "0.499999990"),
        (0.50012, "0.500120000"),
        (np.nextafter(0.5, 0), "0.499999999"),
        (np.nextafter(0.5, 1), "0.500000001"),
        (2e7, "2.00e+07"),
    ],
)
def test_half_an_ulp_is_not_blurred(ulp, text):
    assert ulp_text(ulp) == text


def test_one_in_a_billion_is_not_rounded_away():
    assert percent_text(10**9 - 1, 10**9) == "99.999%"
    assert percent_text(10**9, 10**9) == "100%"


def test_halfulp_does_not_import_the_harness():
    unwanted = "('halfulp.accuracy', 'halfulp.testing', 'mpmath')"
    code = f"import sys, halfulp; sys.exit(any(m.startswith({unwanted}) for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("click", "from halfulp.accuracy.__main__ import main; main()"),
        (
            "mpmath",
            "import sys; sys.argv[1:] = ['explain', 'sigmoid', '1']\n"
            "from halfulp.accuracy.__main__ import main; main()",
        ),
        ("mpmath", "import halfulp.testing"),
    ],
)
def test_a_missing_package_names_the_extra(missing, code):
    code = f"import sys; sys.modules[{missing!r}] = None\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"needs {missing}: pip install 'halfulp[accuracy]'" in done.stderr
