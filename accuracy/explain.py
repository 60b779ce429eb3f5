"""explain: one input, its exact value, the neighbouring numbers, and what each implementation returns."""

import math

import click
import numpy as np
from halfulp.accuracy import options, reference, tables
from halfulp.accuracy.functions import ELEMENTWISE, FUNCTIONS
from halfulp.accuracy.implementations import ImplementationError
from halfulp.accuracy.reference_rows import approximate_row
from halfulp.accuracy.ulp import FORMATS, errors, format_of, widen
from mpmath import libmp
from rich.markup import escape
from rich.table import Table

DIGITS = 30


def parse(text, form):
    """Return one number of a format from its decimal or, with all its hexadecimal digits, its bits."""
    try:
        if text.lower().startswith("0x"):
            if len(text) != form.width // 4 + 2:
                raise ValueError
            return form.from_bits(int(text, 16))
        with np.errstate(over="ignore"):
            return np.float64(text).astype(form.dtype)
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


def number_text(form, bits):
    """Return a number as decimal and bits."""
    return f"{float(widen(form.from_bits(bits)))!r}  {form.hex(bits)}"


def explain(function, x, form, measured, to):
    """Print the explanation of a function at one row, or at one number in an array of one."""
    row = widen(x).tolist()
    inputs = x if function in ELEMENTWISE else x[None]
    exact = reference.exact(function, inputs, form)
    computed = {}
    for one in measured:
        if function in one.functions:
            try:
                computed[one.name] = one(function, inputs)
            except ImplementationError as error:
                computed[one.name] = str(error)
    to.print(f"{function} {form.name}", style="bold")
    for i, value in enumerate(row):
        to.print(
            f"input{f' [{i}]' if len(row) > 1 else ''}: {value!r}  {form.hex(form.to_bits(x)[i])}",
            soft_wrap=True,
        )
    for element in range(exact.bits.size):
        to.print()
        if exact.bits.size > 1:
            to.print(f"result [{element}]", style="bold")
        _explain_value(function, row, element, exact, to)
        to.print(_returned(exact, element, computed))


def _explain_value(function, row, element, exact, to):
    form, bits, fraction = exact.form, int(exact.bits.flat[element]), float(exact.fraction.flat[element])
    if is_special(function, row):
        to.print(f"by rule: {number_text(form, bits)}")
        return
    to.print(f"exact value to {DIGITS} digits: {exact_text(function, row, element)}", soft_wrap=True)
    to.print(f"correctly rounded: {number_text(form, bits)}  ({abs(fraction):.9f} ULP away)", soft_wrap=True)
    magnitude = bits & (form.sign_bit - 1)
    if magnitude < form.infinity_bits and (fraction >= 0 or magnitude > 0):
        other = bits + (1 if fraction >= 0 else -1)
        to.print(
            f"on the other side: {number_text(form, other)}  ({1 - abs(fraction):.9f} ULP away)",
            soft_wrap=True,
        )


def _returned(exact, element, computed):
    table = Table()
    for name in ("implementation", "returned", "bits", "ULP error", ""):
        table.add_column(name)
    for name, result in computed.items():
        if isinstance(result, str):
            table.add_row(escape(name), escape(result))
            continue
        found = errors(exact, result)
        bits = exact.form.to_bits(result).flat[element]
        kind = next((kind for kind, where in found.failed.items() if where.flat[element]), "")
        verdict = f"failure: {kind}" if kind else "correctly rounded" if found.correct.flat[element] else ""
        ulp = found.ulp.flat[element]
        table.add_row(
            escape(name),
            repr(float(widen(result).flat[element])),
            exact.form.hex(bits),
            "-" if np.isnan(ulp) else tables.ulp_text(float(ulp)),
            verdict,
        )
    return table


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
    explain(function, x, form, options.load_implementations(impl, (function,)), tables.console())
