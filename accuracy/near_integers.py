"""Finds the integers at which a smooth function comes closest to an integer, far faster than one by one.

The indices are cut into runs short enough for the function to be almost linear on each. In the plane of
(j, slope j - m), with j counting from the middle of a run and m any integer, the points form a lattice of
determinant 1, and those that matter lie in a small box; a reduced basis of the lattice lists them at once.
NumPy treats thousands of runs together. The idea is Lefèvre's ("Moyens arithmétiques pour un calcul fiable",
2000), the view as a lattice that of Stehlé, Lefèvre and Zimmermann ("Searching worst cases of a one-variable
function using lattice reduction", IEEE Trans. Comput. 54(3), 2005).
"""

import math
from dataclasses import dataclass

import numpy as np
from mpmath import mp
from numpy.polynomial.polynomial import polyval

DEGREE = 5  # of the Taylor polynomial of a block of runs
MODEL_ERROR = 2.0**-44  # Taylor remainder below 2^-50, slope right to 2^-65 over 2^20 indices
PRECISION = 240  # bits
LONGEST_RUN = 2**21
SHORTEST_RUN = 16  # where shorter ones would be needed, each index is looked at
MOST_RUNS = 2**14
TWO_64 = 2.0**64


@dataclass(frozen=True)
class Blocks:
    """Indices from `low` up to `high` (exclusive), cut into blocks of `runs` runs of `run` indices."""

    low: int
    high: int
    run: int
    runs: int

    @property
    def count(self):
        return -(-(self.high - self.low) // (self.run * self.runs))


def plan(g, low, high):
    """Return the Blocks that suit a function on low <= i < high.

    Parameters
    ----------
    g : callable
        Takes and returns an mpf; smooth between low and high.
    low, high : int
        Range of indices, `high` excluded.
    """
    with mp.workprec(PRECISION):
        unit = max(1, (high - low) // 64)
        samples = [taylor(g, point, unit, DEGREE + 1) for point in (low, (low + high) // 2, high)]
        curvature, rest = (max(abs(sample[k]) for sample in samples) / unit**k for k in (2, DEGREE + 1))
        reach = int(min(mp.root(mp.ldexp(1, -52) / rest, DEGREE + 1), high - low)) if rest else high - low
        # With the box of near_integers below, one or two of its lattice points belong to each run.
        run = int(min(mp.cbrt(6 / curvature), LONGEST_RUN)) if curvature else LONGEST_RUN
    run = min(run, reach // 8) // 2 * 2
    run = run if run >= SHORTEST_RUN else 1
    return Blocks(low, high, run, max(1, min(2 * reach // run, MOST_RUNS)))


def taylor(g, centre, unit, degree):
    """Return the Taylor coefficients of g(centre + unit s) at s = 0, by mpmath's numerical differentiation.

    Its absolute error is about 2^-PRECISION |g|, so the unit must not be tiny beside the s of interest.
    """
    return mp.taylor(lambda s: g(centre + unit * s), 0, degree)


def near_integers(g, blocks, number, tolerance):
    """Return every index of one block at which g lies within `tolerance` of an integer.

    Parameters
    ----------
    g : callable
        Takes and returns an mpf.
    blocks : Blocks
        From `plan`.
    number : int
        Which block, 0 <= number < blocks.count.
    tolerance : float
        Largest distance; one within MODEL_ERROR of it may go either way.

    Returns
    -------
    index : list of int
    distance : ndarray of float64
        Distance to the nearest integer, right to MODEL_ERROR.
    """
    run, runs = blocks.run, blocks.runs
    start = blocks.low + number * run * runs
    centre = start + run * (runs // 2)
    n = np.arange(runs) - runs // 2
    half = run // 2  # a run holds the offsets -half <= j < half from its middle
    middle = centre + half
    with mp.workprec(PRECISION):
        coefficients = taylor(g, middle, run, DEGREE)
        # Entry k: the polynomial in n whose value is the k-th Taylor coefficient in j at the middle of run n.
        derivatives = [
            [math.comb(power, k) * c / run**k for power, c in enumerate(coefficients)][k:] for k in range(4)
        ]
        value, slope = modulo_one(derivatives[0], n), modulo_one(derivatives[1], n)
        curvature, cubic = (polyval(n, [float(c) for c in derivatives[k]]) for k in (2, 3))

    if run == 1:
        which, j = np.arange(runs), np.zeros(runs)
    else:
        which, j = candidates(value, slope, curvature, cubic, half, tolerance)
    bent = (curvature[which] + cubic[which] * j) * j * j
    exact = value[which] + slope[which] * j.astype(np.int64).view(np.uint64) + to_fixed(bent * TWO_64)
    distance = np.abs(signed(exact))
    offset = n[which] * run + j.astype(np.int64)
    close = (distance <= tolerance) & (offset < blocks.high - middle)
    order = np.argsort(offset[close], kind="stable")
    return [middle + int(o) for o in offset[close][order]], distance[close][order]


def candidates(value, slope, curvature, cubic, half, tolerance):
    """Return where the distance may be below tolerance: runs' numbers, offsets -half <= j < half in them."""
    # On |j| <= half the quadratic term stays within bow of bow: the line through the middle of that strip.
    bow = 0.5 * curvature * half**2
    height = np.abs(bow) + np.abs(cubic) * half**3 + tolerance + 2.0**-28
    target = signed(value) + bow
    basis = reduced_bases(slope, half, float(height.max()))
    which, j = points_in_box(basis, target, half + 0.5, height)  # no integer j lies on the edge of the box
    inside = (j >= -half) & (j < half)
    return which[inside], j[inside]


def modulo_one(coefficients, n):
    """Return the polynomial at integers n, modulo 1, as uint64 in units of 2^-64, right to a few of them."""
    total, rest = np.zeros(n.shape, np.uint64), np.zeros(n.shape)
    power, power_as_float = np.ones(n.shape, np.uint64), np.ones(n.shape)
    for coefficient in coefficients:
        scaled = mp.ldexp(coefficient, 64)
        whole = int(mp.nint(scaled))
        total += np.uint64(whole % 2**64) * power
        rest += float(scaled - whole) * power_as_float
        power *= n.view(np.uint64)
        power_as_float *= n
    return total + to_fixed(rest)


def to_fixed(a):
    return np.rint(a).astype(np.int64).view(np.uint64)


def signed(fraction):
    """Return numbers modulo 1, in units of 2^-64, as floats from -1/2 to 1/2."""
    return fraction.view(np.int64) / TWO_64


def reduced_bases(slope, half, height):
    """Return j1, v1, j2, v2: for every run a basis (j1, v1), (j2, v2) of the lattice (j, slope j - m).

    It is reduced in the norm that makes the box |j| <= half, |v| <= height a square. Neighbouring runs have
    neighbouring slopes, so the basis for the middle one of a group of runs is where all of them start.
    """
    group = slope.size
    known = slope[[slope.size // 2]]
    standard = (np.array([1.0]), signed(known), np.array([0.0]), np.array([1.0]))
    basis = reduce_basis(*standard, half, spread(slope, half, height))
    while group > 1:
        smaller = max(1, group // 32)
        starts = np.arange(0, slope.size, smaller)
        parent = starts // group
        middles = np.minimum(starts + smaller // 2, slope.size - 1)
        shear = signed(slope[middles] - known[parent])
        j1, v1, j2, v2 = (part[parent] for part in basis)
        widest = spread(slope[:smaller], half, height)
        basis = reduce_basis(j1, v1 + shear * j1, j2, v2 + shear * j2, half, widest)
        group, known = smaller, slope[middles]
    return basis


def spread(slope, half, height):
    """Return the height of a box that holds the boxes of all these runs, sheared to the slope of one."""
    return height + half * abs(signed(slope[-1:] - slope[:1])[0])


def reduce_basis(j1, v1, j2, v2, half, height):
    """Return bases reduced by Lagrange's (Gauss's) algorithm, where half and height are of equal length."""
    scale = half / height
    a, b = (j1, v1 * scale), (j2, v2 * scale)
    idle = 0
    while idle < 2:
        with np.errstate(invalid="ignore"):
            times = np.rint((a[0] * b[0] + a[1] * b[1]) / (a[0] * a[0] + a[1] * a[1]))
        b = (b[0] - times * a[0], b[1] - times * a[1])
        a, b = b, a
        idle = 0 if times.any() else idle + 1
    swap = a[0] * a[0] + a[1] * a[1] > b[0] * b[0] + b[1] * b[1]
    j1, j2 = np.where(swap, b[0], a[0]), np.where(swap, a[0], b[0])
    v1, v2 = np.where(swap, b[1], a[1]), np.where(swap, a[1], b[1])
    return j1, v1 / scale, j2, v2 / scale


def points_in_box(basis, target, half, height):
    """Return every lattice point (j, v) with |j| <= half, |v + target| <= height: its run's number and its j.

    A point is p (j1, v1) + q (j2, v2) with integers p, q. Cramer's rule bounds q, and for each q the two
    conditions bound p. Any basis gives all points; a reduced one leaves few q to look at.
    """
    j1, v1, j2, v2 = basis
    determinant = np.rint(j1 * v2 - j2 * v1)  # 1 or -1
    q_centre = -j1 * target * determinant
    q_reach = np.abs(v1) * half + np.abs(j1) * height
    which, q = ranges(q_centre, q_reach)

    j1, v1, j2, v2 = j1[which], v1[which], j2[which], v2[which]
    v1 = np.where(v1 == 0, 2.0**-80, v1)
    p_centre, p_reach = -q * j2 / j1, half / np.abs(j1)
    other_centre, other_reach = -(target[which] + q * v2) / v1, height[which] / np.abs(v1)
    low = np.maximum(p_centre - p_reach, other_centre - other_reach)
    high = np.minimum(p_centre + p_reach, other_centre + other_reach)
    row, p = ranges((low + high) / 2, (high - low) / 2)
    return which[row], p * j1[row] + q[row] * j2[row]


def ranges(centre, reach):
    """Return the integers within `reach` of each centre: each one's number of a centre, and itself."""
    first = np.ceil(centre - reach)
    count = np.maximum(np.floor(centre + reach) - first + 1, 0).astype(np.int64)
    which = np.repeat(np.arange(centre.size), count)
    position = np.arange(which.size) - np.repeat(np.cumsum(count) - count, count)
    return which, first[which] + position
