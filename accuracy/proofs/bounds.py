"""From Gappa's and Sollya's bounds of the parts to the errors that the kernels' rounding tests rely on.

`proved()` returns a bound for each constant ..._ERROR of kernels/bounds.pxd, but for those of phases in
float32, whose arguments are few enough to be tried one by one. All arithmetic here is exact or rounded
upwards. An error below is relative to the exact function unless it says otherwise, and errors e, f of
factors combine to (1 + e) (1 + f) - 1; the error of a divisor, e, counts as e / (1 - e).

Underflow: at the limits of the quick phases an operation on a low part may round a subnormal number, by at
most 2^-1075. There are fewer than 10 of those, and their sum is compared with the smallest result there.
"""

import functools
import math
from fractions import Fraction

from mpmath import mp

from . import accurate, approximation, rounding
from .kernel_source import constants
from .pair_source import PAIR_ERRORS
from .reduction import LARGEST_R, reduction
from .rounding import LARGEST_HALF_V, LARGEST_V

U = Fraction(1, 2**53)
PAIR = {name: Fraction(units) * U**2 for name, units in PAIR_ERRORS.items()}
SMALLEST_HIGH, LARGEST_HIGH = Fraction(3, 4), Fraction(5, 4)  # of plus and minus in the quick phases
ACCURATE_LIMIT = 746  # of |x| in the accurate phases


def upwards(value):
    """Return an mpf as a Fraction not below it, 2^-80 higher at the most."""
    return Fraction(math.ceil(mp.ldexp(value, 80)) + 1, 2**80)


def combined(*errors):
    """Return the error of a product whose factors have these errors."""
    return math.prod(1 + error for error in errors) - 1


def of_divisor(error):
    """Return the error of 1 / x when x has one."""
    check(0 <= error < 1, "a divisor's error is below 1")
    return error / (1 - error)


def check(holds, what):
    """Refuse a proof of which a condition fails."""
    if not holds:
        raise ArithmeticError(f"a condition of the proof does not hold: {what}")


def tanh_to_exp(error):
    """Return the error in exp(r) = (1 + T) / (1 - T) from one in T = tanh(r/2), |r| <= LARGEST_R.

    With T (1 + e) for T, the quotient of the two is 1 + 2 T e / ((1 + T) (1 - T (1 + e))).
    """
    with mp.workprec(200):
        t = upwards(mp.tanh(mp.mpf(LARGEST_R) / 2))
    check(0 <= error < 1, "the error of tanh(r/2) is below 1")
    return 2 * t * error / (1 - t * t - t * (1 + t) * error)


def atanh_condition():
    """Return by what an error in v <= LARGEST_V is multiplied in L = 2 atanh(v/2).

    v L' / L = v / ((1 - v^2 / 4) L) grows with v, and that v already exceeds 2/3 by more than v's error.
    """
    with mp.workprec(200):
        v = mp.mpf(LARGEST_V)
        return upwards(v / ((1 - v * v / 4) * 2 * mp.atanh(v / 2)))


def logarithm(prefix, v_error, rounding_error):
    """Return the error of 2 atanh(v/2) from that of v, the polynomial's and that of its evaluation."""
    largest = LARGEST_HALF_V if prefix == "QUICK" else LARGEST_V
    check(approximation.stated()[prefix, "Q"][0] == largest, "the polynomial is good for v <= LARGEST_V")
    return combined(atanh_condition() * v_error, approximation.atanh_polynomial(prefix), rounding_error)


def quotient_of_exp(exp_error):
    """Return the error of P / (N + P), or of P / (N + P/2), when P / N = exp(z) has an error.

    If P / N becomes (1 + e) P / N, the quotient is multiplied by (1 + e) / (1 + e w) with a weight 0 <= w <=
    1.
    """
    return of_divisor(exp_error)


def reduced(limit, tested):
    """Return the errors of the reduction for |z| <= limit, if it keeps to what the other proofs assume."""
    bounds = reduction(limit)
    check(bounds["exact"] == 0 and bounds["negated"] == 0, "the first step of the reduction is exact")
    largest = Fraction(LARGEST_R)
    check(bounds["remainder"] + bounds[tested] <= largest, "|r| <= LARGEST_R")
    check(bounds["r_high"] <= largest, "|r_high| <= LARGEST_R")
    return bounds


def exp_error(prefix, rounding_bounds, r_error):
    """Return the error of plus / minus as exp(z): that of r, absolute, is one of exp(r)."""
    check(approximation.stated()[prefix, "B"][0] == LARGEST_R, "the ratio is good for |r| <= LARGEST_R")
    approximation_error = approximation.tanh_ratio(prefix)
    ratio = rounding_bounds["ratio"] * (1 + of_divisor(rounding_bounds["relative_minus"]))
    return combined(tanh_to_exp(approximation_error), ratio, r_error * (1 + r_error))


@functools.cache
def wide_exp():
    values = constants()
    r = reduced(values["WIDE_LIMIT"], "wide")["wide"]
    return exp_error("WIDE", rounding.wide_exp(), r)


def wide_sigmoid():
    """Return the bound for WIDE_SIGMOID_ERROR; the last U is that of the value times 1 +- the error."""
    return combined(quotient_of_exp(wide_exp()), rounding.wide_sigmoid()["relative"], U)


def wide_softplus():
    """Return the bound for WIDE_SOFTPLUS_ERROR.

    The sum with max(x, 0) and the test round once each.
    """
    polynomial = rounding.wide_atanh()
    check(polynomial["same"] == 0, "wide_two_atanh evaluates the polynomial of the coefficients")
    v = combined(quotient_of_exp(wide_exp()), rounding.wide_atanh_argument()["relative"])
    return combined(logarithm("WIDE", v, polynomial["relative"]), U, U)


@functools.cache
def quick_exp():
    """Return the error of quick_exp, and the bound of its low parts."""
    r = reduced(constants()["QUICK_LIMIT"], "quick")
    bounds = rounding.quick_exp(r["r_low"])
    check(
        bounds["smallest"] >= SMALLEST_HIGH and bounds["largest"] <= LARGEST_HIGH, "3/4 <= plus, minus <= 5/4"
    )
    low = max(bounds["plus_low"], bounds["minus_low"])
    return exp_error("QUICK", bounds, r["quick"]), low


def quick_quotient(divisor):
    """Return the error of plus / divisor, and the bound of its low part beside the high one."""
    error, low = quick_exp()
    total = rounding.quick_divisor(divisor, low)
    quotient = rounding.quick_quotient(low / SMALLEST_HIGH, total["part"])
    return (
        combined(quotient_of_exp(error), of_divisor(total["relative"]), quotient["relative"]),
        quotient["part"],
    )


def rounding_test(part, error):
    """Return the error that fma(high, error, low) adds where |low| <= part high."""
    return U * (part + error) * (1 + 2 * part)


def underflow():
    """Return what underflow adds at the limit of the quick phases."""
    with mp.workprec(200):
        smallest = mp.exp(-mp.mpf(int(constants()["QUICK_LIMIT"]))) / 2
        return upwards(10 * mp.ldexp(1, -1075) / smallest)


def quick_sigmoid():
    """Return the bound for QUICK_SIGMOID_ERROR."""
    error, part = quick_quotient("quick_sigmoid_divisor")
    return error + rounding_test(part, constants()["QUICK_SIGMOID_ERROR"]) + underflow()


def quick_softplus():
    """Return the bound for QUICK_SOFTPLUS_ERROR.

    Half of x is exact, but for a subnormal number, which is of no weight beside log(2).
    """
    v, low = quick_quotient("quick_atanh_divisor")
    polynomial = rounding.atanh_polynomial(low)
    check(polynomial["same"] == 0, "quick_atanh_polynomial evaluates the polynomial of the coefficients")
    total = rounding.quick_sum(low, polynomial["whole"], polynomial["part"])
    error = combined(logarithm("QUICK", v, polynomial["e_w"]), total["relative"])
    return error + rounding_test(total["part"], constants()["QUICK_SOFTPLUS_ERROR"]) + underflow()


@functools.cache
def accurate_exp():
    bounds = accurate.accurate_exp()
    check(
        bounds["same"] == 0,
        "accurate_exp evaluates the ratio of the coefficients",
    )
    r = reduced(ACCURATE_LIMIT, "accurate")["accurate"]
    return exp_error("ACCURATE", bounds, r)


def accurate_quotient():
    """Return the error of plus / (minus + weight plus) or minus / (minus + plus)."""
    return combined(quotient_of_exp(accurate_exp()), of_divisor(PAIR["add"]), PAIR["divide"])


def accurate_sigmoid():
    """Return a bound for ACCURATE_ERROR: the rounding test adds its margin to a low part of at most U."""
    return combined(accurate_quotient(), 2 * U**2)


def accurate_softplus():
    """Return a bound for ACCURATE_ERROR."""
    polynomial = accurate.accurate_atanh()
    check(polynomial["same"] == 0, "accurate_softplus evaluates the polynomial of the coefficients")
    error = logarithm("ACCURATE", accurate_quotient(), polynomial["relative"])
    return combined(error, PAIR["add_double"], 2 * U**2)


PROOFS = {
    "WIDE_SIGMOID_ERROR": (wide_sigmoid,),
    "WIDE_SOFTPLUS_ERROR": (wide_softplus,),
    "QUICK_SIGMOID_ERROR": (quick_sigmoid,),
    "QUICK_SOFTPLUS_ERROR": (quick_softplus,),
    "ACCURATE_ERROR": (accurate_sigmoid, accurate_softplus),
}


def proved(name):
    """Return the proved bound of the error that a constant of kernels/bounds.pxd promises, as a Fraction."""
    return max(proof() for proof in PROOFS[name])
