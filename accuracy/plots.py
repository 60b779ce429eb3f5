"""Plots of ULP error over x and its histogram, as SVG text."""

import io
from dataclasses import dataclass

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from halfulp.accuracy import enclosure, reference
from halfulp.accuracy.functions import ELEMENTWISE
from halfulp.accuracy.implementations import ImplementationError
from halfulp.accuracy.inputs import from_floats, underflow
from halfulp.accuracy.measure import BLOCK
from halfulp.accuracy.ulp import Exact, errors, widen

BINS = 240  # of x; each shows its largest error
POINTS_PER_BIN = {True: 40, False: 8}  # of an elementwise function, of a reduction
SMALLEST_SHOWN = 1e-3  # ULP


@dataclass(frozen=True)
class Curves:
    """Errors over a grid of x.

    Attributes
    ----------
    x : ndarray of float64
        In ascending order. For a reduction d, the row being [0, -d].
    results : ndarray of float64
        The correctly rounded results; for a reduction those of the member 0.
    errors : dict of str to ndarray of float64
        By implementation; NaN for failures.
    """

    x: np.ndarray
    results: np.ndarray
    errors: dict


def curves(function, form, measured):
    """Measure implementations on a grid of x that covers all of a function's changes."""
    limit = 1.05 * underflow(form)
    elementwise = function in ELEMENTWISE
    count = BINS * POINTS_PER_BIN[elementwise]
    grid = from_floats(form, np.linspace(-limit if elementwise else 0, limit, count))
    if elementwise:
        given = grid
        parts = [enclosure.exact(function, grid[i : i + BLOCK], form)[0] for i in range(0, count, BLOCK)]
        exact = Exact(
            form, *(np.concatenate([getattr(p, n) for p in parts]) for n in ("bits", "fraction", "exponent"))
        )
    else:
        given = np.stack([np.zeros_like(grid), -grid], axis=1)
        exact = reference.exact(function, given, form)
    found = {}
    for one in measured:
        if function in one.functions:
            try:
                ulp = errors(exact, one(function, given)).ulp
            except ImplementationError:
                continue  # the tables tell why
            found[one.name] = ulp.reshape(count, -1).max(axis=1)
    return Curves(widen(grid), widen(exact.values).reshape(count, -1)[:, 0], found)


def spans(where, x):
    """Return the intervals of x over which a condition holds, as (first, last) pairs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(np.int8)))
    return [(x[i], x[j - 1]) for i, j in edges.reshape(-1, 2)]


def largest(ulp):
    """Return the largest error in each bin of x; NaN, a gap in the plot, where all fail."""
    return np.fmax.reduce(ulp.reshape(BINS, -1), axis=1)


def _color(found, name):
    return f"C{list(found.errors).index(name)}"


def _shade(axes, found, form):
    magnitude = np.abs(found.results)
    subnormal = (magnitude > 0) & (magnitude < form.smallest_normal)
    saturated = (magnitude == 0) | (found.results == 1) | ((found.results == found.x) & (found.x != 0))
    for where, color, label in (
        (subnormal, "#f2c14e", "subnormal result"),
        (saturated, "#9aa5b1", "0, 1 or x"),
    ):
        for i, (first, last) in enumerate(spans(where, found.x)):
            axes.axvspan(first, last, color=color, alpha=0.25, linewidth=0, label=label if i == 0 else None)


def _draw_errors(axes, found, form, function):
    _shade(axes, found, form)
    middles = found.x.reshape(BINS, -1).mean(axis=1)
    for name, ulp in reversed(found.errors.items()):  # the first is drawn last, on top
        shown = np.maximum(largest(ulp), SMALLEST_SHOWN)
        # The space, since a label that begins with _ is no label to matplotlib.
        axes.plot(middles, shown, label=f" {name}", color=_color(found, name))
    axes.axhline(0.5, color="black", linewidth=0.8, linestyle="--", label="0.5 ULP")
    axes.set_yscale("log")
    axes.set_xlabel("x" if function in ELEMENTWISE else "d, for the row [0, -d]")
    axes.set_ylabel("largest error (ULP)")
    axes.legend(fontsize="small", loc="upper center", ncols=3)
    axes.margins(x=0.01, y=0.25)
    axes.set_ylim(bottom=SMALLEST_SHOWN / 2)


def _draw_histogram(axes, found):
    finite = {name: ulp[np.isfinite(ulp)] for name, ulp in found.errors.items()}
    top = max((ulp.max(initial=0.5) for ulp in finite.values()), default=0.5)
    bins = np.geomspace(SMALLEST_SHOWN, max(2 * top, 2), 80)
    for name, ulp in finite.items():
        clipped = np.maximum(ulp, SMALLEST_SHOWN)
        axes.hist(
            clipped, bins, weights=np.full(ulp.size, 100 / max(ulp.size, 1)), histtype="step", label=name
        )
    axes.axvline(0.5, color="black", linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("error (ULP)")
    axes.set_ylabel("% of inputs")


def draw(function, form, found):
    """Return the two plots of some Curves as SVG text for an HTML page."""
    with rc_context(
        {
            "svg.fonttype": "none",
            "font.size": 9,
            "lines.linewidth": 1.2,
            "svg.hashsalt": f"{function} {form.name}",
        }
    ):
        figure = Figure(figsize=(11, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[2, 1])
        _draw_errors(left, found, form, function)
        _draw_histogram(right, found)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
