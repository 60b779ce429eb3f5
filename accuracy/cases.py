"""Edge cases as data: inputs and correctly rounded results as bits, each with where it came from.

Those of the elementwise functions are files of the form of NumPy's umath-validation-set, one a function
(``dtype,input,output,ulperrortol``, the tolerance 0 since only one result is right); a comment line ``#
origin: ...`` holds for the lines below it. Those of the reductions are rows, in one JSON file.
"""

import csv
import json
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import click
import numpy as np
from rich.markup import escape

from halfulp.accuracy import options, reference, tables
from halfulp.accuracy.functions import ELEMENTWISE, REDUCTIONS
from halfulp.accuracy.implementations import ImplementationError, supports
from halfulp.accuracy.ulp import errors, format_of

HEADER = "dtype,input,output,ulperrortol"
_ORIGIN = "# origin:"


@dataclass(frozen=True)
class EdgeCase:
    """One case.

    Attributes
    ----------
    function, dtype : str
    input_bits, output_bits : tuple of int
        One number for an elementwise function, a row for a reduction.
    origin : str
    """

    function: str
    dtype: str
    input_bits: tuple
    output_bits: tuple
    origin: str

    @property
    def form(self):
        """The Format."""
        return format_of(self.dtype)

    @property
    def input(self):
        """The input as a 1-D array."""
        return self.form.from_bits(self.input_bits)

    @property
    def output(self):
        """The correctly rounded result as a 1-D array."""
        return self.form.from_bits(self.output_bits)

    def __str__(self):
        values = ", ".join(f"{self.form.hex(bits)}" for bits in self.input_bits[:3])
        return f"{self.function}({self.dtype} {values}{', ...' if len(self.input_bits) > 3 else ''})"


def folder():
    """Return the folder that the cases are shipped in."""
    return resources.files("halfulp.accuracy") / "data" / "cases"


def load(function=None, dtype=None):
    """Return the shipped cases, of one function or dtype if given, as a list of EdgeCase.

    Examples
    --------
    >>> [case.output.item() for case in load("sigmoid", "float16") if case.input.item() == 8.0]
    [0.99951171875]
    """
    found = []
    for name in ELEMENTWISE:
        found += parse((folder() / f"{name}.csv").read_text(), name)
    for row in json.loads((folder() / "rows.json").read_text()):
        bits = (tuple(int(text, 16) for text in row[key]) for key in ("input", "output"))
        found.append(EdgeCase(row["function"], row["dtype"], *bits, row["origin"]))
    return [c for c in found if function in (None, c.function) and dtype in (None, c.dtype)]


def export(target):
    """Write all cases to a folder, as they are shipped; return the paths."""
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name in ELEMENTWISE:
        lines, origin = [HEADER], None
        for case in load(name):
            if case.origin != origin:
                origin = case.origin
                lines.append(f"{_ORIGIN} {origin}")
            module = "ml_dtypes" if case.dtype == "bfloat16" else "np"
            bits = ",".join(map(case.form.hex, (*case.input_bits, *case.output_bits)))
            lines.append(f"{module}.{case.dtype},{bits},0")
        written.append(target / f"{name}.csv")
        written[-1].write_text("\n".join(lines) + "\n")
    rows = [
        {
            "function": case.function,
            "dtype": case.dtype,
            "input": [case.form.hex(bits) for bits in case.input_bits],
            "output": [case.form.hex(bits) for bits in case.output_bits],
            "origin": case.origin,
        }
        for name in REDUCTIONS
        for case in load(name)
    ]
    written.append(target / "rows.json")
    written[-1].write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    return written


def parse(text, function):
    """Read the text of an umath-validation-set file."""
    origin, found = "", []
    for line in text.splitlines():
        if line.startswith("#"):
            origin = line.removeprefix(_ORIGIN).strip() if line.startswith(_ORIGIN) else origin
        elif line and line != HEADER:
            dtype, given, due, _ = next(csv.reader([line]))
            name = dtype.rpartition(".")[2]  # of np.float32, ml_dtypes.bfloat16
            found.append(EdgeCase(function, name, (int(given, 16),), (int(due, 16),), origin))
    return found


def check(implementation, cases):
    """Return (case, text) for every case on which an implementation does not give the bits that are due."""
    wrong = []
    for case in cases:
        x = case.input if case.function in ELEMENTWISE else case.input[None]
        try:
            result = implementation(case.function, x).ravel()
        except ImplementationError as error:
            wrong.append((case, str(error)))
            continue
        exact = reference.exact(case.function, x, case.form)
        found = errors(exact, result.reshape(exact.bits.shape))
        if not found.correct.all():
            worst = int(np.flatnonzero(~found.correct.ravel())[0])
            ulp = float(found.ulp.flat[worst])
            bits = case.form.to_bits(result)[worst], case.output_bits[worst]
            text = "{}, not {}".format(*map(case.form.hex, bits))
            text += " (a failure)" if np.isnan(ulp) else f" ({tables.ulp_text(ulp)} ULP)"
            wrong.append((case, text if result.size == 1 else f"element {worst}: {text}"))
    return wrong


@click.command("cases")
@options.functions
@options.dtypes
@options.implementations
@click.option(
    "--export", "target", type=click.Path(file_okay=False, path_type=Path), help="Write them all there."
)
def command(functions, dtypes, impl, target):
    """Check implementations on the shipped edge cases, or export these for other tests.

    The exit status is 1 if halfulp is wrong on one.
    """
    to = tables.console()
    if target:
        for path in export(target):
            to.print(str(path), markup=False)
        return
    count, failed = 0, False
    for implementation in options.load_implementations(impl, functions):
        chosen = [
            case
            for case in load()
            if case.function in functions
            and case.dtype in dtypes
            and case.function in implementation.functions
            and supports(implementation, case.function, case.form)
        ]
        count += len(chosen)
        wrong = check(implementation, chosen)
        to.print(
            f"{escape(implementation.name)}: {len(chosen) - len(wrong)} of {len(chosen)} right", style="bold"
        )
        for case, text in wrong:
            to.print(f"  {case}: {text}  [{case.origin}]", markup=False, soft_wrap=True)
        failed |= bool(wrong) and implementation.name == "halfulp"
    if not count:
        raise click.UsageError(
            f"no implementation has a case of {', '.join(functions)} of {', '.join(dtypes)}"
        )
    sys.exit(1 if failed else 0)
