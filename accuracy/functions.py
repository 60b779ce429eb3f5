"""The functions that the harness measures, and what halfulp promises of each."""

ELEMENTWISE = ("sigmoid", "log_sigmoid", "softplus")
REDUCTIONS = ("log_softmax", "softmax", "logsumexp")
FUNCTIONS = ELEMENTWISE + REDUCTIONS

CORRECTLY_ROUNDED = 0.5
FLOAT64_REDUCTIONS = 0.501


def promised_ulp(function, dtype):
    """Return the largest error, in ULP, that halfulp promises for a function and a dtype's name.

    Half an ULP stands for correctly rounded: the one result nearest to the exact value, ties to even, which
    says more than the number alone.
    """
    if function in REDUCTIONS and dtype == "float64":
        return FLOAT64_REDUCTIONS
    return CORRECTLY_ROUNDED
