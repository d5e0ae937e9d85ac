"""What is tried: for each target, how a case of it is made."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import ce_cli
from ce_cli import registry
from ce_cli.options.commands import COMMANDS
from ce_cli.options.option import options_of
from tests.conftest import SAMPLES
from tests.fuzz import archives, arrays, arrow_files, commands, configs, texts
from tests.fuzz.case import Case, Dice
from tests.fuzz.mutating import mutated, spoiled
from tests.fuzz.sheets import sheet

Maker = Callable[[Dice], bytes]
LARGEST_SEED = 300_000  # bytes

CONTENTS: Mapping[str, Maker] = {  # by the first name of each input of the registry
    "parquet": arrow_files.parquet,
    "arrow": arrow_files.ipc,
    "npy": arrays.npy,
    "zip": archives.zipped,
    "npz": arrays.npz,
    "xlsx": archives.excel,
    "orc": arrow_files.as_orc,
    "safetensors": arrays.safetensors,
    "sqlite": archives.sqlite,
    "duckdb": archives.as_duckdb_file,
    "jsonl": texts.as_json,
    "csv": texts.delimited,
}


def targets(corpus: Path | None = None) -> dict[str, Callable[[Dice], Case]]:
    """All targets by name: each input of the registry, and what lies around the files.

    Parameters
    ----------
    corpus : path, optional
        A folder of more files to damage.
    """
    seeds = seeds_by_input(corpus)
    inputs = {
        entry.names[0]: _of_input(entry, CONTENTS[entry.names[0]], seeds.get(entry.names[0], ()))
        for entry in registry.INPUTS
    }
    return {**inputs, **_AROUND}


def seeds_by_input(corpus: Path | None) -> dict[str, tuple[bytes, ...]]:
    """Files of the samples and of a folder, by the input that reads them."""
    found: dict[str, list[bytes]] = {}
    folders = [SAMPLES] if corpus is None else [SAMPLES, corpus]
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        for entry in registry.INPUTS:
            is_named = path.suffix.lower().lstrip(".") in entry.names
            if is_named and path.is_file() and path.stat().st_size <= LARGEST_SEED:
                found.setdefault(entry.names[0], []).append(path.read_bytes())
    return {name: tuple(all_) for name, all_ in found.items()}


def _of_input(
    entry: registry.Entry, make: Maker, seeds: tuple[bytes, ...]
) -> Callable[[Dice], Case]:
    def case(dice: Dice) -> Case:
        if seeds and dice.sometimes(0.15):
            content = (spoiled if entry.text else mutated)(dice, dice.choice(seeds))
        else:
            content = make(dice)
        suffix = dice.choice(entry.names) if dice.sometimes(0.3) else entry.names[0]
        if dice.sometimes(0.03):
            suffix = dice.choice(("csv", "json", "parquet", "npy", "bin"))
        return _reading(dice, f"preds.{suffix}", content, entry.names[0], entry.text)

    return case


def _reading(dice: Dice, name: str, content: bytes, form: str, is_text: bool) -> Case:
    """A command that reads a file, sometimes with a second way to read the same bytes."""
    words = commands.reading(dice, name)
    case = Case(words, {name: content})
    if words[0] == "compare" or "--json" not in words or not dice.sometimes(0.15):
        return case
    case = case.replace(arguments=(*words, "--input-format", form))
    twin = case
    how = dice.choice(("pipe", "threads", "packed" if is_text else "pipe"))
    if how == "pipe":
        twin = case.replace(arguments=_renamed(case.arguments, name, "-"), files={}, stdin=content)
    elif how == "packed":
        packed = f"{name}.gz"
        twin = case.replace(
            arguments=_renamed(case.arguments, name, packed), files={packed: gzip.compress(content)}
        )
    elif "--threads" not in words:
        twin = case.replace(arguments=(*case.arguments, "--threads", "4"))
    return case.replace(twin=twin)


def _renamed(words: tuple[str, ...], name: str, new: str) -> tuple[str, ...]:
    return tuple(new if word == name else word for word in words)


def _packed(dice: Dice) -> Case:
    suffix, content = texts.packed(dice)
    return Case(commands.reading(dice, f"preds.{suffix}"), {f"preds.{suffix}": content})


def _options(dice: Dice) -> Case:
    """One to four options on sound files, mostly typed."""
    command = dice.choice(commands.commands())
    names = [name for name in options_of(COMMANDS[command]) if name != "threads"]
    words = [*command.split(), *_CALIBRATIONS.get(command, ["preds.csv"])]
    if command == "compare":
        words += dice.choice((["other.csv"], ["other.csv", "other.csv"], []))
    if command == "gate" and dice.sometimes(0.7):
        words += ["--max", "5"]
    if command == "explain" and dice.sometimes(0.3):
        words = ["explain"]
    for name in dice.sample(names, dice.choice((1, 1, 2, 2, 2, 3, 4))):
        words += commands.typed(dice, command, name)
    if dice.sometimes(0.6) and command not in _CALIBRATIONS:
        words.append("--json")
    variables = commands.in_environment(dice, command) if dice.sometimes(0.1) else {}
    return Case(tuple(words), _files(dice), environment=variables)


def _files(dice: Dice) -> dict[str, bytes]:
    """Two files of predictions for the same rows, and a result."""
    text = _TABLES[dice.randrange(len(_TABLES))]
    return {
        "preds.csv": text,
        "other.csv": text.replace(b"0.7", b"0.6"),
        "doc.json": _document(),
        "cal.json": _calibration(),
    }


_ROWS = [("a", 0.7, 0.2, 0.1), ("b", 0.1, 0.8, 0.1), ("c", 0.3, 0.3, 0.4), ("a", 0.25, 0.5, 0.25)]
_NAMED = "label,p_a,p_b,p_c,id,key,weight,segment,user\n" + "".join(
    f"{label},{a},{b},{c},{at},case-{at},{at % 3},{'eu' if at % 2 else 'us'},{at % 4}\n"
    for at, (label, a, b, c) in enumerate(_ROWS * 5)
)
_TABLES = (
    _NAMED.encode(),
    b"label,prob,id,segment\n0,0.2,1,eu\n1,0.7,2,us\n1,0.9,3,eu\n0,0.4,4,us\n1,0.7,5,\n",
    b"token,logprob,user\nthe,-0.7,1\n of,-2.5,1\nit,-0.1,2\n",
    b'label;probs\n0;"[0.5, 0.5]"\n',
    b"",
)


def _config(dice: Dice) -> Case:
    """A configuration file, found or named."""
    command = dice.choice(("gate", "gate", *commands.commands()))
    words = [*command.split()]
    if command != "gate" or dice.sometimes(0.4):
        words += _CALIBRATIONS.get(command, ["preds.csv"])
    name = dice.choice(("ce.toml", "ce.toml", "pyproject.toml", "other.toml"))
    content = configs.toml(dice, "tool.ce" if name == "pyproject.toml" else "")
    if name == "other.toml" or dice.sometimes(0.2):
        words += ["--config", name]
    if dice.sometimes(0.5) and command not in _CALIBRATIONS:
        words.append("--json")
    if dice.sometimes(0.1) and command != "calibrate show":
        words += commands.typed(dice, command, "gate" if command == "gate" else "missing")
    return Case(tuple(words), {**_files(dice), name: content})


_CALIBRATIONS = {
    "calibrate apply": ["cal.json", "preds.csv"],
    "calibrate show": ["cal.json"],
}


@cache
def _calibration() -> bytes:
    return json.dumps(ce_cli.calibrate(SAMPLES / "wine.csv").to_dict()).encode()


@cache
def _document() -> bytes:
    return json.dumps(ce_cli.score(SAMPLES / "wine.csv", by="label").to_dict()).encode()


@cache
def _documents() -> tuple[Any, ...]:
    gated = ce_cli.gate(SAMPLES / "wine.csv", max=5, require="accuracy >= 0.5")
    return json.loads(_document()), gated.to_dict()


def _baseline(dice: Dice) -> Case:
    """A result of ce with changes, given to a gate as its baseline."""
    document = texts.changed_document(dice, dice.choice(_documents()))
    words = ["gate", "wine.csv", "--baseline", "base.json"]
    words += dice.choice(
        (["--max-regression", "1%"], ["--max-regression", "0.1"], ["--require", "accuracy >= 0.5"])
    )
    words += dice.choice(([], ["--mode", "confident"], ["--mode", "proven"], ["--base", "2"]))
    words += dice.choice((["--json"], ["--json"], [], ["--confident"], ["--by", "label"][:0]))
    return Case(
        tuple(words), {"wine.csv": (SAMPLES / "wine.csv").read_bytes(), "base.json": document}
    )


_TYPED = (
    *("0.5", "0.5", "0.5", "0.25", "0.75", "0.7", "0.3", "50%", "1/2", "1/4", "3/4", "1", "0"),
    *(
        "0.7",
        "0.3",
        "0.1",
        "1",
        "0",
        "1/3",
        "2/3",
        "70%",
        "1e-3",
        ".5",
        "5.",
        "-1",
        "2",
        "1e400",
        "nan",
    ),
    *(
        "inf",
        "1/0",
        "0/0",
        "%",
        "1//2",
        "9" * 400,
        "1_0",
        "０.5",
        "",
        " ",
        "a",
        "1e-400",
        "0x1",
        "½",
        "-0",
    ),
)


def _typed_numbers(dice: Dice) -> Case:
    """Numbers in place of a file."""

    def numbers() -> str:
        sign = dice.choice((",", ",", ",", " ", ";", ", "))
        if dice.sometimes(0.4):
            return dice.choice(("0.5,0.5", "0.7,0.3", "1/3,2/3", "70%,30%", "0.2,0.3,0.5", "1,0"))
        return sign.join(dice.choice(_TYPED) for _ in range(dice.choice((1, 2, 2, 3, 3, 5))))

    words = ["explain"]
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3))):
        words += [f"--q={numbers()}"]
    if dice.sometimes(0.5):
        words += [f"--p={numbers()}"]
    names = [
        name
        for name, option in options_of(COMMANDS["explain"]).items()
        if option.of_numbers and name not in ("q", "p")
    ]
    for name in dice.some(names, 2):
        words += commands.typed(dice, "explain", name)
    return Case((*words, *(("--json",) if dice.sometimes(0.6) else ())), {})


def _several(dice: Dice) -> Case:
    """Several files in one command: models, labels in a file of their own, or parts."""
    first, second = texts.delimited(dice), texts.delimited(dice)
    if dice.sometimes(0.6):
        second = spoiled(dice, first)
    files = {"a.csv": first, "b.csv": second}
    how = dice.randrange(4)
    if how == 0:
        words = ["score", "a.csv", "--labels", "b.csv", *dice.choice((["--id", "id"], []))]
    elif how == 1:
        words = ["score", "a.csv", "b.csv", *dice.choice((["--by", "segment"], []))]
    elif how == 2:
        words = ["gate", "a.csv", "--baseline", "b.csv", "--max-regression", "1%"]
    else:
        words = ["compare", "a.csv", "b.csv"]
    for name in dice.some(("id", "join", "test", "missing", "interval", "cluster", "weight"), 2):
        if name in options_of(COMMANDS[words[0]]) and f"--{name}" not in words:
            words += commands.typed(dice, words[0], name)
    return Case((*words, "--json"), files)


def _folder(dice: Dice) -> Case:
    """A folder of files: parts, parts by the value of a column, or a Delta table."""
    form = dice.choice(("csv", "jsonl", "parquet", "npy"))
    files = {}
    columns = sheet(dice)
    for at in range(dice.choice((0, 1, 2, 3))):
        part = dice.choice(("", "", "segment=eu/", "segment=/", "=x/", "a=b=c/", "%2F=%zz/", "x/"))
        content = texts.as_text(dice, columns) if form == "csv" else CONTENTS[form](dice)
        name = dice.choice((f"part-{at}.{form}", f"part-{at}.{form}", "_SUCCESS", f".x.{form}"))
        files[f"data/{part}{name}"] = content
    if dice.sometimes(0.15):
        log = {
            "add": {"path": "part-0.parquet", "partitionValues": {}, "size": 1, "dataChange": True}
        }
        start = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
        lines = b"\n".join(texts.changed_document(dice, one) for one in (start, log))
        files[f"data/_delta_log/{0:020}.json"] = lines
    if not files:
        files["data/x/README.md"] = b""
    return Case(commands.reading(dice, "data"), files)


_AROUND: Mapping[str, Callable[[Dice], Case]] = {
    "packed": _packed,
    "folder": _folder,
    "several": _several,
    "options": _options,
    "config": _config,
    "baseline": _baseline,
    "typed": _typed_numbers,
}
