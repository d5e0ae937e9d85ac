"""The reference of commands and options, which is written from what the parser knows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from ce_cli import registry
from tests.conftest import run_ce

REFERENCE = Path(__file__).parents[2] / "ce_cli" / "cli" / "REFERENCE.md"
WRITE = (sys.executable, "-m", "ce_cli.cli.reference")


def sections() -> dict[str, str]:
    """The text on each command."""
    text = REFERENCE.read_text(encoding="utf-8")
    parts = re.split(r"(?m)^## ce ?(.*)\n", text)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_reference_is_current() -> None:
    written = subprocess.run(WRITE, capture_output=True, check=True).stdout.decode("utf-8")
    assert written == REFERENCE.read_text(encoding="utf-8"), (
        "python -m ce_cli.cli.reference > ce_cli/cli/REFERENCE.md writes it anew"
    )


def test_every_command_has_the_options_of_its_help() -> None:
    written = sections()
    assert set(written) == {"", *(entry.names[0] for entry in registry.COMMANDS)}
    for name in filter(None, written):
        page = run_ce(*name.split(), "--help", env={"COLUMNS": "80"}).stdout
        shown = set(re.findall(r"(?m)^│ (--[a-z][a-z-]*)", page)) - {"--help"}
        assert set(re.findall(r"(?m)^\| `(--[a-z][a-z-]*)`", written[name])) == shown


def test_writing_it_loads_nothing_that_is_slow() -> None:
    code = (
        "import sys; from ce_cli.cli import reference; reference.document(); "
        "print([name for name in ('numpy', 'pandas', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"[]"]
