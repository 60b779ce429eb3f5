"""Sweeps: a slice of float32 in every run, all 2^32 inputs with the marker, checkpoints, and lost work."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
import pytest
from click.testing import CliRunner

from halfulp.accuracy import enclosure
from halfulp.accuracy.__main__ import command_line
from halfulp.accuracy.checkpoint import Checkpoint, CheckpointError, write_json
from halfulp.accuracy.functions import ELEMENTWISE
from halfulp.accuracy.inputs import underflow
from halfulp.accuracy.parallel import available_cpus, executor_of, processes
from halfulp.accuracy.sweep import CHUNK, Specification, Tally, sweep, sweep_chunk
from halfulp.accuracy.ulp import FORMATS

SLICES = {  # of float32's bits, where results change their kind
    "tiny": (0x00000000, 0x00010000),
    "near zero": (0x3B800000, 0x3B810000),
    "one half to two": (0x3F700000, 0x3F710000),
    "sigmoid becomes 1": (0x418A9000, 0x418AB000),
    "log_sigmoid becomes subnormal": (0x42AEA000, 0x42AEB000),
    "log_sigmoid becomes zero": (0x42CFE000, 0x42D00000),
    "infinity and NaN": (0x7F7FF000, 0x7F801000),
    "sigmoid becomes subnormal": (0xC2AEA000, 0xC2AEB000),
    "sigmoid becomes zero": (0xC2CFE000, 0xC2D00000),
    "negative NaN": (0xFFFFF000, 0x100000000),
}


def exact_sigmoid(x):
    """A correctly rounded float32 sigmoid, for tests of the harness: the enclosure's own."""
    return enclosure.exact("sigmoid", x, FORMATS["float32"])[0].values


def broken_sigmoid(x):
    """The same, one place off at -3.0 and with a NaN at 2.0."""
    y = exact_sigmoid(x)
    y[x == -3] = np.nextafter(y[x == -3], np.float32(1))
    y[x == 2] = np.nan
    return y


def wrong_sign(x):
    return enclosure.exact("sigmoid", -x, FORMATS["float64"])[0].values


def dies_in_a_worker(x):
    os._exit(1)


def run(specification, **options):
    with ThreadPoolExecutor(2) as executor:
        return sweep(specification, executor, 2, **options)


@pytest.mark.parametrize("place", SLICES)
@pytest.mark.parametrize("function", ELEMENTWISE)
def test_slice_of_float32(function, place):
    tally = sweep_chunk((Specification(function, "float32", "halfulp", *SLICES[place]), 0))
    assert tally.count == SLICES[place][1] - SLICES[place][0]
    assert (tally.correct, tally.incorrect_bits, sum(tally.failures.values())) == (tally.count, None, 0)
    assert tally.max_ulp <= 0.5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("function", ELEMENTWISE)
def test_every_input_of_a_16_bit_type(function, dtype):
    tally = sweep_chunk((Specification(function, dtype, "halfulp", 0, 1 << 16), 0))
    assert (tally.count, tally.correct) == (1 << 16, 1 << 16)


@pytest.mark.exhaustive
@pytest.mark.parametrize("function", ELEMENTWISE)
def test_every_input_of_float32(function):
    with processes(available_cpus()) as executor:
        tally = sweep(Specification(function, "float32", "halfulp", 0, 1 << 32), executor, available_cpus())
    assert (tally.count, tally.correct) == (1 << 32, 1 << 32)


@pytest.mark.parametrize("function", ELEMENTWISE)
def test_random_float64(function):
    specification = Specification(function, "float64", "halfulp", 0, 200_000, seed=1)
    tally = sweep_chunk((specification, 0))
    assert (tally.count, tally.correct) == (200_000, 200_000)


def test_random_inputs_are_of_their_chunk_and_half_uniform_in_each_way():
    specification = Specification("sigmoid", "float64", "halfulp", 0, 2001, seed=1, chunk=1000)
    first, second, last = (specification.chunk_inputs(number) for number in range(3))
    assert last.size == 1
    assert np.intersect1d(first, second).size == 0
    for x in (first, second):
        in_bits, in_value = np.split(np.abs(x), 2)
        assert 200 < np.count_nonzero(in_bits < 1) < 300  # as the exponents: about half
        limit = 1.02 * underflow(FORMATS["float64"])
        assert in_value.max() < limit
        assert 200 < np.count_nonzero(in_value < limit / 2) < 300
        assert np.count_nonzero(in_value < 1) < 10


def test_what_mpmath_decides_is_counted():
    """In one chunk of many blocks, and in many chunks."""
    form = FORMATS["float16"]
    due = enclosure.exact("sigmoid", form.from_bits(np.arange(1 << 16)), form)[1]
    assert due > 0
    for chunk in (1 << 16, 1 << 12):
        assert run(Specification("sigmoid", "float16", "numpy", 0, 1 << 16, chunk=chunk)).undecided == due


def test_what_is_wrong_is_found():
    """All of [2, 4) and its mirror image: two inputs are wrong, and told."""
    low, high = (int(np.float32(v).view(np.uint32)) for v in (-2.0, -4.0))
    name = f"{__name__}:broken_sigmoid"
    negative = run(Specification("sigmoid", "float32", name, low, high, chunk=CHUNK))
    assert negative.count == high - low
    assert negative.correct == negative.count - 1
    assert negative.incorrect_bits == negative.worst_bits == int(np.float32(-3).view(np.uint32))
    assert 0.5 < negative.max_ulp < 1.5
    two = int(np.float32(2).view(np.uint32))
    positive = run(Specification("sigmoid", "float32", name, two - 100, two + 100, chunk=64))
    assert positive.correct == 199
    assert positive.failures == {"nan": 1, "infinity": 0, "zero sign": 0}
    assert positive.failed_bits == {"nan": two}


def test_chunks_add_up_to_the_whole():
    whole = Specification("sigmoid", "float32", "numpy", 0xC2800000, 0xC2800000 + 50_000, chunk=50_000)
    parts = Specification("sigmoid", "float32", "numpy", 0xC2800000, 0xC2800000 + 50_000, chunk=999)
    one, many = asdict(run(whole)), asdict(run(parts))
    assert one.pop("sum_ulp") == pytest.approx(many.pop("sum_ulp"), rel=1e-12)
    assert one == many
    assert one["correct"] < one["count"]


def test_resumes_where_it_stopped(tmp_path):
    specification = Specification("sigmoid", "float16", "numpy", 0, 1 << 16, chunk=1 << 12)
    state = asdict(specification)
    expected = asdict(run(specification))
    file = tmp_path / "sweep.json"

    class Stop(Exception):
        pass

    def stop_halfway(tally):
        if tally.count >= 1 << 15:
            raise Stop

    with pytest.raises(Stop):
        run(specification, checkpoint=Checkpoint(file, state), progress=stop_halfway)
    checkpoint = Checkpoint(file, state)
    assert 8 <= len(checkpoint.done) < 16
    counts = []
    resumed = asdict(
        run(specification, checkpoint=checkpoint, progress=lambda tally: counts.append(tally.count))
    )
    assert (
        counts[0]
        == len(set(json.loads(file.read_text())["content"]["done"])) * 4096 - (len(counts) - 1) * 4096
    )
    assert resumed.pop("sum_ulp") == pytest.approx(expected.pop("sum_ulp"), rel=1e-12)
    assert resumed == expected


def test_the_largest_errors_add_up_and_are_written(tmp_path):
    checkpoint, result = tmp_path / "sweep.json", tmp_path / "result.json"
    arguments = ["sweep", "sigmoid", "float64", "--impl", f"{__name__}:wrong_sign", "--samples", "2000"]
    files = ["--checkpoint", str(checkpoint), "--json", str(result)]
    done = CliRunner().invoke(command_line(), [*arguments, *files, "--jobs", "1"])
    assert done.exit_code == 1, done.output
    assert json.loads(checkpoint.read_text())["content"]["tally"]["max_ulp"] == 1e200
    assert 1e199 < json.loads(result.read_text())["mean_ulp"] < 1e200


def test_a_checkpoint_is_written_every_few_seconds(tmp_path, monkeypatch):
    file = tmp_path / "sweep.json"
    checkpoint = Checkpoint(file, {})
    for now, written in ((100.0, [0]), (104.0, [0]), (106.0, [0, 1, 2])):
        monkeypatch.setattr(time, "monotonic", lambda now=now: now)
        checkpoint.update([*checkpoint.done, len(checkpoint.done)], asdict(Tally()))
        assert Checkpoint(file, {}).done == written


def test_a_checkpoint_is_of_one_version(tmp_path, monkeypatch):
    file, module = tmp_path / "sweep.json", tmp_path / "versioned.py"
    monkeypatch.syspath_prepend(tmp_path)
    arguments = ["sweep", "sigmoid", "float16", "--impl", "versioned:sigmoid", "--jobs", "1"]
    module.write_text("__version__ = '1'\nfrom halfulp import sigmoid\n")
    for version in ("1", "2"):
        importlib.import_module("versioned").__version__ = version
        result = CliRunner().invoke(command_line(), [*arguments, "--checkpoint", str(file)])
        assert result.exit_code == int(version) - 1, result.output
    assert "belongs to another sweep: version '1', not '2'" in result.output


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    options = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "dashboard_address": None,
        "worker_dashboard_address": None,
    }
    with distributed.LocalCluster(processes=True, **options) as cluster:
        yield cluster


@pytest.mark.filterwarnings("ignore")  # distributed's own, about the lost worker and the missing dashboard
def test_a_dask_cluster_survives_the_loss_of_a_worker(cluster, tmp_path):
    specification = Specification("sigmoid", "float16", "numpy", 0, 1 << 16, chunk=1 << 10)
    expected = asdict(run(specification))
    workers = [worker.pid for worker in cluster.workers.values()]
    lost = []

    def lose_one(tally):
        if tally.count >= 1 << 14 and not lost:
            lost.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    with executor_of(1, cluster.scheduler_address) as (executor, threads):
        assert threads == 2
        found = asdict(sweep(specification, executor, threads, progress=lose_one))
    assert lost
    assert found.pop("sum_ulp") == pytest.approx(expected.pop("sum_ulp"), rel=1e-12)
    assert found == expected


@pytest.mark.filterwarnings("ignore")
def test_the_command_works_on_a_dask_cluster(cluster, tmp_path):
    file = tmp_path / "result.json"
    arguments = ["sweep", "sigmoid", "float16", "--impl", "numpy", "--scheduler", cluster.scheduler_address]
    result = CliRunner().invoke(command_line(), [*arguments, "--json", str(file)])
    assert result.exit_code == 1  # the naive formula is not correctly rounded
    assert json.loads(file.read_text())["count"] == 1 << 16


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_there():
    arguments = ["sweep", "sigmoid", "float16", "--impl", "numpy", "--scheduler", "nonsense://"]
    result = CliRunner().invoke(command_line(), arguments)
    assert result.exit_code == 1
    assert "no Dask scheduler answers at 'nonsense://'" in " ".join(result.output.split())


def test_a_lost_process_is_told_and_the_sweep_resumes(tmp_path):
    file = tmp_path / "sweep.json"
    bits = [str(int(np.float32(v).view(np.uint32))) for v in (1, 4)]
    arguments = ["sweep", "sigmoid", "float32", "--bits", *bits, "--jobs", "1", "--checkpoint", str(file)]
    dies = CliRunner().invoke(command_line(), [*arguments, "--impl", f"{__name__}:dies_in_a_worker"])
    assert dies.exit_code == 1
    assert "a worker process died; the same command resumes it" in " ".join(dies.output.split())
    assert json.loads(file.read_text())["content"]["done"] == []


def test_an_interrupt_ends_workers_silently():
    with processes(1) as executor:
        assert executor.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_DFL


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace('"count": 65536', '"count": 65535'), "hash does not match"),
        (lambda text: "[1, 2]", "no checkpoint"),
        (lambda text: text.replace("checkpoint 1", "checkpoint 0"), "checkpoint 0"),
    ],
)
def test_a_damaged_checkpoint_is_refused(tmp_path, damage, message):
    file = tmp_path / "sweep.json"
    specification = Specification("sigmoid", "float16", "numpy", 0, 1 << 16)
    run(specification, checkpoint=Checkpoint(file, asdict(specification)))
    damaged = damage(file.read_text())
    assert damaged != file.read_text()
    file.write_text(damaged)
    with pytest.raises(CheckpointError, match=message):
        Checkpoint(file, asdict(specification))


def test_a_link_is_followed_and_a_pipe_is_written_to(tmp_path):
    link, target, pipe = (tmp_path / name for name in ("link", "target", "pipe"))
    link.symlink_to(target)
    write_json(link, 1)  # the target is not there yet
    write_json(link, 2)
    assert link.is_symlink()
    assert json.loads(target.read_text()) == 2

    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as executor:
        read = executor.submit(pipe.read_text)
        write_json(pipe, 3)
        assert json.loads(read.result()) == 3
    assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == [link, pipe, target]


def test_the_command_writes_to_a_device():
    """Which lies in a folder that takes no new files, as a rule."""
    arguments = ["sweep", "sigmoid", "float32", "--bits", "0", "9", "--jobs", "1", "--json", "/dev/stdout"]
    command = [sys.executable, "-m", "halfulp.accuracy", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout[: done.stdout.index("\n}\n") + 3])["count"] == 9


def test_a_foreign_checkpoint_is_refused(tmp_path):
    file = tmp_path / "sweep.json"
    arguments = ["sweep", "sigmoid", "float16", "--impl", "numpy", "--jobs", "1", "--checkpoint", str(file)]
    assert CliRunner().invoke(command_line(), arguments).exit_code == 1
    arguments[1] = "softplus"
    result = CliRunner().invoke(command_line(), arguments)
    assert result.exit_code == 1
    assert "belongs to another sweep: function 'sigmoid', not 'softplus'" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["softmax", "float32"], "'softmax' is not one of 'sigmoid', 'log_sigmoid', 'softplus'"),
        (["sigmoid", "int8"], "'int8' is not one of 'float16'"),
        (["sigmoid", "float64", "--bits", "0", "1"], "--bits is for 16- and 32-bit types"),
        (["sigmoid", "float16", "--bits", "5", "0x3"], "START < STOP"),
        (["sigmoid", "float16", "--bits", "5", "x"], "'x' is not an integer"),
        (["sigmoid", "float16", "--samples", "5"], "all inputs of float16 are swept"),
        (["sigmoid", "float16", "--json", "a", "--checkpoint", "./a"], "checkpoint and json are one file"),
        (["sigmoid", "float16", "--impl", "fortran"], "known are halfulp, numpy"),
        (["sigmoid", "float16", "--impl", "no_such_module:f"], "cannot be imported"),
    ],
)
def test_bad_arguments(arguments, message):
    result = CliRunner().invoke(command_line(), ["sweep", *arguments])
    assert result.exit_code in (1, 2)
    assert message in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("first", "last"),
    [("0x43000000", "0x43000100"), ("0x7fc00000", "0x7fc00100")],
    ids=["sigmoid is 1", "NaN"],
)
def test_inputs_without_any_error_have_no_worst(first, last):
    arguments = ["sweep", "sigmoid", "float32", "--bits", first, last, "--jobs", "1"]
    result = CliRunner().invoke(command_line(), arguments)
    assert result.exit_code == 0, result.output
    assert "256 inputs, 100% correctly rounded" in result.output
    assert "largest 0.000 ULP; 0 decided by mpmath" in result.output


def test_tallies_of_nothing():
    tally = Tally()
    tally.add(Tally())
    assert tally == Tally()
