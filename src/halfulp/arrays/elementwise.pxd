from halfulp.arrays.layout cimport Layout
from halfulp.kernels.table cimport block_loop

cdef struct Operation:
    block_loop loop       # NULL: there is none for this type
    int x_type            # NumPy's number of the input's type, as `gather` takes it
    int y_type            # NumPy's number of the result's type
    Py_ssize_t x_size     # bytes of an element
    Py_ssize_t y_size
    bint converts         # the input has to become another type before the loop can read it

cdef const Operation *operation_for(int function, int type_number) noexcept nogil
cdef void admit_bfloat16(int type_number) noexcept
cdef void compute(const Operation *operation, Layout *layout) noexcept nogil
cdef object apply(int function, object x, object out)
