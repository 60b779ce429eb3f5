"""Rounding errors of the wide and the quick phases, bounded by Gappa.

Each function follows one kernel function's source and returns what Gappa proved, as Fractions. Exact
quantities have capital letters: R, S, A, B as in kernels/exponential.pxd, T and Q as in
kernels/log_sigmoid.pxd. A hint splits an error into those of the single operations, which Gappa bounds by
itself, and those of the operands.

The low result of an error-free transformation is taken as exact: that is the theorem behind its name.
Multiplying by 2^k is left out: without underflow it changes no relative error, and bounds.py adds what
underflow does.
"""

from .gappa import above, enclose, prove
from .kernel_source import HALF, ONE, Definitions, constants, dyadic, horner, named
from .reduction import LARGEST_R

LARGEST_V = "0.66667"  # v <= 2/3, and room for its error
# The relative error of plus / minus against (A + C) / (A - C) is `ratio`, but for a factor (A - C) / minus.
RATIO = {
    "e_a_plus_c": "plus - (A + C)",
    "e_a_minus_c": "minus - (A - C)",
    "cross": "plus * (A - C) - minus * (A + C)",
    "ratio": "cross / (A * A - C * C)",
    "relative_minus": "e_a_minus_c / (A - C)",
}


def quick_exp(low):
    """Return the errors of quick_exp for |r_low| <= low.

    `ratio` and `relative_minus` as above RATIO; the largest low parts; the smallest and largest high parts.
    """
    values = constants()
    d = Definitions(values)
    locals_ = {name: name for name in ("shifted", "k", "r_high", "r_low")} | {"power": ONE}
    e = d.follow("exponential.pxd", "quick_exp", ["z"], locals_)
    a0, a2 = named(values, "QUICK_A", (0, 2))
    b0, b1, b2, b3 = named(values, "QUICK_B", range(4))
    a0_low, b0_low, b0_high = (dyadic(values[f"QUICK_{n}"]) for n in ("A0_LOW", "B0_LOW", "B0_HIGH"))
    upper = "b_low_part1_part2_part3"  # B2 + B3 s
    variables = {
        "R": "r_high + r_low",
        "S": "R * R",
        "A": f"{a0} + (S + {a2} * (S * S))",
        "U": f"{b2} + {b3} * S",
        "B": f"({b0} + {b1} * S) + U * (S * S)",
        "C": "R * B",
        "plus": f"{e['plus']['high']} + {e['plus']['low']}",
        "minus": f"{e['minus']['high']} + {e['minus']['low']}",
        "e_s": "s_high + s_low - S",
        "e_square": "s_square - S * S",
        "e_sigma": f"sigma_high + sigma_low - (S + {a2} * (S * S))",
        "e_a": "a_high + a_low_2 - A",
        "e_b": "b_high + b_low_2 - B",
        "e_c": "c_high + c_low_2 - C",
        "e_plus": "plus - (A + C) - (e_a + e_c)",
        "e_minus": "minus - (A - C) - (e_a - e_c)",
        "plus_low": e["plus"]["low"],
        "minus_low": e["minus"]["low"],
    }
    hints = [
        "e_s -> (s_low - (r_high * s_low_part1 + s_low_part2))"
        " + (s_low_part2 - (r_high * r_high + (-s_high))) - r_low * r_low;",
        "s - S -> (s - (s_high + s_low)) + e_s;",
        "e_square -> (s_square - s * s) + (s - S) * (s + S);",
        "e_sigma -> (sigma_low - (sigma_low_part1 + s_low))"
        f" + (sigma_low_part1 - ({a2} * s_square + sigma_low_part1_part2))"
        f" + (sigma_low_part1_part2 - (s_high - sigma_high)) + {a2} * e_square + e_s;",
        f"e_a -> (a_low_2 - (a_low + a_low_part1)) + (a_low_part1 - (sigma_low + {a0_low})) + e_sigma;",
        f"{upper} - U -> ({upper} - ({b3} * s + {b2})) + {b3} * (s - S);",
        f"{upper} * s_square - U * (S * S) -> ({upper} - U) * s_square + U * e_square;",
        "e_b -> (b_low_2 - (b_low + b_low_part1_2))"
        f" + (b_low - ({b1} * s_high + b_low_part1)) + (b_low_part1 - ({b0_high} - b_high))"
        f" + (b_low_part1_2 - ({b1} * s_low + b_low_part1_part2))"
        f" + (b_low_part1_part2 - ({upper} * s_square + {b0_low}))"
        f" + {b1} * e_s + ({upper} * s_square - U * (S * S));",
        "e_c -> (c_low_2 - (r_low * b_low_2 + c_low_part1_2))"
        " + (c_low_part1_2 - (r_high * b_low_2 + c_low)) + (c_low - (r_low * b_high + c_low_part1))"
        " + (c_low_part1 - (r_high * b_high + (-c_high))) + R * e_b;",
        "e_plus -> (e_plus_low_2 - (e_plus_low + e_plus_low_part1))"
        " + (e_plus_low_part1 - (a_low_2 + c_low_2));",
        "e_minus -> (e_minus_low_2 - (e_minus_low + e_minus_low_part1))"
        " + (e_minus_low_part1 - (a_low_2 - c_low_2));",
        "e_a_plus_c -> e_a + e_c + e_plus;",
        "e_a_minus_c -> e_a - e_c + e_minus;",
        "cross -> 2 * A * e_c - 2 * C * e_a + e_plus * (A - C) - e_minus * (A + C);",
    ]
    goals = ["ratio", "relative_minus", "plus_low", "minus_low"]
    highs = {"plus_high": e["plus"]["high"], "minus_high": e["minus"]["high"]}
    hypotheses = [f"|r_high| <= {LARGEST_R}", f"|r_low| <= {above(low)}"]
    proved = enclose(d.lines, variables | RATIO | highs, hypotheses, [*goals, *highs], d.hints + hints)
    return {goal: max(map(abs, proved[goal])) for goal in goals} | {
        "smallest": min(proved[high][0] for high in highs),
        "largest": max(proved[high][1] for high in highs),
    }


def quick_sum(weight, low):
    """Return the errors of the sum of pairs in quick_sigmoid (weight 1) or quick_atanh_argument (weight 1/2).

    The sum is that of minus and weight times plus, plus <= minus or the other way round, both at most 11 and
    one of them at least 7; their low parts are at most `low`. `relative` is the error, `part` the low part.
    """
    d = Definitions(constants())
    sums = []

    def divide(_, total):
        sums.append(total)
        return {"high": "quotient_high", "low": "quotient_low"}

    pairs = {name: {"high": f"{name}_high", "low": f"{name}_low"} for name in ("plus", "minus")}
    file, function = {1: ("sigmoid.pxd", "quick_sigmoid"), 0.5: ("log_sigmoid.pxd", "quick_atanh_argument")}[
        weight
    ]
    d.follow(file, function, [pairs], {"quick_divide": divide})
    (total,) = sums
    lows = "minus_low + plus_low" if weight == 1 else f"{HALF} * plus_low + minus_low"
    highs = "minus_high + plus_high" if weight == 1 else f"minus_high + {HALF} * plus_high"
    variables = {
        "exact": f"({highs}) + ({lows})",
        "error": f"{total['high']} + {total['low']} - exact",
        "relative": "error / exact",
        "part": total["low"],
    }
    hints = [
        f"error -> (total_low_2 - (total_low + total_low_part1)) + (total_low_part1 - ({lows}));",
    ]
    hypotheses = [
        "minus_high in [7, 11]",
        "plus_high in [0, 11]",
        f"|minus_low| <= {above(low)}",
        f"|plus_low| <= {above(low)}",
    ]
    return prove(d.lines, variables, hypotheses, ["relative", "part"], d.hints + hints)


def quick_divide(low):
    """Return the relative error of quick_divide, and `part`, the low part of the quotient against the high
    one.

    The high parts are taken from [1, 2], and the low parts are at most `low` times them.
    """
    d = Definitions(constants())
    quotient = d.follow(
        "exponential.pxd",
        "quick_divide",
        [{"high": "a_high", "low": "a_low"}, {"high": "given_high", "low": "given_low"}],
    )
    assert quotient == {"high": "q", "low": "quick_divide_part1"}
    sum_, rest, first = (f"quick_divide_part1_part2{more}" for more in ("", "_part3", "_part3_part4"))
    variables = {
        "b": "given_high + given_low",
        "exact_rest": "(a_high - q * b_high) + a_low - q * b_low",
        "error": "(q + quick_divide_part1) - (a_high + a_low) / b",
        "relative": "error * b / (a_high + a_low)",
        "part": "quick_divide_part1 / q",
    }
    hints = [
        f"error * b -> (quick_divide_part1 - {sum_} * reciprocal) * b"
        f" + ({sum_} - exact_rest) * (reciprocal * b) + exact_rest * (reciprocal * b - 1) {{b <> 0}};",
        "reciprocal * b -> 1 + (reciprocal * b - 1);",
        "reciprocal * b - 1 -> (reciprocal - 1 / b) * b {b <> 0};",
        f"{sum_} - exact_rest -> ({sum_} - ((-q) * b_low + {rest})) + ({rest} - ({first} + a_low))"
        f" + ({first} - ((-q) * b_high + a_high));",
        "reciprocal - 1 / b -> (reciprocal - 1 / b_high) + b_low / (b_high * b) {b <> 0, b_high <> 0};",
        "exact_rest -> ((-q) * b_high + a_high) + (a_low - q * b_low);",
        "(-q) * b_high + a_high -> -(q - a_high * reciprocal) * b_high"
        " - a_high * b_high * (reciprocal - 1 / b_high) {b_high <> 0};",
        "$ a_high in 8, given_high in 8;",
    ]
    hypotheses = [
        "a_high in [1, 2]",
        "given_high in [1, 2]",
        f"|a_low| <= {above(2 * low)}",
        f"|given_low| <= {above(2 * low)}",
    ]
    return prove(d.lines, variables, hypotheses, ["relative", "part"], d.hints + hints)


def atanh_polynomial():
    """Return the errors of t (Q0 + t Q1 + ...) in quick_two_atanh, a pair, for 0 <= v <= LARGEST_V."""
    values = constants()
    d = Definitions(values)
    d.follow("log_sigmoid.pxd", "quick_two_atanh", [{"high": "v_high", "low": "v_low"}])
    q = named(values, "QUICK_Q", range(13))
    q1_low, q0_low = (dyadic(values[f"QUICK_Q{n}_LOW"]) for n in (1, 0))
    q1_high, q0_high = (dyadic(values[f"QUICK_Q{n}_HIGH"]) for n in (1, 0))
    names = [f"QUICK_Q{n}" for n in range(13)]
    variables = {
        "V": "v_high + v_low",
        "T": "V * V",
        "P3": f"(({q[6]} * T + {q[5]}) * (T * T) + ({q[4]} * T + {q[3]}))",
        "P7": f"(({q[10]} * T + {q[9]}) * (T * T) + ({q[8]} * T + {q[7]}))",
        "T4": "(T * T) * (T * T)",
        "P": f"(({q[12]} * T + {q[11]}) * T4 + P7) * T4 + P3",
        "F": f"P * T + {q[2]}",
        "G": f"F * T + {q[1]}",
        "H": f"G * T + {q[0]}",
        "W": "T * H",
        "Q": horner(values, names, "T"),
        "e_t": "t_high + t_low - T",
        "e_f": "f_high + f_low - F",
        "e_g": "g_high + g_low_2 - G",
        "e_h": "h_high + h_low_2 - H",
        "e_w": "w_high + w_low - W",
        "same": "H - Q",  # how the kernel groups the terms changes nothing
        "part": "w_low",
        "whole": "w_high",
    }
    hints = [
        "same -> 0;",
        "e_t -> (t_low - (v_high * t_low_part1 + t_low_part2))"
        " + (t_low_part2 - (v_high * v_high + (-t_high))) - v_low * v_low;",
        "t_high - T -> e_t - t_low;",
        "e_f -> (f_low - (p * t_high + f_low_part1))"
        f" + (f_low_part1 - ({q[2]} - f_high)) + (p * t_high - P * T);",
        "e_g -> (g_low_2 - (g_low + g_low_part1_2)) + (g_low - (f_high * t_high + g_low_part1))"
        f" + (g_low_part1 - ({q1_high} - g_high))"
        " + (g_low_part1_2 - (f_low * t_high + g_low_part1_part2))"
        f" + (g_low_part1_part2 - (f_high * t_low + {q1_low})) + (f_high + f_low) * e_t + T * e_f"
        " - f_low * t_low;",
        "e_h -> (h_low_2 - (h_low + h_low_part1_2)) + (h_low - (g_high * t_high + h_low_part1))"
        f" + (h_low_part1 - ({q0_high} - h_high))"
        " + (h_low_part1_2 - (g_low_2 * t_high + h_low_part1_part2))"
        f" + (h_low_part1_part2 - (g_high * t_low + {q0_low})) + (g_high + g_low_2) * e_t + T * e_g"
        " - g_low_2 * t_low;",
        "e_w -> (w_low - (w_low_part1 + w_low_part2)) + (w_low_part1 - (t_high * h_high + (-w_high)))"
        " + (w_low_part2 - (t_high * h_low_2 + w_low_part2_part3))"
        " + (w_low_part2_part3 - t_low * h_high) + (h_high + h_low_2) * e_t + T * e_h - h_low_2 * t_low;",
    ]
    hypotheses = [f"v_high in [0, {LARGEST_V}]", "|v_low| <= 1b-54"]
    return prove(d.lines, variables, hypotheses, ["same", "e_w", "part", "whole"], d.hints + hints)


def atanh_product(high, low):
    """Return the error of v + v w in quick_two_atanh, relative to v, w a pair with the given bounds.

    v and its multiple scale alike, so that v is taken from [1, 2].
    """
    d = Definitions(constants())
    given = {"w_high": "w_high", "w_low": "w_low", "t_high": "t", "t_low": "t"}
    y = d.follow("log_sigmoid.pxd", "quick_two_atanh", [{"high": "v_high", "low": "v_low"}], given)
    lines = d.lines[next(i for i, line in enumerate(d.lines) if line.startswith("m_high")) :]
    variables = {
        "V": "v_high + v_low",
        "W": "w_high + w_low",
        "e_m": "m_high + m_low - V * W",
        "error": f"{y['high']} + {y['low']} - (V + V * W)",
        "relative": "error / V",
        "part": y["low"],
    }
    hints = [
        "e_m -> (m_low - (m_low_part1 + m_low_part2)) + (m_low_part1 - (v_high * w_high + (-m_high)))"
        " + (m_low_part2 - (v_high * w_low + m_low_part2_part3)) + (m_low_part2_part3 - v_low * w_high)"
        " - v_low * w_low;",
        "error -> (y_low_2 - (y_low + y_low_part1)) + (y_low_part1 - (v_low + m_low)) + e_m;",
    ]
    hypotheses = [
        "v_high in [1, 2]",
        "|v_low| <= 1b-53",
        f"w_high in [0, {above(high)}]",
        f"|w_low| <= {above(low)}",
    ]
    return prove(lines, variables, hypotheses, ["relative", "part"], [*relevant(d.hints, "m_high"), *hints])


def relevant(hints, name):
    return [hint for hint in hints if name in hint]


def wide_exp():
    """Return the errors of wide_exp's plus and minus against A + C and A - C, r being exact."""
    values = constants()
    d = Definitions(values)
    e = d.follow("exponential.pxd", "wide_exp", ["r", "shifted"], {"scale": lambda a, _: a})
    b0, b1, b2 = named(values, "WIDE_B", range(3))
    upper = "b_part1"  # B1 + B2 a
    variables = {
        "A": f"r * r + {dyadic(values['WIDE_A0'])}",
        "U": f"{b2} * A + {b1}",
        "B": f"U * A + {b0}",
        "C": "r * B",
        "plus": e["plus"],
        "minus": e["minus"],
    }
    hints = [
        f"{upper} - U -> ({upper} - ({b2} * a + {b1})) + {b2} * (a - A);",
        f"b - B -> (b - ({upper} * a + {b0})) + ({upper} - U) * a + U * (a - A);",
        "plus - (A + C) -> (plus - (r * b + a)) + (a - A) + r * (b - B);",
        "minus - (A - C) -> (minus - ((-r) * b + a)) + (a - A) - r * (b - B);",
        "cross -> 2 * A * r * (b - B) - 2 * C * (a - A)"
        " + (plus - (r * b + a)) * (A - C) - (minus - ((-r) * b + a)) * (A + C);",
    ]
    return prove(d.lines, variables | RATIO, [f"|r| <= {LARGEST_R}"], ["ratio", "relative_minus"], hints)


def wide_sigmoid():
    """Return the relative error of wide_sigmoid, plus and minus being exact."""
    d = Definitions(constants())
    d.lines += ["plus = rnd(plus_);", "minus = rnd(minus_);"]
    result = d.follow("sigmoid.pxd", "wide_sigmoid", [{"plus": "plus", "minus": "minus"}])
    variables = {"exact": "plus / (minus + plus)", "relative": f"({result} - exact) / exact"}
    hypotheses = ["plus in [1b-300, 1b300]", "minus in [7, 11]"]
    return prove(d.lines, variables, hypotheses, ["relative"])


def wide_atanh_argument():
    """Return the relative error of wide_atanh_argument, plus and minus being exact."""
    d = Definitions(constants())
    d.lines += ["plus = rnd(plus_);", "minus = rnd(minus_);"]
    v = d.follow("log_sigmoid.pxd", "wide_atanh_argument", [{"plus": "plus", "minus": "minus"}])
    variables = {"exact": f"plus / ({HALF} * plus + minus)", "relative": f"({v} - exact) / exact"}
    hypotheses = ["plus in [1b-300, 1b300]", "minus in [7, 11]"]
    return prove(d.lines, variables, hypotheses, ["relative"])


def wide_atanh():
    """Return the relative error of v (1 + t Q(t)) in wide_two_atanh, v exact; it scales with v."""
    values = constants()
    d = Definitions(values)
    y = d.follow("log_sigmoid.pxd", "wide_two_atanh", ["v"], {"t": "t"})
    q = [dyadic(values[f"WIDE_Q{n}"]) for n in range(7)]
    variables = {
        "Q4": f"{q[6]} * (T * T) + ({q[5]} * T + {q[4]})",
        "Q2": f"Q4 * (T * T) + ({q[3]} * T + {q[2]})",
        "Q": f"Q2 * (T * T) + ({q[1]} * T + {q[0]})",
        "same": f"Q - {horner(values, [f'WIDE_Q{n}' for n in range(7)], 'T')}",
        "error": f"{y} - (v * T * Q + v)",
        "relative": "error / v",
    }
    hypotheses = ["v in [1, 2]", "T in [0, 0.44445]", "|t - T| <= 1b-54"]
    return prove(d.lines, variables, hypotheses, ["same", "relative"], ["same -> 0;"])
