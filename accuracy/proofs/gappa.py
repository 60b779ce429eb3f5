"""Runs Gappa on scripts built from the kernels' source, and reads the bounds that it proved."""

import math
import re
from fractions import Fraction

from .programs import run


def prove(definitions, variables, hypotheses, goals, hints=()):
    """Return {goal: largest magnitude} that Gappa proves, as Fractions: see `enclose`."""
    enclosed = enclose(definitions, variables, hypotheses, goals, hints)
    return {goal: max(abs(low), abs(high)) for goal, (low, high) in enclosed.items()}


def enclose(definitions, variables, hypotheses, goals, hints=()):
    """Return {goal: (low, high)} that Gappa proves, as Fractions.

    Parameters
    ----------
    definitions : list of str
        Gappa definitions of doubles, rounded by `rnd` to nearest even with subnormals.
    variables : dict
        Further definitions by name: the exact quantities, and the errors to bound.
    hypotheses : list of str
    goals : list of str
        Names to bound.
    hints : list of str
        Rewritings. One that Gappa cannot see to be an identity is an error.

    Raises
    ------
    ArithmeticError
        A goal has no bound, or a hint is no identity.
    """
    lines = ["@rnd = float<ieee_64, ne>;", *definitions]
    lines += [f"{name} = {expression};" for name, expression in variables.items()]
    wanted = " /\\ ".join(f"{goal} in ?" for goal in goals)
    lines += ["{ " + " /\\ ".join(hypotheses) + f"\n  -> {wanted} }}", *hints]
    script = "\n".join(lines) + "\n"
    output = "".join(run("gappa", script=script))
    if "not trivially equal" in output or "Error" in output:
        raise ArithmeticError(f"Gappa does not accept the script:\n{output}")
    aliases = dict(re.findall(r"renaming identifier '(\w+)' as '(\w+)'", output))
    bounds = {}
    for goal in goals:
        match = re.search(
            rf"^  (?:{goal}|{aliases.get(goal, goal)}) in \[(\S+)(?: {{.*?}})?, (\S+)(?: {{.*?}})?\]$",
            output,
            re.MULTILINE,
        )
        if match is None:
            raise ArithmeticError(f"Gappa finds no bound of {goal}:\n{output}\n{script}")
        bounds[goal] = number(match[1]), number(match[2])
    return bounds


def number(text):
    """Return a number as Gappa prints it: an integer, or an integer times a power of two."""
    mantissa, _, exponent = text.partition("b")
    return Fraction(mantissa) * Fraction(2) ** int(exponent or 0)


def above(bound):
    """Return a number of some 30 bits, as Gappa writes it, that is not below a positive Fraction."""
    shift = 30 - math.frexp(float(bound))[1]
    return f"{math.ceil(bound * Fraction(2) ** shift)}b{-shift}"


def interval_end(value, direction):
    """Return a number as Gappa writes it, some 2^-60 relative outside of a Fraction."""
    if value == 0:
        return "0"
    shift = 60 - math.frexp(float(value))[1]
    return f"{math.floor(value * Fraction(2) ** shift) + direction}b{-shift}"
