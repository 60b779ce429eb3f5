"""Bounds the errors of kernel functions on pairs, an operation at a time, by Gappa.

A pair is one number here, and an operation on pairs has the relative error of its theorem.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from .gappa import above, enclose, interval_end
from .kernel_source import Definitions

# In units of u^2: the theorems that kernels/pairs.pxd cites (Joldes, Muller & Popescu 2017).
PAIR_ERRORS = {
    "add": "3.0001",
    "multiply": "5",
    "multiply_by_double": "2",
    "add_double": "2",
    "divide": "9.8",
}


class Value(NamedTuple):
    """What is known of a pair or a double; its exact twin is what it would be without rounding errors."""

    expression: str
    twin: str
    interval: tuple  # of the twin
    error: Fraction  # of the value against the twin, absolute


class PairDefinitions(Definitions):
    """Follows functions on pairs, and proves a bound of each value's error from those of its operands.

    Parameters
    ----------
    values : dict
        The kernels' constants.
    known : dict
        {name: Value} of the arguments.

    Attributes
    ----------
    known : dict
        {name: Value} of all that was followed.
    """

    def __init__(self, values, known):
        super().__init__(values)
        self.known = dict(known)

    def call(self, called, arguments, scope, name):
        if called in scope:
            return super().call(called, arguments, scope, name)
        names = [argument["pair"] if isinstance(argument, dict) else argument for argument in arguments]
        match called:
            case "make_pair":
                return {"pair": f"({names[0]} + {names[1]})"}
            case "negate":
                return {"pair": f"(-{names[0]})"}
            case "scale_pair" | "make_scaled":
                return arguments[0]
            case "fma":
                return self.bound(name, "{} * {} + {}".format(*names), None)
        if called in PAIR_ERRORS:
            sign = {"add": "+", "add_double": "+", "divide": "/"}.get(called, "*")
            return {"pair": self.bound(name, f"{names[0]} {sign} {names[1]}", PAIR_ERRORS[called])}
        raise NotImplementedError(f"call of {called}")

    def bound(self, name, expression, units):
        """Name the rounded value of an expression, a pair with an error of so many u^2 or else a double."""
        value = self.new_name(name)
        operands = set(re.findall(r"\b[a-zA-Z]\w*", expression))
        hypotheses = [] if units is None else [pair_error("d", units)]
        for operand in operands:
            _, twin, (low, high), error = self.known[operand]
            hypotheses += [f"{twin} in [{interval_end(low, -1)}, {interval_end(high, 1)}]"]
            hypotheses += [f"|{operand} - {twin}| <= {above(error)}"]
        exact = re.sub(r"\b[a-zA-Z]\w*", lambda match: self.known[match[0]].twin, expression)
        rounded = f"rnd({expression})" if units is None else f"({expression}) * (1 + d)"
        hints = [] if units is None else [f"{value} - ({expression}) -> ({expression}) * d;"]
        goals = {"twin": f"X_{value}", "error": f"{value} - X_{value}"}
        lines = [f"{value} = {rounded};", f"X_{value} = {exact};"]
        proved = enclose(lines, goals, hypotheses, list(goals), hints)
        error = max(map(abs, proved["error"]))
        self.known[value] = Value(expression, f"X_{value}", proved["twin"], error)
        return value

    def evaluate(self, name, given):
        """Return the exact value of a twin, where the arguments' have the values {name: Fraction}."""
        if name in given:
            return given[name]
        literal = re.sub(
            r"\((-?\d+)b(-?\d+)\)", r"(Fraction(\1) * Fraction(2) ** \2)", self.known[name].expression
        )
        operands = set(re.findall(r"\b[a-zA-Z]\w*", literal)) - {"Fraction"}
        scope = {operand: self.evaluate(operand, given) for operand in operands}
        return eval(literal, {"Fraction": Fraction}, scope)


def pair_error(name, units):
    """Return the hypothesis that a relative error is at most so many u^2."""
    return f"|{name}| <= {above(Fraction(units) / 2**106)}"
