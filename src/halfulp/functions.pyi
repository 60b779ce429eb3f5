from typing import Any, Literal, Protocol, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_Scalar = TypeVar("_Scalar", bound=np.floating[Any])
_Out = TypeVar("_Out", bound=np.ndarray[Any, Any])
_Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
_Order: TypeAlias = Literal["K", "A", "C", "F"]

class _Elementwise(Protocol):
    __name__: str
    @overload
    def __call__(
        self,
        x: _Scalar,
        /,
        out: None = None,
        *,
        where: Literal[True] = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: None = None,
        subok: bool = True,
    ) -> _Scalar: ...
    @overload
    def __call__(
        self,
        x: float | np.integer[Any] | np.bool_,
        /,
        out: None = None,
        *,
        where: Literal[True] = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: None = None,
        subok: bool = True,
    ) -> np.float64: ...
    @overload
    def __call__(
        self,
        x: NDArray[_Scalar],
        /,
        out: None = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: None = None,
        subok: bool = True,
    ) -> NDArray[_Scalar]: ...
    @overload
    def __call__(
        self,
        x: NDArray[np.integer[Any] | np.bool_],
        /,
        out: None = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: None = None,
        subok: bool = True,
    ) -> NDArray[np.float64]: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        /,
        out: _Out | tuple[_Out],
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
    ) -> _Out: ...
    @overload
    def __call__(
        self,
        x: Any,
        /,
        out: Any = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
    ) -> Any: ...

sigmoid: _Elementwise
log_sigmoid: _Elementwise
softplus: _Elementwise
