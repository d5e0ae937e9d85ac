"""What `--clip` does to the loss, and what it says, whatever the layout of the predictions."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ce_cli import score

LOG_2 = 0.6931471805599453  # −log 0.5
CERTAIN: dict[str, dict[str, Any]] = {  # class 0 happened and had 0, then class 1, which had 1/2
    "one column": {"label": [0, 1], "prob": [1.0, 0.5]},
    "two columns": {"label": [0, 1], "p_0": [0.0, 0.5], "p_1": [1.0, 0.5]},
    "three columns": {"label": [0, 1], "p_0": [0, 0.5], "p_1": [1, 0.5], "p_2": [0.0, 0.0]},
    "shares of one": {"label": [0.0, 1.0], "prob": [1.0, 0.5]},
    "two labels": {"y_a": [0, 1], "y_b": [0, 0], "p_a": [1.0, 0.5], "p_b": [1.0, 0.5]},
}


@pytest.mark.parametrize(
    ("clip", "most"),  # −log of the clip
    [
        (1e-17, 39.14394658089878),
        (1e-15, 34.538776394910684),
        (1e-300, 690.7755278982137),
        ("auto", 36.04365338911715),
    ],
)
@pytest.mark.parametrize("layout", CERTAIN)
def test_a_clip_bounds_the_loss_at_minus_its_log_in_every_layout(
    layout: str, clip: Any, most: float
) -> None:
    task = "multilabel" if layout == "two labels" else "auto"
    result = score(pd.DataFrame(CERTAIN[layout]), clip=clip, task=task)
    expected = pytest.approx((most + LOG_2) / 2, rel=1e-15)
    assert result.metrics["cross_entropy"] == expected
    assert result.metrics["max"] == pytest.approx(most, rel=1e-15)
    assert result.rows["clipped"] == 1


@pytest.mark.parametrize(
    ("dtype", "most"), [("float32", 15.942385152878742), ("float16", 6.931471805599453)]
)
def test_the_clip_of_a_stored_type_is_its_epsilon(dtype: str, most: float) -> None:
    """−log 2**-23 and −log 2**-10."""
    for layout in ("one column", "two columns"):
        columns = {
            name: values if name == "label" else pd.Series(values, dtype=dtype)
            for name, values in CERTAIN[layout].items()
        }
        assert score(pd.DataFrame(columns)).metrics["max"] == pytest.approx(most, rel=1e-15)
