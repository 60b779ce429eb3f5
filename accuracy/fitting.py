"""Polynomials and ratios fitted to functions: a Remez exchange, and least squares, in mpmath's precision."""

from mpmath import mp, mpf


def polynomial(coefficients, s):
    """Return the value of a polynomial, lowest coefficient first."""
    value = mpf(0)
    for coefficient in reversed(coefficients):
        value = value * s + coefficient
    return value


def relative_error(function, numerator, denominator, s):
    """Return B(s) / (A(s) f(s)) - 1."""
    return polynomial(numerator, s) / (polynomial(denominator, s) * function(s)) - 1


def chebyshev_points(low, high, count):
    """Return the extrema of a Chebyshev polynomial on an interval, both ends among them."""
    return [low + (high - low) * (1 - mp.cos(mp.pi * i / (count - 1))) / 2 for i in range(count)]


def chebyshev_roots(low, high, count):
    """Return the roots of a Chebyshev polynomial on an interval."""
    return [low + (high - low) * (1 - mp.cos(mp.pi * (2 * i + 1) / (2 * count))) / 2 for i in range(count)]


def solve_at(points, function, fixed_b, fixed_a, denominator):
    """Return the B and A whose relative error at the points is E, -E, E, ... for some E.

    A coefficient that is not None is fixed. The equations B(s) - f(s) A(s) = (-1)^i E f(s) A(s) are linear
    but for the product E A; the A of the right side is the previous one, until it no longer moves.
    """
    free_b = [j for j, fixed in enumerate(fixed_b) if fixed is None]
    free_a = [j for j, fixed in enumerate(fixed_a) if fixed is None]
    size = len(free_b) + len(free_a) + 1
    values = [function(s) for s in points]
    while True:
        left, right = mp.matrix(size, size), mp.matrix(size, 1)
        for i, (s, value) in enumerate(zip(points, values, strict=True)):
            row = [s**j for j in free_b] + [-value * s**j for j in free_a]
            row.append(-((-1) ** i) * value * polynomial(denominator, s))
            for column, entry in enumerate(row):
                left[i, column] = entry
            right[i] = value * polynomial([c or 0 for c in fixed_a], s) - polynomial(
                [c or 0 for c in fixed_b], s
            )
        solution = list(mp.lu_solve(left, right))
        numerator, previous, denominator = list(fixed_b), denominator, list(fixed_a)
        for j, value in zip(free_b, solution, strict=False):
            numerator[j] = value
        for j, value in zip(free_a, solution[len(free_b) :], strict=False):
            denominator[j] = value
        if all(abs(new - old) < mp.mpf(2) ** -200 for new, old in zip(denominator, previous, strict=True)):
            return numerator, denominator


def alternating_extrema(errors):
    """Return the index of the largest error of each run of equal sign."""
    chosen = []
    for i, error in enumerate(errors):
        if chosen and (error > 0) == (errors[chosen[-1]] > 0):
            if abs(error) > abs(errors[chosen[-1]]):
                chosen[-1] = i
        else:
            chosen.append(i)
    return chosen


def remez(function, high, fixed_b, fixed_a, low=0):
    """Return the B and A with the smallest relative error of B / A on [low, high] (Remez 1934).

    `fixed_b` and `fixed_a` hold None for a coefficient to find, and its value for one that is given.
    """
    count = (*fixed_b, *fixed_a).count(None) + 1
    points = chebyshev_roots(mpf(low), high, count)
    grid = chebyshev_points(mpf(low), high, 40 * count)
    denominator = [mpf(j == 0) if c is None else c for j, c in enumerate(fixed_a)]
    for _ in range(40):
        numerator, denominator = solve_at(points, function, fixed_b, fixed_a, denominator)
        errors = [relative_error(function, numerator, denominator, s) for s in grid]
        extrema = alternating_extrema(errors)
        largest = max(abs(errors[i]) for i in extrema)
        smallest = min(abs(errors[i]) for i in extrema)
        if len(extrema) != count or largest < smallest * mpf("1.001"):
            return numerator, denominator
        points = [grid[i] for i in extrema]
    raise ArithmeticError("the Remez exchange did not converge")


def least_squares(function, high, fixed):
    """Return the polynomial whose relative errors at the Chebyshev points of [-high, high] are least squares.

    Its largest error is hardly more than the least there is. The exchange asks for a Haar system, and powers
    around 0 are none if those below them are fixed: all that are left vanish there.
    """
    free = [j for j, c in enumerate(fixed) if c is None]
    if not free:
        return list(fixed)
    points = chebyshev_roots(-high, high, 4 * len(fixed))
    values = [function(r) for r in points]
    left = mp.matrix([[r**j / value for j in free] for r, value in zip(points, values, strict=True)])
    given = [polynomial([c or 0 for c in fixed], r) for r in points]
    right = mp.matrix([1 - g / value for g, value in zip(given, values, strict=True)])
    fitted = list(fixed)
    for j, value in zip(free, mp.lu_solve(left, right), strict=True):
        fitted[j] = value
    return fitted


def nearest(value, bits=53):
    """Round an exact value to so many bits, ties to even, without bounds on the exponent."""
    if value == 0:
        return mpf(0)
    shift = bits - 1 - int(mp.floor(mp.log(abs(value), 2)))
    return mp.ldexp(mp.nint(mp.ldexp(value, shift)), -shift)
