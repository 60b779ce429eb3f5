"""What this build is and what it uses: `show_config`."""

import platform
import pprint
from typing import Any, Literal, overload

import numpy as np

from halfulp.arrays import threads
from halfulp.kernels import dispatch

MODES = ("stdout", "dicts")


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...
def show_config(mode: str = "stdout") -> dict[str, Any] | None:
    """Show the instruction-set levels that were built, the one in use, and the threads.

    Parameters
    ----------
    mode : {"stdout", "dicts"}
        Print to the terminal, or return a dictionary, as `numpy.show_config` does.

    Returns
    -------
    dict or None
        With "dicts", the figures, else None. "threads" is what OpenMP offers to the calling thread now
        (``OMP_NUM_THREADS``, threadpoolctl), and 1 in a build without OpenMP and in a forked child.

    Raises
    ------
    ValueError
        The mode is none of the two.

    Examples
    --------
    >>> import halfulp
    >>> sorted(halfulp.show_config(mode="dicts"))
    ['instruction sets', 'numpy', 'platform', 'threads']
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, not {mode!r}")
    figures = {
        "instruction sets": {
            "built": dispatch.built_levels(),
            "available": dispatch.available_levels(),
            "used": dispatch.level,
        },
        "threads": threads.describe(),
        "numpy": np.__version__,
        "platform": platform.platform(),
    }
    if mode == "dicts":
        return figures
    pprint.pprint(figures, sort_dicts=False)
    return None
