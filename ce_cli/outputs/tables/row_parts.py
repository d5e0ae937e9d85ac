"""Writing the loss of every row to a folder: a file for each task, and a manifest at the end."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ce_cli.errors import UsageError
from ce_cli.outputs.files import written
from ce_cli.outputs.tables.rows import row_writer
from ce_cli.record import Record
from ce_cli.text import quoted

if TYPE_CHECKING:
    from ce_cli.outputs.tables.rows import Write

_MANIFEST = "manifest.json"


class RowPart(Record):
    """The rows of one task.

    Attributes
    ----------
    file : int
        The number of the file that they are in.
    name : str
        The name of their part; empty if none of them could be scored.
    read : int
        How many rows have been read.
    """

    file: int
    name: str
    read: int


class RowParts(Record):
    """A new folder of parts; picklable.

    The numbers of rows in a part begin at 1: how many rows are before it shows only when all parts
    have been read. The manifest says it.

    Attributes
    ----------
    folder : str
        Its path, with a slash at the end.
    """

    folder: str

    def made(self) -> RowParts:
        """The same, once there is the folder, and it is empty.

        Raises
        ------
        UsageError
            It is not.
        """
        if "://" in self.folder:
            raise UsageError(f"--per-row {quoted(self.folder)}: name a folder on a disk.")
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        if any(Path(self.folder).iterdir()):
            raise UsageError(
                f"--per-row {quoted(self.folder)}: the folder is not empty; name a new one."
            )
        return self.replace(folder=f"{Path(self.folder).resolve()}/")

    @contextlib.contextmanager
    def part(self, file: int, start: int) -> Iterator[tuple[str, Write]]:
        """The name of the part that begins in a file at byte `start`, and what writes its rows."""
        name = f"part-{file:06d}-{start:014d}.parquet"  # in the order of the rows
        with row_writer(self.folder + name) as write:
            yield name, write

    def complete(self, parts: Sequence[RowPart], names: Sequence[str]) -> None:
        """Remove the parts of tasks that were done again otherwise, and write the manifest."""
        kept = {part.name for part in parts}
        self._remove(one for one in Path(self.folder).iterdir() if one.name not in kept)
        found, before, file = [], 0, -1
        for part in parts:
            before, file = (before, file) if part.file == file else (0, part.file)
            if part.name:
                found.append(
                    {
                        "part": part.name,
                        "file": names[part.file],
                        "rows_before": before,
                        "rows_read": part.read,
                    }
                )
            before += part.read
        text = json.dumps({"schema": "ce.rows/1", "parts": found}, indent=1, ensure_ascii=False)
        written(f"{text}\n", self.folder + _MANIFEST, None)

    def discard(self) -> None:
        """Remove all parts, since there is no result."""
        with contextlib.suppress(OSError):
            self._remove(Path(self.folder).glob("part-*.parquet"))

    def _remove(self, paths: Iterable[Path]) -> None:
        for path in list(paths):
            path.unlink(missing_ok=True)
