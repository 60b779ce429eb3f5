"""The implementations that can be measured: halfulp, its peers by name, and anyone's as module:function.

An adapter takes a NumPy array and returns one. The reductions work along the last axis. Libraries are
imported when they are asked for, and what goes wrong in one is told, not raised, so that a report on several
goes on.
"""

import importlib
import importlib.metadata
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from halfulp.accuracy.functions import ELEMENTWISE, FUNCTIONS, REDUCTIONS


class ImplementationError(Exception):
    """An implementation could not be imported, raised, or returned something of another shape or dtype."""


@dataclass(frozen=True)
class Implementation:
    """Functions to measure, by the names in `FUNCTIONS`.

    Attributes
    ----------
    name : str
        What reports call it.
    functions : mapping of str to callable
        Array in, array out.
    version : str
        Of the package it comes from; empty if unknown.
    error : str
        Why it could not be loaded; empty if it could.
    """

    name: str
    functions: Mapping[str, Callable] = field(default_factory=dict)
    version: str = ""
    error: str = ""

    def __call__(self, function, x):
        """Return the function's results on an array, or raise ImplementationError."""
        if self.error:
            raise ImplementationError(self.error)
        if function not in self.functions:
            raise ImplementationError(f"has no {function}")
        given = x.copy()  # the next implementation gets x
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = self.functions[function](given)
        except (Exception, SystemExit) as error:
            raise ImplementationError(f"raised {type(error).__name__}: {error}") from error
        if not isinstance(result, np.ndarray | np.generic):
            raise ImplementationError(f"returned {type(result).__name__}, not a numpy array")
        shape = x.shape[:-1] if function == "logsumexp" else x.shape
        if result.dtype != x.dtype or result.shape != shape:
            raise ImplementationError(
                f"returned {result.dtype}{list(result.shape)}, where {x.dtype}{list(shape)} is due"
            )
        if given.tobytes() != x.tobytes():
            raise ImplementationError("changed its input")
        return result


def _halfulp():
    halfulp = importlib.import_module("halfulp")
    reductions = {name: partial(getattr(halfulp, name), axis=-1) for name in REDUCTIONS}
    return {name: getattr(halfulp, name) for name in ELEMENTWISE} | reductions


def _numpy():
    """Return the formulas as they are usually written."""

    def sigmoid(x):
        return (1 / (1 + np.exp(-x))).astype(x.dtype)

    def softplus(x):
        return np.log1p(np.exp(x))

    def log_softmax(x):
        shifted = x - x.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

    def softmax(x):
        exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
        return exponentials / exponentials.sum(axis=-1, keepdims=True)

    def logsumexp(x):
        largest = x.max(axis=-1, keepdims=True)
        return (largest + np.log(np.exp(x - largest).sum(axis=-1, keepdims=True)))[..., 0]

    return {
        "sigmoid": sigmoid,
        "log_sigmoid": lambda x: -softplus(-x),
        "softplus": softplus,
        "log_softmax": log_softmax,
        "softmax": softmax,
        "logsumexp": logsumexp,
    }


def _scipy():
    special = importlib.import_module("scipy.special")
    functions = {
        "sigmoid": special.expit,
        "log_sigmoid": special.log_expit,
        "log_softmax": lambda x: special.log_softmax(x, axis=-1),
        "softmax": lambda x: special.softmax(x, axis=-1),
        "logsumexp": lambda x: special.logsumexp(x, axis=-1),
    }
    if hasattr(special, "softplus"):  # since SciPy 1.17
        functions["softplus"] = special.softplus
    return functions


def _torch():
    torch = importlib.import_module("torch")

    def adapt(function):
        def call(x):
            if x.dtype.name == "bfloat16":  # NumPy and PyTorch share only its bits
                tensor = torch.from_numpy(x.view(np.int16)).view(torch.bfloat16)
                return function(tensor).view(torch.int16).numpy().view(x.dtype)
            return function(torch.from_numpy(x)).numpy()

        return call

    functional = torch.nn.functional
    functions = {
        "sigmoid": torch.sigmoid,
        "log_sigmoid": functional.logsigmoid,
        "softplus": functional.softplus,
        "log_softmax": lambda x: torch.log_softmax(x, -1),
        "softmax": lambda x: torch.softmax(x, -1),
        "logsumexp": lambda x: torch.logsumexp(x, -1),
    }
    return {name: adapt(function) for name, function in functions.items()}


def _tensorflow():
    tensorflow = importlib.import_module("tensorflow")
    functions = {
        "sigmoid": tensorflow.math.sigmoid,
        "log_sigmoid": tensorflow.math.log_sigmoid,
        "softplus": tensorflow.math.softplus,
        "log_softmax": tensorflow.nn.log_softmax,
        "softmax": tensorflow.nn.softmax,
        "logsumexp": lambda x: tensorflow.reduce_logsumexp(x, axis=-1),
    }
    return {name: lambda x, f=f: np.asarray(f(tensorflow.constant(x))) for name, f in functions.items()}


def _jax():
    jax = importlib.import_module("jax")
    functions = {
        "sigmoid": jax.nn.sigmoid,
        "log_sigmoid": jax.nn.log_sigmoid,
        "softplus": jax.nn.softplus,
        "log_softmax": jax.nn.log_softmax,
        "softmax": jax.nn.softmax,
        "logsumexp": lambda x: jax.nn.logsumexp(x, axis=-1),
    }

    def adapt(function):
        def call(x):
            with jax.enable_x64(True):
                return np.asarray(function(jax.numpy.asarray(x)))

        return call

    return {name: adapt(function) for name, function in functions.items()}


NAMED = {
    "halfulp": _halfulp,
    "numpy": _numpy,
    "scipy": _scipy,
    "torch": _torch,
    "tensorflow": _tensorflow,
    "jax": _jax,
}
DEFAULT = ("halfulp", "numpy", "scipy", "torch")


def installed(name):
    """Tell whether a named implementation's package is there, without importing it."""
    return importlib.util.find_spec(name) is not None


def load(name, functions=FUNCTIONS):
    """Return an Implementation by its name or module:function.

    Parameters
    ----------
    name : str
        One of `NAMED`, or ``module:function``. The latter is taken for the function it is named after, which
        is to be among `functions`, or else for the only one of these.
    functions : sequence of str, optional
        The functions that are to be measured.

    Raises
    ------
    ValueError
        If there is no such name, or a module:function is none of the functions or could be any of several.
    """
    if ":" in name:
        return _load_custom(name, functions)
    if name not in NAMED:
        raise ValueError(f"unknown implementation {name!r}; known are {', '.join(NAMED)} and module:function")
    try:
        return Implementation(name, NAMED[name](), _version(name))
    except Exception as error:
        return Implementation(name, dict.fromkeys(functions), error=f"cannot be imported: {error}")


def _version(module_name):
    """Return the version of a package; empty if neither its metadata nor the module tells it."""
    try:
        return importlib.metadata.version(module_name)
    except importlib.metadata.PackageNotFoundError:  # tensorflow comes with tensorflow-cpu, too
        return str(getattr(importlib.import_module(module_name), "__version__", ""))


def _load_custom(name, functions):
    module_name, _, path = name.partition(":")
    own_name = path.rpartition(".")[2]
    if own_name in FUNCTIONS:
        function = own_name
        if function not in functions:
            raise ValueError(
                f"{name!r} is taken for {function}, after its name; asked for is {', '.join(functions)}"
            )
    elif len(functions) == 1:
        function = functions[0]
    else:
        raise ValueError(
            f"which function is {name!r}? Choose one with --function: {', '.join(ELEMENTWISE + REDUCTIONS)}"
        )
    try:
        target = importlib.import_module(module_name)
        for part in path.split("."):
            target = getattr(target, part)
    except (Exception, SystemExit) as error:
        why = f"cannot be imported: {type(error).__name__}: {error}"
        return Implementation(name, {function: None}, error=why)
    if not callable(target):
        return Implementation(name, {function: None}, error=f"is not callable, but {type(target).__name__}")
    return Implementation(name, {function: target}, _version(module_name.partition(".")[0]))


def supports(implementation, function, form):
    """Tell whether an implementation takes a dtype.

    One that cannot be run at all counts as taking every dtype, so that reports tell why. So does halfulp,
    unless it says that it does not take the dtype: whatever else goes wrong in it breaks its promise.
    """
    if implementation.error or ":" in implementation.name:
        return True
    try:
        implementation(function, np.zeros(2 if function in ELEMENTWISE else (1, 2), form.dtype))
    except ImplementationError as error:
        return implementation.name == "halfulp" and not isinstance(error.__cause__, TypeError)
    return True
