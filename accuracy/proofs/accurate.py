"""Rounding errors of the accurate phase, bounded by Gappa from those of its operations on pairs."""

import re
from fractions import Fraction

from .gappa import above, interval_end, prove
from .kernel_source import ONE, coefficient, constants, dyadic
from .pair_source import PAIR_ERRORS, PairDefinitions, Value, pair_error
from .reduction import LARGEST_R
from .rounding import LARGEST_V, RATIO

POINTS = range(1, 100)  # polynomials of a degree below 99 that agree here are the same


def accurate_exp():
    """Return the errors of accurate_exp's plus and minus against A + C and A - C, r being exact.

    `ratio` and `relative_minus` as in RATIO; `same` is 0 if the source evaluates the coefficients' ratio.
    """
    values = constants()
    largest = Fraction(LARGEST_R)
    d = PairDefinitions(values, {"r": Value("r", "X_r", (-largest, largest), Fraction(0))})
    e = d.follow("exponential.pxd", "accurate_exp", ["z"], {"k": "k", "r": {"pair": "r"}})
    plus, minus = (d.known[e[name]["pair"]].expression for name in ("plus", "minus"))
    a, b = re.fullmatch(r"(\w+) \+ (\w+)", plus).groups()
    same = minus == f"{a} + (-{b})"
    a_coefficients, b_coefficients = (
        [coefficient(values | {"ACCURATE_A1": Fraction(1)}, f"ACCURATE_{letter}{n}") for n in range(5)]
        for letter in "AB"
    )
    for point in map(Fraction, POINTS):
        same &= d.evaluate(a, {"r": point}) == horner_value(a_coefficients, point**2)
        same &= d.evaluate(b, {"r": point}) == point * horner_value(b_coefficients, point**2)

    lines = ["plus = (a + b) * (1 + d_plus);", "minus = (a - b) * (1 + d_minus);"]
    hypotheses = [pair_error("d_plus", PAIR_ERRORS["add"]), pair_error("d_minus", PAIR_ERRORS["add"])]
    for name, twin, (_, _, (low, high), error) in (("a", "A", d.known[a]), ("b", "C", d.known[b])):
        hypotheses += [f"{twin} in [{interval_end(low, -1)}, {interval_end(high, 1)}]"]
        hypotheses += [f"|{name} - {twin}| <= {above(error)}"]
    hints = [
        "plus - (a + b) -> (a + b) * d_plus;",
        "minus - (a - b) -> (a - b) * d_minus;",
        "cross -> 2 * A * (b - C) - 2 * C * (a - A)"
        " + (plus - (a + b)) * (A - C) - (minus - (a - b)) * (A + C);",
        "minus - (A - C) -> (minus - (a - b)) + (a - A) - (b - C);",
    ]
    bounds = prove(lines, RATIO, hypotheses, ["ratio", "relative_minus"], hints)
    return bounds | {"same": Fraction(not same)}


def accurate_atanh():
    """Return `relative`, the error of v (1 + t Q(t)) in accurate_softplus, v exact and t = v^2 a product.

    v is a factor of all, and left out. `same` is 0 if the source evaluates the coefficients' polynomial.
    """
    values = constants()
    largest = Fraction(LARGEST_V) ** 2
    error = Fraction(PAIR_ERRORS["multiply"]) / 2**106 * largest
    t = Value("t", "X_t", (Fraction(0), largest), error)
    d = PairDefinitions(values, {"t": t, "t_high": t._replace(error=error + Fraction(1, 2**54))})
    given = {"e": {"k": "k"}, "half": "half", "v": {"pair": ONE}, "x": dyadic(Fraction(0))}
    given["t"] = {"pair": "t", "high": "t_high"}
    given["accurate_q"] = lambda t: d.follow("log_sigmoid.pxd", "accurate_q", [t])
    d.follow("log_sigmoid.pxd", "accurate_softplus", ["x"], given)
    q = [coefficient(values, f"ACCURATE_Q{n}") for n in range(23)]
    same = all(
        d.evaluate("y", {"t": point, "t_high": point}) == 1 + point * horner_value(q, point)
        for point in map(Fraction, POINTS)
    )
    (low, _), error = d.known["y"].interval, d.known["y"].error
    return {"same": Fraction(not same), "relative": error / low}


def horner_value(coefficients, x):
    value = Fraction(0)
    for c in reversed(coefficients):
        value = value * x + c
    return value
