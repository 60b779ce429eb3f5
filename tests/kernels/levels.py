"""The modules of loops of the levels that this CPU has."""

import importlib
import math

import pytest

from halfulp.kernels import dispatch

LEVELS = dispatch.available_levels()
every_level = pytest.mark.parametrize("level", LEVELS)
BOUNDS = {  # log2
    ("tabled", "sigmoid"): math.log2(1.25) - 35,
    ("wide", "sigmoid"): -43,
    ("wide", "softplus"): -42,
    ("quick", "sigmoid"): -70,
    ("quick", "softplus"): math.log2(1.125) - 67,
    ("accurate", "sigmoid"): -100,
    ("accurate", "softplus"): -100,
}
LIMITS = {"tabled": 88.7, "wide": 110, "quick": 690, "accurate": 746}


def module(level):
    """Return a level's module of loops."""
    return importlib.import_module(f"halfulp.kernels.loops_{level}")
