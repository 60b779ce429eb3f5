"""Edge cases as data: inputs and correctly rounded results as bits, each with where it came from.

Those of the elementwise functions are files of the form of NumPy's umath-validation-set, one a function
(``dtype,input,output,ulperrortol``, the tolerance 0 since only one result is right); a comment line ``#
origin: ...`` holds for the lines below it. Those of the reductions are rows, in one JSON file.
"""

import csv
import json
from dataclasses import dataclass
from importlib import resources

from halfulp.accuracy.functions import ELEMENTWISE
from halfulp.accuracy.ulp import format_of

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


def load(function=None, dtype=None):
    """Return the shipped cases, of one function or dtype if given, as a list of EdgeCase.

    Examples
    --------
    >>> [case.output.item() for case in load("sigmoid", "float16") if case.input.item() == 8.0]
    [0.99951171875]
    """
    folder = resources.files("halfulp.accuracy") / "data" / "cases"
    found = []
    for name in ELEMENTWISE:
        file = folder / f"{name}.csv"
        if file.is_file():
            found += parse(file.read_text(), name)
    for row in json.loads((folder / "rows.json").read_text()):
        bits = (tuple(int(text, 16) for text in row[key]) for key in ("input", "output"))
        found.append(EdgeCase(row["function"], row["dtype"], *bits, row["origin"]))
    return [c for c in found if function in (None, c.function) and dtype in (None, c.dtype)]


def parse(text, function):
    """Read the text of an umath-validation-set file."""
    origin, found = "", []
    for line in text.splitlines():
        if line.startswith("#"):
            origin = line.removeprefix(_ORIGIN).strip() if line.startswith(_ORIGIN) else origin
        elif line and line != HEADER:
            dtype, given, due, _ = next(csv.reader([line]))
            found.append(EdgeCase(function, dtype, (int(given, 16),), (int(due, 16),), origin))
    return found
