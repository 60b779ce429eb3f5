"""Where the exact results of a function lie close to rounding midpoints: functions, and parts of a search.

A midpoint is halfway between two neighbouring doubles. A stratum of inputs is cut into pieces on which
neither the spacing of the inputs nor that of the results changes. Where a result moves by less than its
spacing from one input to the next, the search runs over the midpoints and asks how close the inverse function
comes to an input; else it runs over the inputs. Tables, files and the command are in hard_cases.
"""

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from mpmath import mp

from .near_integers import PRECISION, near_integers, plan

CONFIRMING_PRECISION = 400  # bits; distances go down to 2^-109 ulp
RUNS_PER_PORTION = 2**20
BLOCKS_PER_PORTION = 100
SUBNORMAL_FROM = 708.4  # beyond it exp(-x) is subnormal
ONE_BY_ONE = 2**11  # pieces with fewer indices are evaluated without a model


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def logit(y):
    return mp.log(y / (1 - y))


def log_sigmoid(x):
    return -mp.log1p(mp.exp(-x))


def log_sigmoid_inverse(y):
    return -mp.log(mp.expm1(-y))


@dataclass(frozen=True)
class Function:
    """What the search needs to know of a function."""

    value: Callable
    inverse: Callable
    edges: tuple  # of the strata, ascending
    extras: tuple = ()  # hard cases with a structure, which no random search meets


def sigmoid_near_zero():
    """Yield inputs for which 1/2 + x/4 is a midpoint, so that only -x^3/48 tells which way the result rounds.

    Those are x = (2m + 1) 2^-52 above zero and (2m + 1) 2^-53 below, where the results lie half as far apart:
    the first two and the last of each binade.
    """
    for sign, grid in ((1.0, -52), (-1.0, -53)):
        for binade in range(grid, -25):
            step = math.ldexp(2.0, grid)
            first = math.ldexp(1.0, binade) + (step / 2 if binade > grid else 0.0)
            end = math.ldexp(1.0, binade + 1)
            yield from {sign * x for x in (first, first + step, end - step / 2) if first <= x < end}


def edges(smallest, negative, positive):
    """Return the edges of strata: powers of two from 2^smallest to 32, then steps of 32 up to both ends."""
    near = [math.ldexp(1.0, k) for k in range(smallest, 6)]

    def up_to(end):
        far = [*np.arange(64.0, 736.1, 32.0).tolist(), SUBNORMAL_FROM]
        return sorted([*near, *(x for x in far if x < end), end])

    return (*(-x for x in reversed(up_to(negative))), *up_to(positive))


FUNCTIONS = {
    "sigmoid": Function(sigmoid, logit, edges(-25, 745.2, 37.5), tuple(sigmoid_near_zero())),
    "log_sigmoid": Function(log_sigmoid, log_sigmoid_inverse, edges(-55, 37.5, 745.2)),
}


def locate(name, x):
    """Return the correctly rounded result and how far the exact one lies from the nearest midpoint.

    Parameters
    ----------
    name : str
        "sigmoid" or "log_sigmoid".
    x : float

    Returns
    -------
    output : float
    distance : float
        Exact value minus midpoint, in ULP of the result (2^-1074 for a subnormal one).
    """
    with mp.workprec(CONFIRMING_PRECISION):
        exact = FUNCTIONS[name].value(mp.mpf(x))
        spacing = spacing_at(exact)
        scaled = mp.ldexp(exact, -spacing)
        below = int(mp.floor(scaled))
        distance = scaled - below - mp.mpf(0.5)
        return math.ldexp(below + (distance > 0), spacing) or math.copysign(0.0, exact), float(distance)


def spacing_at(value):
    """Return k where 2^k is the distance between the doubles around a nonzero real value."""
    return max(int(mp.frexp(abs(value))[1]) - 53, -1074)


class Piece(NamedTuple):
    """Indices low <= i < high of inputs or midpoints; the closer g(i) to an integer, the harder the case."""

    g: Callable
    low: int
    high: int
    to_input: Callable


@functools.cache
def cuts(name):
    """Return where the result, or its distance from 1 or from the input, is a power of two, as floats."""
    function = FUNCTIONS[name]
    sign = 1 if name == "sigmoid" else -1
    with mp.workprec(PRECISION):
        at = {float(function.inverse(sign * mp.ldexp(1, -k))) for k in range(1 if sign == 1 else -6, 1076)}
    return sorted(at | {-x for x in at})


def stratum_pieces(name, low, high):
    """Return the bounds (low, high) of the pieces of one stratum, which lies in one binade."""
    points = [low, *(x for x in cuts(name) if low < x < high), high]
    return list(itertools.pairwise(points))


def make_piece(name, low, high):
    """Return the Piece that searches the inputs low <= x < high."""
    function = FUNCTIONS[name]
    middle = (mp.mpf(low) + mp.mpf(high)) / 2
    input_spacing = spacing_at(middle)
    output_spacing = spacing_at(function.value(middle))
    slope = mp.ldexp(mp.diff(function.value, middle), input_spacing - output_spacing)
    half = mp.mpf(0.5)

    def inputs_as_index(i):
        return mp.ldexp(function.value(mp.ldexp(i, input_spacing)), -output_spacing) - half

    def midpoints_as_index(i):
        return mp.ldexp(function.inverse(mp.ldexp(i + half, output_spacing)), -input_spacing)

    def residues_as_index(i):
        # log_sigmoid(x) - x = log_sigmoid(-x), so that x = -inverse of the difference.
        return -mp.ldexp(function.inverse(mp.ldexp(i + half, output_spacing)), -input_spacing)

    def index_to_input(i):
        return math.ldexp(i, input_spacing)

    def inputs_beside(g):
        return lambda i: math.ldexp(int(mp.nint(g(mp.mpf(i)))), input_spacing)

    if name == "log_sigmoid" and input_spacing == output_spacing and 1 - slope < half**8:
        low, high, g = -high, -low, residues_as_index
    elif slope < half:
        g = midpoints_as_index
    else:
        first, last = (int(mp.ceil(mp.ldexp(mp.mpf(x), -input_spacing))) for x in (low, high))
        return Piece(inputs_as_index, first, last, index_to_input)
    first, last = (mp.ldexp(function.value(mp.mpf(x)), -output_spacing) for x in (low, high))
    return Piece(g, int(mp.ceil(first - half)), int(mp.floor(last - half)) + 1, inputs_beside(g))


def search_portion(name, low, high, number, keep):
    """Return the hard inputs that portion `number` = 0, 1, ... of a stratum's search finds, a list of floats.

    Every portion takes the stratum's next piece, and blocks of it that no earlier portion took.
    """
    pieces = stratum_pieces(name, low, high)
    visit, which = divmod(number, len(pieces))
    with mp.workprec(PRECISION):
        piece = make_piece(name, *pieces[which])
        return [x for x in map(piece.to_input, search_piece(piece, visit, keep)) if low <= x < high]


def search_piece(piece, visit, keep):
    """Return the indices of about 4 `keep` hard cases, or of all there are, in one part of a piece."""
    if piece.high - piece.low <= ONE_BY_ONE:
        return range(piece.low, piece.high) if visit == 0 else []
    blocks = plan(piece.g, piece.low, piece.high)
    batch = min(blocks.count, BLOCKS_PER_PORTION, RUNS_PER_PORTION // blocks.runs)
    tolerance = min(0.125, 2 * keep / (batch * blocks.runs * blocks.run))
    stride = coprime_stride(blocks.count)
    found = []
    for turn in range(visit * batch, min((visit + 1) * batch, blocks.count)):
        found += near_integers(piece.g, blocks, turn * stride % blocks.count, tolerance)[0]
    return found


def coprime_stride(count):
    """Return a step that visits 0 .. count - 1 evenly and without repetition: near the golden section."""
    stride = max(1, round(count * (math.sqrt(5) - 1) / 2))
    while math.gcd(stride, count) != 1:
        stride += 1
    return stride


def hardest(name, inputs, keep):
    """Return {input: (output, distance)} of the `keep` inputs closest to a midpoint."""
    located = {x: locate(name, x) for x in inputs}
    order = sorted(located, key=lambda x: (abs(located[x][1]), x))
    return {x: located[x] for x in order[:keep]}


def search_hardest(name, low, high, number, keep):
    """Return the hardest cases of one portion of a stratum, confirmed; what a worker process runs."""
    return hardest(name, search_portion(name, low, high, number, keep), keep)
