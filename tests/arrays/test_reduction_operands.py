"""Reductions of arrays that kernels cannot read as they lie: the bits of a copy, and no copy made."""

import itertools
import tracemalloc

import ml_dtypes
import numpy as np
import pytest

import halfulp
from reducing import DTYPES, FUNCTIONS, KEEPING_SHAPE, bits

INTEGERS = [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
SHAPES = [
    (3, 4, 5),
    (2, 150, 17),
    (150, 3, 9),
    (2, 3, 1500),
]  # rows that fit in a buffer, and some that do not
AXES = [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2), ()]


def assert_same_bits(computed, expected):
    __tracebackhide__ = True
    assert computed.dtype.newbyteorder("=") == expected.dtype
    assert np.array_equal(bits(computed), bits(expected))


def unaligned(shape, dtype):
    dtype = np.dtype(dtype)
    memory = np.zeros(int(np.prod(shape)) * dtype.itemsize + 1, np.uint8)
    return memory[1:].view(dtype).reshape(shape)


def copied(x, layout):
    y = layout(x.shape, x.dtype)
    y[...] = x
    return y


def swapped(shape, dtype):
    return np.zeros(shape, np.dtype(dtype).newbyteorder())


def every_second(shape, dtype):
    return np.zeros((*shape[:-1], 2 * shape[-1]), dtype)[..., ::2]


LAYOUTS = {
    "C": np.zeros,
    "Fortran": lambda shape, dtype: np.zeros(shape, dtype, order="F"),
    "reversed": lambda shape, dtype: np.zeros(shape, dtype)[::-1, :, ::-1],
    "every second": every_second,
    "axes moved": lambda shape, dtype: np.zeros((shape[1], shape[2], shape[0]), dtype).transpose(2, 0, 1),
    "unaligned": unaligned,
    "swapped": swapped,
    "swapped and reversed": lambda shape, dtype: swapped(shape[::-1], dtype).T[:, ::-1],
    "swapped and unaligned": lambda shape, dtype: unaligned(shape, swapped((), dtype).dtype),
}

every_layout = pytest.mark.parametrize(
    ("layout", "dtype"),
    [
        pytest.param(layout, dtype, id=f"{name}-{np.dtype(dtype).name}")
        for (name, layout), dtype in itertools.product(LAYOUTS.items(), DTYPES)
        if not ("swapped" in name and dtype is ml_dtypes.bfloat16)  # which NumPy has in one byte order
    ],
)


def example(shape, dtype):
    """Return numbers that send rows to every phase: NaN, infinities, a dominating member."""
    rng = np.random.default_rng(list(shape))
    x = rng.normal(size=shape) * 10 ** rng.uniform(-2, 2)
    x[0, 0, 0], x[1, 1, 1], x[-1, 2, 2], x[1, 0, 2] = np.nan, np.inf, -np.inf, -5e4
    x[-1, :, 0] = -np.inf
    x[0, 1, :] = -20000
    x[0, 1, 0] = 3
    with np.errstate(all="ignore"):
        return x.astype(dtype)


def masks(shape):
    rng = np.random.default_rng(1)
    whole = rng.random(shape) < 0.6
    whole[-1, -1] = False
    whole[0, 0, 0] = whole[1, 1, 1] = False
    yield whole
    yield np.asfortranarray(whole)
    yield np.ascontiguousarray(whole[::-1, ::-1, ::-1])[::-1, ::-1, ::-1]
    yield rng.random(shape[2]) < 0.5
    yield rng.random((shape[0], 1, 1)) < 0.5
    yield rng.random((shape[1], 1)) < 0.5
    yield False
    yield np.True_
    yield np.frombuffer(whole.view(np.uint8) * np.uint8(6), np.bool_).reshape(shape)  # true is not always 1


def with_copies(function, x, axis, where):
    """Return what the function gives for a copy in which the members left out are -inf."""
    left_out = ~(np.broadcast_to(where, x.shape) & True)
    x = np.where(left_out, x.dtype.type(-np.inf), x)
    computed = np.array(function(x, axis))
    if function is not halfulp.logsumexp:
        computed[left_out] = -np.inf if function is halfulp.log_softmax else 0
    return computed


@every_layout
@pytest.mark.parametrize("shape", SHAPES)
def test_layouts(shape, layout, dtype):
    x = example(shape, dtype)
    laid_out = copied(x, layout)
    for function, axis in itertools.product(FUNCTIONS, AXES):
        assert_same_bits(function(laid_out, axis), function(x, axis))


@every_layout
@pytest.mark.parametrize("shape", SHAPES[::3])
def test_layouts_of_out(shape, layout, dtype):
    x = example(shape, dtype)
    for function, axis in itertools.product(FUNCTIONS, AXES):
        keeping = {"keepdims": True} if function is halfulp.logsumexp else {}
        expected = function(x, axis, **keeping)
        out = layout(expected.shape, dtype)
        assert function(x, axis, out=out, **keeping) is out
        assert_same_bits(out, expected)
        if keeping:
            flat = np.zeros(np.squeeze(expected, axis).shape, dtype)
            assert_same_bits(function(x, axis, out=flat), np.squeeze(expected, axis))


@every_layout
@pytest.mark.parametrize("shape", SHAPES[1::2])
def test_where(shape, layout, dtype):
    x = example(shape, dtype)
    laid_out = copied(x, layout)
    for function, (i, where) in itertools.product(FUNCTIONS, enumerate(masks(shape))):
        for axis in AXES[i % 3 :: 3]:
            expected = with_copies(function, x, axis, where)
            assert_same_bits(function(laid_out, axis, where=where), expected)


@every_layout
@pytest.mark.parametrize("axis", AXES)
def test_in_place(axis, layout, dtype):
    x = example((2, 150, 17), dtype)
    where = next(masks(x.shape))
    for function in KEEPING_SHAPE:
        y = copied(x, layout)
        assert function(y, axis, out=y) is y
        assert_same_bits(y, function(x, axis))
        y = copied(x, layout)
        function(y, axis, out=y, where=where)
        assert_same_bits(y, with_copies(function, x, axis, where))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("source", [*DTYPES, np.bool_, np.int8, np.uint16, np.int64])
@pytest.mark.parametrize("shape", SHAPES[::3])
def test_dtype(shape, source, dtype):
    with np.errstate(all="ignore"):
        x = np.where(np.isfinite(example(shape, np.float64)), example(shape, np.float64), 1).astype(source)
        converted = x.astype(dtype)
    where = next(masks(shape))
    layouts = [x, np.asfortranarray(x), copied(x, unaligned), x[:, ::-1].copy()[:, ::-1]]
    if source is not ml_dtypes.bfloat16:
        layouts.append(x.astype(x.dtype.newbyteorder()))
    with np.errstate(all="raise"):
        for (i, laid_out), function in itertools.product(enumerate(layouts), FUNCTIONS):
            for axis in AXES[i % 2 :: 2]:
                assert_same_bits(function(laid_out, axis, dtype=dtype), function(converted, axis))
                expected = with_copies(function, converted, axis, where)
                assert_same_bits(function(laid_out, axis, dtype=dtype, where=where), expected)


def numbers_of(source):
    """Return numbers from all over a type, with those next to midpoints of the narrower types."""
    rng = np.random.default_rng(2)
    size = np.dtype(source).itemsize
    anywhere = rng.integers(0, 256, 40000 * size, np.uint8)
    with np.errstate(all="ignore"):
        if source is np.bool_:
            return anywhere > 127
        wide = rng.integers(0, 2**16, 40000, np.uint16)
        halves = [wide.view(t).astype(np.float64) for t in (np.float16, ml_dtypes.bfloat16)]
        singles = anywhere[: 4 * (anywhere.size // 4)].view(np.float32).astype(np.float64)
        midpoints = [
            (v + np.nextafter(v.astype(t), np.float16(np.inf).astype(t)).astype(np.float64)) / 2
            for v, t in zip([*halves, singles], [np.float16, ml_dtypes.bfloat16, np.float32], strict=True)
        ]
        beside = [np.nextafter(v, to) for v in midpoints for to in (-np.inf, np.inf)]
        if np.dtype(source).kind in "iu":
            powers = np.ldexp(rng.uniform(0.5, 1, 40000), rng.integers(0, 8 * size, 40000))
            found = np.concatenate([*midpoints, powers])
            ends = np.iinfo(source)
            found = found[np.isfinite(found)].clip(0, float(ends.max // 2)).astype(source)
            ends = np.array([ends.min, ends.max], source)
            return np.concatenate([anywhere.view(source), found, found + source(1), ends])
        return np.concatenate(
            [anywhere.view(source), *[v.astype(source) for v in midpoints + beside + halves]]
        )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("source", [*DTYPES, *INTEGERS])
def test_conversions_round_as_astype_does(source, dtype):
    """logsumexp of a row of one member is that member."""
    x = numbers_of(source)
    computed = halfulp.logsumexp(x, axis=(), dtype=dtype)
    with np.errstate(all="ignore"):
        expected = x.astype(dtype)
        is_nan = np.isnan(expected)
        assert np.array_equal(np.isnan(computed), is_nan)
    assert_same_bits(computed[~is_nan] + dtype(0), expected[~is_nan] + dtype(0))  # one zero, -0.0 has none


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threads", ["1", "2"])
def test_long_rows(run, threads, dtype):
    """Rows that are split among threads."""
    program = f"""
    import ml_dtypes, numpy as np, halfulp
    rng = np.random.default_rng(6)
    for extreme in (3, np.nan):
        x = rng.normal(size=(2, 140000)) * 3
        x[0, 5] = extreme
        where = rng.random(x.shape[1]) < 0.7
        converted = x.astype("{np.dtype(dtype).name}")
        copy = np.where(where, converted, converted.dtype.type(-np.inf))
        for function in (halfulp.log_softmax, halfulp.softmax, halfulp.logsumexp):
            expected = function(copy, 1)
            if function is not halfulp.logsumexp:
                expected[:, ~where] = 0 if function is halfulp.softmax else -np.inf
            computed = [function(x.astype(">f8"), 1, dtype=copy.dtype, where=where)]
            if function is not halfulp.logsumexp:
                in_place = converted.copy()
                computed.append(function(in_place, 1, out=in_place, where=where))
            for y in computed:
                assert np.array_equal(y.view(np.uint8), expected.view(np.uint8))
    """
    run(program, OMP_NUM_THREADS=threads)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_do_not_depend_on_threads(run, dtype):
    program = f"""
    import hashlib, ml_dtypes, numpy as np, halfulp
    rng = np.random.default_rng(3)
    digest = hashlib.sha256()
    for shape, axis in [((400, 500), 1), ((400, 500), 0), ((40000, 7), 1), ((2, 300000), 1)]:
        x = (rng.normal(size=shape) * 3).astype("{np.dtype(dtype).name}")
        where = rng.random(shape) < 0.7
        where[1, :] &= axis == 0
        for function in (halfulp.log_softmax, halfulp.softmax, halfulp.logsumexp):
            for y in (x, x.astype("f4").byteswap().view(np.dtype("f4").newbyteorder())):
                for mask in (True, where):
                    result = function(y, axis, dtype=x.dtype, where=mask)
                    digest.update(np.ascontiguousarray(result).tobytes())
    print(digest.hexdigest())
    """
    assert run(program, OMP_NUM_THREADS="1") == run(program, OMP_NUM_THREADS="2")


def test_where_may_be_the_memory_of_out():
    for function in KEEPING_SHAPE:
        memory = np.random.default_rng(4).random((40, 8)) < 0.5
        mask = memory.copy()
        x = np.random.default_rng(5).normal(size=(40, 1))
        out = memory.view(np.float64)
        where = memory[:, :1]
        expected = function(x, 0, where=mask[:, :1])
        function(x, 0, where=where, out=out)
        assert_same_bits(out, expected)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_is_written_where_arguments_are_wrong(function):
    x = np.ones((3, 4), ">f4")
    out = np.full((3, 4), 7.0, np.float32)
    for wrong in [{"where": np.ones(3, bool)}, {"where": np.ones(4)}, {"dtype": np.int32}, {"axis": 5}]:
        with pytest.raises((TypeError, ValueError)):
            function(x, **{"axis": (), "out": out, **wrong})
    assert (out == 7).all()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_self_overlapping_out(function):
    """Where results share memory each is computed before any is written."""
    memory = np.arange(6.0)
    windows = np.lib.stride_tricks.as_strided(memory, (4, 3), (8, 8))
    copy = windows.copy()
    expected = np.zeros(6)
    np.lib.stride_tricks.as_strided(expected, (4, 3), (8, 8))[...] = function(copy, ())
    function(windows, (), out=windows)
    assert np.array_equal(memory, expected)


# --- Memory -------------------------------------------------------------------------------------------------

MEMBERS = 1 << 23
MOST = 1 << 20  # bytes beyond the result


def large(dtype, shape):
    return np.zeros(shape, dtype)


CALLS = {
    "where": lambda function, axis, shape: (large(np.float32, shape), {"where": np.ones(shape, bool)}),
    "where broadcast": lambda function, axis, shape: (
        large(np.float64, shape),
        {"where": np.arange(shape[-1]) % 2 == 0},
    ),
    "narrower": lambda function, axis, shape: (large(np.float64, shape), {"dtype": np.float32}),
    "float16": lambda function, axis, shape: (large(np.float64, shape), {"dtype": np.float16}),
    "wider": lambda function, axis, shape: (large(np.float32, shape), {"dtype": np.float64}),
    "integers": lambda function, axis, shape: (large(np.int32, shape), {"dtype": ml_dtypes.bfloat16}),
    "swapped": lambda function, axis, shape: (large(np.dtype(np.float64).newbyteorder(), shape), {}),
    "unaligned": lambda function, axis, shape: (unaligned(shape, np.float64), {}),
    "out": lambda function, axis, shape: (
        large(np.float64, shape),
        {"out": result(function, axis, shape, "=f8")},
    ),
    "swapped out": lambda function, axis, shape: (
        large(np.float32, shape),
        {"out": result(function, axis, shape, np.dtype(np.float32).newbyteorder())},
    ),
}


def result(function, axis, shape, dtype):
    if function is halfulp.logsumexp:
        shape = shape[:axis] + shape[axis + 1 :]
    return np.zeros(shape, dtype)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("function", [halfulp.softmax, halfulp.logsumexp])
@pytest.mark.parametrize(
    ("shape", "axis"), [((MEMBERS // 8, 8), 1), ((8, MEMBERS // 8), 1), ((MEMBERS // 8, 8), 0)]
)
def test_no_array_is_copied_whole(shape, axis, function, call):
    x, arguments = CALLS[call](function, axis, shape)
    tracemalloc.start()
    try:
        computed = function(x, axis, **arguments)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    made = 0 if "out" in arguments else np.asarray(computed).nbytes
    assert peak - made < MOST
