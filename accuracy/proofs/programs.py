"""The programs that the proofs run."""

import functools
import shutil
import subprocess

TIMEOUT = 300  # seconds; the slowest proof takes 10


def require(program):
    """Return the path of a program, or raise RuntimeError with what to install."""
    path = shutil.which(program)
    if path is None:
        raise RuntimeError(f"the proofs need {program}: install it, on Debian by `apt-get install {program}`")
    return path


def run(program, *options, script):
    """Return what a program makes of a script: (standard output, standard error)."""
    return _run_once((require(program), *options), script)


@functools.cache
def _run_once(command, script):
    """Two proofs that share a part ask for it twice."""
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    return done.stdout, done.stderr
