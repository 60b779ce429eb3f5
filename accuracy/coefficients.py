"""Writes kernels/coefficients.pxd: every polynomial and ratio of the kernels, with its measured error.

Run as ``python -m halfulp.accuracy.coefficients [FILE]``; without FILE the text goes to standard output.
Nothing of the result is typed by hand, and a test compares the committed file with a new run.

Three functions are approximated, by a Remez exchange on the relative error, exp by least squares:

- tanh(r/2) = r B(s) / A(s) with s = r^2, for |r| <= ln(2)/2, where exp(r) = (A + r B) / (A - r B);
- 2 atanh(v/2) = v (1 + t Q(t)) with t = v^2, for 0 <= v <= 2/3, and for |v| <= 6 - 4 sqrt(2), where it is
  log(1 + w) of sqrt(1/2) <= 1 + w <= sqrt(2); for float64's quick phase atanh(v), 0 <= v <= 1/3, alike;
- exp(r) = 1 + r + r^2 E(r), or 1 + r + r^2/2 + r^3 E(r), without a division, for |r| <= ln(2)/2; its square
  root exp(r/2) alike; for |r| <= ln(2)/32 beside a table of 2^(j/16); for |r| <= ln(2)/64 beside one of
  2^(j/32), of which each number stands as a float32 and the logarithm of what that is off; 2^f = c P(f) for
  |f| <= 1/2, by an exchange.

A factor common to A and B cancels, so that A is scaled to have 1 as its coefficient of s: a product less.
The ratio of float64's quick phase is scaled to have doubles for coefficients.
"""

import sys

try:
    from mpmath import mp, mpf
except ImportError as error:
    raise ImportError("this needs mpmath: install halfulp[accuracy]") from error

from .fitting import chebyshev_points, least_squares, nearest, relative_error, remez

PRECISION = 420
# The arguments of a reduction to the nearest multiple of ln 2, with room for the rounding of z * log2(e).
LARGEST_R = "0.34658"
LARGEST_V = "0.66667"
LARGEST_HALF_V = "0.333335"
# 2 w / (2 + w) for 1 + w = sqrt(2), with room for the rounding of the reduction
LARGEST_V_OF_LOG = "0.34316"
# the same for 1 + w = 2^0.5861, as far as the bits of a quotient's two numbers tell its logarithm
LARGEST_V_OF_QUOTIENT = "0.4008"
LARGEST_F = "0.50001"  # |f|, and room for its error
TABLE_BITS = 5  # of the index of the table that two vector registers hold
LARGEST_R_OF_STEP = "0.010833"  # of a reduction to the nearest multiple of ln(2) / 2^TABLE_BITS, alike
DOUBLES = 16  # entries of a table of doubles that two vector registers hold
LARGEST_R_OF_SIXTEENTH = "0.021662"  # of a reduction to the nearest multiple of ln(2) / DOUBLES, alike
HEADER = '''"""Coefficients of the kernels.

Written by `python -m halfulp.accuracy.coefficients`; do not edit. The errors are relative, of the
approximation with the rounded coefficients below, and were measured at 1001 points of the interval.
"""
'''
MEASURED_POINTS = 1001


def tanh_ratio(s):
    """Return tanh(r/2) / r for s = r^2."""
    r = mp.sqrt(s)
    return mp.tanh(r / 2) / r if s else mpf(1) / 2


def atanh_ratio(t):
    """Return 2 atanh(v/2) / v for t = v^2."""
    v = mp.sqrt(t)
    return 2 * mp.atanh(v / 2) / v if t else mpf(1)


def plain_atanh_ratio(t):
    """Return atanh(v) / v for t = v^2."""
    return atanh_ratio(4 * t)


def power_of_two(f):
    """Return 2^f."""
    return mp.power(2, f)


class Table:
    """The text of coefficients.pxd, grown a constant at a time."""

    def __init__(self):
        self.definitions = []
        self.declarations = []

    def comment(self, text):
        self.definitions += ["", f"// {text}"]

    def double(self, name, value):
        """Write one double, and return the value that stands there."""
        return self.number(name, float(nearest(value)), "double", "")

    def single(self, name, value):
        """Write one float32, and return the value that stands there."""
        return self.number(name, float(nearest(value, 24)), "float", "f")

    def number(self, name, rounded, c_type, suffix):
        self.definitions.append(f"#define {name} {rounded.hex()}{suffix}  // {rounded!r}")
        self.declarations.append(f"const {c_type} {name}")
        return mpf(rounded)

    def array(self, name, entries):
        """Write what stands between the braces of an array's definition in C."""
        lines = [", ".join(entries[i : i + 4]) for i in range(0, len(entries), 4)]
        self.definitions += [
            f"#define {name} \\\\",
            *(f"    {line}, \\\\" for line in lines[:-1]),
            f"    {lines[-1]}",
        ]

    def pair(self, name, value):
        """Write a constant as a pair of doubles, and return the value that stands there."""
        high = self.double(f"{name}_HIGH", value)
        return high + self.double(f"{name}_LOW", value - high)

    def coefficients(self, prefix, values, pairs=0, write=None):
        """Write coefficients, the first `pairs` of them as pairs, and return what stands there."""
        write = write or self.double
        return [
            self.pair(f"{prefix}{j}", value) if j < pairs else write(f"{prefix}{j}", value)
            for j, value in enumerate(values)
        ]

    def text(self):
        """Return the file."""
        indent = "    "
        definitions = "\n".join(indent + line if line else "" for line in self.definitions)
        declarations = "\n".join(indent + line for line in self.declarations)
        return f'{HEADER}\ncdef extern from *:\n{indent}"""{definitions}\n{indent}"""\n{declarations}\n'


def largest_error(function, numerator, denominator, high, low=0):
    """Return the largest relative error measured, rounded up, as a power of two."""
    points = chebyshev_points(mpf(low), high, MEASURED_POINTS)
    error = max(abs(relative_error(function, numerator, denominator, s)) for s in points)
    return f"2^{float(mp.ceil(mp.log(error, 2) * 100) / 100):.2f}"


def in_powers_of(shift, coefficients):
    """Return the coefficients of a polynomial in s as those of the same polynomial in s + shift."""
    result = [mpf(0)] * len(coefficients)
    for coefficient in reversed(coefficients):  # Horner's rule with s = (s + shift) - shift
        product = [-shift * c for c in result]
        for j, c in enumerate(result[:-1]):
            product[j + 1] += c
        product[0] += coefficient
        result = product
    return result


def write_ratio_in_a(table, prefix, degree_b, write):
    """Write a ratio for tanh(r/2) / r with A = A0 + s, and B as a polynomial in A, which saves s."""
    high = mpf(LARGEST_R) ** 2
    numerator, denominator = remez(tanh_ratio, high, [None] * (degree_b + 1), [None, mpf(1)])
    section = len(table.definitions)
    a0 = write(f"{prefix}_A0", denominator[0])
    values = table.coefficients(f"{prefix}_B", in_powers_of(a0, numerator), write=write)
    error = largest_error(tanh_ratio, in_powers_of(-a0, values), [a0, mpf(1)], high)
    table.definitions[section:section] = [
        "",
        f"// tanh(r/2) = r B(a) / a, a = A0 + r^2, |r| <= {LARGEST_R}: error {error}",
    ]


def write_ratio(table, prefix, degree_b, degree_a, pairs):
    """Write a ratio for tanh(r/2) / r, with 1 as the coefficient of s in A."""
    fixed_b, fixed_a = [None] * (degree_b + 1), [None, mpf(1)] + [None] * (degree_a - 1)
    numerator, denominator = remez(tanh_ratio, mpf(LARGEST_R) ** 2, fixed_b, fixed_a)
    write_rounded_ratio(table, prefix, numerator, denominator, pairs)


def write_ratio_of_doubles(table, prefix, degree_b, degree_a):
    """Write a ratio for tanh(r/2) / r with doubles alone, good to more than a double: B0 = A0 / 2.

    The scale is that, of many, which takes the ideal A1 and B1 nearest to doubles. They are rounded, and
    the others fitted again. A is below 1, and an ulp below 1 is as small as it gets beside A.
    """
    high = mpf(LARGEST_R) ** 2
    free_b, free_a = [None] * degree_b, [None] * degree_a
    numerator, denominator = remez(tanh_ratio, high, [mpf(1) / 2, *free_b], [mpf(1), *free_a])

    def rounding(a0):
        return max(abs(c * a0 - nearest(c * a0)) for c in (denominator[1] / 2, numerator[1]))

    a0 = min((mpf(n) / 4096 for n in range(3900, 4036)), key=rounding)
    free_b[0], free_a[0] = nearest(numerator[1] * a0), nearest(denominator[1] * a0)
    fitted = remez(tanh_ratio, high, [a0 / 2, *free_b], [a0, *free_a])
    write_rounded_ratio(table, prefix, *fitted, pairs=0)


def write_rounded_ratio(table, prefix, numerator, denominator, pairs):
    """Write the coefficients of a ratio, the first `pairs` of both as pairs, but for an A1 of 1."""
    section = len(table.definitions)
    numerator = table.coefficients(f"{prefix}_B", numerator, pairs)
    a = [table.pair if j < pairs else table.double for j in range(len(denominator))]
    denominator = [
        value if j == value == 1 else a[j](f"{prefix}_A{j}", value) for j, value in enumerate(denominator)
    ]
    error = largest_error(tanh_ratio, numerator, denominator, mpf(LARGEST_R) ** 2)
    table.definitions[section:section] = [
        "",
        f"// tanh(r/2) = r B(s) / A(s), s = r^2, |r| <= {LARGEST_R}: error {error}",
    ]


def write_atanh(table, prefix, degree, pairs=0, refits=0, largest_v=LARGEST_V, halved=False, write=None):
    """Write a polynomial Q for 2 atanh(v/2) = v (1 + t Q(t)), or for atanh(v) if `halved`, t = v^2.

    The first coefficients that are no pairs are rounded one by one, and the others fitted again.
    """
    high = mpf(largest_v) ** 2
    function, name = (plain_atanh_ratio, "atanh(v)") if halved else (atanh_ratio, "2 atanh(v/2)")
    fixed = [mpf(1)] + [None] * (degree + 1)
    numerator, _ = remez(function, high, fixed, [mpf(1)])
    for j in range(pairs + 1, pairs + 1 + refits):
        fixed[j] = nearest(numerator[j])
        numerator, _ = remez(function, high, fixed, [mpf(1)])
    section = len(table.definitions)
    values = table.coefficients(f"{prefix}_Q", numerator[1:], pairs, write)
    error = largest_error(function, [mpf(1), *values], [mpf(1)], high)
    table.definitions[section:section] = [
        "",
        f"// {name} = v (1 + t Q(t)), t = v^2, 0 <= v <= {largest_v}: error {error}",
    ]


def write_exponential(table, prefix, order, degree, pairs, divisor=1, largest=LARGEST_R, write=None, bits=53):
    """Write a polynomial E for exp(s) = sum of s^j / j! for j < order, + r^order E(r), where s = r / divisor.

    The first `pairs` coefficients are pairs; the others are rounded one by one, and those left fitted again.
    """
    high = mpf(largest)

    def function(r):
        return mp.exp(r / divisor)

    given = [1 / (mpf(divisor) ** j * mp.factorial(j)) for j in range(order)]
    fixed = given + [None] * (degree + 1)
    fitted = least_squares(function, high, fixed)
    for j in range(order + pairs, order + degree + 1):
        fixed[j] = nearest(fitted[j], bits)
        fitted = least_squares(function, high, fixed)
    section = len(table.definitions)
    values = table.coefficients(f"{prefix}_E", fitted[order:], pairs, write)
    error = largest_error(function, [*given, *values], [mpf(1)], high, low=-high)
    s = f"r/{divisor}" if divisor > 1 else "r"
    power = f"({s})^j" if divisor > 1 else "r^j"
    table.definitions[section:section] = [
        "",
        f"// exp({s}) = sum of {power} / j! for j < {order}, + r^{order} E(r), "
        f"|r| <= {largest}: error {error}",
    ]


def write_monic_power(table, prefix, degree):
    """Write a polynomial P with 2^f = c P(f), its leading coefficient 1, which saves an operation."""
    high = mpf(LARGEST_F)
    fitted, _ = remez(power_of_two, high, [None] * (degree + 1), [mpf(1)], low=-high)
    section = len(table.definitions)
    values = table.coefficients(f"{prefix}_P", [c / fitted[degree] for c in fitted[:degree]])
    whole = [c * fitted[degree] for c in (*values, mpf(1))]
    error = largest_error(power_of_two, whole, [mpf(1)], high, low=-high)
    table.definitions[section:section] = [
        "",
        f"// 2^f = c (P(f) + f^{degree}), |f| <= {LARGEST_F}, for some c: error {error}",
    ]


def write_logarithm(table):
    """Write ln 2 in parts: k HIGH and k MIDDLE are exact for an integer |k| < 2^11, k NEAR for |k| < 2^9."""
    table.comment("ln 2 = HIGH + LOW = HIGH + MIDDLE + LOWEST; HIGH is a multiple of 2^-42, MIDDLE of 2^-84")
    high = table.double("LN2_HIGH", mp.ldexp(mp.floor(mp.ldexp(mp.ln2, 42)), -42))
    table.double("LN2_LOW", mp.ln2 - high)
    middle = table.double("LN2_MIDDLE", mp.ldexp(mp.floor(mp.ldexp(mp.ln2 - high, 84)), -84))
    table.double("LN2_LOWEST", mp.ln2 - high - middle)
    table.comment("ln 2 = NEAR + REST; NEAR is a multiple of 2^-44, and lies much closer to it than HIGH")
    near = table.double("LN2_NEAR", mp.ldexp(mp.nint(mp.ldexp(mp.ln2, 44)), -44))
    table.double("LN2_REST", mp.ln2 - near)
    table.double("LN2", mp.ln2)
    table.double("LOG2_E", 1 / mp.ln2)
    table.comment("a + SHIFT is a rounded to an integer, which stands in the low bits of the sum")
    table.double("SHIFT", mpf(3) * 2**51)


def write_narrow(table):
    """Write what float32 evaluates for the 16-bit types."""
    table.comment("the same in float32, for the 16-bit types")
    table.single("NARROW_LN2", mp.ln2)
    table.single("NARROW_LOG2_E", 1 / mp.ln2)
    table.single("NARROW_SHIFT", mpf(3) * 2**22)
    write_ratio_in_a(table, "NARROW", 1, table.single)
    write_atanh(table, "NARROW", 3, write=table.single)


def write_tabled(table):
    """Write what float32 evaluates with a table of 2^(j/32), and the table."""
    size = 2**TABLE_BITS
    step = mp.ln2 / size
    table.comment("ln 2 = HIGH + LOW, in float32")
    high = table.single("TABLED_LN2_HIGH", mp.ln2)
    table.single("TABLED_LN2_LOW", mp.ln2 - high)
    table.single("TABLED_LOG2_E", 1 / mp.ln2)
    table.comment(f"a + SHIFT is a rounded to a multiple of 1/{size}, the low bits count them")
    table.single("TABLED_SHIFT", mp.ldexp(3, 22 - TABLE_BITS))
    write_exponential(
        table, "TABLED", order=3, degree=1, pairs=0, largest=LARGEST_R_OF_STEP, write=table.single, bits=24
    )
    powers = [nearest(mp.exp(j * step), 24) for j in range(size)]
    logs = [nearest(j * step - mp.log(power), 24) for j, power in enumerate(powers)]
    table.comment(f"2^(j/{size}) in float32, and log(2^(j/{size}) / that)")
    table.array("TABLED_POWERS", [f"{float(power).hex()}f" for power in powers])
    table.array("TABLED_LOGS", [f"{float(log).hex()}f" for log in logs])


def write_sixteenth(table):
    """Write what doubles evaluate with a table of 2^(j/16), and the table."""
    table.comment(f"a + SHIFT is a rounded to a multiple of 1/{DOUBLES}, the low bits count them")
    table.double("SIXTEENTH_SHIFT", mpf(3) * 2**51 / DOUBLES)
    write_exponential(table, "SIXTEENTH", order=2, degree=3, pairs=0, largest=LARGEST_R_OF_SIXTEENTH)
    write_exponential(table, "BRIEF_SIXTEENTH", order=3, degree=5, pairs=0, largest=LARGEST_R_OF_SIXTEENTH)
    write_exponential(table, "LONG_SIXTEENTH", order=3, degree=6, pairs=1, largest=LARGEST_R_OF_SIXTEENTH)
    powers = [mp.power(2, mpf(j) / DOUBLES) for j in range(DOUBLES)]
    rests = [nearest(power / nearest(power) - 1) for power in powers]
    table.comment(f"2^(j/{DOUBLES}), and what is left: POWERS (1 + RESTS)")
    table.array("SIXTEENTH_POWERS", [float(nearest(power)).hex() for power in powers])
    table.array("SIXTEENTH_RESTS", [float(rest).hex() for rest in rests])


def generate():
    """Return the text of coefficients.pxd."""
    with mp.workprec(PRECISION):
        table = Table()
        write_logarithm(table)
        write_ratio_in_a(table, "WIDE", 2, table.double)
        write_ratio_of_doubles(table, "QUICK", 3, 2)
        write_ratio(table, "ACCURATE", 4, 4, pairs=5)
        write_atanh(table, "WIDE", 6)
        write_atanh(table, "QUICK", 12, pairs=2, refits=3, largest_v=LARGEST_HALF_V, halved=True)
        write_atanh(table, "ACCURATE", 22, pairs=16)
        write_exponential(table, "WIDE", order=2, degree=8, pairs=0)
        write_monic_power(table, "BRIEF", degree=8)
        write_exponential(table, "QUICK", order=3, degree=12, pairs=4)
        write_exponential(table, "BRIEF", order=3, degree=9, pairs=1, divisor=2)
        write_exponential(table, "LONG", order=3, degree=10, pairs=2, divisor=2)
        write_atanh(table, "WIDE_LOG", 6, largest_v=LARGEST_V_OF_QUOTIENT)
        write_atanh(table, "QUICK_LOG", 10, pairs=4, largest_v=LARGEST_V_OF_LOG)
        write_narrow(table)
        write_tabled(table)
        write_sixteenth(table)
        return table.text()


def main(arguments):
    """Write the coefficients to the file named, or to standard output."""
    text = generate()
    if arguments:
        with open(arguments[0], "w") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
