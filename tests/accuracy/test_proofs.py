"""The machine-checked bounds against the constants in the kernels; wrong kernels are found out."""

import math
import re
import shutil
from importlib.resources import files

import pytest

from halfulp.accuracy.proofs import approximation, bounds, gappa, kernel_source, pair_source, rounding

needs_programs = pytest.mark.skipif(
    not (shutil.which("gappa") and shutil.which("sollya")),
    reason="needs the programs gappa and sollya (Debian packages of these names)",
)


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """Let the proofs read a copy of the kernels' sources; return a function that edits one of its files."""
    for source in files("halfulp.kernels").iterdir():
        if source.name.endswith(".pxd"):
            (tmp_path / source.name).write_text(source.read_text())
    monkeypatch.setattr(kernel_source, "files", lambda package: tmp_path)
    cached = [
        f for module in (approximation, bounds) for f in vars(module).values() if hasattr(f, "cache_clear")
    ]
    for function in cached:
        function.cache_clear()

    def edit(name, old, new):
        text = (tmp_path / name).read_text()
        assert text.count(old) == 1, (old, text.count(old))
        (tmp_path / name).write_text(text.replace(old, new))

    yield edit
    for function in cached:
        function.cache_clear()


@pytest.mark.proof
@needs_programs
@pytest.mark.parametrize("name", list(bounds.PROOFS))
def test_the_kernels_rely_on_nothing_that_is_not_proved(name):
    promised = kernel_source.constants()[name]
    proved = bounds.proved(name)
    assert proved <= promised
    assert proved > promised / 16  # else it sends too many arguments to the next phase


@pytest.mark.proof
@needs_programs
@pytest.mark.parametrize("prefix", list(approximation.RATIOS))
@pytest.mark.parametrize("letter", ["B", "Q"])
def test_stated_approximation_errors(prefix, letter):
    """The generator measures at points and rounds the exponent up to 0.01; supnorm adds 0.1 per cent."""
    bound = {"B": approximation.tanh_ratio, "Q": approximation.atanh_polynomial}[letter](prefix)
    _, stated = approximation.stated()[prefix, letter]
    assert stated - 0.02 < math.log2(bound) < stated + 0.002


@pytest.mark.proof
@needs_programs
@pytest.mark.parametrize(
    ("file", "old", "new", "proof", "constant"),
    [
        pytest.param(
            "exponential.pxd",
            "fma(QUICK_A2, s.low, fma(QUICK_A2, s.high, QUICK_A1 - g_high))",
            "fma(QUICK_A2, s.high, QUICK_A1 - g_high)",
            bounds.quick_sigmoid,
            "QUICK_SIGMOID_ERROR",
            id="the low part of s left out beside A2",
        ),
        pytest.param(
            "exponential.pxd",
            "fma(r.high, b_low, c_low)",
            "c_low",
            bounds.quick_sigmoid,
            "QUICK_SIGMOID_ERROR",
            id="the low part of B left out",
        ),
        pytest.param(
            "exponential.pxd",
            "a_low += fma(g_low, s.high, g_high * s.low)",
            "a_low += g_low * s.high",
            bounds.quick_sigmoid,
            "QUICK_SIGMOID_ERROR",
            id="the low part of s left out of A",
        ),
        pytest.param(
            "log_sigmoid.pxd",
            "fma(fma(p5, t, p4), t, QUICK_Q3)",
            "fma(fma(p4, t, p5), t, QUICK_Q3)",
            bounds.quick_softplus,
            "QUICK_SOFTPLUS_ERROR",
            id="coefficients exchanged",
        ),
        pytest.param(
            "log_sigmoid.pxd",
            "make_pair(ACCURATE_Q7_HIGH, ACCURATE_Q7_LOW)",
            "make_pair(ACCURATE_Q7_HIGH, ACCURATE_Q6_LOW)",
            bounds.accurate_softplus,
            "ACCURATE_ERROR",
            id="a wrong low part in the accurate phase",
        ),
        pytest.param(
            "coefficients.pxd",
            "#define QUICK_B2 0x1.51a1e25285a1fp-15",
            "#define QUICK_B2 0x1.51a1e25286a1fp-15",
            bounds.quick_sigmoid,
            "QUICK_SIGMOID_ERROR",
            id="a digit of a coefficient",
        ),
        pytest.param(
            "coefficients.pxd",
            "#define LN2_LOW 0x1.ef35793c76730p-45",
            "#define LN2_LOW 0x1.ef35793876730p-45",
            bounds.quick_sigmoid,
            "QUICK_SIGMOID_ERROR",
            id="a digit of ln 2",
        ),
        pytest.param(
            "bounds.pxd",
            "#define QUICK_LIMIT 690.0",
            "#define QUICK_LIMIT 705.0",
            bounds.quick_sigmoid,
            "QUICK_SIGMOID_ERROR",
            id="a range in which low parts underflow",
        ),
        pytest.param(
            "bounds.pxd",
            "#define WIDE_SIGMOID_ERROR 0x1p-43",
            "#define WIDE_SIGMOID_ERROR 0x1p-44",
            bounds.wide_sigmoid,
            "WIDE_SIGMOID_ERROR",
            id="a constant too small",
        ),
    ],
)
def test_a_wrong_kernel_is_found_out(kernels, file, old, new, proof, constant):
    kernels(file, old, new)
    try:
        proved = proof()
    except ArithmeticError:
        return
    assert proved > kernel_source.constants()[constant]


@pytest.mark.proof
@needs_programs
def test_a_hint_that_is_no_identity_is_refused():
    definitions, variables = ["y = rnd(x);"], {"error": "y - x"}
    assert gappa.prove(definitions, variables, ["x in [1, 2]"], ["error"]) == {"error": 2**-53}
    with pytest.raises(ArithmeticError, match="does not accept"):
        gappa.prove(definitions, variables, ["x in [1, 2]"], ["error"], ["error -> (y - x) / 2;"])


@pytest.mark.proof
@needs_programs
def test_a_goal_without_a_bound_is_refused():
    with pytest.raises(ArithmeticError):
        gappa.prove(["y = rnd(x);"], {"error": "y - x"}, ["x >= 1"], ["error"])


def test_a_missing_program_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="gappa: install it"):
        gappa.prove([], {}, ["x in [1, 2]"], ["x"])


def test_errors_of_pair_operations_are_those_that_the_kernels_cite():
    text = files("halfulp.kernels").joinpath("pairs.pxd").read_text()
    for name, units in pair_source.PAIR_ERRORS.items():
        docstring = re.search(rf" {name}\(pair a.*?\n +\"\"\"(.*?)\"\"\"", text)[1]
        cited = re.search(r"below ([\d.]+) u\^2( / \(1 - 4 u\))?", docstring)
        assert float(units) == pytest.approx(float(cited[1]) + (0.0001 if cited[2] else 0))


def test_definitions_follow_the_source():
    d = kernel_source.Definitions(kernel_source.constants())
    result = d.follow("pairs.pxd", "multiply_by_double", [{"high": "a_high", "low": "a_low"}, "b"])
    assert d.lines == [
        "p_high = rnd(a_high * b);",
        "p_low = -(p_high - (a_high * b));",
        "multiply_by_double_part1 = rnd(a_low * b + p_low);",
        "multiply_by_double_high = rnd(p_high + multiply_by_double_part1);",
        "multiply_by_double_low = -(multiply_by_double_high - (p_high + multiply_by_double_part1));",
    ]
    assert result == {"high": "multiply_by_double_high", "low": "multiply_by_double_low"}


def test_statements_that_are_not_understood_are_refused(kernels):
    kernels("sigmoid.pxd", "    total.low += fma(power, e.minus.low, e.plus.low)", "    while True: pass")
    with pytest.raises(NotImplementedError, match="while"):
        rounding.quick_divisor("quick_sigmoid_divisor", kernel_source.Fraction(1, 2**50))
