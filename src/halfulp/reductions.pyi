from typing import Any, Literal, Protocol, SupportsIndex, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_Scalar = TypeVar("_Scalar", bound=np.floating[Any])
_Out = TypeVar("_Out", bound=np.ndarray[Any, Any])
_Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | None
_Integers: TypeAlias = NDArray[np.integer[Any] | np.bool_]

class _SameShape(Protocol):
    __name__: str
    @overload
    def __call__(
        self,
        x: NDArray[_Scalar],
        axis: _Axis = -1,
        *,
        out: None = None,
        dtype: None = None,
        where: ArrayLike = True,
    ) -> NDArray[_Scalar]: ...
    @overload
    def __call__(
        self, x: _Integers, axis: _Axis = -1, *, out: None = None, dtype: None = None, where: ArrayLike = True
    ) -> NDArray[np.float64]: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        axis: _Axis = -1,
        *,
        out: _Out | tuple[_Out],
        dtype: DTypeLike | None = None,
        where: ArrayLike = True,
    ) -> _Out: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        axis: _Axis = -1,
        *,
        out: None = None,
        dtype: DTypeLike | None = None,
        where: ArrayLike = True,
    ) -> Any: ...

log_softmax: _SameShape
softmax: _SameShape

@overload
def logsumexp(
    x: NDArray[_Scalar],
    axis: None = None,
    *,
    keepdims: Literal[False] = False,
    out: None = None,
    dtype: None = None,
    where: ArrayLike = True,
) -> _Scalar: ...
@overload
def logsumexp(
    x: NDArray[_Scalar],
    axis: _Axis = None,
    *,
    keepdims: Literal[True],
    out: None = None,
    dtype: None = None,
    where: ArrayLike = True,
) -> NDArray[_Scalar]: ...
@overload
def logsumexp(
    x: ArrayLike,
    axis: _Axis = None,
    *,
    keepdims: bool = False,
    out: _Out | tuple[_Out],
    dtype: DTypeLike | None = None,
    where: ArrayLike = True,
) -> _Out: ...
@overload
def logsumexp(
    x: ArrayLike,
    axis: _Axis = None,
    *,
    keepdims: bool = False,
    out: None = None,
    dtype: DTypeLike | None = None,
    where: ArrayLike = True,
) -> Any: ...
