# exp(x) with a table of 2^(j/16), where two vector registers hold it; see tabled_loops.pxi. Other levels compute it without.
#
# With t the multiple of 1/16 next to x / ln 2, t = n + j/16, and r = x - t ln 2 (Tang, "Table-driven implementation of the
# exponential function in IEEE floating-point arithmetic", ACM TOMS 15(2), 1989), exp(x) = 2^n 2^(j/16) exp(r). A
# polynomial of half the degree does for |r| <= ln(2) / 32, and one operation each finds 2^(j/16), and scales it.

cdef extern from *:
    """
    enum { PAIR_FOR_FLOAT32, BRIEF_PAIR, LONG_PAIR };    /* how precise pairs are, see tabled_exp_pair */

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

    /* The polynomial E0 + E1 r + ... of exp(r) = 1 + r + r^2 / 2 + r^3 (E0 + E1 r + ...); as a pair if it is long. */
    static inline vector_pair sixteenth_e(__m512d r, int precision) {
        vector_pair e = {_mm512_setzero_pd(), _mm512_setzero_pd()};
        __m512d h;
        if (precision == LONG_PAIR) {
            const __m512d e0 = _mm512_set1_pd(LONG_SIXTEENTH_E0_HIGH);
            h = _mm512_fmadd_pd(_mm512_set1_pd(LONG_SIXTEENTH_E6), r, _mm512_set1_pd(LONG_SIXTEENTH_E5));
            h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(LONG_SIXTEENTH_E4));
            h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(LONG_SIXTEENTH_E3));
            h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(LONG_SIXTEENTH_E2));
            h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(LONG_SIXTEENTH_E1));
            e.high = _mm512_fmadd_pd(h, r, e0);
            e.low = _mm512_fmadd_pd(h, r, _mm512_sub_pd(e0, e.high));
            e.low = _mm512_add_pd(e.low, _mm512_set1_pd(LONG_SIXTEENTH_E0_LOW));
        } else {
            h = _mm512_fmadd_pd(_mm512_set1_pd(BRIEF_SIXTEENTH_E5), r, _mm512_set1_pd(BRIEF_SIXTEENTH_E4));
            h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(BRIEF_SIXTEENTH_E3));
            h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(BRIEF_SIXTEENTH_E2));
            h = _mm512_fmadd_pd(h, r, _mm512_set1_pd(BRIEF_SIXTEENTH_E1));
            e.high = _mm512_fmadd_pd(h, r, _mm512_set1_pd(BRIEF_SIXTEENTH_E0));
        }
        return e;
    }

    /* c + g r as short_horner_step adds them; g is a double if it has no low part, and the sum if it is to have none. */
    static inline vector_pair add_to_multiple(double c, vector_pair g, __m512d r, int g_has_low, int has_low) {
        const __m512d term = _mm512_set1_pd(c);
        vector_pair y = {_mm512_fmadd_pd(g.high, r, term), _mm512_setzero_pd()};
        if (has_low)
            y.low = _mm512_fmadd_pd(g.high, r, _mm512_sub_pd(term, y.high));
        if (g_has_low)
            y.low = _mm512_fmadd_pd(g.low, r, y.low);
        return y;
    }

    /* exp(x) for |x| <= 300 as a pair, |low| <= 2^-40 high, relative error below 2^-79.3 if it is long, 2^-72.3 if it is
       brief, and 2^-57.4 if it is for float32; from -800 down to -1100 it is 0.

       r        x - t LN2_NEAR, exactly: where t is not 0 a multiple of 2^-58, as x is, |x| > 2^-6; LN2_NEAR is one of 2^-44
       rest     what is left of x, t LN2_REST < 2^-40.1, and of 2^(j/16): added as they are, without the square,
                2^-81.2, and good to 2^-92
       e        long: the polynomial, 2^-84.27; half an ulp of h < 0.042, 2^-58, and less than r times as much of its terms,
                weighing r^4  . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . 2^-80.1
                brief: the polynomial, 2^-75.53; half an ulp of e < 0.18, 2^-56, and so on, weighing r^3  . . . . . . . 2^-72.5
       g        exp(r) = 1 + r g: the steps, 2^-105; for float32 u, and less than that of r, weighing r . . . . . . . . 2^-58.5
       y        power (1 + r g): multiple and its low part are exactly power r, y and its low part exactly the sum but
                for 2^-92; for float32 multiple is rounded, u, weighing r . . . . . . . . . . . . . . . . . . . . . . . 2^-58.5 */
    static inline vector_pair tabled_exp_pair(
        __m512d x, sixteen_doubles powers, sixteen_doubles rests, int precision
    ) {
        const int is_long = precision == LONG_PAIR, is_pair = precision != PAIR_FOR_FLOAT32;
        const __m512d shifted = sixteenths(x);
        const __m512d t = _mm512_sub_pd(shifted, _mm512_set1_pd(SIXTEENTH_SHIFT));
        const __m512d r = _mm512_fnmadd_pd(t, _mm512_set1_pd(LN2_NEAR), x);
        const __m512d rest = _mm512_fnmadd_pd(t, _mm512_set1_pd(LN2_REST), look_up_sixteenth(rests, shifted));
        const __m512d power = _mm512_scalef_pd(look_up_sixteenth(powers, shifted), t);
        vector_pair g = add_to_multiple(0.5, sixteenth_e(r, precision), r, is_long, is_pair), y;
        g = add_to_multiple(1, g, r, is_pair, is_pair);
        const __m512d multiple = _mm512_mul_pd(power, r);
        y.high = _mm512_fmadd_pd(multiple, g.high, power);
        y.low = _mm512_fmadd_pd(multiple, g.high, _mm512_sub_pd(power, y.high));
        if (is_pair) {
            y.low = _mm512_fmadd_pd(multiple, g.low, y.low);
            y.low = _mm512_fmadd_pd(_mm512_fmsub_pd(power, r, multiple), g.high, y.low);
        }
        y.low = _mm512_fmadd_pd(y.high, rest, y.low);
        return y;
    }

    /* The same of 32 numbers; where x lies below the cut it is taken to be at it. */
    static inline void tabled_pairs_of_line(const double *x, double cut, double *high, double *low, int precision) {
        const sixteen_doubles powers = load_sixteen(sixteenth_powers), rests = load_sixteen(sixteenth_rests);
        for (int l = 0; l < 32; l += 8) {
            const __m512d member = _mm512_max_pd(_mm512_set1_pd(cut), _mm512_loadu_pd(x + l));
            const vector_pair e = tabled_exp_pair(member, powers, rests, precision);
            _mm512_storeu_pd(high + l, e.high);
            _mm512_storeu_pd(low + l, e.low);
        }
    }
    #else    /* these are not called */
    #define tabled_exp_of_line(x, cut, e) ((void)0)
    #define tabled_pairs_of_line(x, cut, high, low, precision) ((void)0)
    #endif
    """
    const int PAIR_FOR_FLOAT32, BRIEF_PAIR, LONG_PAIR
    void tabled_exp_of_line(const float *x, double cut, double *e) noexcept nogil
    void tabled_pairs_of_line(const double *x, double cut, double *high, double *low, int precision) noexcept nogil
