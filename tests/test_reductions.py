"""log_softmax against exact results, bit for bit."""

import json
from pathlib import Path

import numpy as np
import pytest
from row_reference import bits
from row_reference import log_softmax as exact_log_softmax

import halfulp

ROWS = json.loads((Path(__file__).parent / "edge_rows.json").read_text())
DTYPES = [np.float32, np.float64]


def row_of(numbers, dtype):
    dtype = np.dtype(dtype)
    return np.array([int(number, 16) for number in numbers], f"u{dtype.itemsize}").view(dtype)


@pytest.mark.parametrize("case", [case for case in ROWS if case["dtype"] != "float16"], ids=str)
def test_edge_rows(case):
    x, expected = row_of(case["input"], case["dtype"]), row_of(case["expected"], case["dtype"])
    assert np.array_equal(bits(halfulp.log_softmax(x)), bits(expected))


RECIPES = {
    "spread": lambda rng, n: rng.normal(size=n) * 10 ** rng.uniform(-6, 3),
    "few values": lambda rng, n: rng.integers(-3, 4, size=n) * 10 ** rng.uniform(-5, 3),
    "equal": lambda rng, n: np.full(n, rng.normal()),
    "dominated": lambda rng, n: np.append(rng.normal(size=n - 1), rng.uniform(0, 800)),
    "near thresholds": lambda rng, n: (
        rng.choice([-np.inf, 0, 1, -700, -745, -103.5, -80], size=n)
        + rng.normal(size=n) * rng.choice([0, 1e-3, 1])
    ),
    "far apart": lambda rng, n: rng.normal(size=n) * rng.choice([1, 1e-20, 1e20, 1e30], size=n),
    "uniform in bits": lambda rng, n: np.ldexp(rng.normal(size=n), rng.integers(-140, 120, size=n)),
    "nearly equal maxima": lambda rng, n: np.append(rng.normal(size=n), [9, 9 - 10 ** rng.uniform(-16, 0)]),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("recipe", RECIPES)
def test_correctly_rounded(recipe, dtype):
    rng = np.random.default_rng(list(recipe.encode()))
    for n in [1, 2, 2, 3, 5, 10, 33, 150]:
        x = RECIPES[recipe](rng, n).astype(dtype)
        if not np.isfinite(x).any():
            continue
        assert np.array_equal(bits(halfulp.log_softmax(x)), bits(exact_log_softmax(x))), x
