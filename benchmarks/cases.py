"""What is timed: each case is one computation, written for every implementation that has it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import ml_dtypes
import numpy as np

DTYPES = ("float32", "float64")
HALVES = ("float16", "bfloat16")
SMALL_CALLS = "small calls"
FUNCTIONS = {
    "sigmoid": {
        "halfulp": "halfulp.sigmoid({})",
        "torch": "torch.sigmoid({})",
        "scipy": "scipy.special.expit({})",
        "jax": "jax_sigmoid({})",
    },
    "log_sigmoid": {
        "halfulp": "halfulp.log_sigmoid({})",
        "torch": "torch.ops.aten.log_sigmoid({})",
        "scipy": "scipy.special.log_expit({})",
        "jax": "jax_log_sigmoid({})",
    },
    "softplus": {
        "halfulp": "halfulp.softplus({})",
        "torch": "torch.nn.functional.softplus({})",
        "jax": "jax_softplus({})",
    },
}
REDUCTIONS = {
    "log_softmax": {
        "halfulp": "halfulp.log_softmax(x, axis={axis}, out=out)",
        "torch": "torch.ops.aten._log_softmax.out(t, {axis}, False, out=tensor_out)",
        "scipy": "scipy.special.log_softmax(x, axis={axis})",
        "jax": "jax_log_softmax(j, {axis})",
    },
    "softmax": {
        "halfulp": "halfulp.softmax(x, axis={axis}, out=out)",
        "torch": "torch.ops.aten._softmax.out(t, {axis}, False, out=tensor_out)",
        "scipy": "scipy.special.softmax(x, axis={axis})",
        "jax": "jax_softmax(j, {axis})",
    },
    "logsumexp": {
        "halfulp": "halfulp.logsumexp(x, axis={axis})",
        "torch": "torch.logsumexp(t, {axis})",
        "scipy": "scipy.special.logsumexp(x, axis={axis})",
        "jax": "jax_logsumexp(j, {axis})",
    },
}
ROWS = [  # shapes and the axis that the reduction runs along
    ((1000, 1000), 1),
    ((1000, 1000), 0),
    ((100_000, 10), 1),
    ((100, 50_000), 1),
    ((1, 10**7), 1),
    ((32, 64, 56, 56), 1),
]
TORCH_WITH_OUT = {
    "sigmoid": "torch.sigmoid({}, out={})",
    "log_sigmoid": "torch.ops.aten.log_sigmoid.out({}, out={})",
    "softplus": "torch.ops.aten.softplus.out({}, out={})",
}
LAYOUTS = {  # of a square matrix x of about 10^6 elements
    "x.T": lambda x: x.T,
    "x[:, ::2]": lambda x: x[:, ::2],
    "x[:, :100] of 128": lambda x: x.reshape(-1, 128)[:, :100],
    "x[::2, ::2]": lambda x: x[::2, ::2],
}


@dataclass
class Case:
    """One computation: an expression for each implementation, and what makes its input x."""

    group: str
    name: str
    expressions: dict
    make_x: Callable
    has_out: bool


def all_cases():
    """Yield every case."""
    yield from elementwise()
    yield from layouts()
    yield from calls()
    yield from fresh_memory()
    yield from half_precision()
    yield from reductions()


def elementwise(n=10**6):
    """10^6 elements into memory that is there; JAX has no `out`."""
    for function in FUNCTIONS:
        for dtype in DTYPES:
            make_x = partial(numbers, n, dtype)
            yield Case("out=, 10^6 elements", f"{function} {dtype}", with_out(function), make_x, True)


def layouts():
    """Strided float32 input; the output has the memory order that the input has. JAX has no strides."""
    expressions = {name: text for name, text in with_out("sigmoid").items() if name != "jax"}
    for name, view in LAYOUTS.items():
        yield Case(
            "layouts, out=", f"sigmoid float32 {name}", expressions, partial(view_of_square, view), True
        )


def calls():
    """The cost of a call: 100 elements, and one; one row of 100."""
    for n in (100, 1):
        make_x = partial(numbers, n, "float32")
        yield Case(SMALL_CALLS, f"sigmoid float32, {n} elements", without_out("sigmoid"), make_x, False)
    for function, calls in REDUCTIONS.items():
        expressions = {name: call.format(axis=0) for name, call in calls.items()}
        make_x = partial(numbers, 100, "float32")
        has_out = function != "logsumexp"
        yield Case(SMALL_CALLS, f"{function} float32, one row of 100", expressions, make_x, has_out)


def fresh_memory(n=10**7):
    """10^7 elements, the result in new memory."""
    for function in ("sigmoid", "log_sigmoid"):
        for dtype in DTYPES:
            make_x = partial(numbers, n, dtype)
            yield Case(
                "new memory, 10^7 elements", f"{function} {dtype}", without_out(function), make_x, False
            )


def half_precision(n=10**6):
    """10^6 elements of the 16-bit types, where SciPy computes in another one."""
    for function in ("sigmoid", "log_sigmoid"):
        expressions = {name: text for name, text in with_out(function).items() if name != "scipy"}
        for dtype in HALVES:
            yield Case("16 bits, out=", f"{function} {dtype}", expressions, partial(numbers, n, dtype), True)


def reductions():
    """Shapes that need loops of their own; SciPy and JAX have no `out`, and SciPy no sums of 16-bit types."""
    for function, calls in REDUCTIONS.items():
        for dtype in (*DTYPES, *HALVES):
            for shape, axis in ROWS[:3] if function == "logsumexp" else ROWS:
                expressions = {
                    name: call.format(axis=axis)
                    for name, call in calls.items()
                    if name != "scipy" or dtype not in HALVES
                }
                make_x = partial(numbers, shape, dtype)
                yield Case(function, f"{dtype} {shape}, axis {axis}", expressions, make_x, True)
        for dtype in DTYPES:
            expressions = {name: call.format(axis=1) for name, call in calls.items()}
            make_x = partial(masked, (1000, 1000), dtype)
            yield Case(function, f"{dtype} (1000, 1000), axis 1, 30 % of -inf", expressions, make_x, True)


def numbers(shape, dtype):
    """Return what a network sees: normally distributed, a few units wide."""
    if dtype == "bfloat16":
        dtype = ml_dtypes.bfloat16
    return (4 * np.random.default_rng(0).standard_normal(shape)).astype(dtype)


def masked(shape, dtype):
    """Return the same with members left out, as attention leaves them out."""
    x = numbers(shape, dtype)
    x[np.random.default_rng(1).random(shape) < 0.3] = -np.inf
    return x


def view_of_square(view):
    """Return a view of about 10^6 numbers."""
    return view(numbers((1024, 1024), "float32"))


def without_out(function):
    """Return the expressions of a function that makes its result; t is PyTorch's x, and j is JAX's."""
    names = {"torch": "t", "jax": "j"}
    return {name: call.format(names.get(name, "x")) for name, call in FUNCTIONS[function].items()}


def with_out(function):
    """Return the expressions of a function that writes its result to memory that is there, where it can."""
    expressions = without_out(function)
    for name in expressions.keys() & {"halfulp", "scipy"}:
        expressions[name] = FUNCTIONS[function][name].format("x, out=out")
    expressions["torch"] = TORCH_WITH_OUT[function].format("t", "tensor_out")
    return expressions
