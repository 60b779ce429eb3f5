# exp(x) with a table of 2^(j/16), where two vector registers hold it; see tabled_loops.pxi. Other levels compute exp_in_parts.
#
# With t the multiple of 1/16 next to x / ln 2, t = n + j/16, and r = x - t ln 2 (Tang, "Table-driven implementation of the
# exponential function in IEEE floating-point arithmetic", ACM TOMS 15(2), 1989), exp(x) = 2^n 2^(j/16) exp(r). A
# polynomial of half the degree does for |r| <= ln(2) / 32, and one operation each finds 2^(j/16), and scales it.

cdef extern from *:
    """
    #if REGISTERS_HOLD_TABLE
    static const double sixteenth_powers[] = { SIXTEENTH_POWERS };

    /* exp(x) for |x| <= 300, relative error below 55 u + 0.3 u |x|, u = 2^-53. `powers` is the table.

       shifted  1.5 * 2^48 + t, |t| < 434: its lowest 4 bits are j. |r| <= (1/32 + 2^-45) ln 2, as in shifted_multiple.
       r        t times the 2^-55.3 that LN2 is off, 0.3 u |x|, and half an ulp, 2^-59 . . . . . . . . . . .  0.3 u |x| + 0.02 u
       q        exp(r) = 1 + r q: the polynomial, 2^-47.30; u, and less than that of r, weighing r . . . . . . . 51.99 u + 0.05 u
       power    2^t, rounded, scaled exactly; power r, rounded, weighing q r; the sum  . . . . . . . . . .  u + 0.03 u + u */
    static inline __m512d tabled_exp(__m512d x, const __m512d powers[2]) {
        const __m512d shift = _mm512_set1_pd(SIXTEENTH_SHIFT);
        const __m512d shifted = _mm512_fmadd_pd(x, _mm512_set1_pd(LOG2_E), shift);
        const __m512d t = _mm512_sub_pd(shifted, shift);
        const __m512d r = _mm512_fnmadd_pd(t, _mm512_set1_pd(LN2), x);
        const __m512d entry = _mm512_permutex2var_pd(powers[0], _mm512_castpd_si512(shifted), powers[1]);
        const __m512d power = _mm512_scalef_pd(entry, t);
        __m512d q = _mm512_fmadd_pd(_mm512_set1_pd(SIXTEENTH_E3), r, _mm512_set1_pd(SIXTEENTH_E2));
        q = _mm512_fmadd_pd(q, r, _mm512_set1_pd(SIXTEENTH_E1));
        q = _mm512_fmadd_pd(q, r, _mm512_set1_pd(SIXTEENTH_E0));
        q = _mm512_fmadd_pd(q, r, _mm512_set1_pd(1));
        return _mm512_fmadd_pd(_mm512_mul_pd(power, r), q, power);
    }

    /* exp(x) of 32 numbers; where x lies below the cut it is taken to be at it. */
    static inline void tabled_exp_of_line(const float *x, double cut, double *e) {
        const __m512d powers[2] = {_mm512_loadu_pd(sixteenth_powers), _mm512_loadu_pd(sixteenth_powers + 8)};
        for (int l = 0; l < 32; l += 8) {
            const __m512d member = _mm512_cvtps_pd(_mm256_loadu_ps(x + l));
            _mm512_storeu_pd(e + l, tabled_exp(_mm512_max_pd(_mm512_set1_pd(cut), member), powers));
        }
    }
    #else
    #define tabled_exp_of_line(x, cut, e) ((void)0)     /* not called */
    #endif
    """
    void tabled_exp_of_line(const float *x, double cut, double *e) noexcept nogil
