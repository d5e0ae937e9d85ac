"""How a table stores its labels and rows does not change a bit of the result."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli import score

PROBABILITIES = st.sampled_from(
    (0.0, 5e-324, 1e-310, 1e-17, 2.0**-53, 0.1, 0.5, 0.9, 1.0 - 2.0**-53, 1.0)
) | st.floats(0.0, 1.0)
LOGITS = st.sampled_from((-math.inf, -800.0, -5e-324, 0.0, 36.7, math.inf)) | st.floats(-40.0, 40.0)
LABEL_TYPES = (
    *(pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint64(), pa.float32(), pa.float64()),
    *(pa.utf8(), pa.large_utf8(), pa.dictionary(pa.int32(), pa.utf8())),
)

As = Literal["probabilities", "logits"]
Rows = list[tuple[int | None, float | None]]


def rows_of(predictions: st.SearchStrategy[float]) -> st.SearchStrategy[Rows]:
    """Labels and predictions, some of them missing, with both classes among the first."""
    row = st.tuples(
        st.sampled_from((0, 1, 1, None)), predictions | st.just(None) | st.just(math.nan)
    )
    return st.lists(row, max_size=40).map(lambda rows: [(0, 0.25), (1, 0.75), *rows])


def document(table: pa.Table, as_: As, **options: Any) -> dict[str, Any]:
    """Everything of the result but how its columns are stored."""
    found = score(table, label="label", pred="p", as_=as_, missing="skip", clip="none", **options)
    shown = found.to_dict()
    return {name: value for name, value in shown.items() if name not in ("columns", "signature")}


def stored(rows: Rows, type_: pa.DataType) -> pa.Table:
    """The rows with labels of a type."""
    labels = pa.array([label for label, _ in rows], pa.int64())
    if pa.types.is_dictionary(type_):
        labels = labels.cast(pa.utf8()).dictionary_encode()
    return pa.table(
        {"label": labels.cast(type_), "p": pa.array([p for _, p in rows], pa.float64())}
    )


@pytest.mark.parametrize(
    ("as_", "predictions"), [("probabilities", PROBABILITIES), ("logits", LOGITS)]
)
@pytest.mark.parametrize("type_", LABEL_TYPES, ids=str)
def test_labels_of_any_type_are_the_same_labels(
    type_: pa.DataType, as_: As, predictions: st.SearchStrategy[float]
) -> None:
    @settings(max_examples=8, deadline=None)
    @given(rows_of(predictions))
    def holds(rows: Rows) -> None:
        assert document(stored(rows, type_), as_) == document(stored(rows, pa.int64()), as_)

    holds()


@settings(max_examples=25, deadline=None)
@given(rows_of(PROBABILITIES), st.integers(1, 9), st.integers(0, 9))
def test_chunks_and_slices_are_the_same_rows(rows: Rows, length: int, offset: int) -> None:
    table = stored(rows, pa.int64())
    around = pa.concat_tables(
        [table.slice(0, min(offset, len(rows))), table, table]
    ).combine_chunks()
    cut = around.slice(min(offset, len(rows)), len(rows))
    chunks = [table.slice(start, length) for start in range(0, len(rows), length)]
    expected = document(table, "probabilities")
    assert document(cut, "probabilities") == expected
    assert document(pa.concat_tables(chunks), "probabilities") == expected


@settings(max_examples=25, deadline=None)
@given(rows_of(PROBABILITIES))
def test_single_precision_is_the_same_numbers_in_double_precision(rows: Rows) -> None:
    table = stored(rows, pa.int64())
    single = table.set_column(1, "p", table["p"].cast(pa.float32()))
    double = single.set_column(1, "p", single["p"].cast(pa.float64()))
    assert document(single, "probabilities") == document(double, "probabilities")


@pytest.mark.parametrize("size", [1, 1000, 1 << 16, (1 << 16) + 1])
def test_a_frame_of_any_size_gives_the_same_bits(size: int) -> None:
    rng = np.random.default_rng(size)
    probability = rng.random(size)
    label = (rng.random(size) < probability).astype(np.int64)
    label[0] = 0
    table = pa.table({"label": label, "p": probability})
    halves = [table.slice(0, size // 2), table.slice(size // 2)]
    assert document(table, "probabilities") == document(pa.concat_tables(halves), "probabilities")


@pytest.mark.parametrize("end", [2**63 - 1, -(2**63)])
def test_the_last_whole_numbers_are_groups_of_their_own(end: int) -> None:
    groups = pa.array([end, end - 2 if end > 0 else end + 2, end], pa.int64())
    table = pa.table({"label": [1, 0, 1], "p": [0.7, 0.2, 0.4], "g": groups})
    found = score(table, label="label", pred="p", by="g").groups
    assert {group.by["g"]: group.rows for group in found} == {
        str(end): 2,
        str(groups[1].as_py()): 1,
    }
