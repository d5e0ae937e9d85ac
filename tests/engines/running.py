"""Engines for tests, each of two workers on this machine, and why one cannot run."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ce_cli import registry
from ce_cli.engines.engine import Engine, Watch
from tests.conftest import ROOT

ELSEWHERE = [entry.names[0] for entry in registry.ENGINES if entry.names[0] != "threads"]
_NEEDS = {"dask": "distributed", "spark": "pyspark"}


def skip_without(name: str) -> None:
    """Skip a test of an engine that is not installed."""
    package = _NEEDS.get(name)
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: pip install '.[{name}]'")
    home = Path(os.environ.get("JAVA_HOME", "")) / "bin" / "java"
    if name == "spark" and not (shutil.which("java") or home.is_file()):
        pytest.skip("Spark needs Java, which is not installed")


@contextlib.contextmanager
def running(name: str, watch: Watch | None = None) -> Iterator[Engine]:
    """An engine of two workers; a test is skipped if it cannot run here."""
    skip_without(name)
    with pytest.MonkeyPatch.context() as patch:
        found = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        patch.setenv("PYTHONPATH", os.pathsep.join(found))  # so that workers find the folds
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        engine: Engine = registry.find(registry.ENGINES, name, "engine").load()(2, None, watch)
        with contextlib.closing(engine):
            yield engine
