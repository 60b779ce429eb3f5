"""The examples in the public docstrings run and print what they say."""

import doctest
from pathlib import Path

import pytest

import halfulp


@pytest.mark.parametrize("name", halfulp.__all__)
def test_examples(name):
    tests = doctest.DocTestFinder(recurse=False).find(getattr(halfulp, name), name)
    examples = sum(len(test.examples) for test in tests)
    assert examples, f"{name} has no example"
    runner = doctest.DocTestRunner()
    for test in tests:
        runner.run(test)
    assert not runner.failures


def test_examples_of_the_readme():
    result = doctest.testfile(str(Path(__file__).parents[1] / "README.md"), module_relative=False)
    assert result.attempted >= 7
    assert not result.failed
