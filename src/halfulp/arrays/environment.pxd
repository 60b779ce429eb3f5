"""The floating-point environment of the running thread: entered before a kernel runs, left after it.

The kernels need round-to-nearest, subnormal numbers and no traps, whatever another library has set in this
thread, and the caller must see neither a changed setting nor a flag raised by a kernel.
"""

cdef extern from *:
    """
    #if defined(__SSE2__) || defined(_M_X64)
    #include <xmmintrin.h>
    typedef unsigned int FloatEnvironment;
    /* All exceptions masked, round to nearest, no flush-to-zero: Intel SDM, volume 1, 10.2.3. */
    #define DEFAULT_MXCSR 0x1f80
    static inline FloatEnvironment enter_default_environment(void) {
        FloatEnvironment saved = _mm_getcsr();
        _mm_setcsr(DEFAULT_MXCSR);
        return saved;
    }
    static inline void leave_environment(FloatEnvironment saved) { _mm_setcsr(saved); }
    #else
    #include <fenv.h>
    typedef fenv_t FloatEnvironment;
    static inline FloatEnvironment enter_default_environment(void) {
        FloatEnvironment saved;
        fegetenv(&saved);
        fesetenv(FE_DFL_ENV);
        return saved;
    }
    static inline void leave_environment(FloatEnvironment saved) { fesetenv(&saved); }
    #endif
    """
    ctypedef struct FloatEnvironment:
        pass
    FloatEnvironment enter_default_environment() noexcept nogil
    void leave_environment(FloatEnvironment saved) noexcept nogil
