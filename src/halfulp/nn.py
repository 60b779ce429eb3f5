"""The functions as callables with the signatures of ``torch.nn``, on NumPy arrays."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import halfulp

__all__ = ["LogSigmoid", "LogSoftmax", "Sigmoid"]


class Sigmoid:
    """The callable that returns `halfulp.sigmoid` of its argument, correctly rounded.

    Shapes: any number of dimensions in, the same shape out. Dtypes, special values and errors are those of
    `halfulp.sigmoid`.

    Examples
    --------
    The example of ``torch.nn.Sigmoid``:

    >>> import numpy as np
    >>> from halfulp import nn
    >>> m = nn.Sigmoid()
    >>> input = np.random.default_rng(0).standard_normal(2)
    >>> output = m(input)
    >>> output.shape
    (2,)
    >>> m(np.float32(-100))    # 0.0 in PyTorch
    np.float32(3.8e-44)
    """

    def __call__(self, input: ArrayLike) -> Any:
        return halfulp.sigmoid(input)

    def __repr__(self) -> str:
        return "Sigmoid()"


class LogSigmoid:
    """The callable that returns `halfulp.log_sigmoid` of its argument, correctly rounded.

    Shapes: any number of dimensions in, the same shape out. Dtypes, special values and errors are those of
    `halfulp.log_sigmoid`.

    Examples
    --------
    The example of ``torch.nn.LogSigmoid``:

    >>> import numpy as np
    >>> from halfulp import nn
    >>> m = nn.LogSigmoid()
    >>> input = np.random.default_rng(0).standard_normal(2)
    >>> output = m(input)
    >>> output.shape
    (2,)
    >>> m(np.float32(100))
    np.float32(-3.8e-44)
    """

    def __call__(self, input: ArrayLike) -> Any:
        return halfulp.log_sigmoid(input)

    def __repr__(self) -> str:
        return "LogSigmoid()"


class LogSoftmax:
    """The callable that returns `halfulp.log_softmax` of its argument along one dimension.

    Shapes: any number of dimensions in, the same shape out, with values in [-inf, 0]. Dtypes, special values,
    accuracy and errors are those of `halfulp.log_softmax`.

    Parameters
    ----------
    dim : int, optional
        The dimension along which it is computed. None picks 0 for inputs of 0, 1 and 3 dimensions, 1 for
        others, and warns, as ``torch.nn.LogSoftmax`` does: there too that is deprecated.

    Examples
    --------
    The example of ``torch.nn.LogSoftmax``:

    >>> import numpy as np
    >>> from halfulp import nn
    >>> m = nn.LogSoftmax(dim=1)
    >>> input = np.random.default_rng(0).standard_normal((2, 3))
    >>> output = m(input)
    >>> output.shape
    (2, 3)
    >>> m(np.float32([[0, -50]]))    # [0, -50] in PyTorch
    array([[-1.9287499e-22, -5.0000000e+01]], dtype=float32)
    """

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def __call__(self, input: ArrayLike) -> Any:
        dim = implicit_dim(np.ndim(input)) if self.dim is None else self.dim
        return halfulp.log_softmax(input, axis=dim)

    def __repr__(self) -> str:
        return f"LogSoftmax(dim={self.dim})"


def implicit_dim(dimensions: int) -> int:
    """Return the dimension that PyTorch takes where none is given, with PyTorch's warning."""
    warnings.warn(
        "Implicit dimension choice for log_softmax has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if dimensions in (0, 1, 3) else 1
