"""Command-line options that several commands share."""

import importlib.util
import os
from pathlib import Path

import click

from halfulp.accuracy.functions import FUNCTIONS
from halfulp.accuracy.implementations import DEFAULT, installed, load
from halfulp.accuracy.parallel import available_cpus
from halfulp.accuracy.ulp import FORMATS


def _all_if_none(choices):
    return lambda context, parameter, value: tuple(dict.fromkeys(value)) or choices


def known_dtypes():
    """Return the names of the formats that there are dtypes for: without ml_dtypes no bfloat16."""
    return tuple(name for name in FORMATS if name != "bfloat16" or importlib.util.find_spec("ml_dtypes"))


class OutputFile(click.Path):
    """A file to be written after minutes of work; one that cannot be is refused before."""

    def __init__(self):
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(self, value, parameter, context):
        """Return the path."""
        path = super().convert(value, parameter, context)
        if path.exists() and not path.is_file():  # a device or a pipe needs no folder to put a new one into
            return path
        folder = Path(os.path.realpath(path) if path.is_symlink() else path).parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            self.fail(f"{path} cannot be written: no folder {folder}, or no permission", parameter, context)
        return path


def refuse_one_file(**files):
    """Raise a usage error if two of the files that are given are one: the later would replace the earlier."""
    seen = {}
    for option, path in files.items():
        if path and (other := seen.setdefault(os.path.realpath(path), option)) != option:
            raise click.UsageError(f"{other} and {option} are one file, {path}")


functions = click.option(
    "--function",
    "functions",
    multiple=True,
    type=click.Choice(FUNCTIONS),
    callback=_all_if_none(FUNCTIONS),
    help="Functions; all by default.",
)
dtypes = click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    type=click.Choice(tuple(FORMATS)),
    callback=_all_if_none(known_dtypes()),
    help="Dtypes; all by default.",
)
implementations = click.option(
    "--impl",
    multiple=True,
    metavar="NAME|MODULE:FUNCTION",
    help=f"Implementations; by default those of {', '.join(DEFAULT)} that are installed.",
)
jobs = click.option(
    "--jobs", type=click.IntRange(1), default=available_cpus(), show_default="all CPUs", help="Processes."
)


def load_implementations(names, functions):
    """Load implementations by name, each once; a usage error lists the known ones."""
    try:
        chosen = dict.fromkeys(names) or filter(installed, DEFAULT)
        return [load(name, functions) for name in chosen]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--impl") from error
