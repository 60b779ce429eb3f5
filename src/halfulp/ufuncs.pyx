"""The elementwise functions as numpy.ufunc objects, for everything NumPy-general.

`halfulp.sigmoid` and the others are faster on plain arrays and call these for the rest; take these where a
true ufunc is asked for: ``ufuncs.sigmoid.at``, ``ufuncs.sigmoid.types``, ``xarray.apply_ufunc``. Loops for
bfloat16 are registered when ml_dtypes was imported before this module, or when the first bfloat16 array
reaches `halfulp.sigmoid`, `log_sigmoid` or `softplus`.
"""

import sys
import threading

cimport numpy as np

from halfulp.arrays.dtypes import is_bfloat16

from halfulp.arrays.conversions cimport NPY_HALF
from halfulp.arrays.elementwise cimport Operation, admit_bfloat16, compute, operation_for
from halfulp.arrays.layout cimport Layout, add_axis
from halfulp.kernels.table cimport FUNCTION_COUNT, LOG_SIGMOID, SIGMOID, SOFTPLUS

cdef extern from "numpy/ufuncobject.h":    # NumPy's own declarations for Cython lack the const
    ctypedef void (*PyUFuncGenericFunction)(
        char **args, const np.npy_intp *dimensions, const np.npy_intp *steps, void *data
    ) noexcept nogil
    object PyUFunc_FromFuncAndData(
        PyUFuncGenericFunction *functions, void **data, const char *types, int count, int inputs, int outputs,
        int identity, const char *name, const char *doc, int unused
    )
    int PyUFunc_RegisterLoopForType(
        np.ufunc ufunc, int type_number, PyUFuncGenericFunction function, const int *types, void *data
    ) except -1

np.import_array()
np.import_umath()

cdef enum:
    MOST_TYPES = 16

# Integers come first: NumPy takes the first loop that an input can be cast to safely.
cdef int[14] TYPE_NUMBERS = [
    np.NPY_BOOL, np.NPY_BYTE, np.NPY_UBYTE, np.NPY_SHORT, np.NPY_USHORT, np.NPY_INT, np.NPY_UINT, np.NPY_LONG,
    np.NPY_ULONG, np.NPY_LONGLONG, np.NPY_ULONGLONG, NPY_HALF, np.NPY_FLOAT, np.NPY_DOUBLE,
]

cdef struct Loops:    # what NumPy keeps pointers to for as long as the ufunc lives
    PyUFuncGenericFunction functions[MOST_TYPES]
    void *data[MOST_TYPES]
    char types[2 * MOST_TYPES]
    int count

cdef Loops loops[FUNCTION_COUNT]


cdef void strided_loop(
    char **args, const np.npy_intp *dimensions, const np.npy_intp *steps, void *data
) noexcept nogil:
    cdef const Operation *operation = <const Operation *>data
    cdef Py_ssize_t i
    if may_be_computed_at_once(operation, args, dimensions[0], steps):
        compute_run(operation, args[0], args[1], dimensions[0], steps)
    else:
        for i in range(dimensions[0]):
            compute_run(operation, args[0] + i * steps[0], args[1] + i * steps[1], 1, steps)


cdef void compute_run(
    const Operation *operation, const char *x, char *y, Py_ssize_t n, const np.npy_intp *steps
) noexcept nogil:
    cdef Layout layout
    layout.x = x
    layout.y = y
    layout.ndim = 0
    layout.size = 1
    add_axis(&layout, n, steps[0], steps[1])
    compute(operation, &layout)


cdef bint may_be_computed_at_once(
    const Operation *operation, char **args, Py_ssize_t n, const np.npy_intp *steps
) noexcept nogil:
    """Whether no element is read after another's result has been written over it.

    NumPy copies an operand that overlaps the output, unless computing the elements one after the other is
    right.
    """
    cdef Py_ssize_t x_extent = (n - 1) * steps[0], y_extent = (n - 1) * steps[1]
    cdef size_t x = <size_t>args[0], y = <size_t>args[1]
    cdef size_t x_end = x + max(x_extent, <Py_ssize_t>0) + operation.x_size
    cdef size_t y_end = y + max(y_extent, <Py_ssize_t>0) + operation.y_size
    if n <= 1:
        return True
    if -operation.y_size < steps[1] < operation.y_size:
        return False
    if x == y and steps[0] == steps[1] and operation.x_size == operation.y_size:
        return True
    return x_end <= y + min(y_extent, <Py_ssize_t>0) or y_end <= x + min(x_extent, <Py_ssize_t>0)


cdef object new_ufunc(int function, str name, str doc):
    cdef Loops *own = &loops[function]
    cdef const Operation *operation
    cdef int type_number
    own.count = 0
    for type_number in TYPE_NUMBERS:
        operation = operation_for(function, type_number)
        if operation != NULL:
            own.functions[own.count] = strided_loop
            own.data[own.count] = <void *>operation
            own.types[2 * own.count] = <char>type_number
            own.types[2 * own.count + 1] = <char>operation.y_type
            own.count += 1
    # NumPy keeps the pointers to the name and the text, so these two live as long as the module.
    kept.extend([name.encode(), doc.encode()])
    return PyUFunc_FromFuncAndData(
        own.functions, own.data, own.types, own.count, 1, 1, np.PyUFunc_None,
        <bytes>kept[-2], <bytes>kept[-1], 0,
    )


kept = []
sigmoid = new_ufunc(SIGMOID, "sigmoid", "1 / (1 + exp(-x)), correctly rounded. See `halfulp.sigmoid`.")
log_sigmoid = new_ufunc(
    LOG_SIGMOID, "log_sigmoid", "log(1 / (1 + exp(-x))), correctly rounded. See `halfulp.log_sigmoid`."
)
softplus = new_ufunc(SOFTPLUS, "softplus", "log(1 + exp(x)), correctly rounded. See `halfulp.softplus`.")

cdef tuple by_function = (sigmoid, log_sigmoid, softplus)
cdef bint bfloat16_is_admitted = False
admission = threading.Lock()


cdef object ufunc_of(int function):
    return by_function[function]


cdef bint admit(object dtype) except -1:
    """Register the loops for bfloat16 if that is what the dtype is; tell whether it now has loops."""
    global bfloat16_is_admitted
    cdef int function
    cdef int[2] types
    cdef const Operation *operation
    if not is_bfloat16(dtype):
        return False
    with admission:
        if bfloat16_is_admitted:
            return True
        types[0] = types[1] = dtype.num
        admit_bfloat16(dtype.num)
        for function in range(FUNCTION_COUNT):
            operation = operation_for(function, dtype.num)
            if operation != NULL:
                PyUFunc_RegisterLoopForType(
                    by_function[function], dtype.num, strided_loop, types, <void *>operation
                )
        bfloat16_is_admitted = True
    return True


if "ml_dtypes" in sys.modules:
    admit(np.dtype(sys.modules["ml_dtypes"].bfloat16))
