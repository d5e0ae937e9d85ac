"""Two models in files, and the result of comparing them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.comparing.tables import NEW, OLD, comparison, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    written(path, old=OLD, new=NEW)
    return path


@pytest.fixture(scope="module")
def files(folder: Path) -> list[Path]:
    return [folder / "old.csv", folder / "new.csv"]


@pytest.fixture(scope="module")
def expected(files: list[Path]) -> dict[str, Any]:
    return comparison(files)
