"""Several models in one data set, compared by tasks that are folded elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli.binding.data_set import data_set
from ce_cli.comparing.bound_models import ComparisonPlan, ModelData
from ce_cli.comparing.compare import compare
from ce_cli.comparing.naming import families
from ce_cli.errors import CeError, UsageError
from ce_cli.reading import Reading
from ce_cli.scoring.run import Run, run_on
from ce_cli.spec import Spec
from tests.scoring.serial import serial_run


def document(paths: Sequence[Path], run: Run, spec: Spec, plan: ComparisonPlan) -> str:
    files = data_set([str(path) for path in paths], Reading(), spec)
    try:
        return json.dumps(
            compare([ModelData(files, tuple(families(spec, ())))], plan, run).to_dict()
        )
    except CeError as error:
        return f"{type(error).__name__}: {error}"


def columns(count: int, seed: int) -> dict[str, list[Any]]:
    random = np.random.default_rng(seed)
    return {
        "label": random.integers(0, 2, count).tolist(),
        "a": random.uniform(0.01, 0.99, count).tolist(),
        "b": random.uniform(0.01, 0.99, count).tolist(),
        "user": [f"u{row % 13}" for row in range(count)],
        "id": [f"r{row}" for row in range(count)],
    }


PLANS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "groups": ({"by": ["user"]}, {}),
    "moved": ({"id": "id"}, {"worst": 5}),
    "clusters": ({}, {"cluster": "user"}),
    "sign flip": ({"by": ["user"]}, {"test": "sign-flip"}),
    "reference": ({}, {"reference": 1}),
    "balanced": ({"class_weight": ["balanced"]}, {}),
}


@pytest.mark.parametrize(("options", "plan"), PLANS.values(), ids=list(PLANS))
def test_models_in_one_file_compare_as_by_threads(
    tmp_path: Path, options: dict[str, Any], plan: dict[str, Any]
) -> None:
    spec = Spec.from_options({"label": ["label"], "pred": ["a", "b"], **options})
    paths = []
    for seed, count in enumerate((400, 1, 200)):
        paths.append(tmp_path / f"{seed}.parquet")
        pq.write_table(pa.table(columns(count, seed)), paths[-1], row_group_size=70)
    expected = document(paths, run_on("threads", 2), spec, ComparisonPlan(**plan))
    assert json.loads(expected)["rows"]["compared"] == 601
    for size in (2000, 1 << 20):
        assert (
            document(paths, serial_run(size, seed=size), spec, ComparisonPlan(**plan)) == expected
        )


def test_rows_that_differ_or_are_bad_are_named_as_by_threads(tmp_path: Path) -> None:
    spec = Spec.from_options({"label": ["label"], "pred": ["a", "b"]})
    lines = [f"{row % 2},0.25,0.5\n" for row in range(200)]
    lines[150] = "1,7.5,x\n"
    path = tmp_path / "a.csv"
    path.write_text("label,a,b\n" + "".join(lines))
    expected = document([path], run_on("threads", 2), spec, ComparisonPlan())
    assert "row 151" in expected
    assert document([path], serial_run(300), spec, ComparisonPlan()) == expected


def test_several_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("label,a\n1,0.5\n")
    spec = Spec()
    one = ModelData(data_set([str(path)], Reading(), spec), (("a", spec),))
    with pytest.raises(UsageError, match="several files is not possible with --engine serial"):
        compare([one, one], ComparisonPlan(), serial_run())
