"""Named sets of rows, the inputs of log_softmax, softmax and logsumexp.

A set is a function of the format, the number of samples (members of rows, in all) and a random generator; it
returns a list of 2-D arrays of the format's dtype, one row a line, since rows of one array have one length.
"""

import numpy as np

from halfulp.accuracy.inputs import from_floats, underflow

LENGTHS = (2, 3, 5, 10, 31)


def _per_length(form, samples, draw):
    """Return a batch of rows for each of the usual lengths, each with its share of the samples."""
    share = max(samples // len(LENGTHS), 1)
    return [from_floats(form, draw(max(share // n, 1), n)) for n in LENGTHS]


def _special(form, samples, rng):
    inf, nan = np.inf, np.nan
    rows = [
        [[0.0], [-0.0], [5.0], [inf], [-inf], [nan], [form.largest], [-form.largest]],
        [[0, inf], [-inf, -inf], [inf, -inf], [-inf, 0], [nan, 0], [inf, inf], [0, 0], [0, -0.0]],
        [
            [form.largest, -form.largest],
            [form.largest, form.largest],
            [0, form.smallest_normal],
            [0, -100],
            [100, 0],
        ],
        [[nan, inf, -inf], [1, 2, 3], [-inf, -inf, 0], [-100, 0, 100], [form.largest, 0, -form.largest]],
    ]
    return [from_floats(form, batch) for batch in rows]


def _dominated(form, samples, rng):
    """One member above the others by up to the distance at which they vanish."""

    def draw(count, n):
        rows = rng.uniform(-1, 1, (count, n)) - rng.uniform(0, 1.02 * underflow(form), (count, 1))
        rows[np.arange(count), rng.integers(0, n, count)] = rng.uniform(-1, 1, count)
        return rows

    return _per_length(form, samples, draw)


def _equal(form, samples, rng):
    """All members equal, or all but one to within one place."""

    def draw(count, n):
        rows = np.repeat(rng.uniform(-100, 100, (count, 1)), n, axis=1)
        rows[::2, 0] *= 1 + 2.0 ** (1 - form.precision)
        return rows

    return _per_length(form, samples, draw)


def _normal(form, samples, rng):
    return _per_length(form, samples, lambda count, n: rng.normal(0, 3, (count, n)))


def _spread(form, samples, rng):
    return _per_length(form, samples, lambda count, n: rng.uniform(-100, 100, (count, n)))


def _two_maxima(form, samples, rng):
    """Two nearly equal maxima, the others far below."""

    def draw(count, n):
        rows = rng.uniform(-60, -20, (count, n))
        top = rng.uniform(-5, 5, count)
        rows[:, 0] = top
        rows[:, -1] = top - np.ldexp(rng.uniform(0, 1, count), rng.integers(-form.precision, 0, count))
        return rows

    return _per_length(form, samples, draw)


def _cancelling(form, samples, rng):
    """logsumexp near 0: the members sum up to about 1 after exp."""

    def draw(count, n):
        rows = rng.normal(0, 1, (count, n))
        return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))

    return _per_length(form, samples, draw)


def _long(form, samples, rng):
    return [from_floats(form, rng.normal(0, 3, (1, max(samples, 2))))]


def _masked(form, samples, rng):
    """About half of the members are -inf, as attention masks make them."""

    def draw(count, n):
        rows = rng.normal(0, 3, (count, n))
        rows[rng.random((count, n)) < 0.5] = -np.inf
        return rows

    return _per_length(form, samples, draw)


ROWS = {
    "special": _special,
    "dominated": _dominated,
    "equal": _equal,
    "normal": _normal,
    "spread": _spread,
    "two-maxima": _two_maxima,
    "cancelling": _cancelling,
    "long": _long,
    "masked": _masked,
}
