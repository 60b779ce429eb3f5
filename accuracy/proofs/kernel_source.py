"""Reads the kernels' Cython source: its constants, and its functions as definitions for Gappa.

A proof takes the operations and their order from the source itself, so that it fails when the code has
changed in a way that the proof does not cover. Only what the straight-line kernels use is understood:
declarations, sums, products, quotients, fma, the error-free transformations, and structures of doubles.
"""

import ast
import re
from fractions import Fraction
from importlib.resources import files

# An error-free transformation gives the rounded result and, exactly, what the rounding left out.
ERROR_FREE = {
    "two_sum": "{} + {}",
    "fast_two_sum": "{} + {}",
    "fast_two_difference": "{} - {}",
    "fast_two_sum_scaled": "{} * {} + {}",
    "two_product": "{} * {}",
}
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
ONE, TWO, HALF = "(1b0)", "(1b1)", "(1b-1)"


def kernel_text(name):
    """Return the source of a kernel file."""
    return files("halfulp.kernels").joinpath(name).read_text(encoding="ascii")


def constants():
    """Return the constants that the kernels define, exactly, as {name: Fraction}."""
    found = {}
    for file in ("coefficients.pxd", "bounds.pxd"):
        for name, value in re.findall(r"#define (\w+) +(-?[\w.+-]+)", kernel_text(file)):
            value = value.rstrip("f")
            number = float.fromhex(value) if "0x" in value else float(value)
            found[name] = Fraction(number)
    return found


def coefficient(values, name):
    """Return a coefficient that is a double, or a pair of them."""
    return values[name] if name in values else values[f"{name}_HIGH"] + values[f"{name}_LOW"]


def dyadic(value):
    """Return a Fraction whose denominator is a power of two, as both Gappa and Sollya write it."""
    exponent = value.denominator.bit_length() - 1
    if value.denominator != 1 << exponent:
        raise ValueError(f"{value} is no multiple of a power of two")
    return f"({value.numerator}b{-exponent})"


def horner(values, names, x):
    """Return a polynomial with the named coefficients, lowest first, in nested form."""
    text = dyadic(coefficient(values, names[-1]))
    for name in names[-2::-1]:
        text = f"({text} * {x} + {dyadic(coefficient(values, name))})"
    return text


def named(values, prefix, powers):
    """Return the coefficients prefix0, prefix1, ... of some powers."""
    return [dyadic(coefficient(values, f"{prefix}{power}")) for power in powers]


def function_body(file, name):
    """Return a kernel function's parameters, and its statements without the C types as a syntax tree."""
    pattern = rf"^cdef inline [\w ]+? {name}\((.*?)\) noexcept nogil:\n((?:[ \t]+.*\n|\n)+)"
    match = re.search(pattern, kernel_text(file), re.MULTILINE)
    if match is None:
        raise LookupError(f"no function {name} in {file}")
    lines = []
    for line in re.sub(r"<\w+>", "", match[2]).splitlines():
        declared = re.match(r"(\s+)cdef [\w ]+? (\w+)\s*(=.*)?$", line)
        if declared is None:
            lines.append(line)
        elif declared[3]:
            lines.append(f"{declared[1]}{declared[2]} {declared[3]}")
    parameters = [parameter.split()[-1] for parameter in match[1].split(",")]
    return parameters, ast.parse("def body():\n" + "\n".join(lines)).body[0].body


class Definitions:
    """Gappa definitions, grown by following kernel functions: every operation has a name and is rounded once.

    Names are those of the source: `a.low` becomes a_low, then a_low_2 where it is assigned a second time. The
    operations inside the expression for x are x_part1, x_part2, ... in the order of evaluation.

    Attributes
    ----------
    lines : list of str
        The definitions.
    hints : list of str
        Rewritings for Gappa, each an identity: how a rounding error that the code recovers is bounded.
    """

    def __init__(self, values):
        self.values = values
        self.lines = []
        self.hints = []
        self.count = {}
        self.exact = {}

    def follow(self, file, function, arguments, given=None):
        """Follow a function, and return its result: a name, or {field: name or ...}.

        Parameters
        ----------
        arguments : list
            What stands for the function's parameters.
        given : dict
            What stands for local variables, whose assignments are then left out, and for the results of
            called functions, or functions that take the arguments and return it.
        """
        parameters, statements = function_body(file, function)
        given = given or {}
        scope = dict(zip(parameters, arguments, strict=True)) | given
        for statement in statements:
            match statement:
                case ast.Expr(value=ast.Constant()):
                    pass
                case ast.Assign(targets=[target], value=value):
                    if (path := ast.unparse(target)) not in given:
                        self.store(scope, path, self.value(value, scope, path))
                case ast.AugAssign(target=target, op=op, value=value):
                    path = ast.unparse(target)
                    whole = ast.BinOp(left=target, op=op, right=value)
                    self.store(scope, path, self.value(whole, scope, path))
                case ast.If(body=[ast.Return()], orelse=[]):
                    pass  # the other branch is followed
                case ast.Return(value=value):
                    return self.value(value, scope, function)
                case _:
                    raise NotImplementedError(f"{function}: {ast.unparse(statement)}")
        raise LookupError(f"{function} returns nothing")

    def store(self, scope, path, value):
        *parents, last = path.split(".")
        for parent in parents:
            scope[parent] = scope = dict(scope.get(parent, {}))
        scope[last] = value

    def value(self, node, scope, path):
        """Return what an expression stands for; its last operation is named after the path."""
        name = path.replace(".", "_")
        return self.walk(node, scope, name, iter(range(1, 100)))

    def walk(self, node, scope, name, numbers):
        def operand(inner):
            simple = isinstance(inner, ast.Constant | ast.Name | ast.Attribute | ast.UnaryOp)
            return self.walk(inner, scope, name if simple else f"{name}_part{next(numbers)}", numbers)

        match node:
            case ast.Constant(value=number):
                return dyadic(Fraction(number))
            case ast.Name() | ast.Attribute():
                path = ast.unparse(node)
                if path in self.values:
                    return dyadic(self.values[path])
                for part in path.split("."):
                    scope = scope[part]
                return scope
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return f"(-{operand(inner)})"
            case ast.BinOp(left=left, op=op, right=right):
                return self.operation(operand(left), OPERATORS[type(op)], operand(right), name)
            case ast.Call(func=ast.Name(id=called), args=arguments):
                return self.call(called, [operand(a) for a in arguments], scope, name)
        raise NotImplementedError(ast.unparse(node))

    def operation(self, a, sign, b, name):
        if sign == "*" and ONE in (a, b):
            return a if b == ONE else b
        if (sign == "+" and a == b) or (sign == "*" and TWO in (a, b)):  # exact
            return self.define(name, f"{a} {sign} {b}")
        return self.rounded(name, f"{a} {sign} {b}")

    def call(self, called, arguments, scope, name):
        if called in scope:
            return scope[called](*arguments) if callable(scope[called]) else scope[called]
        if called == "fma":
            a, b, c = arguments
            return self.rounded(name, f"{a} * {b} + {c}")
        if called == "make_pair":
            return dict(zip(("high", "low"), arguments, strict=True))
        if called in ERROR_FREE:
            total = ERROR_FREE[called].format(*arguments)
            high = self.rounded(f"{name}_high", total)
            return {"high": high, "low": self.define(f"{name}_low", f"-({high} - ({total}))")}
        raise NotImplementedError(f"call of {called}")

    def rounded(self, name, expression):
        """Define a rounded operation, and say how large it is if it recovers the error of an earlier one."""
        product, _, last = expression.rpartition(" + ")
        for high, exact in self.exact.items():
            if exact == product and last == f"(-{high})":
                self.hints.append(f"{expression} -> -({high} - {exact});")
            if (
                exact.startswith(f"{product} + ")
                and self.exact.get(last) == f"{exact[len(product) + 3 :]} - {high}"
            ):
                self.hints.append(f"{expression} -> -({high} - ({exact})) + ({last} - ({self.exact[last]}));")
        name = self.define(name, f"rnd({expression})")
        self.exact[name] = expression
        return name

    def new_name(self, name):
        """Return a name, with a number if it was used before."""
        self.count[name] = self.count.get(name, 0) + 1
        return name if self.count[name] == 1 else f"{name}_{self.count[name]}"

    def define(self, name, expression):
        name = self.new_name(name)
        self.lines.append(f"{name} = {expression};")
        return name
