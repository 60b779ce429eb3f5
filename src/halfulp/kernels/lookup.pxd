from halfulp.kernels.table cimport Loops

cdef void add_lookups(Loops *loops) noexcept
