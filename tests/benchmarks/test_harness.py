"""The benchmarks compare like with like, and report it as measured; nothing is timed here."""

from __future__ import annotations

import csv
import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path
from unittest import mock

import duckdb
import numpy as np
import pytest

from tests.benchmarks import contenders, coverage, data, figures, measuring, report, verdicts
from tests.benchmarks.cases import CASES, CE_SCORE, Case
from tests.benchmarks.contenders import CE, PEERS
from tests.benchmarks.coverage import Covered
from tests.benchmarks.measuring import Grown, Measured, Threads
from tests.benchmarks.origins import origins
from tests.benchmarks.peers import sql
from tests.benchmarks.rivals import rivals
from tests.benchmarks.timing import Command, Run, in_turns, peak, ratio, run, wall
from tests.benchmarks.verdicts import Verdicts
from tests.conftest import run_ce

README = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
SCALE = 2e-4  # 2,000 rows of ten millions
BY_WORK = {case.work: case for case in CASES.values() if not case.piped}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("benchmarks")
    for case in BY_WORK.values():
        for file in case.files:
            path = file.path(made, SCALE)
            if not path.exists():
                data.make(file.kind, file.scaled(SCALE), path)
    return made


@pytest.fixture(scope="module")
def of_ce(folder: Path) -> dict[str, figures.Figures]:
    """What ce prints, by work, or writes for every row."""
    found = {}
    for work, case in BY_WORK.items():
        done = run_ce(*contenders.ce(case, folder, SCALE).argv[1:], cwd=folder)
        assert done.returncode == 0, done.stderr
        (folder / "printed").write_text(done.stdout)
        found[work] = figures_of(case, folder)
    return found


@pytest.mark.parametrize("work", BY_WORK)
def test_the_query_of_each_work_gives_the_figures_of_ce(
    work: str, folder: Path, of_ce: dict[str, figures.Figures]
) -> None:
    done = duckdb.execute(sql.query(work, *arguments(work, folder)))
    with (folder / "printed").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column[0] for column in done.description)
        writer.writerows(done.fetchall())
    case = BY_WORK[work]
    assert figures.apart(of_ce[work], figures_of(case, folder), case.tolerance) == []


@pytest.mark.parametrize("work", BY_WORK)
def test_polars_gives_the_figures_of_ce(
    work: str, folder: Path, of_ce: dict[str, figures.Figures]
) -> None:
    pytest.importorskip("polars")
    with_polars = importlib.import_module("tests.benchmarks.peers.with_polars")
    with_polars.write(work, arguments(work, folder), str(folder / "printed"))
    case = BY_WORK[work]
    assert figures.apart(of_ce[work], figures_of(case, folder), case.tolerance) == []


def arguments(work: str, folder: Path) -> list[str]:
    files = [str(file.path(folder, SCALE)) for file in BY_WORK[work].files]
    return [*files, str(contenders.written(folder))] if work == "rows" else files


def figures_of(case: Case, folder: Path) -> figures.Figures:
    if case.work != "rows":
        return figures.printed(folder / "printed", case.key)
    written = contenders.written(folder)
    done = duckdb.execute(sql.written(str(written)))
    names = [column[0] for column in done.description]
    found = dict(zip(names, map(float, done.fetchall()[0]), strict=True))
    written.unlink()
    return found


def test_data_are_the_same_whatever_the_format_and_the_order(folder: Path, tmp_path: Path) -> None:
    for suffix in (".csv", ".csv.gz", ".parquet"):
        data.make("binary", 300, tmp_path / f"binary{suffix}")
    one, *others = (
        duckdb.execute(f"FROM '{tmp_path}/binary{suffix}'").fetchall()
        for suffix in (".csv", ".csv.gz", ".parquet")
    )
    assert all(other == one for other in others)
    assert {label for label, _ in one} == {0, 1}
    keyed, shuffled = (file.path(folder, SCALE) for file in CASES["compare-id"].files)
    ids = duckdb.execute(
        f"SELECT count(*), count(*) FILTER (a.label = b.label) FROM '{keyed}' a "
        f"JOIN '{shuffled}' b USING (id)"
    ).fetchall()
    rows = CASES["compare-id"].files[0].scaled(SCALE)
    assert ids == [(rows, rows)]


def test_figures_that_differ_or_are_missing_are_listed() -> None:
    of_ce = {"total": 1000.0, "median": 0.5, "brier": 0.1}
    assert figures.apart(of_ce, {"total": 1000.0 + 1e-10, "median": 0.501}, 1e-12) == []
    assert len(figures.apart(of_ce, {"total": 1000.0 + 1e-8, "median": 0.51}, 1e-12)) == 2
    assert len(figures.apart(of_ce, {"total": float("nan")}, 1e-12)) == 1
    assert len(figures.apart(of_ce, {"max": 3.0}, 1e-12)) == 1


def test_groups_that_changed_places_are_noticed(tmp_path: Path) -> None:
    header = "segment,rows,cross_entropy\n"
    found = []
    for lines in ("a,2,0.5\nb,3,0.25\n", "b,3,0.25\na,2,0.5\n", "a,2,0.25\nb,3,0.5\n"):
        path = tmp_path / "table.csv"
        path.write_text(header + lines)
        found.append(figures.printed(path, "segment"))
    assert found[0]["keys"] == 2
    assert found[0]["rows"] == 5
    assert figures.apart(found[0], found[1], 1e-12) == []
    assert len(figures.apart(found[0], found[2], 1e-12)) == 1


def test_a_ratio_is_taken_within_turns_and_then_the_median() -> None:
    ours = [Run(seconds, 0, megabytes) for seconds, megabytes in ((1, 50), (2, 70), (9, 60))]
    peers = [Run(seconds, 0, 0) for seconds in (2, 8, 3)]
    assert ratio(ours, peers) == 0.5  # of 0.5, 0.25 and 3
    assert wall(ours) == 2
    assert peak(ours) == 70


def test_commands_run_in_turns_with_their_input_and_output(tmp_path: Path) -> None:
    (tmp_path / "piped").write_text("from a pipe")
    log = tmp_path / "log"
    script = (
        "import sys; sys.stdout.write(sys.stdin.read()); open(sys.argv[1], 'a').write(sys.argv[2])"
    )
    commands = {
        name: Command((sys.executable, "-c", script, str(log), name), tmp_path / "piped")
        for name in "AB"
    }
    runs = in_turns(commands, 2, tmp_path / "output")
    assert log.read_text() == "ABAB"
    assert (tmp_path / "output").read_text() == "from a pipe"
    assert [len(each) for each in runs.values()] == [2, 2]
    with pytest.raises(RuntimeError, match="exited with 3"):
        run(Command((sys.executable, "-c", "raise SystemExit(3)")), tmp_path / "output")


def test_slow_contenders_do_not_run_again_but_ce_does() -> None:
    first = {CE: Run(90, 0, 0), "DuckDB": Run(2, 0, 0), "polars": Run(4.9, 0, 0),
             "DuckDB in Python": Run(2.2, 0, 0), "pandas": Run(5.1, 0, 0)}  # fmt: skip
    assert measuring.worth_turns(CASES["csv"], first) == [
        CE,
        "DuckDB",
        "polars",
        "DuckDB in Python",
    ]


def test_the_report_shows_the_fastest_peer_that_counts() -> None:
    runs = {CE: [Run(3, 0, 80)] * 3, "DuckDB in Python": [Run(2, 0, 70)] * 3,
            "polars": [Run(4, 0, 60)] * 3, "pandas": [Run(9, 0, 200)],
            "DuckDB": [Run(0.1, 0, 20)] * 3}  # fmt: skip
    one = Measured(CASES["small"], 500, runs, {"bytes": 0.5, "arrow": 0.25, "logs": 0.125})
    assert report.ratios([one]).splitlines()[2] == (
        "| `small`: 500 rows, CSV | 3.00 | DuckDB in Python 2.00 | 1.50 | 1.15 | 0.95 | 80, 70 "
        "| 0.50, 0.25, 0.12 |"
    )
    assert report.everyone([one]).splitlines() == [
        "| work | ce | DuckDB | DuckDB in Python | polars | pandas |",
        "| --- | --- | --- | --- | --- | --- |",
        "| `small`: 500 rows, CSV | 3.00, 80 | 0.10, 20 | 2.00, 70 | 4.00, 60 | ~9.00, 200 |",
    ]


def test_the_report_shows_threads_beyond_the_start_up_and_growth() -> None:
    measured = Threads(CASES["csv"], 10_000_000, one=4.2, two=2.2, startup=0.2)
    only_startup = Threads(CASES["csv"], 10_000, one=0.21, two=0.2, startup=0.2)
    lines = report.threads([measured, only_startup]).splitlines()
    assert lines[2] == "| `csv`: 10 M rows, CSV | 4.20 | 2.20 | 0.20 | 2.00 |"
    assert lines[3] == "| `csv`: 10 k rows, CSV | 0.21 | 0.20 | 0.20 |  |"
    grown = report.growth([Grown(1_500_000, [Run(1, 0, 100)], [Run(2, 0, 110)])])
    assert grown.splitlines()[2] == "| 1.5 M | 1.00 | 100 | 2.00 | 110 |"


def test_every_case_is_in_the_readme_and_has_its_peers() -> None:
    speed = README.partition("## Speed")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)`", speed, re.MULTILINE)) == set(CASES)
    for case in CASES.values():
        assert set(case.peers + case.beside) <= set(PEERS)
        assert case.work in sql.QUERIES or CE_SCORE in case.peers


@pytest.mark.parametrize("name", origins())
def test_every_figure_of_every_origin_has_an_interval(name: str) -> None:
    origin = origins()[name]
    size = 100 if origin.most else 1_000
    found = coverage.simulated(origin, size, 1)
    assert found.covered.keys() == found.above.keys() == found.below.keys() == origin.truth.keys()
    ends = dict(coverage.intervals(coverage.scored(origin, np.random.default_rng(1), size)))
    assert origin.truth.keys() <= ends.keys()


def test_a_wrong_truth_is_missed_on_the_side_where_it_is() -> None:
    origin = origins()["normal"]
    for truth, above in ((40.0, 3), (0.1, 0)):
        found = coverage.simulated(replace(origin, truth={"cross_entropy": truth}), 100, 3)
        assert (found.above["cross_entropy"], found.below["cross_entropy"]) == (above, 3 - above)


def test_what_is_missed_without_a_warning_is_bold() -> None:
    def cell(above: int, below: int, warned: int = 0, size: int = 100) -> str:
        counts = {"auc": above}, {"auc": below}, {"auc": warned}
        return coverage.cell(Covered(1_000, *counts), size, "auc")

    assert cell(30, 20) == "95.0 (3.0 + 2.0)"
    assert cell(51, 0) == "**94.9 (5.1 + 0.0)**"
    assert cell(45, 45) == "**91.0 (4.5 + 4.5)**"
    assert cell(51, 0, warned=900) == cell(51, 0, size=30) == "94.9 (5.1 + 0.0)"
    assert cell(5, 5) == "*99.0 (0.5 + 0.5)*"
    assert coverage.warned(Covered(200, {}, {}, {"auc": 31}), 100, "auc") == "16"


def test_a_model_that_is_preferred_without_a_warning_is_bold() -> None:
    assert verdicts.cell(Verdicts(1_000, 50, 0, 950, 0), 100) == "5.0 / 0.0; 95.0; 0"
    assert verdicts.cell(Verdicts(1_000, 0, 51, 949, 0), 100) == "**0.0 / 5.1**; 94.9; 0"
    assert verdicts.cell(Verdicts(1_000, 51, 0, 949, 900), 100) == "5.1 / 0.0; 94.9; 90"


@pytest.mark.parametrize("name", rivals())
def test_rivals_are_compared_by_both_tests(name: str) -> None:
    for test in ("t", "sign-flip"):
        found = verdicts.simulated(rivals()[name], 40, 2, test)
        assert found.repetitions == 2
        assert found.better + found.worse <= 2


def test_the_tables_have_a_line_for_each_origin(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--quick", "--processes", "1", "--sizes", "30", "--only"]
    few = mock.patch.dict(coverage.SIZES, {30: 10})
    with few:
        coverage.main([*chosen, "normal", "heavy"])
    printed = capsys.readouterr().out.split("\n\n")
    assert [one.partition(" | ")[0] for one in printed] == [
        "| `cross_entropy`", "| `median`", "| `p90`", "| `p99`", "| warned"
    ]  # fmt: skip
    assert all("| normal losses | " in one and one.count("\n") >= 3 for one in printed)
    with mock.patch.dict(verdicts.SIZES, {30: {"t": 10}}):
        verdicts.main([*chosen, "even"])
    assert capsys.readouterr().out.splitlines()[0] == "| t | 30 |"
