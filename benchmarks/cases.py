"""What is timed: each case is one computation, written for every implementation that has it."""

from dataclasses import dataclass, field

import numpy as np

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
    """One computation: expressions by implementation, and the arrays that they use."""

    group: str
    name: str
    elements: int
    expressions: dict
    arrays: dict = field(repr=False)


def all_cases():
    """Yield every case; the arrays of one are made when it is reached."""
    yield from elementwise()
    yield from layouts()
    yield from calls()
    yield from fresh_memory()


def elementwise(n=10**6):
    """10^6 elements into memory that is there; JAX has no `out`."""
    for function in FUNCTIONS:
        for dtype in ("float32", "float64"):
            yield with_out("out=, 10^6 elements", f"{function} {dtype}", function, numbers(n, dtype))


def layouts():
    """Strided float32 input; the output has the memory order that the input has."""
    x = numbers(1024 * 1024, "float32").reshape(1024, 1024)
    for name, view in LAYOUTS.items():
        case = with_out("layouts, out=", f"sigmoid float32 {name}", "sigmoid", view(x))
        yield Case(case.group, case.name, case.elements, without(case.expressions, "jax"), case.arrays)


def calls():
    """The cost of a call: 100 elements, and one."""
    for n in (100, 1):
        yield without_out("small calls", f"sigmoid float32, {n} elements", "sigmoid", numbers(n, "float32"))


def fresh_memory(n=10**7):
    """10^7 elements, the result in new memory."""
    for function in ("sigmoid", "log_sigmoid"):
        for dtype in ("float32", "float64"):
            yield without_out("new memory, 10^7 elements", f"{function} {dtype}", function, numbers(n, dtype))


def numbers(n, dtype):
    """Return what a network sees: normally distributed, a few units wide."""
    return (4 * np.random.default_rng(0).standard_normal(n)).astype(dtype)


def without_out(group, name, function, x):
    """Return the case of a function that makes its result."""
    expressions = {
        implementation: call.format(
            "t" if implementation == "torch" else "j" if implementation == "jax" else "x"
        )
        for implementation, call in FUNCTIONS[function].items()
    }
    return Case(group, name, x.size, expressions, {"x": x})


def with_out(group, name, function, x):
    """Return the case of a function that writes its result to memory that is there, where it can."""
    case = without_out(group, name, function, x)
    for implementation in ("halfulp", "scipy"):
        if implementation in case.expressions:
            case.expressions[implementation] = FUNCTIONS[function][implementation].format("x, out=out")
    case.expressions["torch"] = TORCH_WITH_OUT[function].format("t", "tensor_out")
    case.arrays["out"] = np.empty_like(x)
    return case


def without(expressions, name):
    """Return the expressions but for one."""
    return {key: value for key, value in expressions.items() if key != name}
