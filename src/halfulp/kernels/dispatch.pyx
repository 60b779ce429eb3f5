"""Picks, once at import, the module of loops for this CPU: the only place that looks at the CPU."""

import importlib.util
import os

from cpython.pycapsule cimport PyCapsule_GetPointer

from halfulp.kernels.lookup cimport add_lookups
from halfulp.kernels.table cimport Loops

cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GNUC__)
    static int cpu_has_avx2(void) {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    static int cpu_has_avx512(void) {
        return cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    }
    #else
    static int cpu_has_avx2(void) { return 0; }
    static int cpu_has_avx512(void) { return 0; }
    #endif
    """
    bint cpu_has_avx2() nogil
    bint cpu_has_avx512() nogil

LEVELS = ("baseline", "avx2", "avx512")
VARIABLE = "HALFULP_CPU"


def load_level(level):
    """Return the module of loops for a level, or None where this build has none."""
    name = f"halfulp.kernels.loops_{level}"
    if importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)


def built_levels():
    """Return the levels that this build has, slowest first."""
    return [level for level in LEVELS if importlib.util.find_spec(f"halfulp.kernels.loops_{level}")]


def available_levels():
    """Return the levels that were built and that this CPU has, slowest first."""
    has = {"baseline": True, "avx2": cpu_has_avx2(), "avx512": cpu_has_avx512()}
    return [level for level in built_levels() if has[level]]


def choose_level(requested, available):
    """Return the level to use: the requested one, or the fastest where none is requested."""
    if not requested:
        return available[-1]
    if requested not in available:
        raise ImportError(
            f"{VARIABLE}={requested!r} is not available: accepted here are {', '.join(available)} "
            f"(of {', '.join(LEVELS)}), or leave the variable unset"
        )
    return requested


level = choose_level(os.environ.get(VARIABLE), available_levels())
cdef Loops chosen = (<const Loops *>PyCapsule_GetPointer(load_level(level).loops, "halfulp.kernels.loops"))[0]
add_lookups(&chosen)
loops = &chosen
