"""The shipped edge cases: every one is what mpmath says."""

import pytest
from halfulp.accuracy import cases, reference
from halfulp.accuracy.functions import ELEMENTWISE


@pytest.mark.parametrize("case", cases.load(), ids=str)
def test_every_case_is_correctly_rounded(case):
    assert case.origin
    exact = reference.exact(case.function, case.input, case.form)
    assert [case.form.hex(b) for b in exact.bits.ravel()] == [case.form.hex(b) for b in case.output_bits]


def test_selection():
    assert {case.function for case in cases.load("sigmoid")} == {"sigmoid"}
    assert {case.dtype for case in cases.load(dtype="bfloat16")} == {"bfloat16"}
    assert {"sigmoid", "log_sigmoid", "log_softmax"} <= {case.function for case in cases.load()}
    assert all(len(case.input_bits) == 1 for name in ELEMENTWISE for case in cases.load(name))
