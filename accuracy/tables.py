"""Results as tables on the terminal."""

import math
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from halfulp.accuracy.functions import CORRECTLY_ROUNDED, promised_ulp

WIDTH_WITHOUT_TERMINAL = 160


def console(stderr=False):
    """Return a rich console; wide enough for the tables where there is no terminal to measure."""
    found = Console(stderr=stderr, highlight=False)
    return (
        found if found.is_terminal else Console(stderr=stderr, highlight=False, width=WIDTH_WITHOUT_TERMINAL)
    )


def ulp_text(ulp):
    """Return an error in ULP as short text; what is not exactly half an ULP never looks like it."""
    if ulp is None:
        return "-"
    if ulp >= 1e4:
        return f"{ulp:.2e}"
    text = f"{ulp:.3f}"
    if ulp == 0.5 or text != "0.500":
        return text
    billionths = math.floor(ulp * 1e9) if ulp < 0.5 else math.ceil(ulp * 1e9)
    return f"{billionths / 1e9:.9f}"


def percent_text(part, whole):
    """Return a share as text; 100% only where nothing is missing."""
    if part == whole:
        return "100%"
    return f"{min(100 * part / whole, 99.999):.3f}%"


def promise_text(function, dtype):
    """Return what halfulp promises of a function and dtype, in words."""
    promised = promised_ulp(function, dtype)
    return "correctly rounded" if promised == CORRECTLY_ROUNDED else f"{promised} ULP"


def input_text(example):
    """Return an example's input as text: decimal and bits, a row by its beginning."""
    if example is None:
        return ""
    if example.length == 1:
        return f"{short(example.input[0])} {example.input_bits[0]}"
    first = ", ".join(short(value) for value in example.input[:3])
    return f"[{first}{', ...' if example.length > 3 else ''}] ({example.length}), element {example.element}"


def short(decimal):
    """Return a decimal with six digits."""
    return f"{float(decimal):.6g}"


def failures_text(result):
    """Return the failures by kind, as text."""
    return ", ".join(f"{kind} {count}" for kind, count in result.failures.items() if count) or "-"


def show_report(report, to=None):
    """Print a report: a table for each function and dtype, failures, and a summary."""
    to = to or console()
    for (function, dtype), group in groupby(report.results, key=lambda r: (r.function, r.dtype)):
        to.print(_details(function, dtype, list(group)))
    failed = [result for result in report.results if result.failed]
    if failed:
        to.print(_failures(failed))
    to.print(_summary(report.results))
    to.print(
        "ULP errors against mpmath; failures (a wrong NaN, a wrong infinity, +0 for -0) are counted apart. "
        f"Seed {report.seed}, {report.samples} samples a random set."
    )


def _details(function, dtype, results):
    table = Table(
        title=f"{function} {dtype} (halfulp promises: {promise_text(function, dtype)})", title_justify="left"
    )
    for name in ("inputs", "implementation"):
        table.add_column(name, no_wrap=True)
    for name in ("count", "correctly rounded", "mean ULP", "99% ULP", "largest ULP"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("at")
    table.add_column("failures")
    for name, group in groupby(results, key=lambda r: r.inputs):
        for i, result in enumerate(group):
            set_name = name if i == 0 else ""
            if result.error:
                table.add_row(
                    set_name, escape(result.implementation), "", "", "", "", "", escape(result.error)
                )
                continue
            table.add_row(
                set_name,
                escape(result.implementation),
                str(result.count),
                percent_text(result.correct, result.count),
                ulp_text(result.mean_ulp),
                ulp_text(result.p99_ulp),
                ulp_text(result.max_ulp),
                escape(input_text(result.worst)),
                failures_text(result),
            )
        table.add_section()
    return table


def _failures(results):
    table = Table(title="Failures, the first of each kind", title_justify="left")
    for name in ("function", "dtype", "inputs", "implementation", "input", "computed", "expected"):
        table.add_column(name)
    for result in results:
        for example in result.failed:
            table.add_row(
                *(result.function, result.dtype, result.inputs, escape(result.implementation)),
                escape(input_text(example)),
                f"{short(example.computed)} {example.computed_bits}",
                f"{short(example.expected)} {example.expected_bits}",
            )
    return table


def summarise(results):
    """Return the totals over all sets as dicts, one for each function, dtype and implementation."""
    groups = {}
    for result in results:
        groups.setdefault((result.function, result.dtype, result.implementation), []).append(result)
    lines = []
    for (function, dtype, implementation), group in groups.items():
        lines.append(
            {
                "function": function,
                "dtype": dtype,
                "implementation": implementation,
                "count": sum(r.count for r in group),
                "correct": sum(r.correct for r in group),
                "max_ulp": max(r.max_ulp for r in group),
                "worst": max(group, key=lambda r: r.max_ulp).worst,
                "failures": sum(r.failure_count for r in group),
                "error": next((r.error for r in group if r.error), ""),
                "keeps_promise": all(r.keeps_promise() for r in group),
            }
        )
    return lines


def _summary(results):
    table = Table(title="Summary over all input sets", title_justify="left")
    for name in ("function", "dtype", "implementation"):
        table.add_column(name, no_wrap=True)
    for name in ("count", "correctly rounded", "largest ULP"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("at")
    table.add_column("failures", justify="right")
    table.add_column("promise")
    for line in summarise(results):
        verdict = "keeps " if line["keeps_promise"] else "breaks "
        verdict += promise_text(line["function"], line["dtype"])
        table.add_row(
            *(line["function"], line["dtype"], escape(line["implementation"])),
            *(str(line["count"]), percent_text(line["correct"], line["count"]) if line["count"] else ""),
            ulp_text(line["max_ulp"]) if line["count"] else "",
            escape(line["error"] or input_text(line["worst"])),
            str(line["failures"]),
            verdict if line["implementation"] == "halfulp" else "",
        )
    return table
