from typing import Any, Protocol, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_Scalar = TypeVar("_Scalar", bound=np.floating[Any])
_Out = TypeVar("_Out", bound=np.ndarray[Any, Any])
_Axis: TypeAlias = int | tuple[int, ...] | None

class _SameShape(Protocol):
    __name__: str
    @overload
    def __call__(
        self, x: NDArray[_Scalar], /, axis: _Axis = -1, *, out: None = None, dtype: None = None
    ) -> NDArray[_Scalar]: ...
    @overload
    def __call__(
        self,
        x: NDArray[np.integer[Any] | np.bool_],
        /,
        axis: _Axis = -1,
        *,
        out: None = None,
        dtype: None = None,
    ) -> NDArray[np.float64]: ...
    @overload
    def __call__(
        self, x: ArrayLike, /, axis: _Axis = -1, *, out: _Out, dtype: DTypeLike | None = None
    ) -> _Out: ...
    @overload
    def __call__(
        self, x: ArrayLike, /, axis: _Axis = -1, *, out: None = None, dtype: DTypeLike | None = None
    ) -> Any: ...

log_softmax: _SameShape
