"""Floating-point formats, their bits, rounding to them, and errors in ULP.

The unit in the last place of a real number t in a format of precision p is

    ulp(t) = 2^max(floor(log2 |t|) - p + 1, emin),

2^emin being the smallest subnormal number (Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed.,
section 2.3.2, where it is Goldberg's definition extended to all reals). The error of a computed y is
|y - t| / ulp(t), a real number: at most 1/2 where y is nearest to t, and below 1/2 nowhere else.

An error above LARGEST_ULP counts as that; so errors can be added up and drawn, whatever was computed.

Two other definitions are in use. All depend on the exact t alone, give a nearest number at most 1/2, and
differ only beside a power of two 2^e, the spacing above which is s and the spacing below which is s/2:

- Harrison: the distance of the two closest numbers a <= t <= b of the format, a < b. At t = 2^e itself it is
  s/2.
- Kahan: the distance of the two numbers nearest to t. For 2^e <= t < 2^e + s/4 these are 2^e and the number
  below it, so it is s/2 there, and an error counts double.

The definition used here needs the exponent of t only, and is the smallest of the three in what it reports: a
claim of "within 1/2" means the same under all of them.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

LARGEST_ULP = 1e200
"""float64's errors reach 10^631 (a large number for a subnormal one); their sums, and the margins of their
plots, stay within float64 if they end here."""


@dataclass(frozen=True)
class Format:
    """A binary floating-point format.

    Attributes
    ----------
    name : str
        NumPy's name of the dtype.
    precision : int
        Bits of the significand, the hidden one included.
    emin : int
        Exponent of the smallest subnormal number, 2^emin.
    width : int
        Bits in all.
    """

    name: str
    precision: int
    emin: int
    width: int

    @cached_property
    def dtype(self):
        """The numpy.dtype; bfloat16's comes from ml_dtypes."""
        if self.name != "bfloat16":
            return np.dtype(self.name)
        try:
            import ml_dtypes
        except ImportError as error:
            raise ImportError("bfloat16 needs ml_dtypes: pip install 'halfulp[accuracy]'") from error
        return np.dtype(ml_dtypes.bfloat16)

    @property
    def uint(self):
        """The unsigned integer dtype of the same width."""
        return np.dtype(f"uint{self.width}")

    @property
    def sign_bit(self):
        """The integer whose only bit is the sign."""
        return 1 << (self.width - 1)

    @property
    def infinity_bits(self):
        """The bits of +inf."""
        exponent_bits = self.width - self.precision
        return ((1 << exponent_bits) - 1) << (self.precision - 1)

    @property
    def nan_bits(self):
        """The bits of the quiet NaN that stands for all of them."""
        return self.infinity_bits | 1 << (self.precision - 2)

    @property
    def largest(self):
        """The largest finite number, as a float."""
        return float(self.from_bits(self.infinity_bits - 1))

    @property
    def smallest_normal(self):
        """The smallest positive normal number, as a float."""
        return math.ldexp(1.0, self.emin + self.precision - 1)

    def to_bits(self, values):
        """Return the bits of an array of this dtype as unsigned integers."""
        return np.ascontiguousarray(values, self.dtype).view(self.uint)

    def from_bits(self, bits):
        """Return the numbers that have these bits, as an array of this dtype (or a scalar)."""
        return np.asarray(bits, self.uint).view(self.dtype)[()]

    def hex(self, bits):
        """Return the bits of one number as text, in the width of the format."""
        return f"{int(bits):#0{self.width // 4 + 2}x}"

    def neighbours(self, value, steps):
        """Return the numbers at most `steps` places below and above a finite float, in order."""
        with np.errstate(over="ignore"):
            bits = int(self.to_bits(np.asarray(value, np.float64).astype(self.dtype)).ravel()[0])
        ordinal = self.sign_bit - bits if bits >= self.sign_bit else bits
        limit = self.infinity_bits
        ordinals = range(max(ordinal - steps, -limit), min(ordinal + steps, limit) + 1)
        return self.from_bits([n if n >= 0 else self.sign_bit - n for n in ordinals])


FORMATS = {
    f.name: f
    for f in (
        Format("float16", 11, -24, 16),
        Format("bfloat16", 8, -133, 16),
        Format("float32", 24, -149, 32),
        Format("float64", 53, -1074, 64),
    )
}


def format_of(dtype):
    """Return the Format of a dtype, or of its name; ValueError that lists the known ones if there is none."""
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    if name not in FORMATS:
        raise ValueError(f"unknown dtype {name!r}; known are {', '.join(FORMATS)}")
    return FORMATS[name]


def widen(values):
    """Return an array as float64; exact for every format, silent for signalling NaNs."""
    with np.errstate(invalid="ignore"):
        return np.asarray(values).astype(np.float64)


def round_dyadic(form, negative, mantissa, exponent):
    """Round the real number +-mantissa * 2^exponent once to a format, to nearest, ties to even.

    Returns
    -------
    bits : int
        The rounded number.
    fraction : float
        (exact - rounded) / ulp(exact), in [-1/2, 1/2], by magnitude (the sign of the number left out). It is
        meaningless where the number rounds to infinity.
    ulp_exponent : int
        ulp(exact) = 2^ulp_exponent.
    """
    sign = form.sign_bit if negative else 0
    if mantissa == 0:
        return sign, 0.0, form.emin
    leading = mantissa.bit_length() - 1 + exponent
    ulp_exponent = max(leading - form.precision + 1, form.emin)
    drop = ulp_exponent - exponent
    if drop <= 0:
        quotient, fraction = mantissa << -drop, 0.0
    elif leading < ulp_exponent - 1:  # below half of the smallest number: no long shift needed
        excess = max(mantissa.bit_length() - 64, 0)
        quotient, fraction = 0, math.ldexp(mantissa >> excess, max(excess - drop, -2000))
    else:
        quotient = mantissa >> drop
        rest = mantissa - (quotient << drop)
        half = 1 << (drop - 1)
        if rest > half or (rest == half and quotient & 1):
            quotient += 1
            rest -= 2 * half
        fraction = rest / (2 * half)
    # The hidden bit of a normal number adds the missing one to its exponent field, and a carry into the next
    # binade, or out of the subnormal numbers, goes the same way.
    bits = ((ulp_exponent - form.emin) << (form.precision - 1)) + quotient
    return sign | min(bits, form.infinity_bits), fraction, ulp_exponent


def round_ratio(form, negative, numerator, denominator):
    """Round +-numerator / denominator as `round_dyadic` does; a last bit stands for the remainder."""
    bits = max(denominator.bit_length() - numerator.bit_length(), 0) + 128  # more than any format has
    quotient, rest = divmod(numerator << bits, denominator)
    return round_dyadic(form, negative, quotient << 1 | (rest != 0), -bits - 1)


@dataclass(frozen=True)
class Exact:
    """The exact values of a function at an array of inputs, as far as a format can tell.

    Attributes
    ----------
    form : Format
    bits : ndarray of unsigned integers
        The correctly rounded results.
    fraction : ndarray of float64
        (exact - rounded) / ulp(exact) of the magnitudes, in [-1/2, 1/2].
    exponent : ndarray of int64
        ulp(exact) = 2^exponent.
    """

    form: Format
    bits: np.ndarray
    fraction: np.ndarray
    exponent: np.ndarray

    @classmethod
    def from_list(cls, form, rounded, shape):
        """Collect the results of `round_dyadic` in arrays of a shape."""
        bits, fraction, exponent = zip(*rounded, strict=True) if rounded else ((), (), ())
        return cls(
            form,
            np.array(bits, form.uint).reshape(shape),
            np.array(fraction, np.float64).reshape(shape),
            np.array(exponent, np.int64).reshape(shape),
        )

    @property
    def values(self):
        """The correctly rounded results as numbers of the format."""
        return self.form.from_bits(self.bits)


FAILURES = ("nan", "infinity", "zero sign")


@dataclass(frozen=True)
class Errors:
    """The errors of computed results, element by element.

    Attributes
    ----------
    ulp : ndarray of float64
        |computed - exact| / ulp(exact), LARGEST_ULP at most; NaN where the result failed, 0 where a special
        value is right.
    correct : ndarray of bool
        Whether the result is the correctly rounded one, bit for bit (any NaN for a NaN).
    failed : dict of str to ndarray of bool
        By kind: "nan" (a NaN that should be none, or the reverse), "infinity" (likewise), "zero sign" (+0 for
        -0 or -0 for +0).
    """

    ulp: np.ndarray
    correct: np.ndarray
    failed: dict


def errors(exact, computed):
    """Compare computed results with the exact values.

    Parameters
    ----------
    exact : Exact
    computed : ndarray
        Of the format's dtype and the shape of `exact.bits`, of one dimension at least.

    Returns
    -------
    Errors
    """
    form = exact.form
    correct = form.to_bits(computed).reshape(exact.bits.shape) == exact.bits
    ulp = np.abs(exact.fraction)
    special = (exact.bits & (form.sign_bit - 1)) >= form.infinity_bits
    ulp[special & correct] = 0.0
    failed = {kind: np.zeros(correct.shape, bool) for kind in FAILURES}
    wrong = np.nonzero(~correct)
    if not wrong[0].size:
        return Errors(ulp, correct, failed)

    got, expected = widen(computed[wrong]), widen(exact.values[wrong])
    is_nan, should_be_nan = np.isnan(got), np.isnan(expected)
    infinite = (np.isinf(got) | np.isinf(expected)) & ~is_nan & ~should_be_nan
    zeros = (got == 0) & (expected == 0)
    exponent = -exact.exponent[wrong]
    with np.errstate(all="ignore"):
        magnitude = np.where(np.signbit(expected), -got, got)
        distance = np.ldexp(magnitude, exponent) - np.ldexp(np.abs(expected), exponent)
        some = np.minimum(np.abs(distance - exact.fraction[wrong]), LARGEST_ULP)
    some[is_nan & should_be_nan] = 0.0
    correct[wrong] = is_nan & should_be_nan
    for kind, where in zip(FAILURES, (is_nan != should_be_nan, infinite, zeros), strict=True):
        some[where] = np.nan
        failed[kind][wrong] = where
    ulp[wrong] = some
    return Errors(ulp, correct, failed)
