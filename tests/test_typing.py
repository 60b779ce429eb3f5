"""The package is typed: mypy accepts a user's sample file and finds the mistakes in another."""

from pathlib import Path

import pytest

import halfulp

mypy = pytest.importorskip("mypy.api", reason="the extra halfulp[test] has mypy")
FOLDER = Path(__file__).parent / "typing"


@pytest.fixture
def check(monkeypatch, tmp_path):
    """Run mypy on a file against the halfulp that is imported here, in an editable install too."""
    root = Path(halfulp.__file__).parent.parent
    if root.name != "site-packages":
        monkeypatch.setenv("MYPYPATH", str(root))

    def run(file):
        output, errors, _ = mypy.run(["--strict", f"--cache-dir={tmp_path}", str(FOLDER / file)])
        assert not errors
        return output

    return run


@pytest.mark.skipif(not hasattr(halfulp, "log_softmax"), reason="log_softmax is not there yet")
def test_sample_passes_in_strict_mode(check):
    assert check("sample.py").startswith("Success")


def test_mistakes_are_found(check):
    wrong = (FOLDER / "wrong.py").read_text().splitlines()
    output = check("wrong.py")
    for number, line in enumerate(wrong, 1):
        if line.startswith("halfulp."):
            assert f"wrong.py:{number}: error" in output, line


def test_public_names_are_in_the_stubs():
    stub = (Path(halfulp.__file__).parent / "functions.pyi").read_text()
    for name in ("sigmoid", "log_sigmoid", "softplus"):
        assert f"\n{name}: " in stub
    assert (Path(halfulp.__file__).parent / "py.typed").exists()
