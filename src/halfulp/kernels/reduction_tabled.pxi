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

    /* Two registers take each step together. A processor looks ahead less far than one needs for the next numbers, as
       each step of the same ones waits for the one before. */
    typedef struct { __m512d half[2]; } sixteen_doubles;
    typedef struct { sixteen_doubles high, low; } sixteen_pairs;

    #define ALWAYS_INLINE static inline __attribute__((always_inline))
    #define DEFINE_OF_TWO(name, operation) \\
        ALWAYS_INLINE sixteen_doubles name(sixteen_doubles a, sixteen_doubles b) { \\
            const sixteen_doubles y = {{operation(a.half[0], b.half[0]), operation(a.half[1], b.half[1])}}; \\
            return y; \\
        }
    #define DEFINE_OF_THREE(name, operation) \\
        ALWAYS_INLINE sixteen_doubles name(sixteen_doubles a, sixteen_doubles b, sixteen_doubles c) { \\
            const sixteen_doubles y = {{ \\
                operation(a.half[0], b.half[0], c.half[0]), operation(a.half[1], b.half[1], c.half[1]) \\
            }}; \\
            return y; \\
        }
    DEFINE_OF_TWO(sum, _mm512_add_pd)
    DEFINE_OF_TWO(difference, _mm512_sub_pd)
    DEFINE_OF_TWO(product, _mm512_mul_pd)
    DEFINE_OF_TWO(maximum, _mm512_max_pd)
    DEFINE_OF_TWO(scaled_by, _mm512_scalef_pd)                   /* a 2^n, where n is the greatest integer up to b */
    DEFINE_OF_THREE(product_plus, _mm512_fmadd_pd)               /* a b + c */
    DEFINE_OF_THREE(product_minus, _mm512_fmsub_pd)              /* a b - c */
    DEFINE_OF_THREE(product_subtracted, _mm512_fnmadd_pd)        /* c - a b */

    ALWAYS_INLINE sixteen_doubles of_constant(double c) {
        const sixteen_doubles y = {{_mm512_set1_pd(c), _mm512_set1_pd(c)}};
        return y;
    }

    ALWAYS_INLINE sixteen_doubles load_sixteen(const double *x) {
        const sixteen_doubles y = {{_mm512_loadu_pd(x), _mm512_loadu_pd(x + 8)}};
        return y;
    }

    ALWAYS_INLINE sixteen_doubles load_sixteen_floats(const float *x) {
        const sixteen_doubles y = {{_mm512_cvtps_pd(_mm256_loadu_ps(x)), _mm512_cvtps_pd(_mm256_loadu_ps(x + 8))}};
        return y;
    }

    ALWAYS_INLINE void store_sixteen(double *y, sixteen_doubles x) {
        _mm512_storeu_pd(y, x.half[0]);
        _mm512_storeu_pd(y + 8, x.half[1]);
    }

    ALWAYS_INLINE __m512d look_up_eight(sixteen_doubles table, __m512d shifted) {
        return _mm512_permutex2var_pd(table.half[0], _mm512_castpd_si512(shifted), table.half[1]);
    }

    /* The entries that the lowest 4 bits of each of `shifted` tell. */
    ALWAYS_INLINE sixteen_doubles look_up_sixteen(sixteen_doubles table, sixteen_doubles shifted) {
        const sixteen_doubles y = {{look_up_eight(table, shifted.half[0]), look_up_eight(table, shifted.half[1])}};
        return y;
    }

    /* 1.5 * 2^48 + t: the lowest 4 bits are j. |r| <= (1/32 + 2^-43) ln 2, as in shifted_multiple, where |x| <= 1100. */
    ALWAYS_INLINE sixteen_doubles sixteenths(sixteen_doubles x) {
        return product_plus(x, of_constant(LOG2_E), of_constant(SIXTEENTH_SHIFT));
    }

    /* exp(x) for |x| <= 300, relative error below 55 u + 0.3 u |x|, u = 2^-53.

       r        t times the 2^-55.3 that LN2 is off, 0.3 u |x|, and half an ulp, 2^-59 . . . . . . . . . .  0.3 u |x| + 0.02 u
       q        exp(r) = 1 + r q: the polynomial, 2^-47.30; u, and less than that of r, weighing r . . . . . . . 52.0 u + 0.05 u
       power    2^t, rounded, scaled exactly; power r, rounded, weighing q r; the sum  . . . . . . . . . . . . u + 0.03 u + u */
    ALWAYS_INLINE sixteen_doubles tabled_exp(sixteen_doubles x, sixteen_doubles powers) {
        const sixteen_doubles shifted = sixteenths(x);
        const sixteen_doubles t = difference(shifted, of_constant(SIXTEENTH_SHIFT));
        const sixteen_doubles r = product_subtracted(t, of_constant(LN2), x);
        const sixteen_doubles power = scaled_by(look_up_sixteen(powers, shifted), t);
        sixteen_doubles q = product_plus(of_constant(SIXTEENTH_E3), r, of_constant(SIXTEENTH_E2));
        q = product_plus(q, r, of_constant(SIXTEENTH_E1));
        q = product_plus(q, r, of_constant(SIXTEENTH_E0));
        q = product_plus(q, r, of_constant(1));
        return product_plus(product(power, r), q, power);
    }

    /* exp(x) of 32 numbers; where x lies below the cut it is taken to be at it. */
    ALWAYS_INLINE void tabled_exp_of_line(const float *x, double cut, double *e) {
        const sixteen_doubles powers = load_sixteen(sixteenth_powers);
        for (int l = 0; l < 32; l += 16) {
            const sixteen_doubles member = load_sixteen_floats(x + l);
            store_sixteen(e + l, tabled_exp(maximum(of_constant(cut), member), powers));
        }
    }

    /* The polynomial E0 + E1 r + ... of exp(r) = 1 + r + r^2 / 2 + r^3 (E0 + E1 r + ...); as a pair if it is long. */
    ALWAYS_INLINE sixteen_pairs sixteenth_e(sixteen_doubles r, int precision) {
        sixteen_pairs e = {of_constant(0), of_constant(0)};
        sixteen_doubles h;
        if (precision == LONG_PAIR) {
            const sixteen_doubles e0 = of_constant(LONG_SIXTEENTH_E0_HIGH);
            h = product_plus(of_constant(LONG_SIXTEENTH_E6), r, of_constant(LONG_SIXTEENTH_E5));
            h = product_plus(h, r, of_constant(LONG_SIXTEENTH_E4));
            h = product_plus(h, r, of_constant(LONG_SIXTEENTH_E3));
            h = product_plus(h, r, of_constant(LONG_SIXTEENTH_E2));
            h = product_plus(h, r, of_constant(LONG_SIXTEENTH_E1));
            e.high = product_plus(h, r, e0);
            e.low = product_plus(h, r, difference(e0, e.high));
            e.low = sum(e.low, of_constant(LONG_SIXTEENTH_E0_LOW));
        } else {
            h = product_plus(of_constant(BRIEF_SIXTEENTH_E5), r, of_constant(BRIEF_SIXTEENTH_E4));
            h = product_plus(h, r, of_constant(BRIEF_SIXTEENTH_E3));
            h = product_plus(h, r, of_constant(BRIEF_SIXTEENTH_E2));
            h = product_plus(h, r, of_constant(BRIEF_SIXTEENTH_E1));
            e.high = product_plus(h, r, of_constant(BRIEF_SIXTEENTH_E0));
        }
        return e;
    }

    /* c + g r as short_horner_step adds them; g is a double if it has no low part, and the sum if it is to have none. */
    ALWAYS_INLINE sixteen_pairs add_to_multiple(
        double c, sixteen_pairs g, sixteen_doubles r, int g_has_low, int has_low
    ) {
        const sixteen_doubles term = of_constant(c);
        sixteen_pairs y = {product_plus(g.high, r, term), of_constant(0)};
        if (has_low)
            y.low = product_plus(g.high, r, difference(term, y.high));
        if (g_has_low)
            y.low = product_plus(g.low, r, y.low);
        return y;
    }

    /* exp(x) for |x| <= 300 as a pair, |low| <= 2^-40 high, relative error below 2^-79.3 if it is long, 2^-72.3 if it is
       brief, and 2^-57.4 if it is for float32; from -600 on both parts are normal numbers.

       r        x - t LN2_NEAR, exactly: where t is not 0 a multiple of 2^-58, as x is, |x| > 2^-6; LN2_NEAR is one of 2^-44
       rest     what is left of x, t LN2_REST < 2^-40.1, and of 2^(j/16): added as they are, without the square,
                2^-81.2, and good to 2^-92
       e        long: the polynomial, 2^-84.27; half an ulp of h < 0.042, 2^-58, and less than r times as much of its terms,
                weighing r^4  . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . 2^-80.1
                brief: the polynomial, 2^-75.53; half an ulp of e < 0.18, 2^-56, and so on, weighing r^3  . . . . . . . 2^-72.5
       g        exp(r) = 1 + r g: the steps, 2^-105; for float32 u, and less than that of r, weighing r . . . . . . . . 2^-58.5
       y        power (1 + r g): multiple and its low part are exactly power r, y and its low part exactly the sum but
                for 2^-92; for float32 multiple is rounded, u, weighing r . . . . . . . . . . . . . . . . . . . . . . . 2^-58.5 */
    ALWAYS_INLINE sixteen_pairs tabled_exp_pair(
        sixteen_doubles x, sixteen_doubles powers, sixteen_doubles rests, int precision
    ) {
        const int is_long = precision == LONG_PAIR, is_pair = precision != PAIR_FOR_FLOAT32;
        const sixteen_doubles shifted = sixteenths(x);
        const sixteen_doubles t = difference(shifted, of_constant(SIXTEENTH_SHIFT));
        const sixteen_doubles r = product_subtracted(t, of_constant(LN2_NEAR), x);
        const sixteen_doubles rest = product_subtracted(t, of_constant(LN2_REST), look_up_sixteen(rests, shifted));
        const sixteen_doubles power = scaled_by(look_up_sixteen(powers, shifted), t);
        sixteen_pairs g = add_to_multiple(0.5, sixteenth_e(r, precision), r, is_long, is_pair), y;
        g = add_to_multiple(1, g, r, is_pair, is_pair);
        const sixteen_doubles multiple = product(power, r);
        y.high = product_plus(multiple, g.high, power);
        y.low = product_plus(multiple, g.high, difference(power, y.high));
        if (is_pair) {
            y.low = product_plus(multiple, g.low, y.low);
            y.low = product_plus(product_minus(power, r, multiple), g.high, y.low);
        }
        y.low = product_plus(y.high, rest, y.low);
        return y;
    }

    /* The same of 32 numbers; where x lies below the cut it is taken to be at it. */
    ALWAYS_INLINE void tabled_pairs_of_line(const double *x, double cut, double *high, double *low, int precision) {
        const sixteen_doubles powers = load_sixteen(sixteenth_powers), rests = load_sixteen(sixteenth_rests);
        for (int l = 0; l < 32; l += 16) {
            const sixteen_doubles member = maximum(of_constant(cut), load_sixteen(x + l));
            const sixteen_pairs e = tabled_exp_pair(member, powers, rests, precision);
            store_sixteen(high + l, e.high);
            store_sixteen(low + l, e.low);
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
