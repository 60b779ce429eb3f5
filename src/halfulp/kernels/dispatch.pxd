from halfulp.kernels.table cimport Loops

cdef const Loops *loops
