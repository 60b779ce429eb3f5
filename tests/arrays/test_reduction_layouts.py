"""Reductions of any layout along any axes: the same bits wherever rows lie, at any level, by any threads."""

import itertools
import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

import halfulp
from reducing import DTYPES, FUNCTIONS, KEEPING_SHAPE, bits


def by_rows(function, x, axes):
    """Return what the function gives row by row."""
    moved = np.moveaxis(x, axes, range(-len(axes), 0))
    kept = moved.shape[: x.ndim - len(axes)]
    rows = np.ascontiguousarray(moved).reshape(*kept, -1)
    results = np.empty(kept if function is halfulp.logsumexp else rows.shape, x.dtype)
    for index in np.ndindex(*kept):
        results[index] = function(rows[index].copy())
    if function is halfulp.logsumexp:
        return results
    return np.moveaxis(results.reshape(moved.shape), range(-len(axes), 0), axes)


LAYOUTS = {
    "C": lambda x: x,
    "Fortran": np.asfortranarray,
    "reversed": lambda x: x[::-1, :, ::-1],
    "every second": lambda x: np.repeat(x, 2, axis=2)[:, :, ::2],
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "swapped bytes": lambda x: x.astype(x.dtype.newbyteorder()),
    "unaligned": lambda x: np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape),
    "one value": lambda x: np.broadcast_to(x[:1, :1, :1], x.shape),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 150, 17), (150, 3, 9), (5, 2, 300)])
def test_layouts_and_axes(shape, layout, function, dtype):
    if layout == "swapped bytes" and dtype is ml_dtypes.bfloat16:
        return  # NumPy has no such dtype
    x = LAYOUTS[layout](np.random.default_rng(5).normal(size=shape).astype(dtype))
    native = x.astype(dtype)
    before = x.copy()
    for axes in [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2)]:
        expected = by_rows(function, native, axes)
        computed = function(x, axis=axes)
        assert computed.dtype == dtype
        assert np.array_equal(bits(computed), bits(expected)), axes
        assert np.array_equal(x, before)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("cut", [np.s_[:], np.s_[::-1, :, ::-1], np.s_[:1], np.s_[:, None, 0]], ids=str)
def test_memory_order_is_that_of_numpy(order, cut):
    x = np.ones((4, 5, 6)).transpose(order)[cut]
    for view in [x, np.broadcast_to(x, (2, *x.shape)), np.broadcast_to(x[:, :1], x.shape)]:
        for function in KEEPING_SHAPE:
            assert strides(function(view)) == strides(np.exp(view))
    for axis, keepdims in itertools.product([0, 1, -1, (0, 2), ()], [False, True]):
        computed = halfulp.logsumexp(x, axis, keepdims=keepdims)
        assert strides(computed) == strides(np.sum(x, axis, keepdims=keepdims))


def strides(array):
    """Return the strides that matter, those of axes with more than one element."""
    return [stride for length, stride in zip(array.shape, array.strides, strict=True) if length > 1]


@pytest.mark.parametrize("function", KEEPING_SHAPE)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, 1])
def test_in_place_and_overlapping(function, dtype, axis):
    x = np.random.default_rng(6).normal(size=(40, 300)).astype(dtype)
    x[3], x[7, 1:], x[9, 5] = -np.inf, -2000, np.nan  # rows that take the accurate phase
    expected = function(x, axis)
    y = x.copy()
    assert function(y, axis, out=y) is y
    assert np.array_equal(bits(y), bits(expected))
    y = np.zeros((41, 300), dtype)
    y[1:] = x
    function(y[1:], axis, out=y[:-1])
    assert np.array_equal(bits(y[:-1]), bits(expected))
    y = x.copy()
    function(y, axis, out=y[:, ::-1])
    assert np.array_equal(bits(y[:, ::-1]), bits(expected))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [128, 129, 159, 161, 300])
def test_columns_that_make_no_whole_strips(function, dtype, width):
    """The last of them are computed together with some that are done already, unless it is in place."""
    x = np.random.default_rng(13).normal(size=(3, 20, width)).astype(dtype)
    x[0, 3, -2], x[1, 1:, -40], x[2, 5, -1] = -np.inf, -2000, np.nan
    expected = np.stack([np.stack([function(row) for row in plane.T], -1) for plane in x])
    assert np.array_equal(bits(function(x, 1)), bits(expected))
    if function is not halfulp.logsumexp:
        assert np.array_equal(
            bits(function(x, 1, out=np.zeros((3, 20, 2 * width), dtype)[..., ::2])), bits(expected)
        )
        assert np.array_equal(bits(function(x, 1, out=x)), bits(expected))


@pytest.mark.parametrize("dtype", DTYPES[:3])
@pytest.mark.parametrize("function", KEEPING_SHAPE)
def test_a_permutation_permutes_the_result(function, dtype):
    rng = np.random.default_rng(7)
    x = (rng.normal(size=3000) * 5).astype(dtype)
    order = rng.permutation(x.size)
    assert np.array_equal(bits(function(x[order])), bits(function(x)[order]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 500), (2, 4111), (2, 50001), (40, 900), (40, 50001), (150, 5)])
@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_with_and_without_room_for_the_exponentials(shape, dtype, axis):
    """Members of -inf change no other result, but make rows so long that exponentials are computed twice."""
    x = (np.random.default_rng(12).normal(size=shape) * 3).astype(dtype)
    fill = np.full(120000, -np.inf, dtype)
    expected = np.concatenate([halfulp.softmax(np.append(row, fill))[: row.size] for row in x])
    given = np.ascontiguousarray(x if axis else x.T)
    computed = halfulp.softmax(given, axis)
    assert np.array_equal(bits(computed if axis else computed.T).ravel(), bits(expected))
    assert halfulp.softmax(given, axis, out=given) is given
    assert np.array_equal(bits(given), bits(computed))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_slices_of_a_batch_give_the_same_bits(function, dtype):
    x = np.random.default_rng(8).normal(size=(300, 40)).astype(dtype)
    whole = function(x, axis=1)
    parts = np.concatenate([np.atleast_1d(function(x[i : i + step], axis=1)) for i, step in slices(300)])
    assert np.array_equal(bits(whole), bits(parts))
    assert np.array_equal(bits(whole), bits(function(x[:, :], axis=-1)))


def slices(n):
    start = 0
    for step in [1, 2, 3, 7, 8, 9, 100, n]:
        yield start, min(step, n - start)
        start = min(start + step, n)
        if start == n:
            return


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", range(1, 10))
def test_bundles_of_any_height_and_width(size, dtype):
    """Rows go in and out of bundles in squares, of which the last ones overlap; a row alone does not."""
    x = np.random.default_rng(13).normal(size=(131, size)).astype(dtype)
    alone = np.array([halfulp.log_softmax(row) for row in x])
    for count in [*range(1, 10), 127, 128, 129, 131]:
        y = np.full((count + 1, size), 7, dtype)
        halfulp.log_softmax(x[:count], axis=1, out=y[:count])
        assert np.array_equal(bits(y[:count]), bits(alone[:count]))
        assert np.all(y[count] == 7)


DIGEST = """
import hashlib, ml_dtypes, numpy as np, halfulp
digest = hashlib.sha256()
rng = np.random.default_rng(9)
for dtype in (np.float16, ml_dtypes.bfloat16, np.float32, np.float64):
    for shape, axis in [((70, 300), 1), ((300, 70), 0), ((3000, 7), 1), ((1, 300000), 1), ((2, 9, 31, 5), (1,
    3))]:
        x = (rng.normal(size=shape) * 3).astype(dtype)
        for function in (halfulp.log_softmax, halfulp.softmax, halfulp.logsumexp):
            digest.update(np.ascontiguousarray(function(x, axis=axis)).tobytes())
print(halfulp.show_config(mode="dicts")["instruction sets"]["available"], digest.hexdigest())
"""


def digest_with(**variables):
    run = subprocess.run(
        [sys.executable, "-c", DIGEST],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **variables},
    )
    return run.stdout


def test_every_level_and_number_of_threads_gives_the_same_bits():
    levels = halfulp.show_config(mode="dicts")["instruction sets"]["available"]
    digests = {digest_with(HALFULP_CPU=level, OMP_NUM_THREADS="1") for level in levels}
    digests.add(digest_with(OMP_NUM_THREADS="2"))
    digests.add(digest_with(OMP_NUM_THREADS="5"))
    assert len(digests) == 1
