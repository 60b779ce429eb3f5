"""Times expressions against each other: in turn, many times over, so that all meet the same disturbances."""

import statistics
import timeit


def interleaved(expressions, namespace, rounds, seconds):
    """Return the median and the best time of one run of each expression.

    Parameters
    ----------
    expressions : dict of str to str
        What to time, by name.
    namespace : dict
        The names that the expressions use.
    rounds : int
        How often each is timed; one after the other in each round.
    seconds : float
        How long one timing lasts, roughly: short expressions are repeated.

    Returns
    -------
    dict of str to dict
        Seconds, by "median" and "best" and by name. The best tells more where other programs take turns too.
    """
    timers = {name: timeit.Timer(expression, globals=namespace) for name, expression in expressions.items()}
    repeats = {name: repeats_for(timer, seconds) for name, timer in timers.items()}
    samples = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            samples[name].append(timer.timeit(repeats[name]) / repeats[name])
    return {
        "median": {name: statistics.median(times) for name, times in samples.items()},
        "best": {name: min(times) for name, times in samples.items()},
    }


def repeats_for(timer, seconds):
    """Return how many runs fill a timing; the run that finds out also warms caches and compilers."""
    timer.timeit(1)
    repeats = 1
    while (elapsed := timer.timeit(repeats)) < seconds / 2:
        repeats = max(2 * repeats, int(repeats * seconds / max(elapsed, 1e-9)))
    return repeats
