"""What the tests of comparisons share: two models on the same rows, written and compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ce_cli.comparing.bound_models import ComparisonPlan, data_sets
from ce_cli.comparing.compare import compare as run
from ce_cli.reading import Reading
from ce_cli.results.compare import Compared
from ce_cli.scoring.run import run_on
from ce_cli.spec import Spec
from tests.conftest import strict

USAGE, BAD_DATA, STORAGE = 2, 3, 4
ROWS = 600
FIGURES = ("rows", "weight_sum", "comparisons", "groups", "moved", "cluster")


def table(seed: int, noise: float) -> pd.DataFrame:
    """Labels, groups and clusters that are the same for every seed, and one model's predictions."""
    shared = np.random.default_rng(0)
    truth = shared.normal(0.0, 2.0, ROWS)
    columns = {
        "id": [f"case-{row}" for row in range(ROWS)],
        "label": (shared.random(ROWS) < 1 / (1 + np.exp(-truth))).astype(int),
        "segment": shared.choice(list("xyz"), ROWS),
        "user": shared.integers(0, 45, ROWS),
        "w": shared.integers(1, 5, ROWS),
    }
    logit = truth + np.random.default_rng(seed).normal(0.0, noise, ROWS)
    return pd.DataFrame({**columns, "prob": 1 / (1 + np.exp(-logit))})


OLD, NEW = table(1, 1.0), table(2, 0.5)
FULL = Spec(by=("segment",), weight="w")
PLAN = ComparisonPlan(cluster="user", test="sign-flip", worst=4)


def written(folder: Path, **tables: pd.DataFrame | str | bytes) -> list[Path]:
    """Files of these names; text as it is, tables as CSV."""
    paths = []
    for name, own in tables.items():
        path = folder / f"{name}.csv"
        if isinstance(own, pd.DataFrame):
            own.to_csv(path, index=False)
        else:
            path.write_bytes(own.encode() if isinstance(own, str) else own)
        paths.append(path)
    return paths


def comparison(
    paths: Sequence[Path], spec: Spec = FULL, plan: ComparisonPlan = PLAN, **reading: Any
) -> dict[str, Any]:
    """The document of two files, without their names."""
    models = list(zip(("old", "new"), (spec, spec), strict=True))
    settled = Reading(**reading)
    data = data_sets([str(path) for path in paths], models, settled)
    found = run(data, plan, run_on("threads", settled.threads))
    return nameless(found)


def nameless(found: Compared) -> dict[str, Any]:
    document = strict(json.dumps(found.to_dict(), allow_nan=False))
    for model in document["models"]:
        del model["inputs"]
    return document


def figures(document: dict[str, Any]) -> dict[str, Any]:
    own = [{name: one[name] for name in ("metrics", "intervals")} for one in document["models"]]
    return {name: document[name] for name in FIGURES} | {"models": own}


INNER = "--join inner"


def twice(own: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([own, own.iloc[[3]]])


def with_cell(own: pd.DataFrame, column: str, value: object, *rows: int) -> pd.DataFrame:
    cells: list[object] = own[column].tolist()
    for row in rows:
        cells[row] = value
    return own.assign(**{column: pd.Series(cells, own.index, dtype=object)})


SURE = with_cell(NEW, "prob", 1.0 - NEW["label"][5], 5).astype({"prob": float})
SURE_TOO = with_cell(OLD, "prob", 1.0 - OLD["label"][8], 8).astype({"prob": float})


def shares(seed: int, rows: int = 200) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).dirichlet(np.ones(3), rows)


def classes(seed: int, names: Sequence[str] = ("cat", "dog", "eel")) -> pd.DataFrame:
    predicted = pd.DataFrame(shares(seed), columns=[f"p_{name}" for name in ("cat", "dog", "eel")])
    label = np.random.default_rng(0).choice(["cat", "dog", "eel"], 200)
    return predicted[[f"p_{name}" for name in names]].assign(label=label)
