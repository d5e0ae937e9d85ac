"""The Markdown files and their examples; ``python -m tests.documents`` refreshes the outputs.

A block of `sh` is typed line by line in a folder that has `sample_data`. If a block of `text`
follows at once, it is the output. A block whose first line is a comment with the name of a file
(`# ce.toml`) is that file, and is there for the next block of `sh`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import Completed, environment, run_ce

ROOT = Path(__file__).parent.parent
_FOLDERS = ("*.md", ".github/**/*.md", "ce_cli/**/*.md", "sample_data/**/*.md", "tests/**/*.md")
PATHS = tuple(
    sorted(path.relative_to(ROOT).as_posix() for pattern in _FOLDERS for path in ROOT.glob(pattern))
)
_BLOCK = re.compile(r"(?ms)^```(\w*)\n(.*?)^```\n")
_FILE = re.compile(r"# ([\w.-]+\.(?:toml|csv|yaml))\n")


def text_of(path: str) -> str:
    """The text of a document."""
    return (ROOT / path).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Example:
    """Lines to type, with the output that the document shows, if it shows one."""

    path: str
    line: int
    commands: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)
    output: str | None = None
    span: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def tools(self) -> set[str]:
        """The programs that it needs beside ce."""
        return {
            part.split()[0]
            for command in self.commands
            if _in_a_shell(command)
            for part in command.split("|")
        } - {"ce"}

    def run(self, folder: Path) -> list[Completed]:
        """Type every line in `folder`, which becomes a place with `sample_data`."""
        (folder / "sample_data").symlink_to(ROOT / "sample_data")
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return [_run(command, folder) for command in self.commands]


def examples(path: str) -> Iterator[Example]:
    """The blocks of `sh` of a document that run ce."""
    text = text_of(path)
    files: dict[str, str] = {}
    blocks = list(_BLOCK.finditer(text))
    for block, following in zip(blocks, [*blocks, None][1:], strict=True):
        if named := _FILE.match(block[2]):
            files[named[1]] = block[2]
        commands = tuple(_typed(block[2])) if block[1] == "sh" else ()
        if not commands:
            continue
        output = None if following is None else _output(text, block, following)
        yield Example(
            path,
            text.count("\n", 0, block.start()) + 1,
            commands,
            files,
            None if output is None else output[2],
            (0, 0) if output is None else output.span(2),
        )
        files = {}


def _output(text: str, block: re.Match[str], following: re.Match[str]) -> re.Match[str] | None:
    """The next block, if it is the output of this one."""
    between = text[block.end() : following.start()]
    return following if following[1] == "text" and not between.strip() else None


def _typed(block: str) -> Iterator[str]:
    """The commands of a block that run ce; behind `&&` only the last one, without comments."""
    for line in block.replace("\\\n", " ").splitlines():
        command = re.sub(r"\s+# .*", "", line).rpartition(" && ")[2].strip()
        if re.match(r"(ce|cat [^|]*\| ce)\s", command):
            yield command


def _in_a_shell(command: str) -> bool:
    return re.search(r" [|>] ", command) is not None


def _run(command: str, folder: Path) -> Completed:
    if not _in_a_shell(command):
        import shlex

        return run_ce(*shlex.split(command)[1:], cwd=folder)
    script = f'ce() {{ "{sys.executable}" -m ce_cli "$@"; }}\n{command}'
    path = os.pathsep.join(filter(None, [str(ROOT), *sys.path]))
    return subprocess.run(
        ["sh", "-c", script],
        capture_output=True,
        check=False,
        text=True,
        cwd=folder,
        env=environment({"PYTHONPATH": path}),
        stdin=subprocess.DEVNULL,
    )


def refreshed(path: str) -> str:
    """The text of a document with the outputs that its commands give today."""
    text = text_of(path)
    for example in reversed(list(examples(path))):
        if example.output is None or any(shutil.which(tool) is None for tool in example.tools):
            continue
        with tempfile.TemporaryDirectory() as folder:
            output = "".join(done.stdout for done in example.run(Path(folder)))
        start, end = example.span
        text = text[:start] + output + text[end:]
    return text


def main() -> None:
    """Write every document anew, and the reference of commands."""
    from ce_cli.cli import reference

    for path in PATHS:
        text = reference.document() if path.endswith("REFERENCE.md") else refreshed(path)
        if text != text_of(path):
            (ROOT / path).write_text(text, encoding="utf-8")
            print(f"refreshed {path}")


if __name__ == "__main__":
    main()
