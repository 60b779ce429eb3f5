"""Threads change the speed and nothing else: not the bits, not the environment, not what a fork can do."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import halfulp

LEVELS = halfulp.show_config(mode="dicts")["instruction sets"]["available"]
HAS_OPENMP = halfulp.show_config(mode="dicts")["threads"]["openmp"]


HASHES = """
    import hashlib
    import numpy as np
    import halfulp
    random = np.random.default_rng(0)
    for dtype in ("float16", "float32", "float64"):
        x = (30 * random.standard_normal((300, 1000))).astype(dtype)
        for view in (x, x.T, x[:, ::2], x[:, :100], x[::-1, ::-3], x[3:, 1:], x[:5, :33]):
            for function in (halfulp.sigmoid, halfulp.log_sigmoid, halfulp.softplus):
                print(hashlib.sha256(np.ascontiguousarray(function(view))).hexdigest())
"""


def test_bits_do_not_depend_on_threads_or_instruction_set(run):
    outputs = {
        (level, threads): run(HASHES, HALFULP_CPU=level, OMP_NUM_THREADS=threads)
        for level in LEVELS
        for threads in ("1", "2", "5")
    }
    assert len(set(outputs.values())) == 1, outputs


def test_bits_do_not_depend_on_the_neighbours():
    x = np.random.default_rng(0).normal(scale=30, size=100_000).astype("float32")
    whole = halfulp.log_sigmoid(x)
    for start, stop in [(0, 1), (1, 40_000), (33_333, 99_999), (99_990, 100_000)]:
        assert halfulp.log_sigmoid(x[start:stop]).tobytes() == whole[start:stop].tobytes()


def test_bits_do_not_depend_on_the_chunks():
    """They have 4 MiB at the most: two threads have some left for a third and a fourth turn each."""
    x = np.random.default_rng(0).normal(scale=30, size=(1, 61_003))
    assert (halfulp.sigmoid(np.repeat(x, 100, axis=0)) == halfulp.sigmoid(x)).all()
    assert (
        halfulp.log_softmax(np.repeat(x[:, :1003], 6000, axis=0)) == halfulp.log_softmax(x[:, :1003])
    ).all()


@pytest.mark.skipif(not HAS_OPENMP, reason="built without OpenMP")
@pytest.mark.parametrize("threads", [1, 3])
def test_environment_variable_sets_the_threads(run, threads):
    program = "import halfulp; print(halfulp.show_config(mode='dicts')['threads']['threads'])"
    assert run(program, OMP_NUM_THREADS=str(threads)) == str(threads)


@pytest.mark.skipif(not HAS_OPENMP, reason="built without OpenMP")
def test_threadpoolctl_limits_the_threads():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(1, user_api="openmp"):
        assert halfulp.show_config(mode="dicts")["threads"]["threads"] == 1


@pytest.mark.skipif(not HAS_OPENMP, reason="built without OpenMP")
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
@pytest.mark.parametrize(
    ("view", "threads"),
    [
        ("x", 3),
        ("x.T", 3),
        ("x[:, ::2]", 3),
        ("x[:, :100]", 3),
        ("x[::-1, ::-1]", 3),
        ("np.broadcast_to(x[:1, :1], x.shape)", 3),
        ("x.reshape(-1, 2)[:, 1]", 3),
        ("x.astype('int32')", 3),
        ("x.view(np.memmap)", 3),
        ("x[:40, :700]", 1),
    ],
)
def test_every_layout_is_parallel_and_small_work_is_not(run, view, threads):
    program = f"""
        import os
        import numpy as np
        import halfulp
        x = np.ones((700, 800), np.float32)
        others = len(os.listdir("/proc/self/task")) - 1
        halfulp.sigmoid({view})
        print(len(os.listdir("/proc/self/task")) - others)
    """
    assert run(program, OMP_NUM_THREADS="3", OPENBLAS_NUM_THREADS="1") == str(threads)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forked_child_runs_in_one_thread(run):
    program = """
        import os, warnings
        import numpy as np
        import halfulp
        warnings.simplefilter("ignore", DeprecationWarning)    # of forking a process that has threads
        x = np.linspace(-50, 50, 10**6)
        expected = halfulp.sigmoid(x)      # OpenMP's threads exist from here on
        child = os.fork()
        if child == 0:
            same = np.array_equal(halfulp.sigmoid(x), expected)
            threads = halfulp.show_config(mode="dicts")["threads"]
            os._exit(0 if same and threads["threads"] == 1 and threads["forked child"] else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert run(program, OMP_NUM_THREADS="2") == "0"


def test_many_python_threads_at_once():
    arrays = [np.random.default_rng(seed).normal(size=100_000 + seed) for seed in range(12)]
    expected = [halfulp.sigmoid(x) for x in arrays]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(5):
            for actual, right in zip(pool.map(halfulp.sigmoid, arrays), expected, strict=True):
                assert actual.tobytes() == right.tobytes()


def test_gil_is_released(run):
    program = """
        import threading, numpy as np, halfulp
        x = np.zeros(30_000_000)
        done = threading.Event()
        worker = threading.Thread(target=lambda: (halfulp.log_sigmoid(x, out=x), done.set()))
        worker.start()
        turns = 0
        while not done.is_set():
            turns += 1
        print(turns > 1000)
    """
    assert run(program, OMP_NUM_THREADS="1") == "True"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_no_floating_point_error_is_reported(dtype):
    limits = np.finfo(dtype)
    x = np.array(
        [
            np.nan,
            np.inf,
            -np.inf,
            limits.max,
            limits.min,
            limits.tiny,
            limits.smallest_subnormal,
            -800,
            800,
            -100,
            0,
        ],
        dtype,
    )
    x = np.concatenate([x, np.linspace(-800, 800, 70_000).astype(dtype)])
    with np.errstate(all="raise"):
        for function in (halfulp.sigmoid, halfulp.log_sigmoid, halfulp.softplus):
            for view in (x, x[::-1], x[::2], x.astype(x.dtype.newbyteorder())):
                function(view)
            for element in x[:20]:
                function(element)
            function(x, where=x > 0, out=np.zeros_like(x))
            function(x, dtype="float32", casting="same_kind")


SET_CONTROL_REGISTER = """
    import ctypes, mmap
    import numpy as np
    import halfulp

    def machine_code(code):
        memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(code)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        return memory, ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_uint32))(address)

    load_memory, load = machine_code(bytes.fromhex("0fae17c3"))      # ldmxcsr [rdi]; ret
    store_memory, store = machine_code(bytes.fromhex("0fae1fc3"))    # stmxcsr [rdi]; ret
    FLUSH_TO_ZERO_AND_ROUND_UP = 0x1F80 | 0x8040 | 0x4000

    x = np.concatenate([np.linspace(-105, -80, 1000), np.linspace(-800, 40, 100_000)])
    for dtype in ("float32", "float64"):
        values = x.astype(dtype)
        strided = np.repeat(values, 2)[::2]
        expected = halfulp.sigmoid(values)
        results = []
        load(ctypes.byref(ctypes.c_uint32(FLUSH_TO_ZERO_AND_ROUND_UP)))
        for n in (10, 1000, None):
            results.append((n, halfulp.sigmoid(values[:n]), halfulp.sigmoid(strided[:n])))
        after = ctypes.c_uint32(0)
        store(ctypes.byref(after))
        load(ctypes.byref(ctypes.c_uint32(0x1F80)))
        assert after.value & ~0x3F == FLUSH_TO_ZERO_AND_ROUND_UP, hex(after.value)
        for n, result, from_strided in results:
            assert result.tobytes() == from_strided.tobytes() == expected[:n].tobytes(), (dtype, n)
    print("same")
"""


@pytest.mark.skipif(
    os.uname().machine != "x86_64" if hasattr(os, "uname") else True, reason="machine code of x86-64"
)
@pytest.mark.parametrize("threads", ["1", "2"])
def test_flush_to_zero_and_rounding_set_elsewhere_change_nothing(run, threads):
    assert run(SET_CONTROL_REGISTER, OMP_NUM_THREADS=threads) == "same"
