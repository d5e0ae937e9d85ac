"""What workers say about themselves, and what they send back."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from typing import Any

import pytest

from ce_cli.engines.handshake import VERSION, Worker, check_installed, this_worker
from ce_cli.engines.package import zipped_package
from ce_cli.engines.shipped import Parcel, Shipped
from ce_cli.errors import DataError, UsageError
from tests.conftest import ROOT, environment
from tests.engines.folds import InOrder, Wrong


def test_a_worker_knows_its_versions() -> None:
    """Those that its Python itself reports, in a process that has not loaded any of them."""
    code = (
        "import platform; from importlib.metadata import version\n"
        "print(platform.node(), *platform.python_version_tuple()[:2], version('numpy'), "
        "version('pyarrow'))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=True)
    host, major, minor, numpy, pyarrow = done.stdout.decode().split()
    found = this_worker()
    expected = (host, f"{major}.{minor}", numpy, pyarrow)
    assert (found.host, found.python, found.numpy, found.pyarrow) == expected


def test_the_version_of_ce_is_found_where_it_is_absent() -> None:
    asked = [sys.executable, "-P", "-S", "-c", f"print({VERSION})"]
    for path, expected in (("", "None"), (str(ROOT), found_in_project())):
        done = subprocess.run(
            asked, capture_output=True, check=True, env=environment({"PYTHONPATH": path}), cwd="/"
        )
        assert done.stdout.decode().strip() == expected


def found_in_project() -> str:
    """The version as the package's first file declares it."""
    text = (ROOT / "ce_cli" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'(?m)^__version__ = "(.+)"$', text)
    assert found is not None
    return found[1]


def test_another_version_of_ce_is_refused() -> None:
    driver = this_worker().replace(ce="0.0.9")
    parcel = Shipped(InOrder(), driver)(1)
    with pytest.raises(UsageError, match=r"has ce .*, and this is ce 0\.0\.9: install the same"):
        parcel.opened()
    check_installed({"the worker a": "1.0"}, "1.0")
    with pytest.raises(UsageError, match=r"worker b has ce 1\.1, and this is ce 1\.0"):
        check_installed({"the worker a": "1.0", "the worker b": "1.1"}, "1.0")
    with pytest.raises(UsageError, match=r"^the scheduler has ce 1\.1, and this is ce 1\.0"):
        check_installed({"the worker a": "1.0", "the scheduler": "1.1"}, "1.0")


def test_other_arithmetic_is_said_once() -> None:
    driver = this_worker().replace(digest="other", numpy="1.99")
    shipped = Shipped(InOrder(), driver)
    merged = shipped.merge([shipped(task) for task in range(3)])
    assert merged.opened() == [0, 1, 2]
    (sentence,) = merged.differences
    assert "rounds logarithms" in sentence
    assert "numpy 1.99" in sentence
    assert this_worker().difference(this_worker()) == ""


def test_the_first_failure_counts_and_names_its_place() -> None:
    shipped: Shipped[int, list[int]] = Shipped(Wrong(), this_worker())
    parcels = [pickle.loads(pickle.dumps(shipped(task))) for task in (6, 7, 7)]
    merged = shipped.merge(parcels)
    with pytest.raises(ZeroDivisionError) as raised:
        merged.opened()
    assert "folds.py" in raised.value.__notes__[0]


def test_what_cannot_be_pickled_is_said_in_words() -> None:
    class Local(Exception):  # noqa: N818 - found nowhere by its name
        pass

    def work() -> Any:
        raise Local("so it is")

    parcel = Shipped(InOrder(), this_worker()).packed(work)
    with pytest.raises(RuntimeError, match="Local: so it is"):
        pickle.loads(pickle.dumps(parcel)).opened()


def test_an_error_for_users_comes_back_as_it_is() -> None:
    def work() -> Any:
        raise DataError("a.csv: bad.", "b.csv: worse.")

    parcel = Shipped(InOrder(), this_worker()).packed(work)
    with pytest.raises(DataError) as raised:
        pickle.loads(pickle.dumps(parcel)).opened()
    assert raised.value.sentences == ("a.csv: bad.", "b.csv: worse.")


def test_a_worker_has_its_share_of_the_memory() -> None:
    from ce_cli.memory.limit import limit

    shipped = Shipped(InOrder(), this_worker(), 123 << 20)
    assert shipped.packed(limit) == Parcel(123 << 20)


def test_the_zip_of_the_package_scores(tmp_path: Any) -> None:
    path = zipped_package()
    assert path == zipped_package()
    (tmp_path / "a.csv").write_text("label,prob\n1,0.5\n0,0.5\n")
    code = f"import sys; sys.path.insert(0, {path!r})\n" + (
        "import ce_cli; assert ce_cli.__file__.startswith(sys.path[0])\n"
        "print(ce_cli.score('a.csv', base='2').metrics['total'])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env=environment({"PYTHONPATH": ""}),
    )
    assert float(done.stdout) == 2.0


def test_a_difference_names_both_machines() -> None:
    here = Worker("a", "1", "3.11", "2.0", "21", "x")
    there = Worker("b", "1", "3.12", "2.1", "22", "y")
    assert there.difference(here) == (
        "The worker on b rounds logarithms and exponentials otherwise than this machine (numpy "
        "2.1, pyarrow 22, Python 3.12; here numpy 2.0, pyarrow 21, Python 3.11): the last digits "
        "may differ from those of another run."
    )
