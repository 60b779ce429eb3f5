"""The programs that the proofs run."""

import shutil


def require(program):
    """Return the path of a program, or raise RuntimeError with what to install."""
    path = shutil.which(program)
    if path is None:
        raise RuntimeError(f"the proofs need {program}: install it, on Debian by `apt-get install {program}`")
    return path
