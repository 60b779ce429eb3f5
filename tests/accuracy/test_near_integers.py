"""The search for near-integers against looking at every index."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from halfulp.accuracy import midpoints
from halfulp.accuracy.near_integers import (
    MODEL_ERROR,
    PRECISION,
    SHORTEST_RUN,
    Blocks,
    near_integers,
    plan,
)

BLOCK = 6000  # indices to look at one by one

PIECES = [
    ("sigmoid", -600.0, -599.9, "steep and curved: short runs"),
    ("sigmoid", -0.3, -0.29, "a run is longer than the block"),
    ("sigmoid", 1.0, 1.05, "results above 1/2"),
    ("sigmoid", 17.0, 17.1, "near saturation, over midpoints"),
    ("sigmoid", 3e-4, 3.0001e-4, "flat, over midpoints"),
    ("sigmoid", -720.0, -719.9, "subnormal results"),
    ("log_sigmoid", -20.0, -17.0, "close to x, over midpoints of the difference"),
    ("log_sigmoid", -5.1, -5.0, "slope close to 1"),
    ("log_sigmoid", 30.0, 30.2, "like an exponential"),
    ("log_sigmoid", -1e-9, -0.99e-9, "near zero"),
]


def one_by_one(g, low, high, tolerance):
    """Return {index: distance to the nearest integer} where that is at most the tolerance."""
    with mp.workprec(PRECISION):
        values = ((i, g(mp.mpf(i))) for i in range(low, high))
        distances = {i: float(abs(value - mp.nint(value))) for i, value in values}
    return {i: distance for i, distance in distances.items() if distance <= tolerance}


@pytest.mark.parametrize(("name", "low", "high", "kind"), PIECES)
def test_finds_what_looking_at_every_index_finds(name, low, high, kind):
    with mp.workprec(PRECISION):
        piece = midpoints.make_piece(name, low, high)
    blocks = plan(piece.g, piece.low, piece.high)
    blocks = replace(blocks, run=min(blocks.run, BLOCK))
    blocks = replace(blocks, runs=max(1, min(blocks.runs, BLOCK // blocks.run)))
    number = blocks.count // 3
    start = blocks.low + number * blocks.run * blocks.runs
    expected = one_by_one(piece.g, start, min(blocks.high, start + blocks.run * blocks.runs), 2.0**-7)

    index, distance = near_integers(piece.g, blocks, number, 2.0**-7)

    assert index == list(expected)
    assert distance == pytest.approx(list(expected.values()), abs=MODEL_ERROR, rel=0)


@pytest.mark.parametrize("tolerance", [0.3, 0.1, 2.0**-10, 2.0**-20])
def test_every_tolerance(tolerance):
    with mp.workprec(PRECISION):
        piece = midpoints.make_piece("sigmoid", -300.0, -299.0)
    blocks = replace(plan(piece.g, piece.low, piece.high), run=1000, runs=7)
    expected = one_by_one(piece.g, blocks.low, blocks.low + 7000, tolerance)
    assert near_integers(piece.g, blocks, 0, tolerance)[0] == list(expected)


@settings(max_examples=60, deadline=None)
@given(
    a=st.fractions(0, 1, max_denominator=10**9),
    b=st.fractions(-3, 3, max_denominator=10**9),
    c=st.fractions(-1, 1, max_denominator=10**6),
    exponent=st.integers(-40, -17),
    run=st.sampled_from([1, 16, 50, 256]),
    low=st.integers(-(10**6), 10**6),
)
def test_parabolas(a, b, c, exponent, run, low):
    """Any parabola, slopes 0 and near rationals included, against exact arithmetic."""
    c *= Fraction(2) ** exponent
    blocks = Blocks(low, low + 700, run, max(1, 512 // run))

    def g(i):
        return mp.fraction(a.numerator, a.denominator) + i * (
            mp.fraction(b.numerator, b.denominator) + i * mp.fraction(c.numerator, c.denominator)
        )

    tolerance = Fraction(1, 50)
    values = {i: a + i * (b + i * c) for i in range(low, low + 700)}
    distances = {i: abs(value - round(value)) for i, value in values.items()}
    numbers = range(blocks.count)
    found = [i for number in numbers for i in near_integers(g, blocks, number, float(tolerance))[0]]
    margin = Fraction(MODEL_ERROR)
    assert {i for i, d in distances.items() if d <= tolerance - margin} <= set(found)
    assert set(found) <= {i for i, d in distances.items() if d <= tolerance + margin}
    assert len(found) == len(set(found))


def test_blocks_cover_the_range_once():
    with mp.workprec(PRECISION):
        piece = midpoints.make_piece("log_sigmoid", -5.1, -5.09)
    low, high = piece.low, piece.low + 5003
    blocks = Blocks(low, high, 100, 7)
    found = [i for number in range(blocks.count) for i in near_integers(piece.g, blocks, number, 0.02)[0]]
    assert found == list(one_by_one(piece.g, low, high, 0.02))


@pytest.mark.parametrize(("name", "low", "high", "kind"), PIECES)
def test_plan_keeps_the_model_error(name, low, high, kind):
    """The Taylor polynomial of a whole block, and the ends of a run, are as good as promised."""
    with mp.workprec(PRECISION):
        piece = midpoints.make_piece(name, low, high)
        blocks = plan(piece.g, piece.low, piece.high)
        assert blocks.run == 1 or blocks.run >= SHORTEST_RUN
        assert (blocks.count - 1) * blocks.run * blocks.runs < piece.high - piece.low
    tolerance = min(0.1, 40 / (blocks.run * blocks.runs))
    index, distance = near_integers(piece.g, blocks, blocks.count // 2, tolerance)
    expected = {i: d for i in index for i, d in one_by_one(piece.g, i, i + 1, 1).items()}
    assert index
    assert distance == pytest.approx(list(expected.values()), abs=MODEL_ERROR, rel=0)
