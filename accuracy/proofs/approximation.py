"""Errors of the kernels' ratios and polynomials, bounded by Sollya's supnorm.

supnorm encloses the maximum of a relative error by interval arithmetic, where the coefficient generator
measured it at some points (Chevillard, Harrison, Joldes & Lauter, "Efficient and accurate computation of
upper bounds of approximation errors", Theoret. Comput. Sci. 412(16), 2011).
"""

import functools
import math
import re
from fractions import Fraction

from .kernel_source import coefficient, constants, dyadic, kernel_text
from .programs import run

# Degrees in s of B and A, degree of Q in t. A has 1 as the coefficient of s, but for QUICK; some B are in A.
RATIOS = {"NARROW": (1, 1), "WIDE": (2, 1), "QUICK": (3, 2), "ACCURATE": (4, 4)}
IN_A = ("NARROW", "WIDE")
POLYNOMIALS = {"NARROW": 3, "WIDE": 6, "QUICK": 12, "ACCURATE": 22}


def stated():
    """Return what coefficients.pxd states: {(prefix, letter): (end of the interval, log2 of the error)}."""
    text = kernel_text("coefficients.pxd")
    found = re.findall(
        r"<= (0\.\d+): error 2\^(-[\d.]+)\n(?: +#define .*_A0 .*\n)? +#define ([A-Z]+)_([BQ])0", text
    )
    return {(prefix, letter): (end, float(error)) for end, error, prefix, letter in found}


@functools.cache
def tanh_ratio(prefix):
    """Return a bound of the relative error of r B(r^2) / A(r^2) against tanh(r/2)."""
    values = constants()
    if prefix != "QUICK":
        values[f"{prefix}_A1"] = Fraction(1)
    degree_b, degree_a = RATIOS[prefix]
    b = [coefficient(values, f"{prefix}_B{j}") for j in range(degree_b + 1)]
    if prefix in IN_A:
        b = in_powers_of_s(b, values[f"{prefix}_A0"])
    b = {2 * j + 1: value for j, value in enumerate(b)}
    a = {2 * j: coefficient(values, f"{prefix}_A{j}") for j in range(degree_a + 1)}
    return supnorm(polynomial(b), f"({polynomial(a)}) * tanh(x / 2)", stated()[prefix, "B"][0])


def in_powers_of_s(coefficients, a0):
    """Return the coefficients of a polynomial in a = a0 + s as those of the same polynomial in s, exactly."""
    return [
        sum(math.comb(n, j) * a0 ** (n - j) * value for n, value in enumerate(coefficients) if n >= j)
        for j in range(len(coefficients))
    ]


@functools.cache
def atanh_polynomial(prefix):
    """Return a bound of the relative error of v (1 + t Q(t)), t = v^2, against 2 atanh(v/2), or atanh(v)."""
    values = constants()
    function = "atanh(x)" if prefix == "QUICK" else "2 * atanh(x / 2)"
    q = {2 * j + 3: coefficient(values, f"{prefix}_Q{j}") for j in range(POLYNOMIALS[prefix] + 1)}
    return supnorm(polynomial({1: Fraction(1)} | q), function, stated()[prefix, "Q"][0])


def polynomial(coefficients):
    """Return a polynomial in x, from {power: coefficient}."""
    return " + ".join(f"{dyadic(value)} * x^{power}" for power, value in coefficients.items())


def supnorm(approximation, function, end):
    """Return an upper bound of |approximation / function - 1| for |x| <= end, 0.1 per cent off at most."""
    script = (
        "prec = 400!; display = powers!;\n"
        f"enclosure = supnorm({approximation}, {function}, [-{end}; {end}], relative, 2^-10);\n"
        "sup(enclosure);\n"
    )
    output, complaints = run("sollya", "--warnonstderr", script=script)
    lines = [line for line in output.splitlines() if re.fullmatch(r"\d+ \* 2\^\(-\d+\)", line.strip())]
    if len(lines) != 1:
        raise ArithmeticError(f"Sollya finds no bound:\n{output}{complaints}\n{script}")
    mantissa, exponent = re.findall(r"\d+", lines[0].replace("2^", ""))
    return Fraction(int(mantissa), 2 ** int(exponent))
