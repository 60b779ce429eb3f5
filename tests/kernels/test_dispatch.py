"""The choice of an instruction-set level, and that each level's loops are what their name says."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from halfulp.kernels import dispatch

from .levels import LEVELS

PROGRAM = """
import hashlib, sys
import numpy as np
import halfulp
for dtype in (np.float16, np.float32, np.float64):
    x = np.frombuffer(np.random.default_rng(0).bytes(1 << 18), dtype)
    x = np.concatenate([x, np.random.default_rng(1).normal(0, 30, 50_001).astype(dtype)])
    for name in ("sigmoid", "log_sigmoid", "softplus"):
        y = getattr(halfulp, name)(x)
        print(name, dtype.__name__, hashlib.sha256(y.tobytes()).hexdigest())
"""


def run(level, program=PROGRAM):
    environment = {**os.environ, dispatch.VARIABLE: level}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)


def test_every_level_gives_the_same_bits():
    outputs = {level: run(level).stdout for level in LEVELS}
    assert outputs["baseline"].count("\n") == 9
    assert len(set(outputs.values())) == 1, outputs


class TestChoice:
    def test_fastest_without_a_request(self):
        assert dispatch.choose_level("", ["baseline", "avx2"]) == "avx2"

    def test_request_is_obeyed(self):
        assert dispatch.choose_level("baseline", ["baseline", "avx2"]) == "baseline"

    @pytest.mark.parametrize("requested", ["sse9", "AVX2", "avx512"])
    def test_unavailable_level_is_named_beside_the_available(self, requested):
        with pytest.raises(
            ImportError, match=f"HALFULP_CPU='{requested}' .* accepted here are baseline, avx2"
        ):
            dispatch.choose_level(requested, ["baseline", "avx2"])

    def test_error_reaches_the_user(self):
        result = run("pentium", "import halfulp")
        assert result.returncode == 1
        assert "HALFULP_CPU='pentium' is not available" in result.stderr

    def test_variable_is_obeyed(self):
        program = "import halfulp.kernels.dispatch as d; print(d.level)"
        assert [run(level, program).stdout.strip() for level in LEVELS] == LEVELS


needs_objdump = pytest.mark.skipif(not shutil.which("objdump"), reason="needs objdump of binutils")
every_vector_level = pytest.mark.parametrize(("level", "register"), [("avx2", "ymm"), ("avx512", "zmm")])


def disassembly(level):
    """Return the lines of a level's machine code."""
    if level not in dispatch.built_levels():
        pytest.skip(f"this build has no level {level}")
    path = find_spec(f"halfulp.kernels.loops_{level}").origin  # not imported: the CPU may lack the level
    command = ["objdump", "-d", "--no-show-raw-insn", path]
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()


@needs_objdump
@every_vector_level
def test_loops_are_vectorised(level, register):
    """Each elementwise function has a division of whole vectors in its main loop."""
    lines = disassembly(level)
    divisions = [line for line in lines if "vdivpd" in line and register in line]
    fused = [line for line in lines if "vfmadd" in line and "pd" in line and register in line]
    assert len(divisions) >= 4  # sigmoid and softplus, float32 and float64
    assert len(fused) >= 60


@needs_objdump
@every_vector_level
@pytest.mark.parametrize(
    ("functions", "instructions"),
    [
        ("find_largest_float16", ["vpmaxsw"]),
        ("add_float16|read_halves", ["vpmovsxwd", "vmulps"]),  # a float16 becomes a float32
        ("write_log_softmax_(float16|half)", ["vmulps", "vcvtps2pd", "vsubpd", "vaddps", "vsubps"]),
        ("write_softmax_(float16|half)", ["vmulps", "vcvtps2pd", "vfmadd...pd", "vaddps", "vsubps"]),
    ],
)
def test_loops_of_16_bit_reductions_are_vectorised(level, register, functions, instructions):
    """A loop may stand in either of two functions, as the compiler likes to inline it."""
    name = re.compile(rf"loops_{level}_({functions})[.\w]*>:$")
    found, inside = set(), False
    for line in disassembly(level):
        if line.endswith(">:"):
            inside = bool(name.search(line))
        elif inside and register in line:
            found.add(line.split()[1])
    missing = [i for i in instructions if not any(re.fullmatch(i, mnemonic) for mnemonic in found)]
    assert not missing
