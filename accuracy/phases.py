"""How often halfulp's float64 phases are entered: ``halfulp-accuracy phases``.

The one part of the harness that looks behind the public functions.
"""

import importlib
from collections import Counter

import click
import numpy as np
from rich.table import Table

from halfulp.accuracy.inputs import generator
from halfulp.accuracy.tables import console

PHASES = ("quick", "accurate", "exact")
LIMIT = 746  # beyond, float64 results are 0, 1, x or -0
DISTRIBUTIONS = {
    "normal, deviation 5": lambda rng, n: rng.normal(0, 5, n),
    "uniform in value": lambda rng, n: rng.uniform(-LIMIT, LIMIT, n),
    "uniform in bits": lambda rng, n: (
        np.ldexp(rng.uniform(1, 2, n), rng.integers(-1074, 9, n)) * rng.choice([-1, 1], n)
    ),
}


def count(function, x):
    """Return how many elements each phase decides.

    Parameters
    ----------
    function : {"sigmoid", "softplus"}
        log_sigmoid(x) goes the way of softplus(-x).
    x : ndarray of float64

    Returns
    -------
    Counter
        Of "quick", "accurate" and "exact".
    """
    from halfulp.kernels import dispatch

    loops = importlib.import_module(f"halfulp.kernels.loops_{dispatch.level}")
    return Counter(loops.deciding_phase(function, x.tolist()))


@click.command("phases")
@click.option(
    "--samples", default=1_000_000, show_default=True, type=click.IntRange(1), help="Random inputs."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the random inputs.")
def command(samples, seed):
    """Count how often each phase of the float64 functions decides, on random inputs."""
    table = Table("function", "inputs", *PHASES)
    for function in ("sigmoid", "softplus"):
        for name, draw in DISTRIBUTIONS.items():
            counts = count(function, draw(generator(seed, function, name), samples))
            table.add_row(function, name, *(f"{counts[phase] / samples:.4%}" for phase in PHASES))
    console().print(table)
