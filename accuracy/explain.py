"""explain: one input, its exact value, the neighbouring numbers, and what each implementation returns."""

import math
from dataclasses import dataclass
from decimal import Decimal

import click
import numpy as np
from mpmath import libmp
from rich.markup import escape
from rich.table import Table

from halfulp.accuracy import options, reference, tables
from halfulp.accuracy.functions import ELEMENTWISE, FUNCTIONS
from halfulp.accuracy.implementations import ImplementationError
from halfulp.accuracy.reference_rows import approximate_row
from halfulp.accuracy.ulp import FORMATS, errors, format_of, round_ratio, widen

DIGITS = 30


def parse(text, form):
    """Return one number of a format from its decimal or, with all its hexadecimal digits, its bits."""
    try:
        if text.lower().startswith("0x"):
            if len(text) != form.width // 4 + 2:
                raise ValueError
            return form.from_bits(int(text, 16))
        wide = np.float64(text)
        if wide == 0 or not np.isfinite(wide):
            return wide.astype(form.dtype)
        numerator, denominator = Decimal(text).as_integer_ratio()  # rounded once, not by way of float64
        return form.from_bits(round_ratio(form, wide < 0, abs(numerator), denominator)[0])
    except ValueError:
        digits = form.width // 4
        raise click.BadParameter(
            f"{text!r} is neither a decimal number nor the bits of a {form.name} (0x and {digits} digits)"
        ) from None


def exact_text(function, row, element):
    """Return the exact value at one element to 30 digits, by raising the precision until they stay."""
    if function in ELEMENTWISE:
        return _settle(lambda bits: reference.elementwise(function, row[element], bits))
    return _settle(lambda bits: approximate_row(function, row, element, bits))


def _settle(compute):
    bits = 160
    while (text := libmp.to_str(compute(bits), DIGITS)) != libmp.to_str(compute(2 * bits), DIGITS):
        bits *= 2
    return text


def is_special(function, row):
    """Tell whether the result is set by rule: a NaN or an infinity decides."""
    if function in ELEMENTWISE:
        return not math.isfinite(row[0])
    return not row or any(math.isnan(x) for x in row) or math.isinf(max(row))


@dataclass(frozen=True)
class Number:
    """A number of a format: as a decimal, as bits, and its distance from the exact value in ULP."""

    value: str
    bits: str
    distance: float | None = None


@dataclass(frozen=True)
class Returned:
    """What one implementation returned: a number and a verdict, or why there is none."""

    implementation: str
    number: Number | None = None
    verdict: str = ""
    error: str = ""


@dataclass(frozen=True)
class Explanation:
    """One result explained; `exact` is empty where a rule sets it (NaN, infinities)."""

    function: str
    dtype: str
    inputs: list[Number]
    element: int
    exact: str
    rounded: Number
    other_side: Number | None
    returned: list[Returned]


def explain(function, x, form, measured, elements=None):
    """Return an Explanation for each result of a function at one row, or at one number in an array of one.

    Parameters
    ----------
    function : str
    x : ndarray
        1-D, of the format's dtype.
    form : Format
    measured : sequence of Implementation
    elements : sequence of int, optional
        The results to explain; all by default.
    """
    row = widen(x).tolist()
    given = x if function in ELEMENTWISE else x[None]
    exact = reference.exact(function, given, form)
    computed = {}
    for one in measured:
        if function in one.functions:
            try:
                computed[one.name] = one(function, given)
            except ImplementationError as error:
                computed[one.name] = str(error)
    inputs = [_number(form, bits) for bits in form.to_bits(x)]
    found = []
    for element in range(exact.bits.size) if elements is None else elements:
        special = is_special(function, row)
        rounded, other = _neighbours(exact, element, special)
        text = "" if special else exact_text(function, row, element)
        returned = [_returned(exact, element, name, result) for name, result in computed.items()]
        found.append(Explanation(function, form.name, inputs, element, text, rounded, other, returned))
    return found


def _number(form, bits, distance=None):
    return Number(repr(float(widen(form.from_bits(bits)))), form.hex(bits), distance)


def _neighbours(exact, element, special):
    """Return the correctly rounded number, and the nearest one on the other side of the exact value."""
    form, bits, fraction = exact.form, int(exact.bits.flat[element]), float(exact.fraction.flat[element])
    if special:
        return _number(form, bits), None
    rounded = _number(form, bits, abs(fraction))
    magnitude = bits & (form.sign_bit - 1)
    if magnitude >= form.infinity_bits or (fraction < 0 and magnitude == 0):
        return rounded, None
    return rounded, _number(form, bits + (1 if fraction >= 0 else -1), 1 - abs(fraction))


def _returned(exact, element, name, result):
    if isinstance(result, str):
        return Returned(name, error=result)
    found = errors(exact, result)
    kind = next((kind for kind, where in found.failed.items() if where.flat[element]), "")
    verdict = f"failure: {kind}" if kind else "correctly rounded" if found.correct.flat[element] else ""
    ulp = None if kind else float(found.ulp.flat[element])
    return Returned(name, _number(exact.form, exact.form.to_bits(result).flat[element], ulp), verdict)


def show(explanations, to):
    """Print explanations of one row or number."""
    first = explanations[0]
    to.print(f"{first.function} {first.dtype}", style="bold")
    for i, number in enumerate(first.inputs):
        to.print(
            f"input{f' [{i}]' if len(first.inputs) > 1 else ''}: {number.value}  {number.bits}", markup=False
        )
    for one in explanations:
        to.print()
        if len(explanations) > 1:
            to.print(f"result [{one.element}]", style="bold", markup=False)
        to.print(f"exact value to {DIGITS} digits: {one.exact}" if one.exact else "the result is set by rule")
        to.print(f"correctly rounded: {number_text(one.rounded)}")
        if one.other_side:
            to.print(f"on the other side: {number_text(one.other_side)}")
        table = Table("implementation", "returned", "bits", "ULP error", "")
        for returned in one.returned:
            number = returned.number
            cells = (number.value, number.bits, tables.ulp_text(number.distance)) if number else ("", "", "")
            table.add_row(escape(returned.implementation), *cells, escape(returned.error or returned.verdict))
        to.print(table)


def number_text(number):
    """Return a number as decimal, bits and, if known, its distance from the exact value."""
    distance = "" if number.distance is None else f"  ({number.distance:.9f} ULP away)"
    return f"{number.value}  {number.bits}{distance}"


@click.command("explain", context_settings={"ignore_unknown_options": True})
@click.argument("function", type=click.Choice(FUNCTIONS))
@click.argument("values", nargs=-1, required=True)
@click.option(
    "--dtype", type=click.Choice(tuple(FORMATS)), default="float64", show_default=True, help="The dtype."
)
@options.implementations
def command(function, values, dtype, impl):
    """Explain FUNCTION at an input, or at a row of VALUES for the reductions.

    A value is a decimal number, or the bits of one (0x and all hexadecimal digits).
    """
    form = format_of(dtype)
    if function in ELEMENTWISE and len(values) != 1:
        raise click.BadParameter(f"{function} takes one value, {len(values)} were given", param_hint="VALUES")
    x = np.array([parse(value, form) for value in values], form.dtype)
    show(explain(function, x, form, options.load_implementations(impl, (function,))), tables.console())
