"""The benchmark runs, on whatever peers are installed, and writes what it measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")
COMPARE = Path(__file__).parent.parent / "benchmarks" / "compare.py"


def compare(*arguments):
    return subprocess.run([sys.executable, COMPARE, *arguments], capture_output=True, text=True, timeout=120)


def test_table_and_json(tmp_path):
    file = tmp_path / "figures.json"
    result = compare("--only", "small calls", "--rounds", "3", "--seconds", "0.0005", "--json", file)
    assert result.returncode == 0, result.stderr
    figures = json.loads(file.read_text())
    assert figures["machine"]["threads"] >= 1
    assert len(figures["results"]) == 5
    for row in figures["results"]:
        median, best = row["seconds"]["median"], row["seconds"]["best"]
        assert "halfulp" in median
        assert all(0 < best[name] <= median[name] < 1 for name in median)
        assert row["name"].split(",")[0] in result.stdout


def test_a_file_that_cannot_be_written_is_refused_at_once():
    result = compare("--only", "no such case", "--json", "no/such/figures.json")
    assert result.returncode == 2
    assert "no/such/figures.json cannot be written" in " ".join(result.stderr.split())


def test_unknown_case_is_an_error():
    result = compare("--only", "no such case")
    assert result.returncode == 2
    assert "no such case" in result.stderr
