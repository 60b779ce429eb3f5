"""Reports as documents: Markdown, and one self-contained HTML page with plots and explanations."""

import html as html_text
from itertools import groupby

import jinja2
import numpy as np

from halfulp.accuracy import plots, tables
from halfulp.accuracy.environment import environment
from halfulp.accuracy.explain import DIGITS, explain
from halfulp.accuracy.functions import ELEMENTWISE
from halfulp.accuracy.measure import MOST_SHOWN
from halfulp.accuracy.ulp import format_of

LONGEST_EXPLAINED = 64  # members of a row


def _cell(text):
    """Return text for a cell of a Markdown table: one line, in which nothing is markup, a tag or a border."""
    line = html_text.escape(" ".join(str(text).split()), quote=False)
    return line.replace("\\", "\\\\").replace("|", "\\|")


def _templates():
    loader = jinja2.PackageLoader("halfulp.accuracy", "templates")
    found = jinja2.Environment(
        loader=loader, autoescape=jinja2.select_autoescape(["html"]), trim_blocks=True, lstrip_blocks=True
    )
    found.filters["ulp"] = tables.ulp_text
    found.filters["short"] = tables.short
    found.filters["input"] = tables.input_text
    found.filters["failures"] = tables.failures_text
    found.filters["cell"] = _cell
    found.globals["percent"] = tables.percent_text
    found.globals["promise"] = tables.promise_text
    return found


def sections(report):
    """Yield (function, dtype, results) in the report's order."""
    for (function, dtype), group in groupby(report.results, key=lambda r: (r.function, r.dtype)):
        yield function, dtype, list(group)


def markdown(report):
    """Return a report as Markdown text."""
    context = {"report": report, "environment": environment(), "summary": tables.summarise(report.results)}
    return _templates().get_template("report.md").render(context, sections=list(sections(report)))


def _notable(results):
    """Return the worst example of each implementation and the first failure of each kind, without doubles."""
    worst = {}
    for result in results:
        if result.worst and (
            result.implementation not in worst or result.worst.ulp > worst[result.implementation].worst.ulp
        ):
            worst[result.implementation] = result
    found = {}
    for result in worst.values():
        found.setdefault((tuple(result.worst.input_bits), result.worst.element), []).append(
            (result, result.worst)
        )
    for result in results:
        for example in result.failed:
            key = tuple(example.input_bits), example.element
            if key not in found or all(
                other.implementation != result.implementation for other, _ in found[key]
            ):
                found.setdefault(key, []).append((result, example))
    return found


def _explained(function, form, results, measured):
    """Return (anchor, [(result, example), ...], Explanation or None) for each notable input."""
    for number, examples in enumerate(_notable(results).values()):
        example = examples[0][1]
        explanation = None
        if example.length <= min(LONGEST_EXPLAINED, MOST_SHOWN):
            x = form.from_bits(np.array([int(bits, 16) for bits in example.input_bits], form.uint))
            element = 0 if function in ELEMENTWISE else example.element
            (explanation,) = explain(function, x, form, measured, [element])
        yield f"{function}-{form.name}-{number}", examples, explanation


def html(report, measured):
    """Return a report as one self-contained HTML page.

    Parameters
    ----------
    report : Report
    measured : sequence of Implementation
        Those of the report, to be run again for plots and explanations.
    """
    parts = []
    for function, dtype, results in sections(report):
        form = format_of(dtype)
        working = {result.implementation for result in results if not result.error}
        able = [one for one in measured if one.name in working]
        parts.append(
            {
                "function": function,
                "dtype": dtype,
                "results": results,
                "plot": plots.draw(function, form, plots.curves(function, form, able)),
                "notable": list(_explained(function, form, results, able)),
            }
        )
    context = {"report": report, "environment": environment(), "summary": tables.summarise(report.results)}
    return _templates().get_template("report.html").render(context, parts=parts, digits=DIGITS)
