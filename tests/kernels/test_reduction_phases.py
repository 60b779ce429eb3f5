"""Exponentials and logarithms of the reductions' phases: their errors beside the bounds in the comments."""

import mpmath
import numpy as np
import pytest

from .levels import LEVELS, every_level, module

U = 2.0**-53
BITS = 400


def relative_error(result, exact, exponent=0):
    high, low = result
    return float(abs((mpmath.mpf(high) + low) * mpmath.mpf(2) ** -exponent / exact - 1))


@every_level
@pytest.mark.parametrize(("phase", "bound"), [("quick", 2.0**-77), ("accurate", 2.0**-101)])
def test_exp_of_pairs(phase, bound, level):
    """d = value - largest is no double: the kernel's pair for it takes part."""
    rng = np.random.default_rng(1)
    values = np.concatenate(
        [-rng.uniform(0, 1000, 300), -rng.uniform(0, 1.5, 300), -(2.0 ** rng.uniform(-60, 9, 200))]
    )
    if phase == "quick":  # where softmax takes members as they are, beside a sum in one pass
        values = np.append(values, rng.uniform(0, 300, 200))
    largest = 2.0**-40 / 3
    results = module(level).exp_below(phase, values.tolist(), largest)
    with mpmath.workprec(BITS):
        for value, result in zip(values.tolist(), results, strict=True):
            exact = mpmath.exp(mpmath.mpf(value) - largest)
            assert relative_error(result, exact, 512) < bound, value


@every_level
def test_exp_in_doubles(level):
    rng = np.random.default_rng(2)
    values = np.concatenate(
        [-rng.uniform(0, 700, 500), -(2.0 ** rng.uniform(-40, 9, 300)), rng.uniform(0, 300, 200)]
    ).astype(np.float32)
    results = module(level).exp_below("wide", values.tolist())
    with mpmath.workprec(BITS):
        for value, result in zip(values.tolist(), results, strict=True):
            assert relative_error(result, mpmath.exp(value)) < 2.0**-50.43 + 1.3 * U * abs(value), value


def members_of_sums_in_one_pass():
    rng = np.random.default_rng(2)
    multiples = np.arange(-430, 431) * np.log(2)  # of which the remainders are small
    midpoints = (np.arange(-6900, 6900, 7) + 0.5) * np.log(2) / 16  # and large, beside a table
    values = [
        rng.uniform(-300, 300, 700),
        rng.uniform(-1, 1, 300),
        2.0 ** rng.uniform(-60, 8, 200),
        multiples,
        midpoints,
    ]
    return np.clip(np.concatenate([*values, [-300, 0, 300]]), -300, 300)


@every_level
@pytest.mark.parametrize(
    ("phase", "without_table", "by_table"),
    [("brief quick", -70.9, -72.3), ("long quick", -76.2, -79.3), ("pairs wide", -76.2, -57.4)],
)
def test_exp_of_pairs_in_one_pass(phase, without_table, by_table, level):
    bound = 2.0 ** (by_table if level == "avx512" else without_table)
    values = members_of_sums_in_one_pass()
    values = (values.astype(np.float32) if phase.endswith("wide") else values).tolist()
    results = module(level).exp_below(phase, values)
    with mpmath.workprec(BITS):
        for value, result in zip(values, results, strict=True):
            assert relative_error(result, mpmath.exp(value)) < bound, value


@every_level
def test_brief_exp_in_doubles(level):
    """It has a constant factor: wherever the values lie, the same within twice the error."""
    values = members_of_sums_in_one_pass().astype(np.float32)
    results = module(level).exp_below("brief wide", values.tolist())
    with mpmath.workprec(BITS):
        factors = [
            mpmath.mpf(high) / mpmath.exp(value)
            for value, (high, _) in zip(values.tolist(), results, strict=True)
        ]
        assert float((max(factors) - min(factors)) / min(factors)) < 2 * 2.0**-40.1


@pytest.mark.skipif("avx512" not in LEVELS, reason="no vector registers that hold a table")
def test_exp_by_table_in_doubles():
    """Far more precise than brief sums ask for, as softmax of float32 takes it too."""
    values = members_of_sums_in_one_pass().astype(np.float32)
    results = module("avx512").exp_below("brief wide", values.tolist())
    with mpmath.workprec(BITS):
        for value, result in zip(values.tolist(), results, strict=True):
            assert relative_error(result, mpmath.exp(value)) < (55 + 0.3 * abs(value)) * U, value


@every_level
def test_exp_of_long_rows(level):
    values = members_of_sums_in_one_pass().astype(np.float32)
    results = module(level).exp_below("long wide", values.tolist())
    with mpmath.workprec(BITS):
        for value, result in zip(values.tolist(), results, strict=True):
            assert relative_error(result, mpmath.exp(value)) < 2.0**-50.43 + 0.3 * U * abs(value), value


@every_level
@pytest.mark.parametrize("phase", ["brief wide", "long wide", "brief quick", "long quick", "pairs wide"])
def test_members_below_the_cut_of_sums_in_one_pass_count_as_those_at_it(phase, level):
    at_cut, *below = module(level).exp_below(phase, [-300.0, -300.001, -1e4, -3e38, -np.inf])
    assert all(result == at_cut for result in below)
    (result,) = module(level).exp_below(phase, [np.nan])
    assert np.isnan(result[0])


@every_level
def test_midpoints_are_found_by_the_lower_half_of_the_bits(level):
    """In whole numbers: half a unit added to two doubles, upper bits differ if a midpoint lies between."""
    find = module(level).is_next_to_midpoint_of_float32
    rng = np.random.default_rng(3)
    near = rng.normal(size=500).astype(np.float32).astype(np.float64).view(np.int64) + 2**28
    near += rng.integers(-20, 21, size=500)
    anywhere = rng.normal(size=500).view(np.int64)
    found = 0
    for bits in np.concatenate([near, anywhere]).tolist():
        value = np.int64(bits).view(np.float64)
        for margin in (1, 11, 40000, 2**19):
            lies_between = (bits + 2**28 - margin) >> 29 != (bits + 2**28 + margin) >> 29
            assert find(value, margin) == lies_between, (value, margin)
            found += lies_between
    assert 1000 < found < 3000


@every_level
@pytest.mark.parametrize(
    ("phase", "bound"), [("wide", 2.0**-50), ("quick", 2.0**-81), ("accurate", 2.0**-100)]
)
def test_log1p(phase, bound, level):
    rng = np.random.default_rng(3)
    least = -100 if phase == "wide" else -500
    values = np.concatenate(
        [2.0 ** rng.uniform(least, 40, 600), rng.uniform(0, 4, 200), [1.0, 2**0.5 - 1, 3.0]]
    )
    results = module(level).log1p_of_sum(phase, values.tolist())
    with mpmath.workprec(2 * BITS):
        for value, result in zip(values.tolist(), results, strict=True):
            assert relative_error(result, mpmath.log1p(mpmath.mpf(value))) < bound, value


@every_level
@pytest.mark.parametrize("phase", ["brief wide", "wide", "quick"])
def test_the_margin_bounds_the_error_of_the_logarithm(phase, level):
    """Rows go from dominated ones to equal members: where L is large, an error of the sum weighs less."""
    rng = np.random.default_rng(4)
    is_wide = phase.endswith("wide")
    largest_margin = {"brief wide": 2.0**-39, "wide": 2.0**-46, "quick": 2.0**-76}[phase]
    with mpmath.workprec(BITS):
        for _ in range(300):
            row = rng.normal(size=rng.integers(2, 33)) * 10 ** rng.uniform(-3, 2)
            row = (row.astype(np.float32) if is_wide else row).tolist()
            high, low, margin = module(level).log_of_row(phase, row)
            log = mpmath.log1p(sum(mpmath.exp(x - mpmath.mpf(max(row))) for x in row) - 1)
            error = relative_error((high, 0 if is_wide else low), log)
            assert error < margin or np.isnan(margin), row
            if phase == "brief wide" and (log < 0.5 or not -100 <= max(row) <= 300):
                assert margin < 2.0**-28 / len(row) or (
                    margin == np.inf and not (log > 2.0**-9 and -100 <= max(row) <= 300)
                )
            else:
                assert not (log > 1e-10) or margin < largest_margin


@every_level
@pytest.mark.parametrize(("phase", "largest_margin"), [("brief quick", 2.0**-70.8), ("long quick", 2.0**-76)])
def test_the_margin_bounds_the_error_of_the_logarithm_of_a_sum(phase, largest_margin, level):
    """An absolute one of m + L; there is none where L is small, or members are too large."""
    rng = np.random.default_rng(6)
    usable = 0
    with mpmath.workprec(BITS):
        for _ in range(300):
            row = rng.normal(size=rng.integers(2, 200)) * 10 ** rng.uniform(-3, 1.5) + rng.uniform(-110, 310)
            row = row.tolist()
            high, low, margin = module(level).log_of_row(phase, row)
            log = mpmath.log(sum(mpmath.exp(x) for x in row))
            if margin == np.inf:
                assert not -100 <= max(row) <= 300 or log - max(row) < 2.0**-15
                continue
            assert -100 <= max(row) <= 300
            assert abs(high + mpmath.mpf(low) - log) < margin < largest_margin, row
            usable += 1
    assert usable > 150


@every_level
def test_the_margin_of_long_rows_bounds_the_error_of_the_logarithm(level):
    rng = np.random.default_rng(5)
    usable = 0
    with mpmath.workprec(150):
        for _ in range(25):
            row = rng.normal(size=rng.integers(40, 2000)) * 10 ** rng.uniform(-3, 1) + rng.uniform(-90, 280)
            row = row.astype(np.float32).tolist()
            high, _, margin = module(level).log_of_row("long wide", row)
            log = mpmath.log1p(sum(mpmath.exp(x - mpmath.mpf(max(row))) for x in row) - 1)
            if margin == np.inf:
                assert 500 * log < 64 + 1.6 * abs(max(row)) or not -100 <= max(row) <= 300
                continue
            assert relative_error((high, 0), log) < margin < 2.0**-44
            usable += 1
    assert usable > 8


@every_level
def test_the_margin_bounds_the_error_of_softmax(level):
    """Where it is finite; results that are rounded to 0 do not count."""
    rng = np.random.default_rng(7)
    usable = 0
    with mpmath.workprec(BITS):
        for _ in range(300):
            row = rng.normal(size=rng.integers(1, 200)) * 10 ** rng.uniform(-3, 2) + rng.uniform(-110, 310)
            row = row.astype(np.float32).tolist()
            results, margin = module(level).softmax_of_row(row)
            total = mpmath.fsum(mpmath.exp(x) for x in row)
            if margin == np.inf:
                assert not 2.0**-143 < total < 2.0**431
                continue
            for x, result in zip(row, results, strict=True):
                exact = mpmath.exp(x) / total
                assert abs(result / exact - 1) < margin < 2.0**-44 or max(result, exact) < 2.0**-151, row
            usable += 1
    assert usable > 150


@every_level
def test_members_that_are_the_largest_or_too_small(level):
    for phase in ("wide", "quick", "accurate"):
        kernels = module(level)
        assert kernels.exp_below(phase, [0.0])[0][0] < 2.0**-900  # counted, not summed
        assert 0 < kernels.exp_below(phase, [-1e30])[0][0] < 2.0**-900
