"""The callables of halfulp.nn behave as those of torch.nn do, on NumPy arrays."""

import doctest

import numpy as np
import pytest

import halfulp
from halfulp import nn

needs_log_softmax = pytest.mark.skipif(
    not hasattr(halfulp, "log_softmax"), reason="log_softmax is not there yet"
)


@pytest.mark.parametrize("name", ["Sigmoid", "LogSigmoid", "LogSoftmax"])
def test_examples(name):
    (test,) = doctest.DocTestFinder(recurse=False).find(getattr(nn, name), name)
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize(("name", "function"), [("Sigmoid", "sigmoid"), ("LogSigmoid", "log_sigmoid")])
@pytest.mark.parametrize("shape", [(), (2,), (2, 3), (1, 2, 3, 4)])
def test_is_the_function(name, function, shape):
    x = np.linspace(-100, 100, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    np.testing.assert_array_equal(getattr(nn, name)()(x), getattr(halfulp, function)(x), strict=True)


@pytest.mark.parametrize("layer", ["Sigmoid()", "LogSigmoid()", "LogSoftmax(dim=None)", "LogSoftmax(dim=1)"])
def test_repr_is_the_call_that_makes_it(layer):
    assert repr(eval(layer, vars(nn))) == layer


class TestLogSoftmax:
    @pytest.mark.parametrize(
        ("shape", "dim"), [((), 0), ((5,), 0), ((4, 5), 1), ((3, 4, 5), 0), ((2, 3, 4, 5), 1)]
    )
    def test_without_dim_takes_pytorchs_and_warns_with_its_words(self, shape, dim):
        x = np.random.default_rng(0).normal(size=shape)
        with pytest.warns(UserWarning, match="Implicit dimension choice for log_softmax") as caught:
            result = nn.LogSoftmax()(x)
        assert caught[0].filename == __file__
        np.testing.assert_array_equal(result, halfulp.log_softmax(x, axis=dim), strict=True)

    @pytest.mark.parametrize("dim", [0, 1, 2, -1])
    def test_with_dim(self, dim):
        x = np.random.default_rng(0).normal(size=(3, 4, 5))
        np.testing.assert_array_equal(nn.LogSoftmax(dim)(x), halfulp.log_softmax(x, axis=dim), strict=True)

    def test_a_dim_of_another_type_is_named(self):
        with pytest.raises(TypeError, match=r"an integer, .*, not 1\.0"):
            nn.LogSoftmax(1.0)(np.zeros((2, 3)))


@pytest.mark.parametrize("shape", [(), (5,), (4, 5), (3, 4, 5), (2, 3, 4, 5)])
def test_agrees_with_pytorch(shape):
    torch = pytest.importorskip("torch", reason="the extra halfulp[bench] has PyTorch")
    x = np.random.default_rng(0).normal(size=shape)
    layers = [("Sigmoid", {}), ("LogSigmoid", {})]
    layers += [("LogSoftmax", {"dim": dim}) for dim in range(-1, max(len(shape), 1))]
    for name, arguments in layers:
        ours, theirs = (getattr(module, name)(**arguments) for module in (nn, torch.nn))
        assert repr(ours) == repr(theirs)
        np.testing.assert_allclose(ours(x), theirs(torch.from_numpy(np.asarray(x))).numpy(), rtol=1e-14)
