"""The frames of a result begin with the few columns that most people want."""

from __future__ import annotations

from ce_cli import score
from tests.conftest import SAMPLES


def test_frames_begin_with_labels_losses_and_their_intervals() -> None:
    path = SAMPLES / "breast_cancer_weighted.csv"
    result = score(path, positive="malignant", weight="weight", by="segment", worst=3, per_row=True)
    groups = result.groups_frame()
    assert list(groups)[:3] == ["segment", "rows", "cross_entropy"]
    assert list(groups)[3:5] == ["cross_entropy_low", "cross_entropy_high"]
    assert set(result.metrics) < set(groups) | {"min", "median", "p90", "p99", "max"}
    assert groups["cross_entropy"].tolist() == [
        group.metrics["cross_entropy"] for group in result.groups
    ]
    for frame in (result.rows_frame(), result.worst_frame()):
        assert list(frame)[:3] == ["row", "label", "loss"]
        assert {"probability", "predicted", "prediction"} <= set(frame)
    assert list(result.per_class_frame())[:3] == ["class", "rows", "cross_entropy"]


def test_frames_of_nothing_are_empty() -> None:
    result = score(SAMPLES / "tokens.csv")
    assert result.groups_frame().empty
    assert result.worst_frame().empty
    assert result.per_class_frame().empty


def test_a_grouping_column_may_be_called_like_a_figure() -> None:
    path = SAMPLES / "breast_cancer_weighted.csv"
    frame = score(path, positive="malignant", by="weight").groups_frame()
    assert next(iter(frame)) == "weight"
