"""Rounding errors of the wide and the quick phases, bounded by Gappa.

Each function follows one kernel function's source and returns what Gappa proved, as Fractions. Exact
quantities have capital letters: R, S, A, B as in kernels/exponential.pxd, T and Q as in
kernels/log_sigmoid.pxd. A hint splits an error into those of the single operations, which Gappa bounds by
itself, and those of the operands.

The low result of an error-free transformation is taken as exact: that is the theorem behind its name.
Multiplying by 2^k is left out: without underflow it changes no relative error, and bounds.py adds what
underflow does.
"""

from fractions import Fraction

from .gappa import above, enclose, prove
from .kernel_source import HALF, ONE, TWO, Definitions, constants, dyadic, horner, named
from .reduction import LARGEST_R

LARGEST_V = "0.66667"  # v <= 2/3, and room for its error
LARGEST_HALF_V = "0.333335"
# The relative error of plus / minus against (A + C) / (A - C) is `ratio`, but for a factor (A - C) / minus.
RATIO = {
    "e_a_plus_c": "plus - (A + C)",
    "e_a_minus_c": "minus - (A - C)",
    "cross": "plus * (A - C) - minus * (A + C)",
    "ratio": "cross / (A * A - C * C)",
    "relative_minus": "e_a_minus_c / (A - C)",
}


def following(d, file, **functions):
    """Return what stands for calls of kernel functions: follow each, with the given local variables."""

    def follow(name, given):
        return lambda *arguments: d.follow(file, name, list(arguments), given)

    return {name: follow(name, given) for name, given in functions.items()}


def quick_exp(low):
    """Return the errors of quick_exp for |r_low| <= low.

    `ratio` and `relative_minus` as above RATIO; the largest low parts; the smallest and largest high parts.
    """
    values = constants()
    d = Definitions(values)
    locals_ = {name: name for name in ("shifted", "k", "first", "r_high", "r_low")}
    parts = {"quick_remainder": locals_, "quick_even": {}, "quick_odd": {}, "quick_ratio": {}}
    e = d.follow("exponential.pxd", "quick_exp", ["z"], following(d, "exponential.pxd", **parts))
    a0, a1, a2 = named(values, "QUICK_A", range(3))
    b0, b1, b2, b3 = named(values, "QUICK_B", range(4))
    variables = {
        "R": "r_high + r_low",
        "S": "R * R",
        "G": f"{a1} + {a2} * S",
        "A": f"{a0} + S * G",
        "F": f"{b2} + {b3} * S",
        "G2": f"{b1} + F * S",
        "B": f"{b0} + S * G2",
        "C": "R * B",
        "plus": f"{e['plus']['high']} + {e['plus']['low']}",
        "minus": f"{e['minus']['high']} + {e['minus']['low']}",
        "e_s": "s_high + s_low - S",
        "e_g": "g_high + g_low - G",
        "e_a": "a_high + a_low_2 - A",
        "e_f": "f - F",
        "e_g2": "g_high_2 + g_low_2 - G2",
        "e_b": "b_high + b_low_2 - B",
        "e_c": "c_high + quick_odd_part1 - C",
        "e_plus": "plus - (A + C) - (e_a + e_c)",
        "e_minus": "minus - (A - C) - (e_a - e_c)",
        "plus_low": e["plus"]["low"],
        "minus_low": e["minus"]["low"],
    }

    def step(error, name, g, coefficient, operand):
        """Return the hint for name = coefficient + S g, a step of Horner's rule in pairs."""
        high, low = g
        return (
            f"{error} -> ({name}_low_2 - ({name}_low + {name}_low_part1_2))"
            f" + ({name}_low - ({high} * s_high + {name}_low_part1))"
            f" + ({name}_low_part1 - ({coefficient} - {name}_high))"
            f" + ({name}_low_part1_2 - ({low} * s_high + {name}_low_part1_part2))"
            f" + ({name}_low_part1_part2 - {high} * s_low)"
            f" + ({high} + {low}) * e_s + S * {operand} - {low} * s_low;"
        )

    hints = [
        "e_s -> (s_low - (r_high * s_low_part1 + s_low_part2))"
        " + (s_low_part2 - (r_high * r_high + (-s_high))) - r_low * r_low;",
        f"e_g -> (g_low - ({a2} * s_low + g_low_part1)) + (g_low_part1 - ({a2} * s_high + g_low_part1_part2))"
        f" + (g_low_part1_part2 - ({a1} - g_high)) + {a2} * e_s;",
        step("e_a", "a", ("g_high", "g_low"), a0, "e_g"),
        f"e_f -> (f - ({b3} * s_high + {b2})) + {b3} * (e_s - s_low);",
        "e_g2 -> (g_low_2 - (f * s_high + g_low_part1_2))"
        f" + (g_low_part1_2 - ({b1} - g_high_2)) + e_f * s_high + F * (e_s - s_low);",
        step("e_b", "b", ("g_high_2", "g_low_2"), b0, "e_g2"),
        "e_c -> (quick_odd_part1 - (r_high * b_low_2 + c_low)) + (c_low - (r_low * b_high + c_low_part1))"
        " + (c_low_part1 - (r_high * b_high + (-c_high))) + R * e_b - r_low * b_low_2;",
        "e_plus -> (e_plus_low_2 - (e_plus_low + e_plus_low_part1))"
        " + (e_plus_low_part1 - (a_low_2 + quick_odd_part1));",
        "e_minus -> (e_minus_low_2 - (e_minus_low + e_minus_low_part1))"
        " + (e_minus_low_part1 - (a_low_2 - quick_odd_part1));",
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


def quick_divisor(function, low):
    """Return the errors of the sum of pairs in quick_sigmoid_divisor or quick_atanh_divisor.

    Multiplied by 2^k if k < 0, it is that of minus, or twice minus, and of 2^k plus; plus and minus are from
    3/4 to 5/4, and the low parts at most `low`. If k >= 0 the sum of sigmoid is that of plus and 2^-k minus,
    of which the same holds. `relative` is the error, `part` the low part against the high one.
    """
    d = Definitions(constants())
    pairs = {name: {"high": f"{name}_high", "low": f"{name}_low"} for name in ("plus", "minus")}
    file, power = {
        "quick_sigmoid_divisor": ("sigmoid.pxd", ONE),
        "quick_atanh_divisor": ("log_sigmoid.pxd", TWO),
    }[function]
    total = d.follow(file, function, [pairs], {"power": power})
    lows = f"{power} * minus_low + plus_low"
    variables = {
        "exact": f"({power} * minus_high + plus_high) + ({lows})",
        "error": f"{total['high']} + {total['low']} - exact",
        "relative": "error / exact",
        "part": f"{total['low']} / {total['high']}",
    }
    hints = [
        f"error -> (total_low_2 - (total_low + total_low_part1)) + (total_low_part1 - ({lows}));",
    ]
    bounds = []
    for one, other in (("minus", "plus"), ("plus", "minus")):
        hypotheses = [
            f"{one}_high in [0.75, 1.25]",
            f"{other}_high in [0, 1.25]",
            f"|minus_low| <= {above(low)}",
            f"|plus_low| <= {above(low)}",
        ]
        bounds.append(prove(d.lines, variables, hypotheses, ["relative", "part"], d.hints + hints))
        if power == TWO:  # k <= 0
            break
    return {goal: max(bound[goal] for bound in bounds) for goal in ("relative", "part")}


def quick_quotient(a_low, b_low):
    """Return the relative error of quick_quotient, and `part`, its low part against the high one.

    The high parts are taken from [1, 2], and the low parts are at most `a_low` and `b_low` times them.
    """
    d = Definitions(constants())
    given = {
        "quick_exp": {"plus": {"high": "a_high", "low": "a_low"}},
        "quick_sigmoid_divisor": {"high": "b_high", "low": "b_low"},
    } | following(d, "exponential.pxd", quick_quotient={})
    quotient = d.follow("sigmoid.pxd", "quick_sigmoid", ["x"], given)
    assert quotient == {"high": "q", "low": "quick_quotient_part1"}
    reciprocal = "quick_sigmoid_part1"
    sum_, rest, first = (f"quick_quotient_part1_part2{more}" for more in ("", "_part3", "_part3_part4"))
    variables = {
        "b": "b_high + b_low",
        "exact_rest": "(a_high - q * b_high) + a_low - q * b_low",
        "error": "(q + quick_quotient_part1) - (a_high + a_low) / b",
        "relative": "error * b / (a_high + a_low)",
        "part": "quick_quotient_part1 / q",
    }
    hints = [
        f"error * b -> (quick_quotient_part1 - {sum_} * {reciprocal}) * b"
        f" + ({sum_} - exact_rest) * ({reciprocal} * b) + exact_rest * ({reciprocal} * b - 1) {{b <> 0}};",
        f"{reciprocal} * b -> 1 + ({reciprocal} * b - 1);",
        f"{reciprocal} * b - 1 -> ({reciprocal} - 1 / b) * b {{b <> 0}};",
        f"{sum_} - exact_rest -> ({sum_} - ((-q) * b_low + {rest})) + ({rest} - ({first} + a_low))"
        f" + ({first} - ((-q) * b_high + a_high));",
        f"{reciprocal} - 1 / b -> ({reciprocal} - 1 / b_high) + b_low / (b_high * b)"
        " {b <> 0, b_high <> 0};",
        "exact_rest -> ((-q) * b_high + a_high) + (a_low - q * b_low);",
        f"(-q) * b_high + a_high -> -(q - a_high * {reciprocal}) * b_high"
        f" - a_high * b_high * ({reciprocal} - 1 / b_high) {{b_high <> 0}};",
        "a_low -> a_low / a_high * a_high {a_high <> 0};",
        "b_low -> b_low / b_high * b_high {b_high <> 0};",
        "$ a_high in 8, b_high in 8;",
    ]
    hypotheses = [
        "a_high in [1, 2]",
        "b_high in [1, 2]",
        f"|a_low / a_high| <= {above(a_low)}",
        f"|b_low / b_high| <= {above(b_low)}",
    ]
    return prove(d.lines, variables, hypotheses, ["relative", "part"], d.hints + hints)


def atanh_polynomial(part):
    """Return the errors of t (Q0 + t Q1 + ...) in quick_softplus, a pair, for 0 <= v <= LARGEST_V / 2.

    The low part of v is at most `part` times the high one.
    """
    values = constants()
    d = Definitions(values)
    file = "log_sigmoid.pxd"
    t = d.follow(file, "quick_square", [{"high": "v_high", "low": "v_low"}])
    d.lines += [f"t_low = {t['low']};"]
    tail = d.follow(file, "quick_tail", ["t_high"])
    d.lines += [f"p = {tail};"]
    given = following(d, file, quick_multiply={})
    w = d.follow(file, "quick_atanh_polynomial", [{"high": "t_high", "low": "t_low"}, "p"], given)
    q = named(values, "QUICK_Q", range(13))
    q1_low, q0_low = (dyadic(values[f"QUICK_Q{n}_LOW"]) for n in (1, 0))
    q1_high, q0_high = (dyadic(values[f"QUICK_Q{n}_HIGH"]) for n in (1, 0))
    names = [f"QUICK_Q{n}" for n in range(13)]
    low = Fraction(LARGEST_V) / 2 * part
    q4_upwards = [f"QUICK_Q{n}" for n in range(4, 13)]
    variables = {
        "V": "v_high + v_low",
        "T": "V * V",
        "T2": "T * T",
        "P4": horner(values, q4_upwards[::2], "T2"),
        "P5": horner(values, q4_upwards[1::2], "T2"),
        "P": f"(P5 * T + P4) * T + {q[3]}",
        "F": f"P * T + {q[2]}",
        "G": f"F * T + {q[1]}",
        "H": f"G * T + {q[0]}",
        "W": "T * H",
        "Q": horner(values, names, "T"),
        "e_t": "t_high + t_low - T",
        "e_p": "p - P",
        "e_f": "f_high + f_low - F",
        "e_g": "g_high + g_low_2 - G",
        "e_h": "h_high + h_low_2 - H",
        "e_w": f"{w['high']} + {w['low']} - W",
        "same": "H - Q",  # how the kernel groups the terms changes nothing
        "part": w["low"],
        "whole": w["high"],
    }
    product = "quick_multiply_part1"
    hints = [
        "same -> 0;",
        "e_t -> (quick_square_part1 - (v_high * quick_square_part1_part2 + quick_square_part1_part3))"
        " + (quick_square_part1_part3 - (v_high * v_high + (-t_high))) - v_low * v_low;",
        "t_high - T -> e_t - t_low;",
        f"e_p -> (p - (quick_tail_part1 * t_high + {q[3]})) + (quick_tail_part1 - (P5 * T + P4)) * t_high"
        " + (P5 * T + P4) * (e_t - t_low);",
        "e_f -> (f_low - (p * t_low + f_low_part1)) + (f_low_part1 - (p * t_high + f_low_part1_part2))"
        f" + (f_low_part1_part2 - ({q[2]} - f_high)) + p * e_t + T * e_p;",
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
        f"e_w -> ({product} - (t_high * h_low_2 + {product}_part2))"
        f" + ({product}_part2 - (t_low * h_high + {product}_part2_part3))"
        f" + ({product}_part2_part3 - (t_high * h_high + (-{w['high']})))"
        " + (h_high + h_low_2) * e_t + T * e_h - h_low_2 * t_low;",
    ]
    hypotheses = [f"v_high in [0, {LARGEST_HALF_V}]", f"|v_low| <= {above(low)}"]
    return prove(d.lines, variables, hypotheses, ["same", "e_w", "part", "whole"], d.hints + hints)


def quick_sum(part, high, low):
    """Return the error of x + v + v w in quick_sum, relative to it, w a pair with the given bounds.

    All of it scales alike, so that the sum of x and v is taken from [1, 2]. The low part of v is at most
    `part` times the high one. `part`: the low part of the sum against the high one.
    """
    d = Definitions(constants())
    given = following(d, "log_sigmoid.pxd", quick_multiply={})
    pairs = [{"high": f"{name}_high", "low": f"{name}_low"} for name in "vw"]
    y = d.follow("log_sigmoid.pxd", "quick_sum", ["x", *pairs], given)
    variables = {
        "V": "v_high + v_low",
        "W": "w_high + w_low",
        "m": "high + quick_multiply_part1",
        "e_m": "m - V * W",
        "exact": "(x + v_high) + (v_low + V * W)",
        "error": f"{y['high']} + {y['low']} - exact",
        "relative": "error / exact",
        "part": f"{y['low']} / {y['high']}",
    }
    hints = [
        "e_m -> (quick_multiply_part1 - (v_high * w_low + quick_multiply_part1_part2))"
        " + (quick_multiply_part1_part2 - (v_low * w_high + quick_multiply_part1_part2_part3))"
        " + (quick_multiply_part1_part2_part3 - (v_high * w_high + (-high))) - v_low * w_low;",
        "error -> (y_low_3 - (y_low_2 + y_low_part1)) + (y_low_part1 - (low + quick_multiply_part1))"
        " + (low - (y_low + v_low)) + e_m;",
    ]
    hypotheses = [
        "x + v_high in [1, 2]",
        "x in [0, 2]",
        "v_high in [0, 2]",
        f"|v_low| <= {above(2 * part)}",
        f"w_high in [0, {above(high)}]",
        f"|w_low| <= {above(low)}",
    ]
    return prove(d.lines, variables, hypotheses, ["relative", "part"], d.hints + hints)


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
