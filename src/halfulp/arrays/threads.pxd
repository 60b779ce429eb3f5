ctypedef void (*chunk_function)(void *context, Py_ssize_t chunk) noexcept nogil
"""Does the chunk with this number, 0 <= chunk < count; chunks may run at the same time, in any order."""

cdef int available_threads() noexcept nogil
cdef int threads_for(Py_ssize_t elements) noexcept nogil
cdef void for_each_chunk(chunk_function function, void *context, Py_ssize_t count, int threads) noexcept nogil
cdef Py_ssize_t chunk_size(Py_ssize_t elements, Py_ssize_t itemsize, int threads) noexcept nogil
