"""The report: functions x dtypes x input sets x implementations, side by side against the exact values."""

import sys
from contextlib import nullcontext
from dataclasses import dataclass

import click

from halfulp.accuracy import options, page, tables
from halfulp.accuracy.checkpoint import write_json
from halfulp.accuracy.environment import environment
from halfulp.accuracy.implementations import supports
from halfulp.accuracy.inputs import INPUTS
from halfulp.accuracy.measure import Case, Result, measure, prepare
from halfulp.accuracy.parallel import available_cpus, in_flight, processes, progress_bar
from halfulp.accuracy.rows import ROWS
from halfulp.accuracy.ulp import FORMATS

SAMPLES = 2000
SEED = 20240229
INPUT_SETS = tuple(dict.fromkeys([*INPUTS, *ROWS]))


@dataclass(frozen=True)
class Report:
    """All results of one run, and what it was run with."""

    results: list[Result]
    samples: int
    seed: int

    def broken_promises(self, name="halfulp"):
        """Return the results of an implementation that are outside of what halfulp promises."""
        return [r for r in self.results if r.implementation == name and not r.keeps_promise()]

    def as_dict(self):
        """Return everything, for JSON."""
        return {
            "samples": self.samples,
            "seed": self.seed,
            "environment": environment(),
            "results": [result.as_dict() for result in self.results],
        }


def _prepare(task):
    return prepare(*task)


def run(
    functions,
    dtypes,
    input_sets,
    measured,
    samples=SAMPLES,
    seed=SEED,
    jobs=None,
    progress=lambda done, total: None,
):
    """Measure implementations.

    Parameters
    ----------
    functions, dtypes, input_sets : sequence of str
        Names from `FUNCTIONS`, `FORMATS` and `INPUT_SETS`; an input set is passed over where a function has
        no such set.
    measured : sequence of Implementation
    samples, seed : int
        Of the random sets.
    jobs : int, optional
        Processes that compute the exact values; all CPUs by default.
    progress : callable, optional
        Called with the numbers of cases done and in all.

    Returns
    -------
    Report
    """
    takers = {}
    for function in functions:
        for dtype in dtypes:
            takers[function, dtype] = [
                one
                for one in measured
                if function in one.functions and supports(one, function, FORMATS[dtype])
            ]
    cases = [
        case
        for function, dtype in takers
        for case in (Case(function, dtype, name) for name in input_sets)
        if case.known() and takers[function, dtype]
    ]
    tasks = {case: (case, samples, seed) for case in cases}
    found, done = {}, 0
    jobs = min(jobs or available_cpus(), max(len(cases), 1))
    with processes(jobs) if jobs > 1 else nullcontext() as executor:
        for (case, *_), prepared in in_flight(executor, _prepare, tasks.values(), 2 * jobs):
            found[case] = [measure(case, one, prepared) for one in takers[case.function, case.dtype]]
            done += 1
            progress(done, len(cases))
    results = [result for case in cases for result in found[case]]
    return Report(results, samples, seed)


def known_sets(functions, dtypes):
    """Return the names of the input sets that there are for any of the functions and dtypes."""
    return [n for n in INPUT_SETS if any(Case(f, d, n).known() for f in functions for d in dtypes)]


@click.command("report")
@options.functions
@options.dtypes
@click.option(
    "--inputs", "input_sets", multiple=True, type=click.Choice(INPUT_SETS), help="Input sets; all by default."
)
@options.implementations
@click.option(
    "--samples", type=click.IntRange(1), default=SAMPLES, show_default=True, help="Inputs of a random set."
)
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True, help="Of the random sets.")
@options.jobs
@click.option("--json", "json_file", type=options.OutputFile(), help="Write everything as JSON.")
@click.option("--markdown", "markdown_file", type=options.OutputFile(), help="Write the tables as Markdown.")
@click.option(
    "--html", "html_file", type=options.OutputFile(), help="Write one self-contained page with plots."
)
def command(functions, dtypes, input_sets, impl, samples, seed, jobs, json_file, markdown_file, html_file):
    """Measure implementations side by side against the exact values.

    An implementation is one of halfulp, numpy (the usual formulas), scipy, torch, tensorflow and jax, or a
    module:function that takes and returns a NumPy array. The reductions get rows: 2-D arrays, to be reduced
    along the last axis.

    The exit status is 1 if halfulp breaks its promise.
    """
    options.refuse_one_file(json=json_file, markdown=markdown_file, html=html_file)
    measured = options.load_implementations(impl, functions)
    asked = f"{', '.join(functions)} of {', '.join(dtypes)}"
    known = known_sets(functions, dtypes)
    chosen = input_sets or known
    if not set(chosen) & set(known):
        raise click.BadParameter(
            f"no {', '.join(chosen)}: the sets of {asked} are {', '.join(known)}", param_hint="--inputs"
        )
    with progress_bar(tables.console(stderr=True)) as bar:
        task = bar.add_task("measuring", total=None)

        def progress(done, total):
            bar.update(task, completed=done, total=total)

        report = run(functions, dtypes, chosen, measured, samples, seed, jobs, progress)
        if not report.results:
            names = ", ".join(one.name for one in measured)
            raise click.UsageError(f"{names}: no {asked} on {', '.join(chosen)}")
        if html_file:
            bar.update(task, description="drawing", total=None)
            html_file.write_text(page.html(report, measured), encoding="utf-8")
    tables.show_report(report)
    if json_file:
        write_json(json_file, report.as_dict())
    if markdown_file:
        markdown_file.write_text(page.markdown(report), encoding="utf-8")
    sys.exit(1 if report.broken_promises() else 0)
