"""Every layout gives the bits that one element alone gives, and bad calls leave `out` alone."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import halfulp
from halfulp import ufuncs

FUNCTIONS = ["sigmoid", "log_sigmoid", "softplus"]
FLOATS = ["float16", "float32", "float64"]
WIDEST_VECTOR = {"float16": 32, "float32": 16, "float64": 8}
LENGTHS = {
    name: sorted({*range(5), *range(lanes - 1, 4 * lanes + 4)}) for name, lanes in WIDEST_VECTOR.items()
}


def sample(n, dtype, seed=0):
    """Return n numbers from the whole range of the functions, special values among them."""
    random = np.random.default_rng(seed)
    x = random.normal(scale=30, size=n).astype(dtype)
    x[random.random(n) < 0.02] = -0.0
    for special in (np.nan, np.inf, -np.inf):
        x[random.random(n) < 0.01] = special
    return x


def contiguous(function, x):
    """Return f(x) element by element: each one is an array of its own, so no layout can go wrong."""
    values = [getattr(halfulp, function)(np.array([element])) for element in x.ravel()]
    return np.concatenate(values).reshape(x.shape) if values else np.empty(x.shape, x.dtype)


def assert_same_bits(actual, expected):
    """Compare dtype, shape and bits; every NaN is equal to every other."""
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(
        np.signbit(actual), np.signbit(expected) | np.isnan(actual) & np.signbit(actual)
    )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", FUNCTIONS)
class TestOneAxis:
    def test_every_length_and_misalignment(self, function, dtype):
        for n in LENGTHS[dtype]:
            for offset in range(4):
                x = sample(n + offset, dtype, n)[offset:]
                assert_same_bits(getattr(halfulp, function)(x), contiguous(function, x))

    @pytest.mark.parametrize("x_stride", [-4, -3, -2, -1, 1, 2, 3, 4])
    @pytest.mark.parametrize("y_stride", [-4, -3, -2, -1, 1, 2, 3, 4])
    def test_every_stride(self, function, dtype, x_stride, y_stride):
        for n in (1, 7, 2 * WIDEST_VECTOR[dtype] + 3, 1200):
            x = sample(4 * n, dtype, n)[::x_stride][:n]
            room = np.full(4 * n, 7, dtype)
            out = room[::y_stride][:n]
            before = x.copy()
            assert getattr(halfulp, function)(x, out=out) is out
            assert_same_bits(out, getattr(halfulp, function)(before))
            assert_same_bits(x, before)
            assert np.count_nonzero(room == 7) >= room.size - n, "wrote outside the output"


SHAPES = [
    (3, 5),
    (40, 30),
    (1, 7, 1),
    (300, 260),
    (5, 0, 3),
    (7, 6, 5, 4),
    (2, 1, 3, 400),
    (40, 3, 70),
    (100_000, 3),
]
VIEWS = {
    "C": lambda a: a,
    "F": lambda a: np.asfortranarray(a),
    "transposed": lambda a: a.T,
    "every other column": lambda a: a[..., ::2],
    "crop": lambda a: a[..., : a.shape[-1] * 3 // 4],
    "reversed": lambda a: a[::-1, ..., ::-1],
    "rows back and forth": lambda a: a[::-1],
    "swapped inside": lambda a: np.swapaxes(a, 0, -1)[..., ::-1],
    "rows repeated": lambda a: np.broadcast_to(a, (3, *a.shape)),
    "one repeated": lambda a: np.broadcast_to(a.ravel()[:1].sum(), a.shape),
    "new axes": lambda a: a[None, :, None],
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_views(view, shape, dtype):
    x = VIEWS[view](sample(np.prod(shape), dtype).reshape(shape))
    result = halfulp.sigmoid(x)
    assert_same_bits(result, halfulp.sigmoid(x.copy(order="C")))
    assert np.squeeze(result).strides == np.squeeze(np.negative(x)).strides, (
        "another memory order than NumPy's"
    )
    for out in (
        np.empty(x.shape, dtype, "C"),
        np.empty(x.shape, dtype, "F"),
        np.empty((*x.shape, 3), dtype)[..., 1],
    ):
        halfulp.sigmoid(x, out=out)
        assert_same_bits(out, result)


CROPS = {
    "of rows": np.s_[..., 3:-4],
    "of a box": np.s_[:, 1:-1, 3:-4],
    "of every other row": np.s_[::-1, ::2, 3:-4],
}


@pytest.mark.parametrize("crop", CROPS)
@pytest.mark.parametrize("width", [15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 511, 513])
@pytest.mark.parametrize("dtype", [*FLOATS, "int16"])
def test_rows_with_gaps(dtype, width, crop):
    """By their length rows are copied into blocks, one by one or by columns, or computed where they lie."""
    memory = np.random.default_rng(width).normal(scale=30, size=(4, 11, width + 7)).astype(dtype)
    x = memory[CROPS[crop]]
    expected = halfulp.sigmoid(x.copy())
    room = np.full(memory.shape, 7, expected.dtype)
    out = room[CROPS[crop]]
    for source, target in [(x, np.empty(x.shape, expected.dtype)), (x.copy(), out), (x, out)]:
        target[...] = 7
        assert_same_bits(halfulp.sigmoid(source, out=target), expected)
    assert np.count_nonzero(room == 7) == room.size - out.size, "wrote outside the output"
    repeated = np.broadcast_to(x[:, :1], x.shape)
    assert_same_bits(halfulp.sigmoid(repeated), halfulp.sigmoid(repeated.copy()))


@st.composite
def array_and_output(draw):
    """Draw two views of one shape, sliced and transposed in any way, of memory of their own."""
    shape = tuple(draw(st.lists(st.integers(0, 9), max_size=4)))
    dtype = draw(st.sampled_from(FLOATS))

    def view(fill):
        steps = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in shape]
        order = draw(st.permutations(range(len(shape))))
        stored = [shape[axis] * abs(steps[axis]) + draw(st.integers(0, 2)) for axis in order]
        memory = fill(int(np.prod(stored))).reshape(stored).transpose(np.argsort(order))
        return memory[..., *(slice(None, None, step) for step in steps)][..., *(slice(n) for n in shape)]

    return view(lambda n: sample(n, dtype)), view(lambda n: np.zeros(n, dtype))


@given(array_and_output())
def test_any_view_to_any_view(pair):
    x, out = pair
    expected = contiguous("log_sigmoid", x)
    assert_same_bits(halfulp.log_sigmoid(x, out=out), expected)
    result = halfulp.log_sigmoid(x)
    assert_same_bits(np.asarray(result), expected)
    assert np.shape(result) == x.shape


MOVES = {
    "in place": (np.s_[:-1], np.s_[:-1]),
    "one up": (np.s_[:-1], np.s_[1:]),
    "one down": (np.s_[1:], np.s_[:-1]),
    "reversed": (np.s_[:], np.s_[::-1]),
    "reversed and moved": (np.s_[60_000:1000:-1], np.s_[900:59_900]),
    "interleaved": (np.s_[:-1:2], np.s_[1::2]),
    "squeezed": (np.s_[::2], np.s_[:50_000]),
    "spread": (np.s_[:50_000], np.s_[::2]),
}


class TestOverlap:
    @pytest.mark.parametrize("move", MOVES)
    @pytest.mark.parametrize("call", [halfulp.sigmoid, ufuncs.sigmoid])
    def test_gives_what_a_copy_gives(self, move, call):
        memory = sample(100_000, "float32")
        source, target = (memory[part] for part in MOVES[move])
        expected = halfulp.sigmoid(source.copy())
        call(source, out=target)
        assert_same_bits(target, expected)

    @pytest.mark.parametrize("call", [halfulp.sigmoid, ufuncs.sigmoid])
    def test_transposed_onto_itself(self, call):
        memory = sample(250_000, "float64").reshape(500, 500)
        expected = halfulp.sigmoid(memory.T.copy())
        call(memory.T, out=memory)
        assert_same_bits(memory, expected)

    @pytest.mark.parametrize("call", [halfulp.sigmoid, ufuncs.sigmoid])
    @pytest.mark.parametrize(("shape", "strides"), [((8, 100_000), (0, 4)), ((100_000, 2), (4, 4))])
    def test_output_that_overlaps_itself_is_written_in_order(self, shape, strides, call):
        """By one thread, then: what NumPy writes last is what remains."""
        x = np.random.default_rng(0).normal(size=shape).astype("float32")
        written, expected = (
            np.lib.stride_tricks.as_strided(np.zeros(100_001, "float32"), shape, strides) for _ in range(2)
        )
        call(x, out=written)
        np.positive(halfulp.sigmoid(x), out=expected)
        assert_same_bits(written.copy(), expected.copy())


class TestOut:
    def test_is_returned(self):
        x, out = sample(5, "float64"), np.empty(5)
        assert halfulp.sigmoid(x, out) is out
        assert halfulp.sigmoid(x, out=out) is out
        assert halfulp.sigmoid(x, out=(out,)) is out

    def test_of_no_dimensions_stays_an_array(self):
        out = np.empty(())
        assert halfulp.sigmoid(0.0, out=out) is out
        assert out == 0.5

    def test_may_be_wider_and_larger(self):
        x, out = sample(5, "float32"), np.empty((3, 5), "float64")
        halfulp.sigmoid(x, out=out)
        assert_same_bits(out, np.broadcast_to(halfulp.sigmoid(x).astype("float64"), (3, 5)))

    READ_ONLY = np.zeros(4)
    READ_ONLY.flags.writeable = False

    @pytest.mark.parametrize(
        ("out", "error", "message"),
        [
            (np.full(5, 7.0), ValueError, r"\(5,\)"),
            (np.full((), 7.0), ValueError, r"\(4,\)"),
            (READ_ONLY, ValueError, "read-only"),
            (np.full(4, 7), TypeError, "Cannot cast .*float64.* to .*int64"),
            (np.full(4, True), TypeError, "Cannot cast"),
            ([7.0] * 4, TypeError, "ArrayType"),
            ((np.full(4, 7.0), np.full(4, 7.0)), ValueError, "out"),
        ],
        ids=["shape", "no dimensions", "read-only", "integer", "boolean", "list", "two"],
    )
    def test_that_cannot_be_used_is_an_error_and_stays_as_it_was(self, out, error, message):
        before = np.array(out)
        with pytest.raises(error, match=message):
            halfulp.sigmoid(np.arange(4.0), out=out)
        np.testing.assert_array_equal(out, before)


class TestScalars:
    @pytest.mark.parametrize(
        ("x", "kind"),
        [
            (0.5, np.float64),
            (3, np.float64),
            (True, np.float64),
            (np.float32(0.5), np.float32),
            (np.float64(0.5), np.float64),
            (np.int8(3), np.float64),
            (np.array(0.5), np.float64),
            (np.array(0.5, "float32"), np.float32),
        ],
    )
    def test_give_scalars(self, x, kind):
        assert type(halfulp.sigmoid(x)) is kind
        assert halfulp.sigmoid(x) == halfulp.sigmoid(np.array([x]))[0]

    def test_lists_are_read_as_numpy_reads_them(self):
        assert_same_bits(halfulp.sigmoid([[1, 2], [3, 4]]), halfulp.sigmoid(np.array([[1, 2], [3, 4]])))
        assert halfulp.sigmoid([]).shape == (0,)


UNSUPPORTED = [
    (np.zeros(2, "longdouble"), "float128|longdouble|float64"),
    (np.zeros(2, "complex64"), "complex64"),
    (np.zeros(2, object), "object"),
    (10**30, "object"),
    (None, "object"),
    (np.array(["a"]), "<U1"),
    ("0.5", "<U3"),
    (np.zeros(2, "datetime64[s]"), "datetime64"),
    (np.zeros(2, "timedelta64[s]"), "timedelta64"),
    (np.zeros(2, [("a", "f4")]), "a"),
]


class TestDtypes:
    @pytest.mark.parametrize("code", "?bBhHiIlLqQ")
    def test_integers_and_booleans_compute_as_float64(self, code):
        x = np.arange(-40, 40).astype(code)
        for view in (x, x[::3], x[::-1], np.broadcast_to(x, (1000, x.size)), np.resize(x, (90, 70)).T):
            expected = halfulp.sigmoid(view.astype("float64"))
            assert_same_bits(halfulp.sigmoid(view), expected)
            assert_same_bits(halfulp.sigmoid(view, out=np.empty(view.shape)), expected)

    def test_largest_integers(self):
        x = np.array([2**64 - 1, 2**63, 2**53 + 1], "uint64")
        assert_same_bits(halfulp.softplus(x), x.astype("float64"))

    @pytest.mark.parametrize(("x", "named"), UNSUPPORTED, ids=[named for _, named in UNSUPPORTED])
    def test_unsupported_are_named_beside_the_supported(self, x, named):
        with pytest.raises(TypeError, match=f"sigmoid .*({named}).*float16, bfloat16.*float32, float64"):
            halfulp.sigmoid(x)
        out = np.full(2, 7.0)
        with pytest.raises(TypeError):
            halfulp.sigmoid(x, out=out)
        assert (out == 7).all()

    @pytest.mark.parametrize("dtype", ["int64", "longdouble", "complex128", "datetime64[s]", "U3"])
    def test_unsupported_dtype_argument(self, dtype):
        named = re.escape(str(np.dtype(dtype)))
        with pytest.raises(TypeError, match=f"{named}; supported are float16, .*, float64$"):
            halfulp.sigmoid(np.zeros(2), dtype=dtype)


@pytest.mark.parametrize("dtype", FLOATS)
class TestOddMemory:
    def test_byte_swapped(self, dtype):
        x = sample(1000, dtype)
        swapped = x.astype(x.dtype.newbyteorder())
        assert_same_bits(halfulp.sigmoid(swapped), halfulp.sigmoid(x))

    def test_unaligned(self, dtype):
        x = sample(1000, dtype)
        memory = np.zeros(x.nbytes + 1, "uint8")
        unaligned = memory[1:].view(dtype)
        unaligned[:] = x
        assert not unaligned.flags.aligned
        expected = halfulp.sigmoid(x)
        assert_same_bits(halfulp.sigmoid(unaligned), expected)
        assert_same_bits(halfulp.sigmoid(x, out=unaligned), expected)

    def test_read_only_input(self, dtype):
        x = sample(1000, dtype)
        x.flags.writeable = False
        assert_same_bits(halfulp.sigmoid(x), halfulp.sigmoid(x.copy()))

    def test_fields_of_records(self, dtype):
        records = np.zeros(1000, [("a", dtype), ("b", "float64")])
        records["a"] = sample(1000, dtype)
        assert_same_bits(halfulp.sigmoid(records["a"]), halfulp.sigmoid(records["a"].copy()))


@pytest.mark.long
def test_more_elements_than_an_int_can_count():
    n = 2**31 + 7
    dtype = FLOATS[0]
    out = np.zeros(n, dtype)
    halfulp.sigmoid(np.broadcast_to(np.array(0.5, dtype), (n,)), out=out)
    last = out[-10:].copy()
    halfulp.softplus(out[::-1], out=out[::-1])
    expected = halfulp.softplus(halfulp.sigmoid(np.array([0.5], dtype)))[0]
    assert all((out[start : start + 2**28] == expected).all() for start in range(0, n, 2**28))
    assert (last == halfulp.sigmoid(np.array([0.5], dtype))).all()
