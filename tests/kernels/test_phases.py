"""Each phase on its own: its error beside its bound, and the table of hard inputs forced through it."""

import re
from collections import Counter
from pathlib import Path

import mpmath
import numpy as np
import pytest

from halfulp.accuracy.hard_cases import read_table
from halfulp.accuracy.reference import exact
from halfulp.accuracy.ulp import format_of

from .levels import BOUNDS, LIMITS, every_level, module

FLOAT64 = format_of("float64")
KERNELS = Path(__file__).parents[2] / "src" / "halfulp" / "kernels"


def arguments(limit, per_binade, seed=0):
    """Return random numbers of every binade from 2^-1074 to the limit, of both signs."""
    rng = np.random.default_rng(seed)
    exponents = np.repeat(np.arange(-1074, 10), per_binade)
    x = np.ldexp(rng.uniform(1, 2, exponents.size), exponents)
    x = np.concatenate(
        [x, -x, rng.uniform(-limit, limit, 50 * per_binade), rng.normal(0, 3, 50 * per_binade)]
    )
    return x[np.abs(x) <= limit].tolist()


def true_value(name, x):
    """Return the exact value, relatively to the working precision."""
    x = mpmath.mpf(x)
    return 1 / (1 + mpmath.exp(-x)) if name == "sigmoid" else mpmath.log1p(mpmath.exp(x))


def value(phase, result):
    """Return what a phase gave, as one number."""
    if phase == "wide":
        return mpmath.mpf(result)
    high, low, *exponent = result
    return mpmath.ldexp(mpmath.mpf(high) + low, *(exponent or [0]))


def log2_error(name, phase, x, result):
    """Return the binary logarithm of a relative error, -300 at the least."""
    with mpmath.workprec(400):
        error = abs(value(phase, result) / true_value(name, x) - 1)
        return float(mpmath.log(error + mpmath.mpf(2) ** -300, 2))


def nearest(name, x, dtype="float64"):
    """Return the correctly rounded results, by the harness's reference."""
    return exact(name, np.asarray(x, dtype), format_of(dtype)).values


@every_level
@pytest.mark.parametrize(("phase", "name"), BOUNDS)
def test_error_stays_below_the_bound(level, phase, name):
    x = arguments(LIMITS[phase], per_binade=1 if level == "baseline" else 2)
    if phase == "tabled":
        x = np.float32(x).astype(float).tolist()
    results = getattr(module(level), phase)(name, x)
    worst = max((log2_error(name, phase, *both), both[0]) for both in zip(x, results, strict=True))
    assert worst[0] < BOUNDS[phase, name], worst


def test_bounds_are_those_of_the_code():
    text = (KERNELS / "bounds.pxd").read_text()
    in_code = {
        m[1]: float.fromhex(m[2]) for m in re.finditer(r"#define ((?!NARROW)\w+)_ERROR (0x[\w.]+p-\d+)", text)
    }
    expected = {
        f"{phase}_{name}".upper(): 2.0**bound
        for (phase, name), bound in BOUNDS.items()
        if phase != "accurate"
    }
    assert in_code == pytest.approx({**expected, "ACCURATE": 2.0**-100}, rel=1e-12, abs=0)


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
class TestLastPhase:
    def test_rounds_correctly(self, name):
        x = arguments(746, per_binade=2, seed=1)
        results = np.array(module("baseline").exact(name, x, "float64"))
        np.testing.assert_array_equal(results, nearest(name, x))

    def test_rounds_correctly_to_float32(self, name):
        x = np.float32(arguments(746, per_binade=1, seed=2))
        results = np.array(module("baseline").exact(name, x.astype(float), "float32"), np.float32)
        np.testing.assert_array_equal(results, nearest(name, x, "float32"))

    def test_zero(self, name):
        assert module("baseline").exact(name, [0.0, -0.0], "float64") == nearest(name, [0.0, -0.0]).tolist()

    def test_unknown_format_is_an_error(self, name):
        with pytest.raises(ValueError, match="no format 'int8': float32 or float64"):
            module("baseline").exact(name, [1.0], "int8")


@every_level
@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
class TestHardToRound:
    """The table's results lie so close to midpoints that no quick phase may claim to decide them."""

    def table(self, name):
        table = read_table(name)
        return table.inputs.tolist(), table.outputs

    def test_accurate_phase_is_within_its_bound(self, level, name):
        x, _ = self.table(name)
        x = [v for v in x if abs(v) <= 690]
        for phase in ("quick", "accurate"):
            results = getattr(module(level), phase)(name, x)
            worst = max((log2_error(name, phase, *both), both[0]) for both in zip(x, results, strict=True))
            assert worst[0] < BOUNDS[phase, name], (phase, worst)

    def test_last_phase_is_right_on_its_own(self, level, name):
        x, y = self.table(name)
        np.testing.assert_array_equal(np.array(module(level).exact(name, x, "float64")), y)

    def test_the_other_phases_decide(self, level, name):
        x, _ = self.table(name)
        distance = np.abs(read_table(name).distances)
        phases = np.array(module(level).deciding_phase(name, x))
        assert set(phases) == {"accurate", "exact"}
        # An ulp is 2^-53 to 2^-52 of a number, and 2^-100 of it the bound of the accurate phase.
        assert distance[phases == "accurate"].min() > 2.0**-49
        assert distance[phases == "exact"].max() < 2.0**-46


@pytest.mark.parametrize(("name", "most"), [("sigmoid", 1e-4), ("softplus", 5e-4)])
def test_few_random_inputs_leave_the_quick_phase(name, most):
    x = np.random.default_rng(3).normal(0, 5, 100_000).tolist()
    phases = Counter(module("baseline").deciding_phase(name, x))
    assert phases["quick"] + phases["accurate"] == len(x)
    assert 0 < phases["accurate"] < most * len(x)


def test_last_phase_is_reached_next_to_one_half():
    """There the third term of 1/2 + x/4 - x^3/48 decides, 2^-162 below the second: beyond any pair."""
    x = [2.0**-53 * n for n in (-3, -1, 2, 6)]
    assert module("baseline").deciding_phase("sigmoid", x) == ["exact"] * 4
