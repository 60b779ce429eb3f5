"""The choice of an instruction-set level, and that each level's loops are what their name says."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

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


XOR = "vpxorq?|vxorpd|vpternlogq"  # of the two ends of an interval
XOR_OF_SINGLES = "vpxord?|vxorps|vpternlogd"


def disassembly(level, functions):
    """Return the machine code of each of a level's functions whose name matches, as lines of instructions."""
    if level not in dispatch.built_levels():
        pytest.skip(f"this build has no level {level}")
    path = find_spec(f"halfulp.kernels.loops_{level}").origin  # not imported: the CPU may lack the level
    if b"clang version" in Path(path).read_bytes():
        pytest.skip("clang inlines other functions than GCC, whose names are looked for")
    command = ["objdump", "-d", "--no-show-raw-insn", path]
    text = subprocess.run(command, capture_output=True, text=True).stdout
    name = rf"\S*loops_{level}_(?:{functions})[.\w]*"
    bodies = re.finditer(rf"^[0-9a-f]+ <{name}>:\n(?P<body>.*?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return [match["body"].splitlines() for match in bodies]


def mnemonics(lines, register):
    """Return the instructions that work on a register of this kind, once for each time."""
    return [line.split()[1] for line in lines if register in line]


@needs_objdump
@every_vector_level
def test_loops_are_vectorised(level, register):
    """What an elementwise function does to the last few numbers of a block, it does to whole vectors."""
    functions = disassembly(level, "run|round_[a-z]*")
    assert len(functions) >= 2  # float32 and float64
    # The conversions are those of float32's first loop, and its last.
    pairs = {"vdivsd": "vdivpd", "vcvtss2sd": "vcvtps2pd", "vcvtsd2ss": "vcvtpd2ps"}
    found = []
    for lines in functions:
        whole = mnemonics(lines, register)
        for scalar, vector in pairs.items():
            assert vector in whole or scalar not in mnemonics(lines, "xmm"), (scalar, vector)
        found += whole
    assert found.count("vdivpd") >= 4  # sigmoid and softplus, float32 and float64
    assert sum(m.startswith("vfmadd") and m.endswith("pd") for m in found) >= 100


@needs_objdump
def test_sigmoid_float32_looks_up_its_table_in_registers():
    found = mnemonics(
        [line for body in disassembly("avx512", r"run_tabled|tabled_\w*") for line in body], "zmm"
    )
    for instruction in ["vperm[it]2ps", "vscalefps", "vdivps", "vfmadd...ps"]:
        assert any(re.fullmatch(instruction, mnemonic) for mnemonic in found), instruction


@needs_objdump
@pytest.mark.parametrize(
    "functions", ["add_strip_at_once", "add_keeping_wide", "add_pairs_by_table|add_float64"]
)
def test_exp_of_rows_looks_up_its_table_in_registers(functions):
    found = mnemonics([line for body in disassembly("avx512", functions) for line in body], "zmm")
    for instruction in ["vperm[it]2pd", "vscalefpd"]:
        assert any(re.fullmatch(instruction, mnemonic) for mnemonic in found), instruction


@needs_objdump
@every_vector_level
@pytest.mark.parametrize(
    ("functions", "instructions"),
    [
        (
            r"run_narrow|narrow_\w*",
            ["vdivps", "vpmovsxwd", "vpmovzxwd", "vfmadd...ps", XOR_OF_SINGLES],
        ),
        ("add_strip_at_once|add_float32", ["vmaxps", "vcvtps2pd", "vfmadd...pd", "vpsllq"]),
        (
            "add_(keeping_)?strip_of_pairs|add_float64|add_keeping_quick",
            ["vmaxpd", "vfmadd...pd", "vsubpd", "vpsllq"],
        ),
        ("add_quick_strip", ["vfmadd...pd", "vsubpd", "vpsllq"]),
        ("finish_(at_once|log_wide|log_of_sum|log_of_rest)", ["vdivpd", "vfmadd...pd"]),
        ("finish_softmax_wide", ["vdivpd"]),
        ("finish_(softmax_quick|inverse_of_sum)", ["vdivpd", "vfnm(add|sub)...pd"]),
        ("write_log_softmax_(of_sum_strip|quick)", ["vsubpd", "vmaxpd", XOR]),
        ("write_dominated_strip|write_log_softmax_(wide|quick)", ["vaddpd", "vcvtpd2ps", "vpaddq"]),
        ("find_largest_float16", ["vpmaxsw"]),
        ("add_float16|read_halves", ["vpmovsxwd", "vmulps"]),  # a float16 becomes a float32
        ("write_log_softmax_(float16|half)", ["vmulps", "vcvtps2pd", "vsubpd", "vaddps", "vsubps"]),
        ("write_(softmax|kept)_(float16|half)|write_half_products", ["vmulpd", "vmulps", "vaddps", "vsubps"]),
        ("wide_exp_of_strip|write_softmax_wide", ["vcvtps2pd", "vfmadd...pd", "vpsllq"]),
        ("add_keeping_(wide|exponentials)", ["vcvtps2pd", "vfmadd...pd", "vpsllq", "vaddpd"]),
        ("write_(wide_products|(kept|softmax)_wide)", ["vmulpd", XOR_OF_SINGLES, "vcvtpd2ps"]),
        ("(quick_exp_of_strip|(write_softmax|add_keeping)_quick)", ["vfmadd...pd", "vsubpd"]),
        ("write_(quick_products|(kept|softmax)_quick)", ["vmulpd", "vfm(add|sub)...pd", XOR]),
    ],
)
def test_other_loops_are_vectorised(level, register, functions, instructions):
    """A loop may stand in either of two functions, as GCC inlines it; it calls no function of numbers."""
    bodies = disassembly(level, functions)
    found = {m for lines in bodies for m in mnemonics(lines, register)}
    missing = [i for i in instructions if not any(re.fullmatch(i, mnemonic) for mnemonic in found)]
    assert not missing
    calls = [line for lines in bodies for line in lines if re.search(r"call.*_7kernels_(?!\d+loops_)", line)]
    assert not calls
