"""The shipped edge cases: every one is what mpmath says, halfulp gets it right, and exporting keeps them."""

import json

import pytest
from click.testing import CliRunner

from halfulp.accuracy import cases, implementations, reference
from halfulp.accuracy.__main__ import command_line
from halfulp.accuracy.functions import ELEMENTWISE
from halfulp.accuracy.implementations import load, supports


@pytest.mark.parametrize("case", cases.load(), ids=str)
def test_every_case_is_correctly_rounded(case):
    assert case.origin
    exact = reference.exact(case.function, case.input, case.form)
    assert [case.form.hex(b) for b in exact.bits.ravel()] == [case.form.hex(b) for b in case.output_bits]


@pytest.mark.parametrize("case", cases.load(), ids=str)
def test_halfulp_gets_every_case_right(case):
    halfulp = load("halfulp")
    assert supports(halfulp, case.function, case.form)
    assert cases.check(halfulp, [case]) == []


def test_selection():
    assert {case.function for case in cases.load("sigmoid")} == {"sigmoid"}
    assert {case.dtype for case in cases.load(dtype="bfloat16")} == {"bfloat16"}
    assert {"sigmoid", "log_sigmoid", "log_softmax"} <= {case.function for case in cases.load()}
    assert all(len(case.input_bits) == 1 for name in ELEMENTWISE for case in cases.load(name))


def test_export_writes_all_of_them(tmp_path):
    result = CliRunner().invoke(command_line(), ["cases", "--export", str(tmp_path / "new")])
    assert result.exit_code == 0
    for name in ELEMENTWISE:
        text = (tmp_path / "new" / f"{name}.csv").read_text()
        assert text.startswith("dtype,input,output,ulperrortol\n")
        assert cases.parse(text, name) == cases.load(name)
    rows = json.loads((tmp_path / "new" / "rows.json").read_text())
    assert len(rows) == sum(case.function not in ELEMENTWISE for case in cases.load())


def test_files_are_as_exported(tmp_path):
    cases.export(tmp_path)
    shipped = cases.folder()
    for file in tmp_path.iterdir():
        if (shipped / file.name).is_file():
            assert file.read_text() == (shipped / file.name).read_text()


def test_the_command_tells_what_is_wrong():
    arguments = ["cases", "--function", "sigmoid", "--dtype", "float32", "--impl", "numpy"]
    result = CliRunner().invoke(command_line(), arguments)
    assert result.exit_code == 0  # it is not halfulp that is wrong
    line = "sigmoid(float32 0xc2c80000): 0x00000000, not 0x0000001b (26.547 ULP)  [halfulp 0.1"
    assert line in result.output


@pytest.mark.parametrize(
    ("impl", "status", "message"),
    [
        ("halfulp.functions:sigmoid", 2, "is taken for sigmoid, after its name; asked for is softplus"),
        ("numpy", 2, "no implementation has a case of softplus of float16"),
    ],
)
def test_no_case_at_all_is_an_error(monkeypatch, impl, status, message):
    monkeypatch.setitem(implementations.NAMED, "numpy", dict)
    arguments = ["cases", "--function", "softplus", "--dtype", "float16", "--impl", impl]
    result = CliRunner().invoke(command_line(), arguments)
    assert result.exit_code == status
    assert message in " ".join(result.output.split())


def test_the_command_fails_if_halfulp_is_wrong(monkeypatch):
    monkeypatch.setitem(implementations.NAMED, "halfulp", implementations.NAMED["numpy"])
    result = CliRunner().invoke(command_line(), ["cases", "--function", "sigmoid", "--impl", "halfulp"])
    assert result.exit_code == 1
