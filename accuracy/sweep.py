"""sweep: every input of a 16- or 32-bit type, or random float64 inputs, with a checkpoint to go on from.

An input costs one fast enclosure (see `enclosure`), and mpmath where that does not decide. The work is cut
into chunks, numbered; what a chunk holds depends on its number and the specification alone, so that chunks
may be done in any order, by any process or machine, or twice.
"""

import sys
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field

import click
import numpy as np
from rich.markup import escape
from rich.progress import TextColumn

from halfulp.accuracy import enclosure, inputs, options, tables
from halfulp.accuracy.checkpoint import Checkpoint, CheckpointError, write_json
from halfulp.accuracy.functions import ELEMENTWISE
from halfulp.accuracy.implementations import ImplementationError, load
from halfulp.accuracy.measure import BLOCK
from halfulp.accuracy.parallel import ClusterError, executor_of, in_flight, progress_bar
from halfulp.accuracy.ulp import FAILURES, errors, format_of, widen

CHUNK = 1 << 20
SAMPLES = 10**8
SEED = 20240229


@dataclass(frozen=True)
class Specification:
    """What is swept: all bits from `start` to `stop`, or for float64 so many random inputs.

    Random inputs are half uniform in bits, half uniform in value where no result is saturated.
    """

    function: str
    dtype: str
    implementation: str
    start: int
    stop: int
    seed: int | None = None
    chunk: int = CHUNK

    @property
    def chunks(self):
        """The number of chunks."""
        return -(-(self.stop - self.start) // self.chunk)

    def chunk_inputs(self, number):
        """Return the inputs of one chunk."""
        form = format_of(self.dtype)
        first = self.start + number * self.chunk
        last = min(first + self.chunk, self.stop)
        if self.seed is None:
            return form.from_bits(np.arange(first, last, dtype=np.uint64).astype(form.uint))
        rng = inputs.generator(self.seed, self.function, self.dtype, str(number))
        halves = (last - first) // 2, last - first - (last - first) // 2
        draws = ("uniform-bits", "uniform-value")
        return np.concatenate(
            [inputs.INPUTS[name](self.function, form, n, rng) for name, n in zip(draws, halves, strict=True)]
        )


@dataclass
class Tally:
    """Sums over the inputs done so far; tallies of parts add up to that of the whole."""

    count: int = 0
    correct: int = 0
    sum_ulp: float = 0.0
    max_ulp: float = 0.0
    worst_bits: int | None = None
    incorrect_bits: int | None = None
    failures: dict = field(default_factory=lambda: dict.fromkeys(FAILURES, 0))
    failed_bits: dict = field(default_factory=dict)
    undecided: int = 0

    def add(self, other):
        """Add another tally to this one; of several worst inputs the one with the smallest bits is kept."""
        self.count += other.count
        self.correct += other.correct
        self.sum_ulp += other.sum_ulp
        self.undecided += other.undecided
        if (other.max_ulp, -_or_zero(other.worst_bits)) > (self.max_ulp, -_or_zero(self.worst_bits)):
            self.max_ulp, self.worst_bits = other.max_ulp, other.worst_bits
        self.incorrect_bits = _first(self.incorrect_bits, other.incorrect_bits)
        for kind, count in other.failures.items():
            self.failures[kind] += count
        for kind, bits in other.failed_bits.items():
            self.failed_bits[kind] = _first(self.failed_bits.get(kind), bits)


def _or_zero(bits):
    return 0 if bits is None else bits


def _first(a, b):
    return b if a is None else a if b is None else min(a, b)


def sweep_chunk(task):
    """Measure one chunk: the function that executors run. Returns a Tally."""
    specification, number = task
    form = format_of(specification.dtype)
    implementation = load(specification.implementation, (specification.function,))
    x = specification.chunk_inputs(number)
    tally = Tally()
    for begin in range(0, x.size, BLOCK):
        tally.add(_sweep_block(specification.function, form, implementation, x[begin : begin + BLOCK]))
    return tally


def _sweep_block(function, form, implementation, x):
    computed = implementation(function, x)
    exact, undecided = enclosure.exact(function, x, form)
    found = errors(exact, computed)
    bits = form.to_bits(x)
    valid = np.nan_to_num(found.ulp, nan=-1.0)
    worst = int(valid.argmax())
    incorrect = np.flatnonzero(~found.correct)
    return Tally(
        count=x.size,
        correct=x.size - incorrect.size,
        sum_ulp=float(valid[valid > 0].sum()),
        max_ulp=max(float(valid[worst]), 0.0),
        worst_bits=int(bits[worst]) if valid[worst] > 0 else None,
        incorrect_bits=int(bits[incorrect].min()) if incorrect.size else None,
        failures={kind: int(np.count_nonzero(where)) for kind, where in found.failed.items()},
        failed_bits={kind: int(bits[where].min()) for kind, where in found.failed.items() if where.any()},
        undecided=undecided,
    )


def sweep(specification, executor, workers, checkpoint=None, progress=lambda tally: None):
    """Run a sweep to its end.

    Parameters
    ----------
    specification : Specification
    executor : concurrent.futures.Executor
    workers : int
        How many chunks it works on at once; twice as many are submitted.
    checkpoint : Checkpoint, optional
        Tells what is done already, and is written as the sweep goes on.
    progress : callable, optional
        Called with the Tally so far after each chunk.

    Returns
    -------
    Tally
    """
    tally = Tally(**checkpoint.tally) if checkpoint and checkpoint.tally else Tally()
    done = set(checkpoint.done) if checkpoint else set()
    progress(tally)
    tasks = ((specification, number) for number in range(specification.chunks) if number not in done)
    try:
        for (_, number), part in in_flight(executor, sweep_chunk, tasks, 2 * workers):
            tally.add(part)
            done.add(number)
            if checkpoint:
                checkpoint.update(sorted(done), asdict(tally))
            progress(tally)
    finally:
        if checkpoint:
            checkpoint.save()
    return tally


def as_dict(specification, tally):
    """Return a sweep's result for JSON."""
    form = format_of(specification.dtype)

    def number(bits):
        return (
            None
            if bits is None
            else {"bits": form.hex(bits), "value": repr(float(widen(form.from_bits(bits))))}
        )

    return {
        "specification": asdict(specification),
        "count": tally.count,
        "correct": tally.correct,
        "mean_ulp": tally.sum_ulp / max(tally.count - sum(tally.failures.values()), 1),
        "max_ulp": tally.max_ulp,
        "worst": number(tally.worst_bits),
        "first_incorrect": number(tally.incorrect_bits),
        "failures": tally.failures,
        "first_failed": {kind: number(bits) for kind, bits in tally.failed_bits.items()},
        "decided_by_mpmath": tally.undecided,
    }


def _specification(function, dtype, impl, bits_range, samples, seed):
    form = format_of(dtype)
    if form.width == 64:
        if bits_range:
            raise click.UsageError(
                "--bits is for 16- and 32-bit types; float64 has random inputs: --samples, --seed"
            )
        return Specification(function, dtype, impl, 0, samples or SAMPLES, SEED if seed is None else seed)
    if samples or seed is not None:
        raise click.UsageError(f"--samples and --seed are for float64; all inputs of {dtype} are swept")
    start, stop = 0, 1 << form.width
    if bits_range:
        start, stop = bits_range
        if not 0 <= start < stop <= 1 << form.width:
            raise click.UsageError(f"--bits wants 0 <= START < STOP <= {1 << form.width:#x}")
    return Specification(function, dtype, impl, start, stop, chunk=min(CHUNK, max(stop - start, 1)))


class Integer(click.ParamType):
    """An integer, decimal or hexadecimal."""

    name = "integer"

    def convert(self, value, parameter, context):
        """Return the integer."""
        try:
            return int(str(value), 0)
        except ValueError:
            self.fail(f"{value!r} is not an integer, decimal or 0x...", parameter, context)


@click.command("sweep")
@click.argument("function", type=click.Choice(ELEMENTWISE))
@click.argument("dtype", type=click.Choice(("float16", "bfloat16", "float32", "float64")))
@click.option(
    "--impl", default="halfulp", show_default=True, metavar="NAME|MODULE:FUNCTION", help="Implementation."
)
@click.option(
    "--bits", "bits_range", nargs=2, type=Integer(), metavar="START STOP", help="Only these inputs, as bits."
)
@click.option("--samples", type=click.IntRange(1), help=f"Random inputs, for float64.  [default: {SAMPLES}]")
@click.option("--seed", type=click.IntRange(0), help="Of the random inputs.")
@options.jobs
@click.option("--scheduler", metavar="ADDRESS", help="Work on a Dask cluster instead of processes here.")
@click.option("--checkpoint", "checkpoint_file", type=options.OutputFile(), help="Resume from it.")
@click.option("--json", "json_file", type=options.OutputFile(), help="Write the result as JSON.")
def command(function, dtype, impl, bits_range, samples, seed, jobs, scheduler, checkpoint_file, json_file):
    """Check every input of a 16- or 32-bit type, or random float64 inputs.

    Random inputs are half uniform in bits, half uniform in value.

    The exit status is 1 if a result is not correctly rounded. A sweep that was stopped goes on if it is
    started again with the same --checkpoint file.
    """
    options.refuse_one_file(checkpoint=checkpoint_file, json=json_file)
    specification = _specification(function, dtype, impl, bits_range, samples, seed)
    implementation = options.load_implementations((impl,), (function,))[0]
    if implementation.error:
        raise click.ClickException(f"{impl} {implementation.error}")
    if function not in implementation.functions:
        raise click.ClickException(f"{impl} has no {function}")
    try:
        state = asdict(specification) | {"version": implementation.version}
        checkpoint = Checkpoint(checkpoint_file, state) if checkpoint_file else None
        tally = _run(specification, jobs, scheduler, checkpoint)
    except (CheckpointError, ClusterError, ImplementationError) as error:
        raise click.ClickException(str(error)) from error
    except BrokenProcessPool as error:
        hint = (
            "; the same command resumes it" if checkpoint_file else "; with --checkpoint it could be resumed"
        )
        raise click.ClickException(f"a worker process died{hint}") from error
    except KeyboardInterrupt:
        where = f"; {checkpoint_file} holds what is done" if checkpoint_file else ""
        raise click.ClickException(f"interrupted{where}") from None
    result = as_dict(specification, tally)
    if json_file:
        write_json(json_file, result)
    _show(specification, tally, result)
    sys.exit(0 if tally.correct == tally.count else 1)


def _run(specification, jobs, scheduler, checkpoint):
    with executor_of(jobs, scheduler) as (executor, workers):
        rate = TextColumn("{task.fields[rate]}")
        with progress_bar(tables.console(stderr=True), rate) as bar:
            name = f"{specification.function} {specification.dtype} {escape(specification.implementation)}"
            total = specification.stop - specification.start
            task = bar.add_task(name, total=total, rate="")

            def progress(tally):
                speed = bar.tasks[task].speed
                bar.update(task, completed=tally.count, rate=f"{speed / 1e6:.1f} million/s" if speed else "")

            return sweep(specification, executor, workers, checkpoint, progress)


def _show(specification, tally, result):
    to = tables.console()
    name = f"{specification.function} {specification.dtype}, {escape(specification.implementation)}"
    to.print(
        f"{name}: {tally.count} inputs, {tables.percent_text(tally.correct, tally.count)} correctly rounded"
    )
    worst = result["worst"]
    place = f" at {worst['value']} {worst['bits']}" if worst else ""
    mean, largest = tables.ulp_text(result["mean_ulp"]), tables.ulp_text(tally.max_ulp)
    to.print(f"mean {mean} ULP, largest {largest} ULP{place}; {tally.undecided} decided by mpmath")
    if tally.incorrect_bits is not None:
        first = result["first_incorrect"]
        to.print(f"{tally.count - tally.correct} incorrect, the first at {first['value']} {first['bits']}")
    for kind, bits in result["first_failed"].items():
        to.print(f"failures: {kind} {tally.failures[kind]}, the first at {bits['value']} {bits['bits']}")
