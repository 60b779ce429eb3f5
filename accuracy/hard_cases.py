"""The float64 inputs whose exact sigmoid, log_sigmoid or softplus lies closest to a rounding midpoint.

There a correctly rounded result needs the most digits of the exact one. This module holds the resumable
search for such inputs, its command, and the reader of the tables that it wrote into `data/`.
softplus(x) = -log_sigmoid(-x), so those two share a table.
"""

import functools
import itertools
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from halfulp.accuracy import options
from halfulp.accuracy.checkpoint import write_json

from .midpoints import FUNCTIONS, hardest, locate, search_hardest

FORMAT = "halfulp hard-cases, version 1"
KEEP = 20  # hardest cases of each stratum
EASY, EASY_EVERY = 0.25, 8  # nearer to 0 the functions are so straight that one round in 8 does
MIRRORED = {"softplus": "log_sigmoid"}
NAMES = [*FUNCTIONS, *MIRRORED]


class Search:
    """A resumable search: the rounds done, and the hardest cases of each stratum up to now."""

    def __init__(self, name, keep=KEEP, strata=None):
        self.name, self.keep, self.rounds = name, keep, 0
        edges = FUNCTIONS[name].edges
        self.strata = strata or [(a, b) for a, b in itertools.pairwise(edges) if a * b > 0]
        self.best = [{} for _ in self.strata]

    def run_round(self, map_function=map):
        """Search one portion of every stratum, of an easy one every 8th round.

        `map_function` may be an executor's map.
        """
        numbers, lows, highs, turns = [], [], [], []
        for number, (low, high) in enumerate(self.strata):
            turn, rest = divmod(self.rounds, EASY_EVERY if max(-low, high) <= EASY else 1)
            if rest == 0:
                numbers.append(number), lows.append(low), highs.append(high), turns.append(turn)
        search = functools.partial(search_hardest, self.name, keep=self.keep)
        for number, found in zip(numbers, map_function(search, lows, highs, turns), strict=True):
            best = self.best[number] | found
            order = sorted(best, key=lambda x: (abs(best[x][1]), x))
            self.best[number] = {x: best[x] for x in order[: self.keep]}
        self.rounds += 1

    def save(self, path):
        """Write a checkpoint, at once and whole."""
        record = {
            "format": FORMAT,
            "function": self.name,
            "keep": self.keep,
            "rounds": self.rounds,
            "strata": [[a.hex(), b.hex(), [x.hex() for x in best]] for (a, b), best in self._items()],
        }
        write_json(path, record)

    def load(self, path):
        """Go on from a checkpoint of the same search.

        Raises
        ------
        ValueError
            The file is no checkpoint, is damaged, or belongs to another search.
        """
        try:
            record = json.loads(Path(path).read_text(encoding="ascii"))
            given = record["format"], record["function"], record["keep"]
            rounds = record["rounds"]
            strata = [(float.fromhex(a), float.fromhex(b)) for a, b, _ in record["strata"]]
            inputs = [[float.fromhex(x) for x in best] for _, _, best in record["strata"]]
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ValueError(f"{path} is not a readable checkpoint of this search: {error!r}") from error
        expected = FORMAT, self.name, self.keep
        if given != expected:
            raise ValueError(f"{path} belongs to another search: it is of {given}, this one of {expected}")
        sound = type(rounds) is int and rounds >= 0 and strata == self.strata
        sound = sound and all(
            len(set(best)) == len(best) <= self.keep and all(a <= x < b for x in best)
            for (a, b), best in zip(strata, inputs, strict=True)
        )
        if not sound:
            raise ValueError(f"{path} is damaged: its rounds, strata or inputs are not those of a search")
        self.rounds = rounds
        self.best = [hardest(self.name, best, self.keep) for best in inputs]

    def cases(self):
        """Return [(input, output, distance)] of all strata and the structured cases, by ascending input."""
        found = dict(item for best in self.best for item in best.items())
        found |= {x: locate(self.name, x) for x in FUNCTIONS[self.name].extras}
        return [(x, *found[x]) for x in sorted(found)]

    def _items(self):
        return zip(self.strata, self.best, strict=True)


class Table(NamedTuple):
    """Hard cases by ascending input: float64 arrays, `distance` in ULP as `locate` gives it."""

    inputs: np.ndarray
    outputs: np.ndarray
    distances: np.ndarray


def table_text(name, cases, command):
    """Return a table as text in the form of NumPy's umath-validation-set files."""
    lines = [
        f"# {len(cases)} float64 inputs whose exact {name} lies closest to a rounding midpoint.",
        "# Columns as in NumPy's umath-validation-set files; each output is the correctly rounded result.",
        "# The comment of a row: exact result minus nearest midpoint, in ULP of the result.",
        f"# Written by: {command}",
        "dtype,input,output,ulperrortol",
    ]
    lines += [f"np.float64,{bits(x)},{bits(y)},0 # {distance:+.6e}" for x, y, distance in cases]
    return "\n".join(lines) + "\n"


def bits(x):
    return f"0x{int(np.float64(x).view(np.uint64)):016x}"


def read_table(name):
    """Return the hard cases that come with the package.

    Parameters
    ----------
    name : {"sigmoid", "log_sigmoid", "softplus"}

    Returns
    -------
    Table

    Examples
    --------
    >>> table = read_table("sigmoid")
    >>> table.inputs.size >= 1000
    True
    """
    if name not in NAMES:
        raise ValueError(f"no hard cases of {name!r}: there are tables for {', '.join(NAMES)}")
    if name in MIRRORED:
        return Table(*(-column[::-1] for column in read_table(MIRRORED[name])))
    text = files(__package__).joinpath("data", f"hard-cases-{name}.csv").read_text(encoding="ascii")
    rows = [line.replace("#", ",").split(",") for line in text.splitlines() if line.startswith("np.float64")]
    columns = list(zip(*rows, strict=True))
    inputs, outputs = (np.array([int(b, 16) for b in columns[k]], np.uint64).view(np.float64) for k in (1, 2))
    return Table(inputs, outputs, np.array(columns[4], np.float64))


@click.command("hard-cases")
@click.argument("function", type=click.Choice(NAMES))
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(0), help="Rounds in all.")
@click.option(
    "--keep", default=KEEP, show_default=True, type=click.IntRange(1), help="Cases of each stratum."
)
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="Worker processes.")
@click.option(
    "--checkpoint",
    type=options.OutputFile(),
    help="Resume from this file if it exists; write it every round.",
)
@click.option("--output", type=options.OutputFile(), help="Table to write; without it, standard output.")
def command(function, rounds, keep, jobs, checkpoint, output):
    """Search float64 inputs whose exact result lies closest to a rounding midpoint.

    Every round searches one more portion of each stratum of inputs, about half a second each. The result
    depends on the number of rounds only, not on the workers or on interruptions. The table of softplus is
    that of log_sigmoid with the signs turned, since softplus(x) = -log_sigmoid(-x).
    """
    options.refuse_one_file(checkpoint=checkpoint, output=output)
    name = MIRRORED.get(function, function)
    search = Search(name, keep)
    if checkpoint and checkpoint.is_file():
        try:
            search.load(checkpoint)
        except (ValueError, OSError) as error:
            raise click.ClickException(str(error)) from error
        if search.rounds > rounds:
            raise click.ClickException(f"{checkpoint} has {search.rounds} rounds already, more than {rounds}")
    remaining = range(search.rounds, rounds)
    workers = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
    with workers, click.progressbar(remaining, label="rounds", file=sys.stderr) as bar:
        for _ in bar:
            search.run_round(workers.map)
            if checkpoint:
                search.save(checkpoint)
    cases = search.cases()
    if function in MIRRORED:
        cases = [(-x, -y, -distance) for x, y, distance in reversed(cases)]
    made_by = f"halfulp-accuracy hard-cases {function} --rounds {search.rounds} --keep {keep}"
    text = table_text(function, cases, made_by)
    if output:
        output.write_text(text, encoding="ascii")
    else:
        click.echo(text, nl=False)


if __name__ == "__main__":
    command()
