"""Text tables that are not plain CSV, as people and tools write them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from sklearn.metrics import log_loss

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
    "row names that are texts": lines('"car {n}",{y},{p}', '"label","prob"'),
    "row names, a weight and tabs": lines("{n}\t{y}\t{p}\t1", "label\tprob\tweight"),
    "row names of some rows": lines("{n}7,{y},{p}", "label,prob"),
    "one row with a name": '"label","prob"\n' + lines('"{n}",{y},{p}')[:],
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
