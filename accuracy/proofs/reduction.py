"""The errors of the argument reduction r = z - k ln 2, bounded by Gappa."""

import re

from mpmath import mp

from .gappa import above, prove
from .kernel_source import Definitions, constants, dyadic
from .pair_source import PAIR_ERRORS

LARGEST_R = "0.34658"  # |r|, and room for its error


def logarithm_of_two():
    """Return an enclosure of ln 2 - (LN2_HIGH + LN2_LOW) as a Gappa interval, and the sum."""
    values = constants()
    known = values["LN2_HIGH"] + values["LN2_LOW"]
    with mp.workprec(300):
        rest = mp.ln2 - mp.mpf(known.numerator) / known.denominator
        low = int(mp.floor(mp.ldexp(rest, 200)))
    return f"[{low}b-200, {low + 1}b-200]", dyadic(known)


def reduction(largest_z):
    """Return the errors of the argument reduction for |z| <= largest_z.

    Returns
    -------
    dict
        `remainder` and `multiple`: the largest |z - k ln 2| and |k|. `r_high`: the largest r_high of
        quick_remainder, and `r_low` its largest r_low. `quick`, `wide`, `accurate`: the errors of r against
        z - k ln 2 in the three functions; `exact`: that of z - k LN2_HIGH.
    """
    values = constants()
    rest, known = logarithm_of_two()
    shift, log2_e, one, high, low, middle, lowest = (
        dyadic(values[name])
        for name in ("SHIFT", "LOG2_E", "LN2", "LN2_HIGH", "LN2_LOW", "LN2_MIDDLE", "LN2_LOWEST")
    )
    logarithm = {"L": f"{known} + rest", "remainder": "z - k * L"}

    d = Definitions(values)
    shifted = d.follow("exponential.pxd", "shifted_multiple", ["z"])
    rounding = f"{shifted} - (z * {log2_e} + {shift})"  # to an integer: near SHIFT = 1.5 * 2^52 they all are
    bounds = prove(
        [*d.lines, f"k = {shifted} - {shift};"],
        logarithm | {"multiple": "k"},
        [f"|z| <= {largest_z}", f"rest in {rest}"],
        ["remainder", "multiple"],
        [
            f"{shifted} - {shift} -> ({rounding}) + z * {log2_e};",
            f"remainder -> -({rounding}) * L + z * (1 - {log2_e} * L);",
        ],
    )

    # Where k = 0, r is z exactly. Else |z| > 1/4, and z is a multiple of 2^-54.
    d = Definitions(values)
    d.lines += ["z = fixed<-54, ne>(z_);", "k = fixed<0, ne>(k_);", f"shifted = {shift} + k;"]
    no_pair = {name: lambda *_: {} for name in (*PAIR_ERRORS, "negate")}
    wide = d.follow("exponential.pxd", "wide_remainder", ["z", "shifted"])
    d.follow("exponential.pxd", "quick_remainder", ["z"], {"shifted": "shifted", "k": "k"})
    d.follow("exponential.pxd", "accurate_exp", ["z"], {"k": "k", "e.k": "k"} | no_pair)
    lines = [line for line in d.lines if re.match("(z|k|shifted|first|(wide_remainder|r)(_.*)?) = ", line)]
    difference = dyadic(values["LN2_LOW"] - values["LN2_MIDDLE"] - values["LN2_LOWEST"])
    errors = {
        "negated": f"{wide}_part1 + k",
        "wide": f"{wide} - remainder",
        "exact": f"first - (z - k * {high})",
        "quick": "r_high + r_low - remainder",
        "accurate": "r_high_3 + r_low_3 - remainder",
    }
    hints = [
        f"{wide}_part1 + k -> {wide}_part1 - ({shift} - shifted);",
        f"z - k * {high} -> remainder + k * ({low} + rest);",
        f"(-k) * {high} + z -> z - k * {high};",
        f"{wide}_part1 * {one} + z -> (z - k * {high}) + negated * {one} + k * ({high} - {one});",
        f"wide -> ({wide} - ({wide}_part1 * {one} + z)) + negated * {one} + k * (L - {one});",
        f"quick -> exact + (r_low - ((-k) * {low} + r_low_part1)) + (r_low_part1 - (first - r_high))"
        " + k * rest;",
        f"(-k) * {low} + first -> remainder + exact + k * rest;",
        f"first - r_high -> k * {low} - (r_high - ((-k) * {low} + first));",
        f"(-k) * {low} + r_low_part1 -> -(r_high - ((-k) * {low} + first))"
        " + (r_low_part1 - (first - r_high));",
        f"accurate -> (r_part1_2 - ((-k) * {lowest} + r_low_2)) + (r_part1 - (z - k * {high}))"
        f" + (r_part2 - (-k) * {middle}) + k * (rest + {difference});",
    ]
    hypotheses = [
        f"|remainder| <= {above(bounds['remainder'])}",
        f"|k| <= {above(bounds['multiple'])}",
        f"rest in {rest}",
    ]
    return bounds | prove(lines, logarithm | errors, hypotheses, [*errors, "r_high", "r_low"], hints)
