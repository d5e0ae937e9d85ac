"""Exact sums against fractions: nothing is ever lost, and neither splits nor order matter."""

from __future__ import annotations

import functools
import math
import pickle
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ce_cli.kernels import exact
from ce_cli.kernels.error_free import two_product
from ce_cli.kernels.exact import ExactSums, ratios, sum_of_products

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

unhurried = settings(max_examples=60, deadline=None)  # nothing is timed

LARGEST = float(np.finfo(np.float64).max)
SMALLEST = 5e-324
ROOM_FOR_ANY_SUM = 2000  # bytes: the sum of any floats fits into 2200 bits
BEYOND = 2**1024 - 2**970  # from here on the nearest float64 is infinity

EXTREMES = (
    *(0.0, -0.0, 1.0, -1.0, 0.1, 1e308, -1e308, LARGEST, -LARGEST, 2.0**900, 2.0**900 - 2.0**847),
    *(SMALLEST, -SMALLEST, 2.0**-1022, 2.0**-1022 - SMALLEST, 1e-300, 2.0**-900),
    *(2.0**31, 2.0**32, 2.0**40 - 1, -(2.0**53)),
)
finite = st.sampled_from(EXTREMES) | st.floats(allow_nan=False, allow_infinity=False)
group_counts = st.sampled_from((1, 2, 5, 64))


@st.composite
def grouped(draw: st.DrawFn, most: int = 30) -> tuple[list[float], list[int], int]:
    """Values, the group of each, and how many groups there are."""
    groups = draw(group_counts)
    rows = draw(st.lists(st.tuples(finite, st.integers(0, groups - 1)), max_size=most))
    return [value for value, _ in rows], [code for _, code in rows], groups


def floats_of(values: Sequence[float]) -> Floats:
    return np.array(values, np.float64)


def codes_of(codes: Sequence[int]) -> Codes:
    return np.array(codes, np.intp)


def sums_of(values: Sequence[float], codes: Sequence[int], groups: int) -> ExactSums:
    return ExactSums.of(floats_of(values), codes_of(codes), groups)


def exactly(values: Sequence[Fraction], codes: Sequence[int], groups: int) -> list[Fraction]:
    totals = [Fraction(0)] * groups
    for value, code in zip(values, codes, strict=True):
        totals[code] += value
    return totals


def fractions_of(values: Sequence[float]) -> list[Fraction]:
    return [Fraction(value) for value in values]


def is_nearest(value: float, exact: Fraction) -> bool:
    """Whether no other float64 is nearer to `exact`, ties going to the even one (IEEE 754)."""
    if abs(exact) >= BEYOND:
        return value == (math.inf if exact > 0 else -math.inf)
    if not math.isfinite(value):
        return False
    distance = abs(Fraction(value) - exact)
    odd = np.float64(value).view(np.int64) & 1
    return not any(
        other < distance or (other == distance and odd)
        for neighbour in (math.nextafter(value, -math.inf), math.nextafter(value, math.inf))
        if math.isfinite(neighbour)
        for other in [abs(Fraction(neighbour) - exact)]
    )


def bits(values: Floats) -> bytes:
    return values.tobytes()


def spread_out(seed: int, count: int) -> Floats:
    """Random floats over the whole range of exponents."""
    rng = np.random.default_rng(seed)
    return np.ldexp(rng.uniform(-1.0, 1.0, count), rng.integers(-1073, 1024, count))


def in_smallest_units(value: float) -> int:
    """The whole number of 2**-1074 that every float64 is."""
    top, bottom = value.as_integer_ratio()
    return top << (1074 - (bottom.bit_length() - 1))


def exact_sum(values: Floats) -> Fraction:
    """The exact sum of many floats, quicker than adding fractions."""
    return Fraction(sum(in_smallest_units(value) for value in values.tolist()), 2**1074)


# What the sums are


@unhurried
@given(grouped())
def test_sums_of_any_finite_floats_are_the_sums_of_their_fractions(
    rows: tuple[list[float], list[int], int],
) -> None:
    values, codes, groups = rows
    assert sums_of(values, codes, groups).totals() == exactly(fractions_of(values), codes, groups)


@unhurried
@given(st.lists(finite, max_size=30))
def test_a_sum_without_codes_is_the_sum_of_all_fractions(values: list[float]) -> None:
    assert ExactSums.of(floats_of(values)).totals() == [sum(fractions_of(values), Fraction(0))]


@unhurried
@given(grouped())
def test_floats_are_the_exact_sums_rounded_once(
    rows: tuple[list[float], list[int], int],
) -> None:
    values, codes, groups = rows
    exact = exactly(fractions_of(values), codes, groups)
    floats = sums_of(values, codes, groups).floats().tolist()
    assert all(is_nearest(*pair) for pair in zip(floats, exact, strict=True))


@unhurried
@given(st.lists(st.floats(-1e300, 1e300), max_size=50))
def test_floats_are_what_fsum_gives(values: list[float]) -> None:
    assert ExactSums.of(floats_of(values)).floats().tolist() == [math.fsum(values)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1e16, 1.0, -1e16], 1.0),
        ([1e308, 1e308, -1e308], 1e308),
        ([LARGEST, LARGEST, -LARGEST, -LARGEST, SMALLEST], SMALLEST),
        ([LARGEST, LARGEST], math.inf),
        ([-LARGEST, -LARGEST], -math.inf),
        ([0.1] * 10, 1.0),
        ([SMALLEST] * 3, 1.5e-323),
        ([-0.0, -0.0], 0.0),
        ([], 0.0),
    ],
)
def test_sums_that_plain_addition_gets_wrong(values: list[float], expected: float) -> None:
    assert bits(ExactSums.of(floats_of(values)).floats()) == bits(floats_of([expected]))


@pytest.mark.parametrize("seed", range(4))
def test_a_long_sum_over_all_exponents_is_exact(seed: int) -> None:
    values = spread_out(seed, 20_000)
    assert ExactSums.of(values).totals() == [exact_sum(values)]


@pytest.mark.parametrize("groups", [2, 3, 1000])
def test_long_sums_by_group_are_exact(groups: int) -> None:
    values = spread_out(groups, 20_000)
    codes = np.random.default_rng(groups).integers(0, groups, len(values)).astype(np.intp)
    totals = ExactSums.of(values, codes, groups).totals()
    assert totals == [exact_sum(values[codes == group]) for group in range(groups)]


@pytest.mark.parametrize("exponent", [-1060, -900, -32, -1, 0, 8, 31, 32, 40, 899, 901, 1000])
def test_a_long_sum_of_equal_values_just_below_a_power_of_two_is_exact(exponent: int) -> None:
    value = math.nextafter(math.ldexp(1.0, exponent), 0.0)
    values = np.full(100_000, value)
    assert ExactSums.of(values).totals() == [100_000 * Fraction(value)]
    assert ExactSums.of(-values).totals() == [-100_000 * Fraction(value)]


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_many_values_just_below_a_power_of_two_leave_room_for_their_sum(groups: int) -> None:
    """Wherever the power lies between two limbs."""
    rng = np.random.default_rng(groups)
    codes = rng.integers(0, groups, 8192).astype(np.intp)
    for exponent in range(32):
        values = np.ldexp(1.0 - rng.uniform(0.0, 1e-3, len(codes)), exponent)
        totals = ExactSums.of(values, codes, groups).totals()
        assert totals == [exact_sum(values[codes == group]) for group in range(groups)]
        assert ExactSums.of(values).totals() == [exact_sum(values)]


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_a_sum_of_more_rows_than_any_limb_can_take_at_once_is_exact(groups: int) -> None:
    value = math.nextafter(256.0, 0.0)
    values = np.broadcast_to(np.float64(value), 9_000_000)
    codes = np.zeros(9_000_000, np.intp) + (groups - 1)
    totals = ExactSums.of(values, None if groups == 1 else codes, groups).totals()
    assert totals == [*[0] * (groups - 1), 9_000_000 * Fraction(value)]


def test_slices_of_any_length_give_the_same_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.concatenate([spread_out(3, 3000), np.random.default_rng(4).random(3000)])
    codes = np.random.default_rng(5).integers(0, 3, len(values)).astype(np.intp)
    whole, by_group = ExactSums.of(values), ExactSums.of(values, codes, 3)
    two = ExactSums.of(values, codes % 2, 2)
    for length in (3, 6, 12):
        monkeypatch.setattr(exact, "_SLICE_BITS", length)
        monkeypatch.setattr(exact, "_SLICES", 8)
        assert ExactSums.of(values) == whole
        assert ExactSums.of(values, codes, 3) == by_group
        assert ExactSums.of(values, codes % 2, 2) == two


@unhurried
@given(grouped())
def test_known_ends_change_no_sum(rows: tuple[list[float], list[int], int]) -> None:
    values, codes, groups = floats_of(rows[0]), codes_of(rows[1]), rows[2]
    if len(values):
        ends = float(values.min()), float(values.max())
        assert ExactSums.of(values, codes, groups, ends) == ExactSums.of(values, codes, groups)


@unhurried
@given(
    st.lists(
        st.tuples(
            st.sampled_from((0.0, SMALLEST, 2.0**-520, 2.0**-480, 2.0**480, -(2.0**480), 1.0 / 3.0))
            | st.floats(-1e3, 1e3),
            st.integers(0, 2),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from((1, 2, 3)),
    st.booleans(),
)
def test_squares_are_the_sums_of_the_products_of_fractions(
    rows: list[tuple[float, int]], groups: int, are_positive: bool
) -> None:
    values = floats_of([abs(value) if are_positive else value for value, _ in rows])
    values[np.abs(values) < 2.0**-480] = 0.0  # where rounding errors underflow
    codes = codes_of([code % groups for _, code in rows])
    squares = [Fraction(value) ** 2 for value in values.tolist()]
    expected = exactly(squares, codes.tolist(), groups)
    for ends in (None, (float(values.min()), float(values.max()))):
        assert ExactSums.of_squares(values, codes, groups, ends).totals() == expected


def test_several_groups_need_codes() -> None:
    with pytest.raises(ValueError, match="codes"):
        ExactSums.of(np.ones(3), None, 2)


@unhurried
@given(st.lists(st.integers(0, 2**50), min_size=1, max_size=5))
def test_counts_are_themselves(counts: list[int]) -> None:
    assert ExactSums.of_counts(np.array(counts, np.int64)).totals() == counts


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("others", [[], [1.0, -2.0], [LARGEST]])
def test_values_that_are_not_finite_are_refused(value: float, others: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        ExactSums.of(floats_of([*others, value]))


# How they are cut, ordered and merged


@unhurried
@given(grouped(), st.data())
def test_no_cut_or_order_changes_the_state_or_its_bits(
    rows: tuple[list[float], list[int], int], data: st.DataObject
) -> None:
    values, codes, groups = rows
    order = data.draw(st.permutations(range(len(values))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=4)))
    parts = [
        sums_of([values[row] for row in piece], [codes[row] for row in piece], groups)
        for start, stop in zip([0, *cuts], [*cuts, len(values)], strict=True)
        for piece in [order[start:stop]]
    ]
    while len(parts) > 1:
        one = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        at = data.draw(st.integers(0, len(parts) - 1))
        parts[at] = parts[at].merge(one)
    whole = sums_of(values, codes, groups)
    assert parts[0] == whole
    assert bits(parts[0].floats()) == bits(whole.floats())


@unhurried
@given(grouped())
def test_nothing_is_the_identity_of_merge(rows: tuple[list[float], list[int], int]) -> None:
    sums = sums_of(*rows)
    nothing = ExactSums.empty(rows[2])
    assert nothing.merge(sums) == sums
    assert sums.merge(nothing) == sums
    assert nothing.totals() == [0] * rows[2]


@unhurried
@given(st.lists(finite, min_size=1, max_size=5), st.integers(1, 300))
def test_doubling_again_and_again_carries_without_loss(values: list[float], times: int) -> None:
    sums = ExactSums.of(floats_of(values))
    for _ in range(times):
        sums = sums.merge(sums)
    assert sums.totals() == [sum(fractions_of(values), Fraction(0)) * 2**times]


@pytest.mark.parametrize("value", [math.nextafter(256.0, 0.0), -math.nextafter(256.0, 0.0), 0.1])
def test_thousands_of_merges_carry_without_loss(value: float) -> None:
    part = ExactSums.of(np.full(8192, value))
    sums = ExactSums.empty()
    for _ in range(3000):
        sums = sums.merge(part)
    assert sums.totals() == [3000 * 8192 * Fraction(value)]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_state_does_not_grow_with_the_number_of_regroupings(sign: float) -> None:
    sums = ExactSums.of(floats_of([sign * 0.1, sign * 1e300, sign * 1e-300]))
    for _ in range(300):
        sums = sums.regroup(codes_of([0]), 1)
    assert len(pickle.dumps(sums)) < ROOM_FOR_ANY_SUM


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_state_does_not_grow_with_the_number_of_merges(sign: float) -> None:
    part = ExactSums.of(np.full(8192, sign * 0.1))
    sums = functools.reduce(ExactSums.merge, [part] * 50_000)
    assert len(pickle.dumps(sums)) < ROOM_FOR_ANY_SUM


@unhurried
@given(grouped(), st.data())
def test_regrouping_adds_up_merged_groups(
    rows: tuple[list[float], list[int], int], data: st.DataObject
) -> None:
    values, codes, groups = rows
    wider = data.draw(st.sampled_from((1, 2, groups, groups + 3)))
    index = data.draw(st.lists(st.integers(0, wider - 1), min_size=groups, max_size=groups))
    moved = sums_of(values, codes, groups).regroup(codes_of(index), wider)
    moved_codes = [index[code] for code in codes]
    assert moved.totals() == exactly(fractions_of(values), moved_codes, wider)
    assert moved == sums_of(values, moved_codes, wider)


def test_many_merged_groups_leave_room_for_carries() -> None:
    count = 5000
    sums = ExactSums.of(np.full(count, 0.1), np.arange(count), count)
    sums = sums.regroup(np.zeros(count, np.intp), 1)
    for _ in range(100):
        sums = sums.merge(sums)
    assert sums.totals() == [2**100 * count * Fraction(0.1)]


def test_regrouping_from_no_groups_gives_sums_of_nothing() -> None:
    assert ExactSums.empty(0).regroup(codes_of([]), 3).totals() == [0, 0, 0]


@unhurried
@given(grouped())
def test_pickling_keeps_the_state(rows: tuple[list[float], list[int], int]) -> None:
    sums = sums_of(*rows)
    assert pickle.loads(pickle.dumps(sums)) == sums


@unhurried
@given(st.lists(finite, max_size=10))
def test_the_smallest_float_makes_a_different_state(values: list[float]) -> None:
    sums = ExactSums.of(floats_of(values))
    assert sums != ExactSums.of(floats_of([*values, SMALLEST]))


# Ratios


@unhurried
@given(
    st.lists(st.tuples(finite, finite), max_size=8), st.lists(st.tuples(finite, finite), max_size=8)
)
def test_ratios_are_correctly_rounded(
    above: list[tuple[float, float]], below: list[tuple[float, float]]
) -> None:
    numerators = [value for pair in above for value in pair]
    denominators = [value for pair in below for value in pair]
    above_codes, below_codes = [0, 1] * len(above), [0, 1] * len(below)
    got = ratios(sums_of(numerators, above_codes, 2), sums_of(denominators, below_codes, 2))
    tops = exactly(fractions_of(numerators), above_codes, 2)
    bottoms = exactly(fractions_of(denominators), below_codes, 2)
    for quotient, top, bottom in zip(got.tolist(), tops, bottoms, strict=True):
        if bottom:
            assert is_nearest(quotient, top / bottom)
        else:
            assert math.isnan(quotient)


def one_group_at_a_time(above: ExactSums, below: ExactSums) -> Floats:
    pairs = [
        (above.between(g, g + 1), below.between(g, g + 1)) for g in range(above.limbs.shape[1])
    ]
    return np.concatenate([ratios(*pair) for pair in pairs])


MIXTURES = {
    "losses": lambda rng, n: -np.log(rng.random(n)),
    "signed": lambda rng, n: rng.normal(size=n),
    "wide": lambda rng, n: rng.normal(size=n) * 10.0 ** rng.integers(-60, 60, n),
    "whole": lambda rng, n: rng.integers(-9, 9, n).astype(np.float64),
    "nearly whole": lambda rng, n: rng.integers(-9, 9, n) * (1.0 + 2.0**-52),
    "tiny": lambda rng, n: rng.normal(size=n) * 1e-308,
    "huge": lambda rng, n: rng.normal(size=n) * 1e306,
    "extreme": lambda rng, n: rng.choice(EXTREMES, n),
}


@pytest.mark.parametrize("below", ["counts", "whole", "losses", "huge", "extreme"])
@pytest.mark.parametrize("above", MIXTURES)
def test_ratios_of_many_groups_have_the_bits_of_each_alone(above: str, below: str) -> None:
    rng, groups, rows = np.random.default_rng(7), 600, 2400
    codes = rng.integers(0, groups - 9, rows)  # some groups have no row
    numerators = ExactSums.of(MIXTURES[above](rng, rows), codes, groups)
    denominators = ExactSums.of_counts(np.bincount(codes, minlength=groups).astype(np.int64))
    if below != "counts":
        denominators = ExactSums.of(MIXTURES[below](rng, rows), codes, groups)
    for top, bottom in ((numerators, denominators), (numerators.minus(denominators), denominators)):
        wanted = one_group_at_a_time(top, bottom)
        assert np.array_equal(ratios(top, bottom).view(np.int64), wanted.view(np.int64))
        alone = [top.between(g, g + 1).floats()[0] for g in range(groups)]
        assert top.floats().tolist() == alone


def test_means_of_many_groups_halfway_between_two_floats_go_to_the_even_one() -> None:
    steps = np.arange(600)
    values = np.concatenate([1.0 + steps * 2.0**-52, 1.0 + (steps + 1) * 2.0**-52])
    sums = ExactSums.of(values, np.tile(steps, 2), 600)
    means = ratios(sums, ExactSums.of_counts(np.full(600, 2)))
    assert means.tolist() == (1.0 + (steps + 1) // 2 * 2.0**-51).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_of_many_values_is_correctly_rounded(seed: int) -> None:
    values = np.random.default_rng(seed).exponential(size=30_001)
    mean = ratios(ExactSums.of(values), ExactSums.of_counts(np.array([len(values)], np.int64)))
    assert is_nearest(float(mean[0]), exact_sum(values) / len(values))


# Products


@unhurried
@given(
    group_counts,
    st.lists(st.tuples(finite, finite.map(abs), st.integers(0, 2**16)), max_size=25),
)
def test_weighted_sums_are_the_sums_of_the_products_of_fractions(
    groups: int, rows: list[tuple[float, float, int]]
) -> None:
    values = [value for value, _, _ in rows]
    weights = [weight for _, weight, _ in rows]
    codes = [code % groups for _, _, code in rows]
    products = [Fraction(value) * Fraction(weight) for value, weight, _ in rows]
    sums = sum_of_products(floats_of(values), floats_of(weights), codes_of(codes), groups)
    assert sums.totals() == exactly(products, codes, groups)


@pytest.mark.parametrize(
    ("value", "weight"),
    [
        (LARGEST, LARGEST),
        (SMALLEST, SMALLEST),
        (-SMALLEST, 0.5),
        (1e308, 1e-308),
        (-1e308, 10.0),
        (1e-160, 1e-160),
        (LARGEST, 0.0),
        (0.0, LARGEST),
        (0.0, 0.0),
        (0.1, 0.1),
        (math.nextafter(2.0**900, 0.0), 1.0 + 2.0**-52),
        (SMALLEST, 2.0**900),
        (3 * SMALLEST, math.nextafter(2.0**899, 0.0)),
    ],
)
def test_products_out_of_range_are_exact(value: float, weight: float) -> None:
    ordinary = [0.3, -7.5]
    values, weights = floats_of([value, *ordinary]), floats_of([weight, 2.0, 0.1])
    expected = sum(
        (Fraction(a) * Fraction(b) for a, b in zip(values.tolist(), weights.tolist(), strict=True)),
        Fraction(0),
    )
    assert sum_of_products(values, weights).totals() == [expected]


def test_long_weighted_sums_are_exact() -> None:
    rng = np.random.default_rng(11)
    values, weights = rng.exponential(size=20_000), rng.uniform(0.0, 100.0, 20_000)
    expected = sum(
        in_smallest_units(value) * in_smallest_units(weight)
        for value, weight in zip(values.tolist(), weights.tolist(), strict=True)
    )
    assert sum_of_products(values, weights).totals() == [Fraction(expected, 2**2148)]


@unhurried
@given(st.floats(2.0**-400, 2.0**400), st.floats(2.0**-400, 2.0**400), st.sampled_from((1.0, -1.0)))
def test_a_product_and_its_error_are_the_exact_product(a: float, b: float, sign: float) -> None:
    product, error = two_product(floats_of([a]), floats_of([sign * b]))
    assert float(product[0]) == a * sign * b
    assert Fraction(float(product[0])) + Fraction(float(error[0])) == Fraction(a) * Fraction(
        sign * b
    )


@unhurried
@given(st.lists(st.floats(2.0**-400, 2.0**400), min_size=1, max_size=20))
def test_a_square_and_its_error_are_the_exact_square(values: list[float]) -> None:
    array = floats_of(values)
    product, error = two_product(array, array)
    for value, high, low in zip(values, product.tolist(), error.tolist(), strict=True):
        assert Fraction(high) + Fraction(low) == Fraction(value) ** 2
