cdef object ufunc_of(int function)
cdef bint admit(object dtype) except -1
