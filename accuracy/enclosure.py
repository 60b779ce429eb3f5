"""Fast enclosures of sigmoid, log_sigmoid and softplus: pairs of float64 with a proven bound, for whole
arrays.

Sweeps over billions of inputs ask these first, and mpmath only where an enclosure does not decide the
rounding. They share nothing with the library's kernels: no tanh, no minimax coefficients; the tables below
and Taylor series only.

The bound
---------
Each function is computed as (high + low) 2^scale, with a relative error below 2^-66; ``BOUND`` is twice that.
u = 2^-53. "Exact" below means that the float64 operation has no rounding error. NumPy's +, -, *, / round to
nearest; nothing here is fused, since each is a ufunc of its own.

exp(a), a = -|x|, is taken at max(a, -2000): below that every format's result is settled by far.

E1. k = rint(a 256/ln 2), |k| < 2^20; r = a - k ln2/256, |r| < 2^-9.52 (the product is off by 2^-32 at most).
E2. ln2/256 = L1 + L2 + L3: L1 a multiple of 2^-40 below 2^-8, L2 one of 2^-72 below 2^-41, L3 below 2^-73. So
    k L1 (52 bits) and k L2 (51 bits) are exact, and |k L3| < 2^-53 is rounded by less than 2^-106.
E3. a - k L1 is exact: for k = 0 trivially; else |a| > 2^-10, both are multiples of 2^-62 and the difference
    is below 2^-9. two_sum subtracts k L2 exactly: s + t. Then r = s + r_low, r_low = t - k L3, with an error
    below 2^-105.
E4. s = s1 + s2, s1 a multiple of 2^-36 of at most 27 bits, |s2| <= 2^-37; exact.
E5. exp(r) - 1 = s1 + g, g = s2 + (r_low + q), q = r^2 (1/2 + r/6 + r^2/24 + r^3/120 + r^4/720) for r = s +
    r_low rounded (that moves q by less than 2 |r| 2^-63 = 2^-71.5). The series' rest is below |r|^7/5040 <
    2^-78. |q| < 2^-20, of relative error below 3.2 u: 2^-71.3. The two additions round by 2^-74 each. In all
    |error of g| < 2^-70.3.
E6. 2^(j/256) = T1 + T2 for j = k mod 256: T1 of 26 bits, |T2| <= 2^-26, T2 itself rounded by less than 2^-79;
    T the nearest float64. exp(a) / 2^m = T1 + T1 s1 + (T2 + (T2 s1 + T g)), m = floor(k/256). T1 s1 (53 bits)
    is exact. The last bracket is below 2^-18.8; its roundings are below 3 * 2^-72, T's own u T g is below
    2^-72.
E7. fast_two_sum(T1, T1 s1) is exact, adding the bracket to its low part rounds by 2^-72, a last fast_two_sum
    is exact. In all |error| < 2 * 2^-70.3 + 5 * 2^-72 < 2^-68.6, on a value above 0.998: relative error below
    2^-68.5.

d = 1 + e uses e = exp(a) scaled by 2^max(m, -200); the difference is below 2^-199. fast_two_sum(1, e_high) is
exact, adding e_low rounds by 2^-105. The error of e, relative to d, is at most half as large: below 2^-69.4.

sigmoid = n / d with n = 1 or n = exp(a), in [0.998, 2.01] without its scale.
S1. q1 = n_high / d_high cut to 26 bits, within 2^-24 of the quotient; d_high = d1 + d2 of 26 and 27 bits: q1
    d1 and q1 d2 are exact, n_high - q1 d1 is exact (Sterbenz). The rest of the residual is below 2^-22, and
    its three subtractions round by 2^-75 each.
S2. y = q1 + residual / d_high. Taking d_high for d costs 2^-22 u, the division as much: below 2^-74 together,
    on a y above 0.499. In all: relative error below 2^-68.5 + 2^-69.4 + 2^-71.5 < 2^-67.7.

log1p(f), f = e:
G1. j = rint(256 f_high), c = 1 + j/256 (9 bits), w = f_high - j/256, |w| <= 2^-9, exact (Sterbenz; j = 0:
    trivially).
G2. (w + f_low)/c = u1 + u2: u1 = w/c cut to 26 bits, so u1 c (35 bits) and w - u1 c are exact;
    u2 = ((w - u1 c) + f_low)/c, |u2| < 2^-24.9 |u1| + 2^-53 f.
G3. log1p(u1 + u2) = log1p(u1) + log1p(u3), u3 = u2/(1 + u1), log1p(u3) = u3 - u3^2/2 (the next term is below
    2^-92 |u1|), off by four roundings of u2 in all: 2^-51 |u2| < 2^-75.9 |u1| + 2^-104 f.
G4. log1p(u1) = u1 - u1^2/2 + u1^3 (1/3 - u1/4 + u1^2/5 - u1^3/6 + u1^4/7 - u1^5/8). u1^2 (52 bits) is exact.
    The series' rest is below |u1|^9/9 < 2^-75 |u1|. The cubic part is below 2^-19.5 |u1|, of relative error
    below 3.3 u: 2^-70.8 |u1|.
G5. log c = V1 + V2: V1 a multiple of 2^-43, |V2| <= 2^-44. Two fast_two_sums add u1 to V1 and -u1^2/2 to that
    exactly (j = 0: V1 = 0; else V1 > 2^-8.01 and the first sum is above 2^-9.02). The rest is below 2^-19.4
    |u1| for j = 0, below 2^-28 else, and its three additions round by less than 2^-71 |u1| or 2^-79. The
    result is above 0.99 |u1| or 2^-9.02. In all: relative error below 2^-68.5 (from f, log1p being better
    conditioned) + 2^-69.7 < 2^-67.9. Where m < -200, log1p(e) is e itself within 2^-200.

log_sigmoid(x) = -(max(-x, 0) + log1p(e)), softplus(x) = max(x, 0) + log1p(e): two_sum is exact, adding the
low part rounds by 2^-105 relatively, and both terms are positive. Where -200 > m and |x| is added, 2^-199
stands for log1p(e); relative to |x| > 138 the difference is below 2^-206.
"""

from dataclasses import dataclass

import numpy as np
from mpmath import mp, mpf

from halfulp.accuracy.reference import round_elementwise
from halfulp.accuracy.ulp import Exact, widen

BOUND = 2.0**-65

_CUT = np.int64(-1 << 27)  # keeps 26 bits of a float64's significand
_SMALLEST_SCALE = -200  # for exp(a) next to 1
_TO_36_BITS = 1.5 * 2.0**16  # adding and subtracting it rounds to a multiple of 2^-36


def _rounded_to(value, exponent):
    """Round an mpmath number to a multiple of 2^exponent, as a float."""
    return float(mp.ldexp(mp.nint(mp.ldexp(value, -exponent)), exponent))


def _tables():
    """Compute the constants of E2, E6 and G5."""
    with mp.workprec(200):
        step = mp.ln2 / 256
        first = _rounded_to(step, -40)
        second = _rounded_to(step - first, -72)
        third = float(step - first - second)
        powers = [mp.power(2, mpf(j) / 256) for j in range(256)]
        power_high = [_rounded_to(p, -25) for p in powers]
        power_low = [float(p - h) for p, h in zip(powers, power_high, strict=True)]
        logarithms = [mp.log1p(mpf(j) / 256) for j in range(257)]
        log_high = [_rounded_to(v, -43) for v in logarithms]
        log_low = [float(v - h) for v, h in zip(logarithms, log_high, strict=True)]
        inverse = float(1 / step)
    return inverse, (first, second, third), *map(np.array, (power_high, power_low, log_high, log_low))


_INVERSE_STEP, (_L1, _L2, _L3), _T1, _T2, _V1, _V2 = _tables()
_T = _T1 + _T2


def _two_sum(a, b):
    """a + b = high + low exactly (Knuth; Handbook of Floating-Point Arithmetic, 2nd ed., algorithm 4.4)."""
    high = a + b
    virtual = high - a
    return high, (a - (high - virtual)) + (b - virtual)


def _fast_two_sum(a, b):
    """a + b = high + low exactly, where |a| >= |b| or a = 0 (Dekker; the same, algorithm 4.3)."""
    high = a + b
    return high, b - (high - a)


def _cut(a):
    """Return the leading 26 bits of a."""
    return (a.view(np.int64) & _CUT).view(np.float64)


def _power_of_two(exponent):
    """Return 2^exponent for integers in the range of normal numbers."""
    return ((exponent + 1023) << 52).view(np.float64)


def _exponential(a):
    """Return exp(a) = (high + low) 2^scale for a <= 0: steps E1 to E7."""
    a = np.fmax(a, -2000.0)
    k = np.rint(a * _INVERSE_STEP)
    s, t = _two_sum(a - k * _L1, k * -_L2)
    r_low = t - k * _L3
    s1 = (s + _TO_36_BITS) - _TO_36_BITS
    r = s + r_low
    q = r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))))
    g = (s - s1) + (r_low + q)
    index = k.astype(np.int64)
    j = index & 255
    t1 = _T1.take(j)
    t2 = _T2.take(j)
    high, low = _fast_two_sum(t1, t1 * s1)
    high, low = _fast_two_sum(high, low + (t2 + (t2 * s1 + (t1 + t2) * g)))
    return high, low, index >> 8


def _log1p(f_high, f_low):
    """Return log1p(f) for 0 < f <= 1: steps G1 to G5."""
    j = np.rint(f_high * 256)
    w = f_high - j * (1 / 256)
    c = 1 + j * (1 / 256)
    u1 = _cut(w / c)
    u3 = ((w - u1 * c) + f_low) / c / (1 + u1)
    square = u1 * u1
    cubic = u1 * square * (1 / 3 - u1 * (1 / 4 - u1 * (1 / 5 - u1 * (1 / 6 - u1 * (1 / 7 - u1 * (1 / 8))))))
    j = j.astype(np.int64)
    high, rest1 = _fast_two_sum(_V1.take(j), u1)
    high, rest2 = _fast_two_sum(high, -0.5 * square)
    return _fast_two_sum(high, (rest1 + rest2) + (_V2.take(j) + (cubic + (u3 - 0.5 * u3 * u3))))


@dataclass(frozen=True)
class Enclosures:
    """Positive numbers (high + low) 2^scale, known to a relative error of `BOUND`; high is not below 2^-201.

    They are below 2^ceiling as well (strictly, which the bound alone cannot tell next to a power of two).
    """

    high: np.ndarray
    low: np.ndarray
    scale: np.ndarray
    ceiling: np.ndarray | int


def enclose(function, x):
    """Return enclosures of the magnitude of an elementwise function at finite float64 inputs."""
    if function == "softplus":
        x = -x  # softplus(x) = -log_sigmoid(-x)
    a = np.abs(x)
    e_high, e_low, scale = _exponential(-a)
    shrink = _power_of_two(np.maximum(scale, _SMALLEST_SCALE))
    f_high, f_low = e_high * shrink, e_low * shrink
    if function == "sigmoid":
        negative = x < 0
        d_high, d_low = _fast_two_sum(1.0, f_high)
        d_low += f_low
        n_high, n_low = np.where(negative, e_high, 1.0), np.where(negative, e_low, 0.0)
        q1, d1 = _cut(n_high / d_high), _cut(d_high)
        residual = (((n_high - q1 * d1) - q1 * (d_high - d1)) + n_low) - q1 * d_low
        high, low = _fast_two_sum(q1, residual / d_high)
        return Enclosures(high, low, np.where(negative, scale, 0), np.where(negative, -1, 0))
    high, low = _log1p(f_high, f_low)
    tiny = (scale < _SMALLEST_SCALE) & (x > 0)
    high, rest = _two_sum(np.fmax(-x, 0.0), high)
    low = rest + low
    if not tiny.any():
        return Enclosures(high, low, np.zeros_like(scale), 1024)
    return Enclosures(
        np.where(tiny, e_high, high), np.where(tiny, e_low, low), np.where(tiny, scale, 0), 1024
    )


def exact(function, x, form):
    """Return the same as `reference.exact` for an elementwise function, at some 50 ns an input.

    Returns
    -------
    Exact
        `fraction` is off by 2^-27 at most for formats up to float32, by 2^-10 for float64.
    int
        How many inputs the enclosure did not decide, but mpmath (or a rule: infinities).
    """
    wide = widen(x)
    finite = np.isfinite(wide)
    if not finite.all():
        wide = np.where(finite, wide, 0.0)
    enclosures = enclose(function, wide)
    rounding = _round_float64 if form.precision == 53 else _round_narrow
    magnitude, fraction, exponent, decided = rounding(enclosures, form)
    signed = -magnitude if function == "log_sigmoid" else magnitude
    bits = form.to_bits(signed.astype(form.dtype))
    if not finite.all():
        nan = np.isnan(widen(x))
        bits[nan], fraction[nan], exponent[nan] = form.nan_bits, 0.0, form.emin
        decided &= finite | nan
    undecided = np.flatnonzero(~decided)
    for i in undecided:
        bits[i], fraction[i], exponent[i] = round_elementwise(function, float(widen(x[i])), form)
    return Exact(form, bits, fraction, exponent), undecided.size


def _round_narrow(enclosures, form):
    """Round to a format of at most 24 bits; the high part alone, within 2^-53 + BOUND < 2^-52, decides."""
    value = enclosures.high * _power_of_two(np.maximum(enclosures.scale, -800))
    exponent = np.minimum((value.view(np.int64) >> 52) - 1022, enclosures.ceiling) - form.precision
    exponent = np.maximum(exponent, form.emin)
    to_integer = _power_of_two(-exponent)
    scaled = value * to_integer  # exact: |exponent| is far from the limits of float64
    rounded = np.rint(scaled * (1 - 2.0**-51))
    decided = rounded == np.rint(scaled * (1 + 2.0**-51))
    return rounded * _power_of_two(exponent), scaled - rounded, exponent, decided


def _round_float64(enclosures, form):
    """Round to float64: normal results as high + (low +- BOUND), the others on the subnormal grid."""
    high, low = enclosures.high, enclosures.low
    bound = high * BOUND
    rounded = high + (low - bound)
    decided = rounded == high + (low + bound)
    exponent = np.minimum((rounded.view(np.int64) >> 52) - 1022, enclosures.ceiling - enclosures.scale) - 53
    fraction = ((high - rounded) + low) * _power_of_two(-exponent)
    magnitude = rounded * _power_of_two(np.maximum(enclosures.scale, -1022))
    exponent += enclosures.scale
    small = exponent <= form.emin
    if small.any():
        grid = np.ldexp(high[small], enclosures.scale[small] - form.emin)
        rest = np.ldexp(low[small], enclosures.scale[small] - form.emin)
        whole = np.rint(grid)
        margin = grid * BOUND + 2.0**-50  # the latter for the rounding of the next sums
        rest_low, rest_high = (grid - whole) + (rest - margin), (grid - whole) + (rest + margin)
        step = np.where(rest_low > 0.5, 1.0, np.where(rest_low < -0.5, -1.0, 0.0))
        decided[small] = step == np.where(rest_high > 0.5, 1.0, np.where(rest_high < -0.5, -1.0, 0.0))
        magnitude[small] = np.ldexp(whole + step, form.emin)
        fraction[small] = (grid - whole) + rest - step
        exponent[small] = form.emin
    return magnitude, fraction, exponent, decided
