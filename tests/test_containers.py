"""Arrays of the real other libraries keep what makes them theirs: labels, laziness, chunks."""

import numpy as np
import pytest

import halfulp

VALUES = np.linspace(-100, 100, 12, dtype="float32").reshape(4, 3)


@pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "softplus"])
class TestPandas:
    def test_series_keeps_index_and_name(self, name):
        pandas = pytest.importorskip("pandas")
        function = getattr(halfulp, name)
        x = pandas.Series(VALUES[:, 0], index=list("abcd"), name="logit")
        expected = pandas.Series(function(VALUES[:, 0]), index=list("abcd"), name="logit")
        pandas.testing.assert_series_equal(function(x), expected, check_exact=True)

    def test_frame_keeps_rows_and_columns(self, name):
        pandas = pytest.importorskip("pandas")
        function = getattr(halfulp, name)
        labels = {"index": list("abcd"), "columns": ["p", "q", "r"]}
        expected = pandas.DataFrame(function(VALUES), **labels)
        pandas.testing.assert_frame_equal(
            function(pandas.DataFrame(VALUES, **labels)), expected, check_exact=True
        )

    def test_nullable_numbers_keep_their_gaps(self, name):
        pandas = pytest.importorskip("pandas")
        function = getattr(halfulp, name)
        result = function(pandas.Series([1.0, None, -100.0], dtype="Float32"))
        assert result.isna().tolist() == [False, True, False]
        assert result[2] == function(np.float32(-100))

    def test_integers(self, name):
        pandas = pytest.importorskip("pandas")
        function = getattr(halfulp, name)
        result = function(pandas.Series([1, 2, 3]))
        assert result.dtype == "float64"


class TestXarray:
    def test_labels_and_attributes_stay(self):
        xarray = pytest.importorskip("xarray")
        x = xarray.DataArray(VALUES, dims=("time", "class"), coords={"time": [1, 2, 3, 4]}, name="logit")
        result = halfulp.sigmoid(x)
        assert isinstance(result, xarray.DataArray)
        xarray.testing.assert_identical(result, x.copy(data=halfulp.sigmoid(VALUES)))

    def test_data_set(self):
        xarray = pytest.importorskip("xarray")
        x = xarray.Dataset({"a": ("t", VALUES[:, 0]), "b": ("t", VALUES[:, 1])})
        np.testing.assert_array_equal(halfulp.sigmoid(x)["b"].values, halfulp.sigmoid(VALUES[:, 1]))

    def test_lazy_chunks_inside(self):
        xarray = pytest.importorskip("xarray")
        dask = pytest.importorskip("dask.array")
        x = xarray.DataArray(dask.from_array(VALUES, chunks=(2, 3)), dims=("time", "class"))
        result = halfulp.log_sigmoid(x)
        assert isinstance(result.data, dask.Array)
        np.testing.assert_array_equal(result.compute().values, halfulp.log_sigmoid(VALUES), strict=True)


class TestDask:
    @pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "softplus"])
    @pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
    def test_stays_lazy_and_chunked(self, name, dtype):
        dask = pytest.importorskip("dask.array")
        function = getattr(halfulp, name)
        values = VALUES.astype(dtype)
        lazy = dask.from_array(values, chunks=(3, 2))
        result = function(lazy)
        assert isinstance(result, dask.Array)
        assert result.chunks == lazy.chunks
        assert result.dtype == function(values).dtype
        np.testing.assert_array_equal(result.compute(scheduler="threads"), function(values), strict=True)

    def test_in_other_processes(self):
        dask = pytest.importorskip("dask.array")
        lazy = halfulp.sigmoid(dask.from_array(VALUES, chunks=(2, 3)))
        np.testing.assert_array_equal(
            lazy.compute(scheduler="processes", num_workers=1), halfulp.sigmoid(VALUES)
        )


@pytest.mark.filterwarnings(
    "ignore:__array_wrap__ must accept:DeprecationWarning"
)  # PyTorch's, for any ufunc
def test_torch_tensors_stay_tensors():
    torch = pytest.importorskip("torch", reason="the extra halfulp[bench] has PyTorch")
    result = halfulp.sigmoid(torch.from_numpy(VALUES))
    assert isinstance(result, torch.Tensor)
    np.testing.assert_array_equal(result.numpy(), halfulp.sigmoid(VALUES))
