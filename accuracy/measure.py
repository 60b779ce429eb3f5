"""One measurement: an implementation's errors on one set of inputs, and their statistics."""

from dataclasses import asdict, dataclass, field

import numpy as np

from halfulp.accuracy import enclosure, inputs, reference, rows
from halfulp.accuracy.functions import CORRECTLY_ROUNDED, ELEMENTWISE, promised_ulp
from halfulp.accuracy.implementations import ImplementationError
from halfulp.accuracy.ulp import FAILURES, FORMATS, errors, widen

BLOCK = 8192  # inputs of one enclosure: its temporaries fit a core's cache
MOST_SHOWN = 1000  # members of a worst row that a result keeps


@dataclass(frozen=True)
class Case:
    """What is measured: a set of inputs of a function in a format."""

    function: str
    dtype: str
    inputs: str

    @property
    def form(self):
        """The Format."""
        return FORMATS[self.dtype]

    def known(self):
        """Tell whether the set exists for the function and the format."""
        if self.inputs == "exhaustive" and self.form.width > 16:
            return False
        return self.inputs in (inputs.INPUTS if self.function in ELEMENTWISE else rows.ROWS)


def prepare(case, samples, seed):
    """Return a known case's inputs with their exact values, a list of (array, Exact)."""
    rng = inputs.generator(seed, case.function, case.dtype, case.inputs)
    if case.function not in ELEMENTWISE:
        batches = rows.ROWS[case.inputs](case.form, samples, rng)
        return [(x, reference.exact(case.function, x, case.form)) for x in batches]
    x = inputs.INPUTS[case.inputs](case.function, case.form, samples, rng)
    if case.inputs != "exhaustive":
        return [(x, reference.exact(case.function, x, case.form))]
    blocks = np.split(x, range(BLOCK, x.size, BLOCK))
    return [(block, enclosure.exact(case.function, block, case.form)[0]) for block in blocks]


@dataclass(frozen=True)
class Example:
    """One result: input (a list for a row), computed and expected value, as text and as bits."""

    input: list
    input_bits: list
    length: int
    element: int
    computed: str
    computed_bits: str
    expected: str
    expected_bits: str
    ulp: float | None


@dataclass(frozen=True)
class Result:
    """The statistics of one implementation on one case, or the `error` that prevented them."""

    function: str
    dtype: str
    inputs: str
    implementation: str
    count: int = 0
    correct: int = 0
    mean_ulp: float = 0.0
    p99_ulp: float = 0.0
    max_ulp: float = 0.0
    worst: Example | None = None
    failures: dict = field(default_factory=dict)
    failed: list = field(default_factory=list)
    error: str = ""

    @property
    def failure_count(self):
        """The number of failures of all kinds."""
        return sum(self.failures.values())

    def keeps_promise(self):
        """Tell whether the result is within what halfulp promises of the function and dtype."""
        if self.error or self.failure_count:
            return False
        promised = promised_ulp(self.function, self.dtype)
        return self.correct == self.count if promised == CORRECTLY_ROUNDED else self.max_ulp <= promised

    def as_dict(self):
        """Return the result for JSON."""
        return {**asdict(self), "keeps_promise": self.keeps_promise()}


def measure(case, implementation, prepared):
    """Return the Result of an implementation on what `prepare` returned."""
    names = (case.function, case.dtype, case.inputs, implementation.name)
    ulps, correct = [], 0
    failures = dict.fromkeys(FAILURES, 0)
    worst, failed = None, {}
    try:
        for x, exact in prepared:
            computed = implementation(case.function, x)
            found = errors(exact, computed)
            correct += int(np.count_nonzero(found.correct))
            ulps.append(found.ulp.ravel())
            valid = np.nan_to_num(found.ulp, nan=-1.0)
            if valid.max(initial=-1.0) > (worst.ulp if worst else -1.0):
                worst = _example(case, x, exact, computed, found, int(valid.argmax()))
            for kind, where in found.failed.items():
                failures[kind] += int(np.count_nonzero(where))
                if where.any() and kind not in failed:
                    failed[kind] = _example(case, x, exact, computed, found, int(where.ravel().argmax()))
    except ImplementationError as error:
        return Result(*names, error=str(error))
    ulp = np.concatenate(ulps)
    valid = ulp[~np.isnan(ulp)]
    mean, p99, largest = (
        (valid.mean(), np.quantile(valid, 0.99), valid.max()) if valid.size else (0.0, 0.0, 0.0)
    )
    return Result(
        *names,
        ulp.size,
        correct,
        float(mean),
        float(p99),
        float(largest),
        worst,
        failures,
        list(failed.values()),
    )


def _example(case, x, exact, computed, found, index):
    """Describe the result at a flat index."""
    form = case.form
    if case.function in ELEMENTWISE:
        members, element = x.ravel()[index : index + 1], 0
    elif case.function == "logsumexp":
        members, element = x[index], 0
    else:
        row, element = divmod(index, x.shape[-1])
        members = x[row]
    error = float(found.ulp.flat[index])
    shown = members[:MOST_SHOWN]
    return Example(
        input=[repr(value) for value in widen(shown).tolist()],
        input_bits=[form.hex(bits) for bits in form.to_bits(shown)],
        length=int(members.size),
        element=int(element),
        computed=repr(float(widen(computed.ravel()[index]))),
        computed_bits=form.hex(form.to_bits(computed).ravel()[index]),
        expected=repr(float(widen(exact.values.ravel()[index]))),
        expected_bits=form.hex(exact.bits.ravel()[index]),
        ulp=None if np.isnan(error) else error,
    )
