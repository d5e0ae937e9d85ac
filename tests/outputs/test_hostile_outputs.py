"""Every output of every command is harmless, whatever a file calls its columns and classes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from ce_cli import registry
from ce_cli.text import sanitize
from tests.conftest import SCHEMAS, Completed, run_ce, write_parquet

LABEL = 'label | "x"\n::error::\u202e'
FIRST, SECOND = "\x1b[31mred\x07 <b>`a|b`</b>", "[bold]c[/]\r\n::error\x85file=x::y"
SEGMENT = '::warning::"segment" | \n<script>alert(1)</script>\u2066'
SEGMENTS = ("<b>&amp;</b>\n| --- |", "::set-output name=x::y", '"; DROP, *bold* _it_ [l](u)')
ID = "id\u2028\t##[command]"
FILE = "preds\x1b[2J | `x`\n::error::.parquet"

# Each of these is at each place in one of the turns.
KINDS = (
    "\x1b]8;;http://evil\x07link\x1b\\ \x1b[2J\x9b1A",
    "[red]r[/red] [link=http://evil]l[/link] [@click=app.quit()]q[/]",
    "\u202eesrever\u2066 \u200b\u200d\ufeff\u00ad\u2028next\u0085",
    "::error file=a::b\n::add-mask::0\r\n::stop-commands::x",
    "##vso[task.setvariable variable=a]b ##teamcity[testFailed name='a'] ##[error]c",
    "\x1b[0Ksection_start:1:a[collapsed=true]\r\x1b[0Kb\nA<<EOF\nb\nEOF\n",
    "=cmd|' /C calc'!A0",
    '@SUM(A1)\t+1+HYPERLINK("http://evil","x")',
    "<script>alert(1)</script><!-- ]]> --> &lt; &#10; <img src=x onerror=y>",
    "| `a` **b** ![i](http://evil) [l](javascript:x) @user #1 <!-- --> \\",
    '": {"a": [null], b: !!python/object x, - c, {{ d }} ${{ e }} %s {0} %d',
    'a="b"} 1\n# EOF\n# TYPE x counter',
    "nul\x00 del\x7f \ufffe \U000e0041 " + "long " * 50,
)
TURNS = (0, 3, 6, 9, 11)

EVERY = [(command, one) for one in registry.OUTPUTS for command in one.commands]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models' predictions for the same 12 rows, with a name that means harm wherever one is."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = range(12)
    shares = [0.05 + 0.07 * row for row in rows]
    for name, turn in ((FILE, 0.0), (f"new {FILE}", 0.02)):
        second = [1.0 if row == 3 else share + turn for row, share in enumerate(shares)]
        columns = {
            LABEL: [SECOND if row % 3 else FIRST for row in rows],
            f"p_{FIRST}": [0.999 - share if share < 0.1 else 1.0 - share for share in second],
            f"p_{SECOND}": second,
            SEGMENT: [SEGMENTS[row % 3] for row in rows],
            ID: [f"\x9b{row}'\"|`\n::notice::" for row in rows],
        }
        write_parquet(folder / name, columns)
    return folder


def arguments(command: str) -> list[str]:
    """A run in which all the names occur."""
    by = ["--by", SEGMENT]
    common = [FILE, "--label", LABEL, "--pred", f"p_{FIRST}", "--pred", f"p_{SECOND}"]
    return {
        "score": [*common, "--id", ID, *by, "--worst", "3", "--metric", "all", "--decompose"],
        "compare": [*common, f"new {FILE}", "--id", ID, *by, "--worst", "2"],
        "gate": [*common, "--max", "0.001", "--require", f"cross_entropy.by('{SEGMENT}') <= 0.7"],
        "inspect": [*common, "--id", ID, *by],
        "explain": [*common, "--id", ID, "--of", f"\x9b{3}'\"|`\n::notice::"],
        "calibrate fit": [*common, *by, "--method", "offset", "--prior", "0.3"],
    }[command]


def run(folder: Path, command: str, *options: str, **env: str) -> Completed:
    done = run_ce(*command.split(), *arguments(command), *options, cwd=folder, env=env)
    assert done.returncode == (1 if command == "gate" else 0), done.stderr
    return done


def raw_lines(text: str) -> Iterator[str]:
    """Lines that could drive a terminal, end before their end, or command a CI runner."""
    for line in text.split("\n"):
        if f"_{line}" != sanitize(f"_{line}", len(line) + 2) or line.lstrip().startswith("::"):
            yield line


def only_own_commands(text: str) -> None:
    """GitHub's: a line is a command of ours, whose title and message have no way out."""
    for line in text.splitlines():
        assert re.fullmatch(r"::(error|warning|notice) title=[^:,]*::.*", line), line


def rows_of_one_width(text: str) -> None:
    """CSV is for programs, which join its values with others: they are whole, not escaped."""
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert len(lines) > 1
    assert {len(line) for line in lines} == {len(lines[0])}


def document(text: str) -> None:
    found = json.loads(text)
    if "schema" in found:
        SCHEMAS[found["schema"]].validate(found)


def samples(text: str) -> None:
    assert list(text_string_to_metric_families(text))


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLAIN = {
    *("text", "strong_open", "strong_close", "code_inline", "softbreak", "inline"),
    *(f"{part}_{end}" for part in ("paragraph", "blockquote") for end in ("open", "close")),
    *(f"{part}_{end}" for part in ("bullet_list", "list_item") for end in ("open", "close")),
    *(f"{part}_{end}" for part in ("table", "thead", "tbody", "tr") for end in ("open", "close")),
    *(f"{part}_{end}" for part in ("th", "td") for end in ("open", "close")),
}


def plain_markup(text: str) -> None:
    """No link, no HTML, no heading, and in a table every row as wide as its header."""
    tokens: list[Token] = MARKDOWN.parse(text)
    kinds = {one.type for token in tokens for one in (token, *(token.children or ()))}
    assert kinds <= PLAIN


PARSERS: dict[str, Callable[[str], object]] = {
    "json": document,
    "csv": rows_of_one_width,
    "markdown": plain_markup,
    "junit": ElementTree.fromstring,
    "github": only_own_commands,
    "openmetrics": samples,
    "metrics": document,
}


@pytest.mark.parametrize(
    ("command", "output"), EVERY, ids=[f"{command}-{one.names[0]}" for command, one in EVERY]
)
def test_nothing_raw_gets_through(folder: Path, command: str, output: registry.Output) -> None:
    (name, *_) = output.names
    done = run(folder, command, "--format", name)
    assert done.stdout
    if name in PARSERS:
        PARSERS[name](done.stdout)
    if name == "github":
        assert list(raw_lines(done.stdout.replace("::", ":", 1).replace("\n::", "\n:"))) == []
    elif name != "csv":
        assert list(raw_lines(done.stdout)) == []
    assert list(raw_lines(done.stderr)) == []
    assert ("ce: warning: " in done.stderr) != output.shows_warnings


@pytest.mark.parametrize("command", dict.fromkeys(command for command, _ in EVERY))
def test_a_coloured_page_shows_markup_as_text(folder: Path, command: str) -> None:
    done = run(folder, command, FORCE_COLOR="1", COLUMNS="400")
    bare = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    assert bare != done.stdout
    assert list(raw_lines(bare)) == []
    if command in ("score", "inspect", "explain"):
        assert "[bold]c[/]\\r\\n" in bare


PAGES_IN_FILES = [pair for pair in EVERY if pair[0] != "calibrate fit"]  # it writes another thing


@pytest.mark.parametrize(
    ("command", "output"),
    PAGES_IN_FILES,
    ids=[f"{command}-{one.names[0]}" for command, one in PAGES_IN_FILES],
)
def test_warnings_are_on_stderr_beside_a_file(
    folder: Path, command: str, output: registry.Output
) -> None:
    """On stdout, only those formats that show them do without."""
    (name, *_) = output.names
    done = run(folder, command, "--format", name, "--output", f"written.{command}.{name}")
    assert done.stdout == ""
    assert "ce: warning: " in done.stderr


@pytest.fixture(scope="module", params=TURNS)
def turn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models' predictions, with other texts at the same places in each turn."""
    folder = tmp_path_factory.mktemp("turn")
    texts = [f"{KINDS[(place + request.param) % len(KINDS)]}" for place in range(len(KINDS))]
    rows = range(12)
    labels = [texts[0], texts[1]]
    names = {"label": texts[2], "segment": texts[3], "id": texts[4], "cluster": texts[5]}
    shares = [0.05 + 0.07 * row for row in rows]
    for number, turned in enumerate((0.0, 0.02)):
        shown = [share + turned for share in shares]
        columns = {
            names["label"]: [labels[row % 3 > 0] for row in rows],
            f"p_{labels[0]}": [1.0 - share for share in shown],
            f"p_{labels[1]}": shown,
            names["segment"]: [texts[6 + row % 3] for row in rows],
            names["id"]: [f"{texts[9]}{row}" for row in rows],
            names["cluster"]: [texts[10 + row % 2] for row in rows],
        }
        write_parquet(folder / f"{number}{_file_name(texts[12])}.parquet", columns)
    (folder / "names.json").write_text(
        json.dumps({**names, "labels": labels, "of": f"{texts[9]}3"})
    )
    gate = toml_of(texts[7])
    (folder / "ce.toml").write_text(f"[gate.{gate}]\nmax = 0.001\n[gate.second]\nmax = 9\n")
    return folder


def _file_name(text: str) -> str:
    return text.replace("/", "-").replace("\0", "")[:80]


def turned(folder: Path, command: str, output: str) -> Completed:
    """A run of a command in which all places occur."""
    names = json.loads((folder / "names.json").read_text())
    files = sorted(path.name for path in folder.glob("*.parquet"))
    words = [*(files if command == "compare" else files[:1]), "--label", names["label"]]
    for one in names["labels"]:
        words += ["--pred", f"p_{one}"]
    words += ["--id", names["id"]]
    if command not in ("explain", "gate"):
        words += ["--by", names["segment"]]
    by = f"cross_entropy.by('{names['segment']}') <= 0.7"
    words += {
        "score": ["--cluster", names["cluster"], "--worst", "3", "--metric", "all"],
        "compare": ["--cluster", names["cluster"], "--worst", "2"],
        "gate": ["--max", "0.001", *(["--require", by] if by.count("'") == 2 else [])],
        "inspect": [],
        "explain": ["--of", names["of"]],
        "calibrate fit": ["--cluster", names["cluster"], "--method", "offset", "--prior", "0.3"],
    }[command]
    return run_ce(*command.split(), *words, "--format", output, cwd=folder)


def toml_of(value: object) -> str:
    """A text or a list of texts in TOML, which JSON is but for one letter."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@pytest.mark.parametrize(
    ("command", "output"), EVERY, ids=[f"{command}-{one.names[0]}" for command, one in EVERY]
)
def test_no_kind_of_text_gets_through_at_any_place(
    turn: Path, command: str, output: registry.Output
) -> None:
    (name, *_) = output.names
    done = turned(turn, command, name)
    assert done.returncode == (1 if command == "gate" else 0), done.stderr
    if name in PARSERS:
        PARSERS[name](done.stdout)
    if name == "github":
        assert list(raw_lines(done.stdout.replace("::", ":", 1).replace("\n::", "\n:"))) == []
    elif name != "csv":
        assert list(raw_lines(done.stdout)) == []
    assert list(raw_lines(done.stderr)) == []


@pytest.mark.parametrize("output", registry.formats("gate"))
def test_names_of_gates_are_harmless(turn: Path, output: str) -> None:
    names = json.loads((turn / "names.json").read_text())
    (file, _) = sorted(path.name for path in turn.glob("*.parquet"))
    own = {"label": [names["label"]], "pred": [f"p_{one}" for one in names["labels"]]}
    options = [f"{key} = {toml_of(value)}" for key, value in own.items()]
    lines = [*options, "[gate]", f"files = [{toml_of(file)}]", (turn / "ce.toml").read_text()]
    (turn / "all.toml").write_text("\n".join(lines))
    done = run_ce("gate", "--config", "all.toml", "--format", output, cwd=turn)
    assert done.returncode == 1, done.stderr
    if output in PARSERS:
        PARSERS[output](done.stdout)
    if output != "github":
        assert list(raw_lines(done.stdout)) == []
    assert list(raw_lines(done.stderr)) == []
