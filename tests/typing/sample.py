"""A user's program: mypy accepts it in strict mode, and sees the types that the assertions name."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import halfulp
from halfulp import nn, ufuncs

singles: NDArray[np.float32] = np.linspace(-4, 4, 9, dtype=np.float32)
doubles: NDArray[np.float64] = np.empty(9)
counts: NDArray[np.int64] = np.arange(9)

assert_type(halfulp.sigmoid(singles), NDArray[np.float32])
assert_type(halfulp.log_sigmoid(doubles), NDArray[np.float64])
assert_type(halfulp.softplus(counts), NDArray[np.float64])
assert_type(halfulp.sigmoid(0.5), np.float64)
assert_type(halfulp.sigmoid(1), np.float64)
assert_type(halfulp.sigmoid(np.float32(0.5)), np.float32)
assert_type(halfulp.sigmoid(singles, out=doubles), NDArray[np.float64])
assert_type(
    halfulp.sigmoid(singles, doubles, where=singles > 0, casting="safe", order="C"), NDArray[np.float64]
)
assert_type(halfulp.sigmoid([1.0, 2.0], dtype="float32"), Any)
assert_type(halfulp.log_softmax(singles), NDArray[np.float32])
assert_type(halfulp.log_softmax(singles, axis=(0,), out=doubles), NDArray[np.float64])
assert_type(halfulp.log_softmax(singles, out=(doubles,)), NDArray[np.float64])
assert_type(halfulp.softmax(counts), NDArray[np.float64])
assert_type(halfulp.softmax(singles, np.int64(0)), NDArray[np.float32])
assert_type(halfulp.logsumexp(singles, (counts[0],), keepdims=True), NDArray[np.float32])
assert_type(halfulp.logsumexp(singles), np.float32)
assert_type(halfulp.logsumexp(singles, keepdims=True), NDArray[np.float32])
assert_type(ufuncs.sigmoid, np.ufunc)
assert_type(halfulp.show_config(mode="dicts"), dict[str, Any])
halfulp.show_config()

layer = nn.LogSoftmax(dim=1)
scores = layer(singles.reshape(3, 3))
print(layer, nn.Sigmoid()(singles), nn.LogSigmoid()([0.0]), scores)


def mean_loss(logits: NDArray[np.float32]) -> float:
    return float(-halfulp.log_sigmoid(logits).mean())
