"""The library on the float64 inputs whose exact results lie closest to rounding midpoints."""

import numpy as np
import pytest

import halfulp
from halfulp.accuracy.hard_cases import read_table


@pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "softplus"])
def test_every_hard_case_is_correctly_rounded(name):
    table = read_table(name)
    computed = getattr(halfulp, name)(table.inputs)
    wrong = np.flatnonzero(computed.view(np.uint64) != table.outputs.view(np.uint64))
    assert wrong.size == 0, [(table.inputs[i].hex(), table.distances[i]) for i in wrong[:10]]
