"""Frames of Dask and Spark give the figures of the same rows in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ce_cli
from ce_cli.errors import DataError, UsageError
from tests.conftest import SAMPLES
from tests.engines.running import running, skip_without

Spread = Callable[[pd.DataFrame], Any]
CANCER = SAMPLES / "breast_cancer.csv"


@pytest.fixture(scope="module")
def dask_frames() -> Iterator[Spread]:
    skip_without("dask")
    import distributed
    from dask import dataframe

    with distributed.Client(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ):
        yield lambda frame: dataframe.from_pandas(frame, npartitions=5, sort=False)


def check_frames(spread: Spread) -> None:
    """Figures and groups; errors that count rows in place of their numbers; refusals."""
    frame = pd.read_csv(CANCER)
    frame["fold.5"] = frame.index % 5
    options: dict[str, Any] = {"metric": ["all"], "by": ["fold.5"], "decompose": True}
    expected = ce_cli.score(frame, **options).to_dict()
    found = ce_cli.score(spread(frame), **options).to_dict()
    for document in (expected, found):
        document.pop("inputs")
        for warning in document["warnings"]:
            warning.pop("rows", None)
    groups = [
        sorted(one.pop("groups"), key=lambda group: group["by"]["fold.5"])
        for one in (expected, found)
    ]
    assert found == expected
    assert groups[0] == groups[1]

    frame.loc[[300, 400], "prob"] = 1.5
    with pytest.raises(DataError) as raised:
        ce_cli.score(spread(frame))
    assert "DataFrame: a row, column 'prob': 1.5 is not a probability (and 1 more row)" in str(
        raised.value
    )
    with pytest.raises(UsageError, match="worst needs the numbers of rows"):
        ce_cli.score(spread(frame), worst=3)
    with pytest.raises(UsageError, match="leave both out"):
        ce_cli.score(spread(frame), per_row=True)
    with pytest.raises(UsageError, match="there is no column 'x'"):
        ce_cli.score(spread(frame), label="x")


def test_a_frame_of_dask(dask_frames: Spread) -> None:
    check_frames(dask_frames)


def test_a_frame_of_spark(tmp_path: Path) -> None:
    with running("spark") as engine:
        assert engine.workers == 2  # starts a session, which is the active one from now on
        from pyspark.sql import SparkSession

        session = SparkSession.getActiveSession()
        check_frames(lambda frame: session.createDataFrame(frame).repartition(5))
