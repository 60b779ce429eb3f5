"""Named sets of inputs of the elementwise functions; those of the reductions are in `rows`.

A set is a function of the function's name, the format, the number of samples and a random generator; it
returns an array of the format's dtype. The same seed gives the same inputs on every machine.
"""

import math
import zlib

import numpy as np

from halfulp.accuracy import enclosure
from halfulp.accuracy.hard_cases import read_table
from halfulp.accuracy.ulp import widen


def generator(seed, *names):
    """Return a random generator that depends on the seed and the names alone."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def from_floats(form, values):
    """Round float64 values to a format, silently."""
    with np.errstate(all="ignore"):
        return np.asarray(values, np.float64).astype(form.dtype)


def underflow(form):
    """Return the x > 0 beyond which exp(-x) is below half of the smallest number of a format."""
    return (1 - form.emin) * math.log(2)


def thresholds(form):
    """Return where the functions' results change their kind, as floats.

    Both signs of: the underflow to zero, the start of the subnormal results, the x from which sigmoid rounds
    to 1 and its half (1 - exp(-x) passes 1 - ulp/2 and 1 - ulp/4), and for each binade the x beyond which
    log_sigmoid(-x) rounds to -x.
    """
    p, ln2 = form.precision, math.log(2)
    points = {underflow(form), (1 - form.emin - p) * ln2, p * ln2, (p + 1) * ln2, 0.0}
    for e in range(-2, 12):
        x = (p - e) * ln2  # exp(-x) = half the spacing of the numbers in [2^e, 2^(e+1))
        if 2.0**e <= x < 2.0 ** (e + 1):
            points.add(x)
    return sorted(points | {-x for x in points})


def _extremes(function, form, samples, rng):
    magnitudes = [
        0,
        0.5,
        1,
        2,
        5,
        8,
        10,
        17,
        20,
        50,
        80,
        87,
        88,
        89,
        90,
        100,
        103,
        104,
        300,
        700,
        709,
        710,
        745,
        746,
        1e3,
        1e4,
    ]
    magnitudes += [form.largest, form.smallest_normal, math.ldexp(1, form.emin), math.inf]
    finite = from_floats(form, [*magnitudes, *(-m for m in magnitudes)])
    quiet, payload = form.nan_bits, form.nan_bits | 1
    nans = form.from_bits(
        [quiet, quiet | form.sign_bit, payload, form.infinity_bits | 1, form.sign_bit | payload]
    )
    return np.concatenate([finite, nans])


def _thresholds(function, form, samples, rng):
    return np.concatenate([form.neighbours(x, 2) for x in thresholds(form)])


def _powers_of_two(function, form, samples, rng):
    first, last = form.emin, math.frexp(form.largest)[1] - 1
    positive = np.concatenate([form.neighbours(math.ldexp(1, e), 1) for e in range(first, last + 1)])
    return np.concatenate([positive, -positive])


def _subnormals(function, form, samples, rng):
    """Subnormal inputs, and inputs of subnormal results."""
    limit = form.to_bits(from_floats(form, [form.smallest_normal]))[0]
    bits = rng.integers(1, limit, samples // 2, dtype=form.uint)
    signs = rng.integers(0, 2, bits.size, dtype=form.uint) << form.uint.type(form.width - 1)
    tiny = form.from_bits(bits | signs)
    p = form.precision
    results = from_floats(
        form, rng.uniform((1 - form.emin - p) * math.log(2), underflow(form), samples - tiny.size)
    )
    return np.concatenate([tiny, results if function == "log_sigmoid" else -results])


def _uniform_value(function, form, samples, rng):
    limit = 1.02 * underflow(form)
    return from_floats(form, rng.uniform(-limit, limit, samples))


def _uniform_bits(function, form, samples, rng):
    return form.from_bits(rng.integers(0, 2**form.width - 1, samples, dtype=form.uint, endpoint=True))


def _hard_to_round(function, form, samples, rng):
    """The table's inputs for float64, and of 2^18 random ones those nearest to midpoints."""
    draws = [draw(function, form, 1 << 17, rng) for draw in (_uniform_value, _uniform_bits)]
    candidates = np.concatenate(draws)
    candidates = candidates[np.isfinite(widen(candidates))]
    blocks = np.array_split(candidates, 32)
    fractions = [enclosure.exact(function, block, form)[0].fraction for block in blocks]
    order = np.argsort(-np.abs(np.concatenate(fractions)), kind="stable")
    table = read_table(function).inputs if form.name == "float64" else candidates[:0]
    return np.concatenate([rng.permutation(table)[:samples], candidates[order[:samples]]])


def _exhaustive(function, form, samples, rng):
    """All inputs of a 16-bit format; `Case.known` tells that there is no such set of the others."""
    return form.from_bits(np.arange(2**form.width, dtype=form.uint))


INPUTS = {
    "extremes": _extremes,
    "thresholds": _thresholds,
    "powers-of-two": _powers_of_two,
    "subnormals": _subnormals,
    "uniform-value": _uniform_value,
    "uniform-bits": _uniform_bits,
    "hard-to-round": _hard_to_round,
    "exhaustive": _exhaustive,
}
