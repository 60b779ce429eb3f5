"""The package is typed: mypy accepts a user's sample file and finds the mistakes in another."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import halfulp

mypy = pytest.importorskip("mypy.api", reason="the extra halfulp[test] has mypy")
FOLDER = Path(__file__).parent / "typing"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Return a folder where mypy keeps what it learned of NumPy, for all tests here."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture
def check(monkeypatch, cache):
    """Run mypy on a file against the halfulp that is imported here, in an editable install too."""
    root = Path(halfulp.__file__).parent.parent
    if root.name != "site-packages":
        monkeypatch.setenv("MYPYPATH", str(root))

    def run(file):
        output, errors, _ = mypy.run(["--strict", f"--cache-dir={cache}", str(FOLDER / file)])
        assert not errors
        return output

    return run


def test_sample_passes_in_strict_mode(check):
    assert check("sample.py").startswith("Success")


def test_mistakes_are_found(check):
    wrong = (FOLDER / "wrong.py").read_text().splitlines()
    output = check("wrong.py")
    for number, line in enumerate(wrong, 1):
        if line.startswith("halfulp."):
            assert f"wrong.py:{number}: error" in output, line


def test_every_public_function_has_a_type(check, tmp_path):
    file = tmp_path / "names.py"
    file.write_text(
        "import halfulp\n" + "".join(f"reveal_type(halfulp.{name})\n" for name in halfulp.__all__)
    )
    types = [line for line in check(file).splitlines() if "Revealed type" in line]
    assert len(types) == len(halfulp.__all__)
    assert not [line for line in types if line.endswith('"Any"')]


def test_stubs_have_the_signatures_of_what_they_describe(check, cache):
    modules = [f"halfulp.{name}" for name in ("config", "functions", "nn", "reductions", "ufuncs")]
    result = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "--ignore-missing-stub", *modules],
        env={**os.environ, "MYPY_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout


def test_the_package_says_that_it_is_typed():
    assert (Path(halfulp.__file__).parent / "py.typed").exists()
