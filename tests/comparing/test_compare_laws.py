"""Laws of comparing: how rows are cut, ordered, weighted or named decides nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ce_cli import compare
from ce_cli.comparing import partitioned_join
from ce_cli.comparing.clusters import Clusters
from ce_cli.comparing.figures import GroupSums, comparisons
from ce_cli.comparing.paired_sums import PairedSums, SumPairs, folded
from ce_cli.comparing.row_alignment import in_step
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import DataError
from ce_cli.kernels.deciding import holm, holm_levels
from ce_cli.kernels.signflip import sign_flip_p_value
from ce_cli.spec import Spec

Floats = NDArray[np.float64]

lawful = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
amounts = st.sampled_from((0.0, 1.0, 0.5, 1e-300, 40.0)) | st.floats(0.0, 50.0)
p_values = st.lists(st.floats(0.0, 1.0) | st.just(math.nan), min_size=1, max_size=8)


def rows_of(
    losses: Floats,
    weights: Floats | None = None,
    keys: Sequence[tuple[str | None, ...]] = ((),),
    groups: NDArray[np.intp] | None = None,
) -> ScoredRows:
    """Rows of one model, scored."""
    count = len(losses)
    names = pa.array([f"row {row}" for row in range(count)])
    codes = np.zeros(count, np.intp)
    rows = np.arange(count, dtype=np.int64)
    return ScoredRows(0, count, rows, losses, codes, None, weights, groups, keys, names)


@st.composite
def paired(draw: st.DrawFn, models: int = 2) -> list[ScoredRows]:
    """Rows of several models in groups and clusters, some losses infinite."""
    count = draw(st.integers(1, 25))
    own = amounts | st.just(math.inf) if draw(st.booleans()) else amounts
    columns = st.lists(own, min_size=count, max_size=count).map(np.array)
    weights = draw(st.none() | st.lists(amounts, min_size=count, max_size=count).map(np.array))
    keys = [(group, cluster) for group in ("x", None) for cluster in ("u", "v", "w")]
    groups = np.array(draw(st.lists(st.integers(0, 5), min_size=count, max_size=count)), np.intp)
    return [rows_of(draw(columns), weights, keys, groups) for _ in range(models)]


def stated(tally: PairedSums) -> list[object]:
    """All figures of every group, and of all rows, and the rows that moved most."""
    clusters = dict(Clusters.by_group(tally)) if tally.cluster_keys else {}
    nowhere = np.zeros(len(tally.keys), np.intp)
    whole = {name: state.regroup(nowhere, 1) for name, state in tally.states.items()}
    every = [GroupSums(whole, Clusters.all_of(tally) if clusters else None)]
    for place in sorted(range(len(tally.keys)), key=lambda place: str(tally.keys[place])):
        states = {name: state.at(place) for name, state in tally.states.items()}
        every.append(GroupSums(states, clusters.get(tally.keys[place])))
    names = [str(model) for model in range(sum(kind == "loss" for kind, _ in tally.states))]
    found: list[object] = []
    for one in every:
        if not one.rows:
            continue
        found += [one.rows, one.weight, one.units, *map(one.mean, range(len(names)))]
        found += [one.mean_statistic(model) for model in range(len(names))]
        found += comparisons(one, names, Spec(), flipped=one.clusters is None)
    for moved in tally.moved.values():
        for some in (moved.worse, moved.better):
            assert some.ids is not None
            found += [some.rows.tolist(), some.ids.to_pylist(), some.losses.tolist()]
    return [repr(one) for one in found]


@pytest.mark.parametrize("clustered", [False, True])
@lawful
@given(parts=paired(models=3), data=st.data())
def test_neither_splits_nor_order_change_the_result(
    clustered: bool, parts: list[ScoredRows], data: st.DataObject
) -> None:
    work = SumPairs(clustered, flipped=not clustered, worst=3)
    count = len(parts[0].rows)
    order = np.array(data.draw(st.permutations(range(count))), np.intp)
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=4)))
    pieces = [
        [part.taken(np.sort(order[first:last])) for part in parts]
        for first, last in pairwise((0, *cuts, count))
    ]
    cut = folded(map(work, pieces))
    assert cut is not None
    assert stated(cut) == stated(work(parts))


@lawful
@given(parts=paired())
def test_the_other_way_round_everything_is_the_other_way_round(parts: list[ScoredRows]) -> None:
    own, other = parts
    for clustered in (False, True):
        work = SumPairs(clustered, flipped=not clustered, worst=0)
        figures = []
        for some in ((own, other), (other, own)):
            plain = [one.replace(groups=None, keys=[()]) for one in some]
            tally = work(some if clustered else plain)
            nowhere = np.zeros(len(tally.keys), np.intp)
            states = {name: state.regroup(nowhere, 1) for name, state in tally.states.items()}
            figures.append(GroupSums(states, Clusters.all_of(tally) if clustered else None))
        one, turned = figures
        assert repr(one.difference(1)) == repr(0.0 - turned.difference(1))
        for transformed in (False, True):
            p_values = (some.sign_flip_p_value(1, transformed) for some in figures)
            assert len(set(map(repr, p_values))) == 1
        mine, theirs = (some.statistic(1) for some in figures)
        assert mine.p_value == pytest.approx(theirs.p_value, nan_ok=True)
        assert mine.error == pytest.approx(theirs.error, nan_ok=True)
        assert mine.skewness == pytest.approx(-theirs.skewness, abs=1e-9)
        won, tied = one.rates(1)
        lost, tied_too = turned.rates(1)
        assert repr(tied) == repr(tied_too)
        if one.weight:
            assert won + tied + lost == pytest.approx(1.0)


@lawful
@given(data=st.data())
def test_whole_weights_are_repeated_rows(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    columns = st.lists(amounts, min_size=count, max_size=count).map(np.array)
    a, b = data.draw(columns), data.draw(columns)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
    if not times.any():
        return
    weighted = compare(
        {"a": pd.DataFrame({"logprob": -a, "w": times}), "b": pd.DataFrame({"logprob": -b})},
        weight="w",
    )
    repeated = compare(
        {name: pd.DataFrame({"logprob": -own.repeat(times)}) for name, own in (("a", a), ("b", b))}
    )
    (one,), (other,) = weighted.comparisons, repeated.comparisons
    assert repr(one.difference) == repr(other.difference)
    assert (one.win_rate, one.tie_rate) == (other.win_rate, other.tie_rate)
    for mine, theirs in zip(weighted.models, repeated.models, strict=True):
        assert mine.metrics["cross_entropy"] == theirs.metrics["cross_entropy"]
    assert weighted.weight_sum == repeated.weight_sum


@pytest.mark.parametrize("tiny", [1e-170, 1e-300])
def test_any_share_of_a_tiny_loss_is_borne(tiny: float) -> None:
    """A relative difference whose square, or a total, is none of the floats."""
    a, b = np.array([0.0, 0.0, tiny]), np.array([1.0, 0.0, 0.0])
    frames = {"a": pd.DataFrame({"logprob": -a, "w": tiny}), "b": pd.DataFrame({"logprob": -b})}
    several: list[dict[str, Any]] = [{}, {"weight": "w"}]
    for options in several:
        (one,) = compare(frames, **options).comparisons
        assert one.difference["relative"] > 1e169


def test_models_that_lose_nothing_differ_by_nothing() -> None:
    frame = pd.DataFrame({"logprob": [-0.0] * 3, "user": [1, 1, 2]})
    several: list[dict[str, Any]] = [{}, {"cluster": "user"}]
    for options in several:
        (one,) = compare({"a": frame, "b": frame}, **options).comparisons
        assert (one.verdict, one.difference["relative"], one.p_value) == ("same", 0.0, 1.0)
        assert one.intervals["relative"].high == 0.0


# What the test says, and the intervals


@pytest.mark.parametrize("interval", ["t", "hall"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_both_intervals_exclude_0_exactly_if_the_test_rejects(interval: Any, data: Any) -> None:
    count = data.draw(st.integers(2, 25))
    columns = st.lists(st.floats(0.01, 4.0), min_size=count, max_size=count).map(np.array)
    a, b = data.draw(columns), data.draw(columns)
    weights = data.draw(st.none() | columns)
    users = data.draw(st.none() | st.lists(st.integers(0, 9), min_size=count, max_size=count))
    frame = pd.DataFrame({"logprob": -a, "w": weights, "user": users})
    confidence = data.draw(st.sampled_from([0.5, 0.8, 0.95, 0.99]))
    options: dict[str, Any] = {"confidence": confidence, "interval": interval}
    options["weight"] = "w" if weights is not None else None
    options["cluster"] = "user" if users else None
    (one,) = compare({"a": frame, "b": pd.DataFrame({"logprob": -b})}, **options).comparisons
    if math.isnan(one.p_value):
        assert all(math.isnan(own.low) for own in one.intervals.values())
        return
    rejected = one.p_value < 1.0 - confidence
    assert (one.verdict in ("better", "worse")) == (rejected and one.verdict != "same")
    for own in one.intervals.values():
        assert (own.low > 0.0 or own.high < 0.0) == rejected
    relative = one.intervals["relative"]
    found = one.difference["relative"]
    assert -1.0 <= relative.low <= found + 1e-9 * abs(found) + 1e-12


# Rows of weight 0


@pytest.mark.parametrize("options", [{}, {"cluster": "user"}, {"test": "sign-flip"}])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_rows_of_weight_0_are_counted_and_change_nothing_else(
    options: dict[str, Any], data: st.DataObject
) -> None:
    count, more = data.draw(st.integers(1, 15)), data.draw(st.integers(1, 6))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    table = pd.DataFrame(
        {
            "a": -rng.exponential(1.0, count + more),
            "b": -rng.exponential(1.0, count + more),
            "w": np.r_[rng.uniform(0.5, 2.0, count), np.zeros(more)],
            "user": rng.integers(0, 5, count + more),
            "g": rng.choice(["x", "y"], count + more),
        }
    )
    table.loc[count:, ["user", "g"]] = data.draw(st.sampled_from([(0, "x"), (9, "z")]))
    settings_: dict[str, Any] = {
        "preds": {"a": "a", "b": "b"},
        "as_": "logprobs",
        "task": "likelihood",
        "weight": "w",
        "by": "g",
        "worst": 3,
        **options,
    }
    with_them, without = (
        compare(rows, **settings_).to_dict() for rows in (table, table.iloc[:count])
    )
    assert with_them["rows"]["compared"] == count + more
    groups = {group["by"]["g"]: group for group in with_them["groups"]}
    for group in without["groups"]:
        same = groups.pop(group["by"]["g"])
        assert same | {"rows": 0} == group | {"rows": 0}
    for empty in groups.values():  # all of its rows have weight 0
        assert empty["rows"] == {"compared": more}
        assert empty["comparisons"][0]["verdict"] == "unclear"
        assert empty["comparisons"][0]["difference"]["absolute"] is None
    names = ("comparisons", "moved", "weight_sum", "cluster", "warnings")
    assert [with_them[name] for name in names] == [without[name] for name in names]
    for one, other in zip(with_them["models"], without["models"], strict=True):
        assert one | {"rows": 0} == other | {"rows": 0}


# How rows are matched


@lawful
@given(data=st.data())
def test_streams_are_cut_into_the_same_rows(data: st.DataObject) -> None:
    """Whatever stretches the data sets come in; what is left of the longer ones comes alone."""
    lengths = data.draw(st.lists(st.integers(0, 30), min_size=2, max_size=3))
    streams = []
    for length in lengths:
        whole = rows_of(np.arange(length, dtype=np.float64))
        missing = data.draw(st.sets(st.integers(0, max(0, length - 1))))
        whole = whole.taken(np.array([r for r in range(length) if r not in missing], np.intp))
        cuts = sorted(data.draw(st.sets(st.integers(1, length))) if length else ())
        edges = [0, *cuts, *([length] if length not in cuts else [])]
        pieces = [[whole.between(first, last)] for first, last in pairwise(edges)]
        streams.append((whole, [piece for piece in pieces if piece[0].read]))
    steps = list(in_step([iter(pieces) for _, pieces in streams]))
    for place, (whole, _) in enumerate(streams):
        seen = [step[place][0] for step in steps if step[place]]
        assert [row for one in seen for row in one.rows.tolist()] == whole.rows.tolist()
        assert sum(one.read for one in seen) == whole.read
        assert all(before.end == after.start for before, after in pairwise(seen))
    for step in steps:
        if all(step):
            assert len({(one[0].start, one[0].end) for one in step}) == 1
            assert max(one[0].end for one in step) <= min(lengths)


def matched(names: Sequence[Sequence[str]]) -> tuple[list[str], list[int], list[int]]:
    """By a dictionary: the names that all have, and the number of unmatched rows of each."""
    firsts = [dict.fromkeys(own) for own in names]
    shared = [name for name in firsts[0] if name and all(name in own for own in firsts)]
    unmatched = [
        sum(bool(name) and name not in shared for name in own) + list(some).count("")
        for own, some in zip(firsts, names, strict=True)
    ]
    repeated = [sum(n - 1 for name, n in Counter(own).items() if name) for own in names]
    return shared, unmatched, repeated


@pytest.mark.parametrize("in_memory", [0, 1 << 28])
@lawful
@given(data=st.data())
def test_named_rows_match_as_in_a_dictionary(in_memory: int, data: st.DataObject) -> None:
    cells = st.sampled_from([*"abcdefgh", "é", "a" * 300, ""])
    names = [data.draw(st.lists(cells, min_size=1, max_size=14)) for _ in range(3)]
    shared, unmatched, repeated = matched(names)
    rng = np.random.default_rng(0)
    tables = {}
    for model, own in zip("abc", names, strict=True):
        loss = rng.exponential(1.0, len(own))
        tables[model] = pd.DataFrame({"case": own, "logprob": -loss})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitioned_join, "IN_MEMORY", in_memory)
        if not shared:
            with pytest.raises(DataError, match="There are no rows that all models could score"):
                compare(tables, id="case", join="inner")
            return
        result = compare(tables, id="case", join="inner")
        strict: dict[str, Any] = {"id": "case", "join": "all"}
        if any(unmatched) or any(repeated):
            with pytest.raises(DataError, match='join="inner"'):
                compare(tables, **strict)
        else:
            assert repr(compare(tables, **strict).comparisons) == repr(result.comparisons)
    assert result.rows["compared"] == len(shared)
    assert [model.rows["unmatched"] for model in result.models] == unmatched
    assert [model.rows["repeated"] for model in result.models] == repeated
    whole = [
        table.drop_duplicates("case").set_index("case").loc[shared, "logprob"]
        for table in tables.values()
    ]
    for one, partner in zip(result.comparisons, whole[1:], strict=True):
        expected = float((whole[0] - partner).mean())
        assert one.difference["absolute"] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("in_memory", [0, 1 << 28])
@lawful
@given(data=st.data())
def test_the_types_of_ids_do_not_matter(in_memory: int, data: st.DataObject) -> None:
    numbers = st.lists(st.integers(-5, 500), min_size=2, max_size=60, unique=True)
    own = data.draw(numbers)
    other = data.draw(st.permutations([*own[1:], 501]))
    rng = np.random.default_rng(len(own))
    losses = [rng.exponential(1.0, len(own)) for _ in range(2)]
    types: list[Any] = ["int64", "int16", "str", "category", "string[pyarrow]"]
    documents = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitioned_join, "IN_MEMORY", in_memory)
        for first, second in [("int64", "int64"), *pairwise(types)]:
            tables = {
                name: pd.DataFrame({"case": pd.Series(ids).astype(type_), "logprob": -loss})
                for name, ids, type_, loss in zip(
                    "ab", (own, other), (first, second), losses, strict=True
                )
            }
            documents.add(repr(compare(tables, id="case", join="inner", worst=2)))
            with pytest.raises(DataError, match=f"(?s)'case' '{own[0]}'.*'case' '501'"):
                compare(tables, id="case")
    assert len(documents) == 1


@lawful
@given(data=st.data())
def test_the_order_of_named_rows_is_all_one(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    rng = np.random.default_rng(count)
    frames = [
        pd.DataFrame({"case": range(count), "logprob": -rng.exponential(1.0, count)})
        for _ in range(2)
    ]
    frames[0]["user"] = rng.integers(0, 5, count)
    options: dict[str, Any] = data.draw(
        st.sampled_from([{}, {"cluster": "user"}, {"by": "user"}, {"worst": 3}])
    )
    options = options | {"test": data.draw(st.sampled_from(["t", "sign-flip"])), "id": "case"}
    plain = compare({"a": frames[0], "b": frames[1]}, **options)
    order = data.draw(st.permutations(range(count)))
    shuffled = compare({"a": frames[0], "b": frames[1].iloc[order]}, **options)
    assert shuffled.join["same_order"] == (list(order) == list(range(count)))
    assert repr(shuffled.replace(join={})) == repr(plain.replace(join={}))


# P-values


@lawful
@given(p_values, st.data())
def test_holm_adjusts_as_it_is_defined(given_: list[float], data: st.DataObject) -> None:
    """Step by step: the k-th smallest of m is rejected if all before it are, and p (m − k) ≤ α."""
    adjusted = holm(given_)
    known = [p for p in given_ if not math.isnan(p)]
    level = data.draw(st.sampled_from([*(p for p in adjusted if p > 0), 0.05, 0.5]))
    rejected = 0
    for rank, p in enumerate(sorted(known)):
        if min(1.0, p * (len(known) - rank)) > level:
            break
        rejected += 1
    assert sum(p <= level for p in adjusted if not math.isnan(p)) == rejected
    for p, own in zip(given_, adjusted, strict=True):
        assert math.isnan(p) == math.isnan(own)
        if not math.isnan(p):
            assert p <= own <= min(1.0, p * len(known))
    order = data.draw(st.permutations(range(len(given_))))
    assert repr(holm([given_[n] for n in order])) == repr([adjusted[n] for n in order])
    for p, own, held in zip(given_, adjusted, holm_levels(given_, 0.05), strict=True):
        if own < 0.05 * (1 - 1e-12):
            assert p < held


@lawful
@given(st.lists(st.floats(-100.0, 100.0), min_size=0, max_size=40), st.data())
def test_flipping_signs_cares_for_no_sign_and_no_unit(sums: list[float], data: Any) -> None:
    values = np.array(sums)
    p = sign_flip_p_value(values)
    assert 0 < p <= 1
    assert sign_flip_p_value(-values) == p
    assert sign_flip_p_value(values * 4.0) == p
    assert sign_flip_p_value(np.concatenate((values, np.zeros(3)))) == p
    if np.count_nonzero(values) <= 12:
        order = data.draw(st.permutations(range(len(sums))))
        assert sign_flip_p_value(values[list(order)]) == pytest.approx(p)
        assert p * 2 ** np.count_nonzero(values) == pytest.approx(
            round(p * 2 ** np.count_nonzero(values))
        )


def test_sums_that_cancel_are_no_evidence_by_sign_flips() -> None:
    sums = np.array([3.0, -1.0, -1.0, -1.0])  # skewed, so Hall's transformed t of 0 is not 0
    assert sign_flip_p_value(sums, np.ones(4)) == sign_flip_p_value(sums) == 1.0
