"""Text tables that are not plain CSV, as people and tools write them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from sklearn.metrics import log_loss

from ce_cli.inputs.text.wrapped import unwrapped
from ce_cli.text import quoted
from tests.conftest import complaints, run_ce, score_json

BAD_DATA = 3
LABELS = [1, 0, 0, 1, 0]
NUMBERS = [0.8, 0.3, 0.45, 0.65, 0.05]
LOSS = log_loss(LABELS, NUMBERS)
PAIRS = list(zip(LABELS, NUMBERS, strict=True))


def lines(form: str, *above: str, pairs: Sequence[tuple[object, object]] = PAIRS) -> str:
    """Lines above, then each row as ``form``, which has {n}, {y}, {p} and {q} = 1 - p."""
    rows = [
        form.format(n=n, y=y, p=p, q=round(1 - p, 2) if isinstance(p, float) else "")
        for n, (y, p) in enumerate(pairs, 1)
    ]
    return "\n".join([*above, *rows]) + "\n"


RULE = "+-------+------+"
BOX = "│ {y:>5} │ {p:<4} │"

SHAPES: dict[str, str | bytes] = {
    "row names as R writes them": lines('"{n}",{y},{p}', '"label","prob"'),
    "row names without quotes": lines("{n} {y} {p}", "label prob"),
    "row names and blanks": lines('"{n}" {y} {p}', '"label" "prob"'),
    "row names in quotes that skip some": lines('"{n}7" {y} {p}', '"label" "prob"'),
    "a title in the first cell": lines("{y},{p},{n}", "Report,,", "label,prob,id"),
    "row names that are texts": lines('"car {n}",{y},{p}', '"label","prob"'),
    "row names, a weight and tabs": lines("{n}\t{y}\t{p}\t1", "label\tprob\tweight"),
    "row names of some rows": lines("{n}7,{y},{p}", "label,prob"),
    "one row with a name": '"label","prob"\n' + lines('"{n}",{y},{p}'),
    "delimiters at the ends of rows": lines("{y},{p},", "label,prob"),
    "two delimiters at the ends of rows": lines("{y},{p},,", "label,prob"),
    "delimiters at all ends": lines("{y};{p};", "label;prob;"),
    "delimiters and quotes": lines('"{y}","{p}","a,\n",', '"label","prob","text",'),
    "tabs at the ends": lines("{y}\t{p}\t", "label\tprob"),
    "Markdown": lines("| {y} | {p} |", "| label | prob |", "|:-----:|---:|"),
    "Markdown without outer bars": lines("{y} | {p}", "label | prob", "--- | ---"),
    "Markdown with stress": lines("| {y} | **{p}** |", "| `label` | prob |", "|---|---|"),
    "Markdown below a title": lines("| {y} | {p} |", "# Run 7", "", "| label | prob |", "|--|--|"),
    "an Org table": lines("| {y} | {p} |", "| label | prob |", "|-------+------|"),
    "bars at both ends": lines("|{y}|{p}|", "|label|prob|"),
    "pandas": lines("{n}      {y}   {p}", "   label  prob"),
    "pandas with the name of the index": lines("{n}   {y}   {p}", "    label  prob", "id      "),
    "a tibble of R": lines(
        "{n}     {y}   {p}", "# A tibble: 5 x 2", "  label  prob", "  <int> <dbl>"
    ),
    "psql": lines(" {y:>5} | {p:>4}", " label | prob ", "-------+------") + "(5 rows)\n\n",
    "MySQL": lines("| {y:>5} | {p:>4} |", RULE, "| label | prob |", RULE)
    + f"{RULE}\n5 rows in set (0.00 sec)\n",
    "a grid": f"\n{RULE}\n".join(lines("| {y} | {p} |", RULE, "| label | prob |").split("\n")),
    "DuckDB": lines(
        BOX, "┌───────┬──────┐", "│ label │ prob │", "│ int64 │double│", "├───────┼──────┤"
    )
    + "└───────┴──────┘\n",
    "polars": lines(
        BOX.replace(" │ ", " ┆ ", 1),
        "shape: (5, 2)",
        "┌───────┬──────┐",
        "│ label ┆ prob │",
        "│ ---   ┆ ---  │",
        "│ i64   ┆ f64  │",
        "╞═══════╪══════╡",
    )
    + "└───────┴──────┘\n",
    "sqlite3 in columns": lines("{y}      {p}", "label  prob", "-----  ----"),
    "a table of rst": lines("{y}      {p}", "===== ====", "label prob", "===== ====")
    + "===== ====\n",
    "fixed widths": lines("{y:>8}{p:>10}", "   label      prob"),
    "tabs and blanks": lines("{y} \t {p}", "label prob"),
    "names with blanks, in columns": lines("{y}   {p}  a b", "label  prob  free text"),
    "numpy's header": lines("{y} {p}", "# label prob"),
    "sqlcmd": lines("{y},{p}", "label,prob", "-----,----") + "\n(5 rows affected)\n",
    "single quotes": lines("'{y}','{p}'", "'label','prob'"),
    "rows that look like remarks": lines("{y}  {p}  {n} rows", "label  prob  free text"),
    "rows of dashes": lines("{y}  {p}  -", "label  prob  note"),
    "a title": lines("{y},{p}", "Report 2026-01-02", "", "label,prob"),
    "two titles with commas": lines("{y},{p},{n}", "Report, 2026", "by me", "", "label,prob,id"),
    "Excel's line and a title": lines("{y};{p}", "sep=;", "Report", "label;prob"),
    "a hash before the header": lines("{y},{p}", "# label,prob"),
    "a hash without a blank": lines("{y}\t{p}", "#label\tprob"),
    "blank lines": lines("{y},{p}\n", "", "  ", "label,prob", ""),
    "CR only": lines("{y},{p},", "label,prob").replace("\n", "\r"),
    "CRLF and a title": lines("{y},{p}", "Report", "", "label,prob").replace("\n", "\r\n"),
    "UTF-16 with a mark": lines("{y}\t{p}", "label\tprob").encode("utf-16"),
    "a mark of UTF-8": b"\xef\xbb\xbf" + lines("{y},{p},", "label,prob").encode(),
    "ARFF": lines(
        "{y}, {p} ,'it\\'s'",
        "% made by Weka",
        "@RELATION 'runs'",
        "",
        "@ATTRIBUTE label {{0,1}}",
        "@attribute 'prob' numeric",
        '@attribute "free text" string',
        "@DATA",
        "% rows",
    ),
    "a pandas MultiIndex": lines("{q},{p},{y}", "proba,proba,truth", "0,1,y"),
    "a MultiIndex with an index": lines(
        "{n},{q},{p},{y}", ",proba,proba,truth", ",0,1,", "id,,,"
    ),
    "a MultiIndex with unnamed parts": lines(
        "{q},{p},{y}", "proba,proba,label", "0,1,Unnamed: 2_level_1"
    ),
    "a merged cell": lines("{q};{p};{y}", "proba;;label", "0;1;class"),
    "one number in brackets": lines("{y},[{p}]", "label,prob"),
    "labels in brackets too": lines("[{y}],[{p}]", "label,prob"),
    "PyTorch": lines('{y},"tensor({p}, device=\'cuda:0\')"', "label,prob"),
    "PyTorch on both": lines("tensor({y}),tensor([{p}])", "label,prob"),
    "numpy": lines("{y},np.float32({p})", "label,prob"),
    "numpy's arrays": lines('{y},"array([{p}], dtype=float32)"', "label,prob"),
    "PostgreSQL": lines('{y},"{{{q},{p}}}"', "label,prob"),
    "lists with semicolons": lines("{y},({q}; {p})", "label,prob"),
    "no-break spaces": lines("{y},\u00a0{p}\u00a0", "label,prob"),
    "invisible characters in names": lines("{y},{p}", "\u200blab\u00adel,prob\u2060"),
    "a mark in the middle": lines("{y},{p}", "label,\ufeffprob"),
    "blanks around names": lines("{y} , {p}", "label\u00a0, prob "),
}  # fmt: skip


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_the_first_command_gives_the_number(text: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    document = score_json(path)
    assert document["metrics"]["cross_entropy"] == pytest.approx(LOSS, rel=1e-12)
    assert document["rows"]["scored"] == len(LABELS)


NOTES: dict[str, tuple[str, Sequence[str]]] = {
    "row names": (SHAPES["row names as R writes them"], ["one name fewer", "name of the row"]),  # type: ignore[dict-item]
    "a title": (SHAPES["a title"], ["the line 'Report 2026-01-02'", "left out"]),  # type: ignore[dict-item]
    "two headers": (SHAPES["a pandas MultiIndex"], ["first two lines", "names"]),  # type: ignore[dict-item]
    "joined files": (lines("{y},{p}", "label,prob") + "label,prob\n", ["1 line", "header"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), NOTES.values(), ids=NOTES.keys())
def test_a_decision_about_the_layout_is_shown(
    text: str, parts: Sequence[str], tmp_path: Path
) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(text, encoding="utf-8")
    messages = [warning["message"] for warning in score_json(path)["warnings"]]
    assert any(all(part in message for part in parts) for message in messages), messages
    inspected = json.loads(run_ce("inspect", path, "--json").stdout)
    shown = [finding["message"] for finding in inspected["findings"]]
    assert any(all(part in message for part in parts) for message in shown), shown


def test_files_joined_with_their_headers_are_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    part = lines("{y},{p}", "label,prob")
    path.write_text(part * 3, encoding="utf-8")
    document = score_json(path)
    assert document["metrics"]["cross_entropy"] == pytest.approx(LOSS, rel=1e-12)
    assert document["rows"]["read"] == 3 * len(LABELS)


def test_a_header_inside_quotes_is_text(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text('text,prob,label\n"a\ntext,prob,label\n",0.8,1\n', encoding="utf-8")
    document = score_json(path)
    assert document["rows"]["read"] == 1
    assert document["metrics"]["cross_entropy"] == pytest.approx(-math.log(0.8), rel=1e-12)


def test_a_joined_file_of_labels_is_read_too(tmp_path: Path) -> None:
    preds, labels = tmp_path / "preds.csv", tmp_path / "labels.csv"
    preds.write_text(lines("{p}", "prob"), encoding="utf-8")
    labels.write_text(lines("{y}", "label").replace("0\n0\n", "0\nlabel\n0\n", 1), encoding="utf-8")
    document = score_json(preds, "--labels", labels)
    assert document["metrics"]["cross_entropy"] == pytest.approx(LOSS, rel=1e-12)


def test_later_blocks_have_the_same_layout(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    count = 60_000  # more than the sample and a block
    path.write_text(lines("| {y} | {p} |", "| label | prob |", "|--|--|", pairs=PAIRS * count))
    document = score_json(path)
    assert document["rows"]["scored"] == count * len(PAIRS)
    assert document["metrics"]["cross_entropy"] == pytest.approx(LOSS, rel=1e-9)


@pytest.mark.parametrize(
    ("above", "form", "bad"),
    [
        (["label,prob"], "{y},{p},", "1,0.5,0.5"),
        (["label;prob;"], "{y};{p};", "1;0.5;0.5"),
        (["label  prob"], "{y}  {p}", "1  0.5  0.5"),
        (["| label | prob |", "|--|--|"], "| {y} | {p} |", "| 1 | 0.5 | 0.5 |"),
        (['"label","prob"'], '"{n}",{y},{p}', "1,0.5"),
        (["proba,proba,label", "0,1,y"], "{q},{p},{y}", "0.5,x,1"),
        (["label,prob"], "{y},[{p}]", '1,"[0.5, 0.5]"'),
        (["label,prob"], "{y},{p}", "1,\u0660.5"),
    ],
)
def test_a_later_row_that_does_not_fit_is_named(
    above: list[str], form: str, bad: str, tmp_path: Path
) -> None:
    path = tmp_path / "preds.csv"
    rows = len(PAIRS) * 40
    path.write_text(lines(form, *above, pairs=PAIRS * 40) + bad + "\n", encoding="utf-8")
    (message,) = complaints(run_ce("score", path), BAD_DATA)
    assert f"row {rows + 1}" in message


REFUSED: dict[str, tuple[str | bytes, Sequence[str]]] = {
    "a name is missing": ("label,prob\n1,0.8,0.2\n0,0.3,0.7\n1,0.9,0.1\n", ["2 names", "3 fields"]),
    "two lines of names": (
        "Model: x, run: y\nlabel,prob\n1,0.8\n0,0.3\n",
        ["first line", "second line", "'label'", "sed 1d"],
    ),
    "an extra field between blanks": ("label prob\n1 0.8 x\n0 0.3 y\n", ["2 names", "3 fields"]),
    "labels that only count": (
        "label,p1\n1,0.8,0.2\n2,0.3,0.7\n",
        ["2 names", "3 fields", "every column"],
    ),
    "pandas leaves rows out": (
        "    label  prob\n0       1   0.8\n..    ...   ...\n99      0   0.3\n",
        ["left out", "'..'"],
    ),
    "DuckDB leaves rows out": (
        "┌───────┬──────┐\n│ label │ prob │\n├───────┼──────┤\n│ 1     │ 0.8  │\n"
        "├───────┴──────┤\n│ 90 rows (1 shown) │\n└──────────────┘\n",
        ["left out", "shown"],
    ),
    "polars leaves rows out": (
        "shape: (9, 2)\n┌───────┬──────┐\n│ label ┆ prob │\n╞═══════╪══════╡\n│ 1     ┆ 0.8  │\n"
        "│ …     ┆ …    │\n└───────┴──────┘\n",
        ["left out", "…"],
    ),
    "sparse ARFF": (
        "@relation x\n@attribute label {0,1}\n@attribute prob real\n@data\n{1 0.8}\n",
        ["ARFF", "sparse"],
    ),
    "ARFF without rows": ("@relation x\n@attribute label {0,1}\n", ["ARFF", "@data"]),
    "two tables": (
        "label,prob\n1,0.8\n0,0.3\n\nname,score\nx,0.3\n",
        ["another table", "line 5", "'name'"],
    ),
    "an open quote": ('label,prob\n1,0.8\n0,"0.3\n1,0.2\n', ["row 2", "quote"]),
    "a quote that hides rows": (
        'label,prob,text\n1,0.8,"hello\n0,0.3,ok\n1,0.9,"bye\n',
        ["row 1", "quote", "hello"],
    ),
    "quotes after backslashes": (
        'label,prob,text\n1,0.8,"say \\"hi, you\\" now"\n0,0.3,ok\n',
        ["row 1", "backslash", "sed"],
    ),
    "digits of another script": ("label,prob\n1,0.8\n0,\u0660.3\n", ["row 2", "digits 0 to 9"]),
    "UTF-16 without a mark": (
        "label,prob\n1,0.8\n".encode("utf-16-be"),
        ["UTF-16", "--encoding utf-16-be"],
    ),
    "a byte NUL": (b"label,prob\n1,0.8\n0,\x000.3\n", ["byte 20", "NUL"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_gets_one_sentence(
    text: str | bytes, parts: Sequence[str], tmp_path: Path
) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (message,) = complaints(run_ce("score", path), BAD_DATA)
    for part in ("preds.csv", *parts):
        assert part in message


def test_a_name_twice_is_chosen_by_the_command_in_the_message(tmp_path: Path) -> None:
    path = tmp_path / "two models.csv"
    path.write_text(lines("{y},{q},{p}", "label,prob,prob"), encoding="utf-8")
    (message,) = complaints(run_ce("score", path), BAD_DATA)
    assert "more than one column is named 'prob' (columns 2 and 3)" in message
    command = message.partition("for example: ")[2]
    assert command.startswith("tail -n +2 ")
    options = command.partition("ce score ")[2].rstrip(".").split()
    skipped = "".join(path.read_text().splitlines(keepends=True)[1:])
    found = run_ce("score", "-", *options, "--json", stdin=skipped.encode())
    loss = json.loads(found.stdout)["metrics"]["cross_entropy"]
    assert loss == pytest.approx(LOSS, rel=1e-12)


def test_a_name_twice_does_no_harm_where_it_is_not_needed(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(lines("{y},{p},{q},{n}", "label,prob,x,x"), encoding="utf-8")
    loss = score_json(path)["metrics"]["cross_entropy"]
    assert loss == pytest.approx(LOSS, rel=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [("cafe\u0301", "caf\u00e9"), ("a\u200bb", "ab"), ("a\u00adb", "ab"), ("a\u00a0b", "a b")],
)
def test_two_texts_that_look_alike_are_shown_differently(one: str, other: str) -> None:
    assert quoted(one) != quoted(other)
    assert quoted(one).isascii()
    assert quoted(other) == f"'{other}'"


def test_invisible_characters_stay_where_labels_have_them_too(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    names = {1: "the\u200bre", 0: "no"}
    rows = [(names[y], p) for y, p in PAIRS]
    path.write_text(lines("{y},{q},{p}", "label,p_no,p_the\u200bre", pairs=rows), encoding="utf-8")
    loss = score_json(path)["metrics"]["cross_entropy"]
    assert loss == pytest.approx(LOSS, rel=1e-12)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("[0.8]", "0.8"),
        ("[[0.8]]", "0.8"),
        (" ( 1e-3 , ) ", "1e-3"),
        ("{0.8}", "0.8"),
        ("tensor(0.8, device='cuda:0', grad_fn=<SelectBackward0>)", "0.8"),
        ("tensor([-1.5e-3])", "-1.5e-3"),
        ("np.float64(0.8)", "0.8"),
        ("array([0.8], dtype=float32)", "0.8"),
        ("(0.8)", None),  # a negative amount, in some tables
        ("[0.8, 0.2]", None),
        ("[]", None),
        ("[x]", None),
        ("f(0.8)", None),
        ("[" * 10_000, None),
        ("tensor(1" + ", a=" * 10_000, None),
    ],
)
def test_one_number_in_brackets_is_that_number(cell: str, number: str | None) -> None:
    assert unwrapped(cell) == number
