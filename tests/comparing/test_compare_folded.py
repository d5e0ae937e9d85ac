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
from tests.scoring.serial import Serial, serial_run


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


FILES = {
    "text": ({}, {}),
    "joined": ({"id": "id"}, {}),
    "inner join": ({"id": "id"}, {"inner": True, "worst": 3}),
    "groups": ({"by": ["user"]}, {"cluster": "user"}),
}


def several(sets: Sequence[Sequence[Path]], run: Run, spec: Spec, plan: ComparisonPlan) -> str:
    """The document for a model in each set of files, or the error."""
    file = sets[0][0].parent / "labels.csv"
    labels = str(file) if file.exists() else None
    models = []
    for place, paths in enumerate(sets):
        files = data_set([str(path) for path in paths], Reading(), spec, labels)
        models.append(ModelData(files, ((f"m{place}", spec),)))
    try:
        return json.dumps(compare(models, plan, run).to_dict())
    except CeError as error:
        return f"{type(error).__name__}: {error}"


def written(path: Path, rows: dict[str, list[Any]]) -> Path:
    """A file of text."""
    lines = zip(*rows.values(), strict=True)
    path.write_text("\n".join(",".join(map(str, line)) for line in (rows, *lines)) + "\n")
    return path


@pytest.mark.parametrize(("options", "plan"), FILES.values(), ids=list(FILES))
def test_files_of_text_are_compared_by_one_worker(
    tmp_path: Path, options: dict[str, Any], plan: dict[str, Any]
) -> None:
    rows = columns(300, 0)
    spec = Spec.from_options({"label": ["label"], "pred": ["a"], **options})
    both = [written(tmp_path / "a.csv", rows)]
    other = {name: values[:200] for name, values in rows.items()}
    last = {name: values[200:] for name, values in rows.items()}
    parts = [written(tmp_path / "b.csv", other), written(tmp_path / "c.csv", last)]
    for sets in ([both, parts], [parts, both], [both, parts[:1]]):
        expected = several(sets, run_on("threads", 2), spec, ComparisonPlan(**plan))
        assert several(sets, serial_run(900), spec, ComparisonPlan(**plan)) == expected


def test_labels_of_another_file_are_joined_by_one_worker(tmp_path: Path) -> None:
    rows = columns(300, 0)
    written(tmp_path / "labels.csv", {"label": rows["label"]})
    sets = [[written(tmp_path / f"{name}.csv", {"p": rows[name]})] for name in "ab"]
    expected = several(sets, run_on("threads", 2), Spec(), ComparisonPlan())
    assert json.loads(expected)["rows"]["compared"] == 300
    assert several(sets, serial_run(900), Spec(), ComparisonPlan()) == expected


def test_what_only_this_process_can_read_is_refused_at_once(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", columns(9, 0))
    one, other = (
        ModelData(data_set([name], Reading(), Spec()), (("a", Spec()),))
        for name in (str(path), "-")
    )
    run = serial_run()
    for sets in ([one, other], [other, one]):
        with pytest.raises(UsageError, match="Reading standard input is not possible"):
            compare(sets, ComparisonPlan(), run)
    assert isinstance(run.elsewhere, Serial)
    assert not run.elsewhere.task_sizes
