"""Baselines: an implementation's bits and ULP figures on fixed inputs, and what a later run does differently.

A baseline holds the inputs themselves, so that it does not depend on any generator of random numbers.
"""

import json
import sys
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path

import click
import numpy as np
from rich.markup import escape
from rich.table import Table

from halfulp.accuracy import options, reference, tables
from halfulp.accuracy.checkpoint import write_json
from halfulp.accuracy.environment import environment
from halfulp.accuracy.functions import ELEMENTWISE, FUNCTIONS
from halfulp.accuracy.implementations import ImplementationError, supports
from halfulp.accuracy.measure import Case, measure, prepare
from halfulp.accuracy.report import INPUT_SETS, SEED
from halfulp.accuracy.ulp import FAILURES, errors, widen

FORMAT = "halfulp baseline 1"
SAMPLES = 100
INPUTS = tuple(name for name in INPUT_SETS if name not in ("powers-of-two", "exhaustive"))
SHIPPED = resources.files("halfulp.accuracy") / "data" / "baseline.json"
MOST_SHOWN = 5


class BaselineError(Exception):
    """A file is no baseline."""


def _pack(form, values):
    """Return the bits of an array's numbers as text, one string a row."""
    digits = form.width // 4
    return [
        "".join(f"{bits:0{digits}x}" for bits in row) for row in np.atleast_2d(form.to_bits(values)).tolist()
    ]


def _unpack(form, lines, shape):
    """Return the array that `_pack` packed."""
    bits = np.frombuffer(bytes.fromhex("".join(lines)), form.uint.newbyteorder(">"))
    return form.from_bits(bits.astype(form.uint)).reshape(shape)


@dataclass(frozen=True)
class Recorded:
    """A case of a baseline: its batches are pairs of inputs and outputs."""

    case: Case
    max_ulp: float
    failures: dict
    batches: list

    @classmethod
    def parse(cls, content):
        """Take a case from a baseline's content; KeyError, TypeError or ValueError if it is damaged."""
        case = Case(content["function"], content["dtype"], content["inputs"])
        if case.function not in FUNCTIONS:
            raise ValueError(f"unknown function {case.function!r}")
        batches = []
        for batch in content["batches"]:
            shape = tuple(batch["shape"])
            if len(shape) != (1 if case.function in ELEMENTWISE else 2):
                raise ValueError(f"a batch of shape {shape}")
            due = shape[:-1] if case.function == "logsumexp" else shape
            batches.append((_unpack(case.form, batch["x"], shape), _unpack(case.form, batch["y"], due)))
        failures = {kind: int(content["failures"][kind]) for kind in FAILURES}
        return cls(case, float(content["max_ulp"]), failures, batches)


def every_case(functions=FUNCTIONS):
    """Return the Cases that a baseline of some functions holds."""
    return [Case(f, d, name) for f in functions for d in options.known_dtypes() for name in INPUTS]


def record(implementation, samples=SAMPLES, seed=SEED, cases=None):
    """Measure an implementation on the fixed sets.

    Parameters
    ----------
    implementation : Implementation
    samples, seed : int, optional
        Of the random sets.
    cases : sequence of Case, optional
        All by default.

    Returns
    -------
    dict
        For JSON: bits of inputs and outputs, and the figures of each case.
    """
    recorded = []
    for case in every_case() if cases is None else cases:
        known = case.known() and case.function in implementation.functions
        if not known or not supports(implementation, case.function, case.form):
            continue
        prepared = prepare(case, samples, seed)
        result = measure(case, implementation, prepared)
        if result.error:
            raise ImplementationError(f"{case.function} {case.dtype}: {result.error}")
        recorded.append(
            {
                **asdict(case),
                "max_ulp": result.max_ulp,
                "failures": result.failures,
                "batches": [
                    {
                        "shape": x.shape,
                        "x": _pack(case.form, x),
                        "y": _pack(case.form, implementation(case.function, x)),
                    }
                    for x, _ in prepared
                ],
            }
        )
    return {
        "format": FORMAT,
        "implementation": implementation.name,
        "version": implementation.version,
        "environment": environment(),
        "cases": recorded,
    }


@dataclass
class Difference:
    """What differs on one case: bits that changed, errors that grew (and shrank), failures that are new."""

    function: str
    dtype: str
    inputs: str
    count: int = 0
    changed: int = 0
    larger_errors: int = 0
    smaller_errors: int = 0
    old_max_ulp: float = 0.0
    new_max_ulp: float = 0.0
    new_failures: dict = field(default_factory=dict)
    examples: list = field(default_factory=list)
    error: str = ""

    @property
    def is_none(self):
        """Tell whether nothing differs."""
        return not (self.error or self.changed or self.new_failures)


def compare(recorded, implementation):
    """Return the Difference between a Recorded case and what an implementation computes now."""
    case, form = recorded.case, recorded.case.form
    found = Difference(case.function, case.dtype, case.inputs, old_max_ulp=recorded.max_ulp)
    failures = dict.fromkeys(recorded.failures, 0)
    try:
        for x, old in recorded.batches:
            new = implementation(case.function, x)
            exact = reference.exact(case.function, x, form)
            error, old_error = errors(exact, new), errors(exact, old)
            both_nan = np.isnan(widen(old)) & np.isnan(widen(new))
            changed = (form.to_bits(old) != form.to_bits(new)) & ~both_nan
            found.count += new.size
            found.changed += int(np.count_nonzero(changed))
            found.larger_errors += int(np.count_nonzero(error.ulp > old_error.ulp))
            found.smaller_errors += int(np.count_nonzero(error.ulp < old_error.ulp))
            found.new_max_ulp = max(found.new_max_ulp, float(np.nan_to_num(error.ulp).max(initial=0.0)))
            for kind, where in error.failed.items():
                failures[kind] += int(np.count_nonzero(where))
            for index in np.flatnonzero(changed)[: MOST_SHOWN - len(found.examples)]:
                found.examples.append(_example(case, x, old, new, old_error, error, int(index)))
    except ImplementationError as problem:
        found.error = str(problem)
    found.new_failures = {
        kind: count - recorded.failures[kind]
        for kind, count in failures.items()
        if count > recorded.failures[kind]
    }
    return found


def _example(case, x, old, new, old_error, new_error, index):
    """Describe one changed result."""
    form = case.form
    flat = x.ravel()
    if x.ndim > 1:
        row = index if case.function == "logsumexp" else index // x.shape[-1]
        flat = x[row]
    else:
        flat = flat[index : index + 1]

    def number(values, error):
        value, ulp = values.ravel()[index], float(error.ulp.flat[index])
        return {
            "value": repr(float(widen(value))),
            "bits": form.hex(form.to_bits(value).ravel()[0]),
            "ulp": None if np.isnan(ulp) else ulp,
        }

    return {
        "input": [repr(v) for v in widen(flat).tolist()],
        "input_bits": [form.hex(bits) for bits in form.to_bits(flat)],
        "element": index % x.shape[-1] if x.ndim > 1 and case.function != "logsumexp" else 0,
        "old": number(old, old_error),
        "new": number(new, new_error),
    }


def read(path):
    """Return the content of a baseline file; BaselineError if it is none."""
    try:
        content = json.loads(path.read_text())
        if content["format"] != FORMAT:
            raise BaselineError(f"{path} has format {content['format']!r}; this version reads {FORMAT!r}")
        names = content["implementation"], content["version"], content["environment"]["cpu"]
        sound = bool(content["cases"]) and all(isinstance(name, str) for name in names)
        for recorded in content["cases"]:
            Recorded.parse(recorded)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise BaselineError(f"{path} is no baseline, or a damaged one") from error
    if not sound:
        raise BaselineError(f"{path} is no baseline, or a damaged one")
    return content


def check(baseline, implementation):
    """Return the Differences between a baseline's content and an implementation, where there are any."""
    differences = (compare(Recorded.parse(recorded), implementation) for recorded in baseline["cases"])
    return [found for found in differences if not found.is_none]


@click.command("baseline")
@click.option("--write", "file", required=True, type=options.OutputFile(), help="The file to write.")
@click.option("--impl", default="halfulp", show_default=True, metavar="NAME|MODULE:FUNCTION")
@click.option(
    "--function", type=click.Choice(FUNCTIONS), help="Record this one alone, which a module:function then is."
)
@click.option("--samples", type=click.IntRange(1), default=SAMPLES, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True)
def baseline_command(file, impl, function, samples, seed):
    """Record an implementation's bits and ULP figures on fixed inputs, for `check` to compare with."""
    functions = (function,) if function else FUNCTIONS
    (implementation,) = options.load_implementations((impl,), functions)
    try:
        if implementation.error:
            raise ImplementationError(implementation.error)
        content = record(implementation, samples, seed, every_case(functions))
        if not content["cases"]:
            raise ImplementationError(f"has no {', '.join(functions)}")
    except ImplementationError as error:
        raise click.ClickException(f"{impl}: {error}") from error
    write_json(file, content)
    tables.console().print(f"{file}: {escape(impl)} on {len(content['cases'])} cases")


@click.command("check")
@click.argument("baseline", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--impl", metavar="NAME|MODULE:FUNCTION", help="By default the one that was recorded.")
@click.option(
    "--function",
    type=click.Choice(FUNCTIONS),
    help="Compare this one alone, which a module:function then is.",
)
@click.option("--json", "json_file", type=options.OutputFile(), help="Write the differences as JSON.")
def check_command(baseline, impl, function, json_file):
    """Compare an implementation with a recorded BASELINE, by default halfulp's own.

    The exit status is 1 if bits changed, errors grew, or failures are new.
    """
    options.refuse_one_file(baseline=baseline, json=json_file)
    try:
        content = read(baseline or SHIPPED)
    except BaselineError as error:
        raise click.ClickException(str(error)) from error
    impl = impl or content["implementation"]
    functions = tuple(dict.fromkeys(case["function"] for case in content["cases"]))
    if function:
        content["cases"] = [case for case in content["cases"] if case["function"] == function]
        if function not in functions:
            raise click.ClickException(f"the baseline is of {', '.join(functions)}, not of {function}")
        functions = (function,)
    (implementation,) = options.load_implementations((impl,), functions)
    differences = check(content, implementation)
    if json_file:
        described = [asdict(found) for found in differences]
        write_json(
            json_file, {"implementation": impl, "environment": environment(), "differences": described}
        )
    _show(content, implementation, differences)
    sys.exit(1 if differences else 0)


def _show(baseline, implementation, differences):
    to = tables.console()
    recorded = f"{baseline['implementation']} {baseline['version']} on {baseline['environment']['cpu']}"
    name = f"{implementation.name} {implementation.version}".strip()
    if not differences:
        to.print(escape(f"{name} agrees with {recorded} on all {len(baseline['cases'])} cases"))
        return
    table = Table(title=escape(f"{name} against {recorded}"), title_justify="left")
    for heading in (
        "function",
        "dtype",
        "inputs",
        "changed",
        "largest ULP",
        "new failures",
        "at",
        "was",
        "is",
    ):
        table.add_column(heading)
    for found in differences:
        head = (found.function, found.dtype, found.inputs)
        if found.error:
            table.add_row(*head, "", "", "", escape(found.error))
            continue
        largest = f"{tables.ulp_text(found.old_max_ulp)} -> {tables.ulp_text(found.new_max_ulp)}"
        failures = ", ".join(f"{kind} +{count}" for kind, count in found.new_failures.items())
        changed = (
            f"{found.changed} of {found.count}: {found.larger_errors} worse, {found.smaller_errors} better"
        )
        figures = (changed, largest, failures)
        for i, example in enumerate(found.examples):
            numbers = (
                f"{tables.short(n['value'])} {n['bits']} ({tables.ulp_text(n['ulp'])} ULP)"
                for n in (example["old"], example["new"])
            )
            bits = example["input_bits"]
            at = f"{tables.short(example['input'][example['element']])} {bits[example['element']]}"
            if len(bits) > 1:
                at += f" (element {example['element']} of {len(bits)})"
            table.add_row(*(head if i == 0 else ("",) * 3), *(figures if i == 0 else ("",) * 3), at, *numbers)
        table.add_section()
    to.print(table)
