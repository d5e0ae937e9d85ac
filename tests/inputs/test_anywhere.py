"""Paths for other processes, and their errors with paths as they were typed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from ce_cli.errors import DataError, StorageError, UnseenFileError
from ce_cli.inputs.anywhere import Home
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.partitioned import constants_of

HOME = Home("/data/run=3")


@pytest.mark.parametrize("path", ["/data/a.csv", "s3://bucket/a.csv", "file:///a.csv"])
def test_what_means_the_same_everywhere_stays(path: str) -> None:
    assert HOME.path(path) == path
    assert Home("").path("a.csv") == "a.csv"


def test_a_path_is_found_from_any_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "label=1").mkdir()
    (tmp_path / "label=1" / "a.csv").write_text("x")
    monkeypatch.chdir(tmp_path)
    path = Home.here().path("label=1/a.csv")
    monkeypatch.chdir("/")
    assert Path(path).read_text() == "x"


def test_only_the_directories_that_were_typed_are_columns() -> None:
    assert constants_of(HOME.path("label=1/a.csv")) == {"label": "1"}
    assert constants_of(HOME.path("./label=1/./b=2/a.csv")) == {"label": "1", "b": "2"}
    assert constants_of("./x=1/./y=2/a.csv") == {"x": "1", "y": "2"}


def test_errors_name_files_as_they_were_typed() -> None:
    error = DataError(f"{HOME.path('a.csv')}: row 3 is bad, unlike {HOME.path('b.csv')}.")
    found = HOME.at_home(error, "the workers")
    assert isinstance(found, DataError)
    assert found.sentences == ("a.csv: row 3 is bad, unlike b.csv.",)


def test_a_file_that_only_this_process_sees_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home.here()
    with pytest.raises(UnseenFileError) as raised, storage_errors(home.path("a.csv")):
        raise FileNotFoundError
    error = pickle.loads(pickle.dumps(raised.value))  # as it comes from a worker
    assert home.at_home(error, "the workers").sentences == ("a.csv: there is no such file.",)
    (tmp_path / "a.csv").write_text("x")
    assert home.at_home(error, "the workers of --engine dask").sentences == (
        "a.csv: there is no such file where the workers of --engine dask run: put it where all of "
        "them can read it, such as a shared folder or object storage, or leave out --engine.",
    )


def test_only_the_file_itself_counts_not_what_a_sentence_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with a colon, and one that messages shorten, are the file that they are."""
    monkeypatch.chdir(tmp_path)
    for name in ("a: b.csv", "x" * 230 + ".csv"):
        (tmp_path / name).write_text("x")
        with pytest.raises(UnseenFileError) as raised, storage_errors(Home.here().path(name)):
            raise PermissionError
        (sentence,) = Home.here().at_home(raised.value.about("more"), "the workers").sentences
        assert "permission denied where the workers run" in sentence
    error = StorageError("x.csv: the table says: no such file.")
    (tmp_path / "x.csv").write_text("x")
    assert Home.here().at_home(error, "the workers").sentences == error.sentences
