# exp(x) with a table of 2^(j/16), where two vector registers hold it; see tabled_loops.pxi. Other levels compute it without.
#
# With t the multiple of 1/16 next to x / ln 2, t = n + j/16, and r = x - t ln 2 (Tang, "Table-driven implementation of the
# exponential function in IEEE floating-point arithmetic", ACM TOMS 15(2), 1989), exp(x) = 2^n 2^(j/16) exp(r). A
# polynomial of half the degree does for |r| <= ln(2) / 32, and one operation each finds 2^(j/16), and scales it.

cdef extern from *:
    """
    #if REGISTERS_HOLD_TABLE
    static const double sixteenth_powers[] = { SIXTEENTH_POWERS };
    static const double sixteenth_rests[] = { SIXTEENTH_RESTS };

    typedef struct { __m512d half[2]; } sixteen_doubles;
    typedef struct { __m512d high, low; } vector_pair;

    static inline sixteen_doubles load_sixteen(const double *x) {
        const sixteen_doubles y = {{_mm512_loadu_pd(x), _mm512_loadu_pd(x + 8)}};
        return y;
    }

    static inline __m512d look_up_sixteenth(sixteen_doubles table, __m512d shifted) {
        return _mm512_permutex2var_pd(table.half[0], _mm512_castpd_si512(shifted), table.half[1]);
    }

    /* 1.5 * 2^48 + t: the lowest 4 bits are j. |r| <= (1/32 + 2^-43) ln 2, as in shifted_multiple, where |x| <= 1100. */
    static inline __m512d sixteenths(__m512d x) {
        return _mm512_fmadd_pd(x, _mm512_set1_pd(LOG2_E), _mm512_set1_pd(SIXTEENTH_SHIFT));
    }

    /* exp(x) for |x| <= 300, relative error below 55 u + 0.3 u |x|, u = 2^-53.

       r        t times the 2^-55.3 that LN2 is off, 0.3 u |x|, and half an ulp, 2^-59 . . . . . . . . . .  0.3 u |x| + 0.02 u
       q        exp(r) = 1 + r q: the polynomial, 2^-47.30; u, and less than that of r, weighing r . . . . . . . 52.0 u + 0.05 u
       power    2^t, rounded, scaled exactly; power r, rounded, weighing q r; the sum  . . . . . . . . . . . . u + 0.03 u + u */
    static inline __m512d tabled_exp(__m512d x, sixteen_doubles powers) {
        const __m512d shifted = sixteenths(x);
        const __m512d t = _mm512_sub_pd(shifted, _mm512_set1_pd(SIXTEENTH_SHIFT));
        const __m512d r = _mm512_fnmadd_pd(t, _mm512_set1_pd(LN2), x);
        const __m512d power = _mm512_scalef_pd(look_up_sixteenth(powers, shifted), t);
        __m512d q = _mm512_fmadd_pd(_mm512_set1_pd(SIXTEENTH_E3), r, _mm512_set1_pd(SIXTEENTH_E2));
        q = _mm512_fmadd_pd(q, r, _mm512_set1_pd(SIXTEENTH_E1));
        q = _mm512_fmadd_pd(q, r, _mm512_set1_pd(SIXTEENTH_E0));
        q = _mm512_fmadd_pd(q, r, _mm512_set1_pd(1));
        return _mm512_fmadd_pd(_mm512_mul_pd(power, r), q, power);
    }

    /* exp(x) of 32 numbers; where x lies below the cut it is taken to be at it. */
    static inline void tabled_exp_of_line(const float *x, double cut, double *e) {
        const sixteen_doubles powers = load_sixteen(sixteenth_powers);
        for (int l = 0; l < 32; l += 8) {
            const __m512d member = _mm512_cvtps_pd(_mm256_loadu_ps(x + l));
            _mm512_storeu_pd(e + l, tabled_exp(_mm512_max_pd(_mm512_set1_pd(cut), member), powers));
        }
    }

    /* c + g r as short_horner_step adds them, or as a double if it is brief. */
    static inline vector_pair add_to_multiple(double c, vector_pair g, __m512d r, int is_brief) {
        const __m512d term = _mm512_set1_pd(c);
        vector_pair y = g;
        y.high = _mm512_fmadd_pd(g.high, r, term);
        if (!is_brief)
            y.low = _mm512_fmadd_pd(g.low, r, _mm512_fmadd_pd(g.high, r, _mm512_sub_pd(term, y.high)));
        return y;
    }

    /* exp(x) for |x| <= 300 as a pair, |low| <= 2^-40 high, relative error below 2^-79.3, or 2^-57.4 if it is brief; below -800,
       down to -1100, it is 0.

       r        x - t LN2_NEAR, exactly: where t is not 0 a multiple of 2^-58, as x is, |x| > 2^-6; LN2_NEAR is one of 2^-44
       rest     what is left of x, t LN2_REST < 2^-40.1, and of 2^(j/16): added as they are, without the square,
                2^-81.2, and good to 2^-92
       h        exp(r) = 1 + r + r^2 / 2 + r^3 (E0 + r h), h < 0.042: the polynomial, 2^-84.27; half an ulp of h, 2^-58, and
                less than r times as much of its terms, weighing r^4  . . . . . . . . . . . . . . . . . . . . . . . . . 2^-80.1
       g        exp(r) = 1 + r g: the steps, see horner_step, 2^-105; brief, u and less than that of r, weighing r . . 2^-58.5
       e        power (1 + r g): multiple and its low part are exactly power r, e and its low part exactly the sum but
                for 2^-92; brief, multiple is rounded, u, weighing r  . . . . . . . . . . . . . . . . . . . . . . . . . 2^-58.5 */
    static inline vector_pair tabled_exp_pair(
        __m512d x, sixteen_doubles powers, sixteen_doubles rests, int is_brief
    ) {
        const __m512d shifted = sixteenths(x);
        const __m512d t = _mm512_sub_pd(shifted, _mm512_set1_pd(SIXTEENTH_SHIFT));
        const __m512d r = _mm512_fnmadd_pd(t, _mm512_set1_pd(LN2_NEAR), x);
        const __m512d rest = _mm512_fnmadd_pd(t, _mm512_set1_pd(LN2_REST), look_up_sixteenth(rests, shifted));
        const __m512d power = _mm512_scalef_pd(look_up_sixteenth(powers, shifted), t);
        __m512d h = _mm512_fmadd_pd(_mm512_set1_pd(QUICK_SIXTEENTH_E6), r, _mm512_set1_pd(QUICK_SIXTEENTH_E5));
        h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(QUICK_SIXTEENTH_E4));
        h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(QUICK_SIXTEENTH_E3));
        h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(QUICK_SIXTEENTH_E2));
        vector_pair g = {_mm512_fmadd_pd(h, r, _mm512_set1_pd(QUICK_SIXTEENTH_E1)), _mm512_setzero_pd()}, e;
        g = add_to_multiple(QUICK_SIXTEENTH_E0_HIGH, g, r, is_brief);
        if (!is_brief)
            g.low = _mm512_add_pd(g.low, _mm512_set1_pd(QUICK_SIXTEENTH_E0_LOW));
        g = add_to_multiple(0.5, g, r, is_brief);
        g = add_to_multiple(1, g, r, is_brief);
        const __m512d multiple = _mm512_mul_pd(power, r);
        e.high = _mm512_fmadd_pd(multiple, g.high, power);
        e.low = _mm512_fmadd_pd(multiple, g.high, _mm512_sub_pd(power, e.high));
        if (!is_brief) {
            e.low = _mm512_fmadd_pd(multiple, g.low, e.low);
            e.low = _mm512_fmadd_pd(_mm512_fmsub_pd(power, r, multiple), g.high, e.low);
        }
        e.low = _mm512_fmadd_pd(e.high, rest, e.low);
        return e;
    }

    /* The same of 32 numbers; where x lies below the cut it is taken to be at it. */
    static inline void tabled_pairs_of_line(const double *x, double cut, double *high, double *low, int is_brief) {
        const sixteen_doubles powers = load_sixteen(sixteenth_powers), rests = load_sixteen(sixteenth_rests);
        for (int l = 0; l < 32; l += 8) {
            const __m512d member = _mm512_max_pd(_mm512_set1_pd(cut), _mm512_loadu_pd(x + l));
            const vector_pair e = tabled_exp_pair(member, powers, rests, is_brief);
            _mm512_storeu_pd(high + l, e.high);
            _mm512_storeu_pd(low + l, e.low);
        }
    }
    #else    /* these are not called */
    #define tabled_exp_of_line(x, cut, e) ((void)0)
    #define tabled_pairs_of_line(x, cut, high, low, is_brief) ((void)0)
    #endif
    """
    void tabled_exp_of_line(const float *x, double cut, double *e) noexcept nogil
    void tabled_pairs_of_line(const double *x, double cut, double *high, double *low, bint is_brief) noexcept nogil
