"""What several tests of the array floor share."""

import os
import subprocess
import sys
import textwrap

import pytest


@pytest.fixture
def run():
    """Run a program in a fresh interpreter, with environment variables, and return what it prints."""

    def in_fresh_interpreter(program, **environment):
        result = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    return in_fresh_interpreter
