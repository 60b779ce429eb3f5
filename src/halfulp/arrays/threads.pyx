"""Threads: how many there are, and the one parallel loop of the library. Knows nothing of what a chunk is."""

import os

from cython.parallel cimport prange

from halfulp.arrays.environment cimport FloatEnvironment, enter_default_environment, leave_environment

cdef extern from *:
    """
    #ifdef _OPENMP
    #include <omp.h>
    #define HAS_OPENMP 1
    #else
    #define HAS_OPENMP 0
    static int omp_get_max_threads(void) { return 1; }
    #endif
    """
    const int HAS_OPENMP
    int omp_get_max_threads() noexcept nogil

cdef enum:
    ELEMENTS_PER_THREAD = 16384    # fewer are done sooner than a second thread is woken
    CHUNKS_PER_THREAD = 4          # so that a thread that was held up does not hold up the others for long
    CHUNK_MULTIPLE = 4096          # elements
    LARGEST_CHUNK = 1 << 22        # bytes: of threads that come to a new page together each clears it, all its 2 MiB

cdef bint forked = False


def forbid_threads():
    """Run everything in one thread from now on: a forked child has OpenMP's locks, but not its threads."""
    global forked
    forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forbid_threads)


def describe():
    """Return what show_config tells about threads."""
    return {"openmp": bool(HAS_OPENMP), "threads": available_threads(), "forked child": bool(forked)}


cdef int available_threads() noexcept nogil:
    """How many threads OpenMP offers to the calling thread (OMP_NUM_THREADS, omp_set_num_threads)."""
    return 1 if forked else omp_get_max_threads()


cdef int threads_for(Py_ssize_t elements) noexcept nogil:
    """How many threads a work of so many elements deserves."""
    if elements < 2 * ELEMENTS_PER_THREAD:
        return 1
    return <int>min(<Py_ssize_t>available_threads(), elements // ELEMENTS_PER_THREAD)


cdef Py_ssize_t chunk_size(Py_ssize_t elements, Py_ssize_t itemsize, int threads) noexcept nogil:
    """How many of so many elements a thread computes at a time; the items are those of the result."""
    cdef Py_ssize_t chunk
    if threads == 1:
        return max(elements, 1)
    chunk = elements // (threads * CHUNKS_PER_THREAD) + 1
    chunk = (chunk + CHUNK_MULTIPLE - 1) // CHUNK_MULTIPLE * CHUNK_MULTIPLE
    return min(chunk, <Py_ssize_t>LARGEST_CHUNK // itemsize)


cdef inline void do_chunk(chunk_function function, void *context, Py_ssize_t chunk) noexcept nogil:
    cdef FloatEnvironment saved = enter_default_environment()
    function(context, chunk)
    leave_environment(saved)


cdef void for_each_chunk(
    chunk_function function, void *context, Py_ssize_t count, int threads
) noexcept nogil:
    """Do every chunk, in the default floating-point environment; return when all are done."""
    cdef Py_ssize_t chunk
    if threads <= 1 or count <= 1:
        for chunk in range(count):
            do_chunk(function, context, chunk)
        return
    for chunk in prange(count, schedule="dynamic", chunksize=1, num_threads=threads):
        do_chunk(function, context, chunk)
