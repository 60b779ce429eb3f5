"""Executors: processes on this machine or a Dask cluster, and a progress bar."""

import concurrent.futures
import multiprocessing
import os
import signal
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def available_cpus():
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(jobs):
    """Return an executor of `jobs` new processes.

    They are spawned, not forked: a fork would inherit the dead thread pools of the libraries that are
    measured. An interrupt from the keyboard, which reaches them too, ends them silently: one tells of it.
    """
    return concurrent.futures.ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_DFL),
    )


class ClusterError(Exception):
    """A Dask cluster cannot be reached, or has no workers."""


@contextmanager
def executor_of(jobs, scheduler=None):
    """Give an executor and the number of tasks it works on at once.

    Parameters
    ----------
    jobs : int
        Processes on this machine.
    scheduler : str, optional
        Address of the scheduler of a Dask cluster, to be used instead.
    """
    if scheduler is None:
        with processes(jobs) as executor:
            yield executor, jobs
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError("--scheduler needs Dask: pip install 'halfulp[accuracy,dask]'") from error
    try:
        client = Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {scheduler!r}: {error}") from error
    with client:
        if not (threads := sum(client.nthreads().values())):
            raise ClusterError(f"the Dask cluster at {scheduler!r} has no workers")
        yield client.get_executor(pure=False), threads


def progress_bar(console, *columns):
    """Return a rich progress bar with what is done, the time taken and the time that remains."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *columns,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def in_flight(executor, function, tasks, most):
    """Run function(task) for every task, at most `most` at a time; yield (task, result) as they come.

    Without an executor the tasks run here, one after the other.
    """
    if executor is None:
        yield from ((task, function(task)) for task in tasks)
        return
    tasks = iter(tasks)
    running = {}
    try:
        while True:
            while len(running) < most and (task := next(tasks, None)) is not None:
                running[executor.submit(function, task)] = task
            if not running:
                return
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()
