"""Writing the loss of every row to a folder: a file for each task, and a manifest at the end."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ce_cli.errors import StorageError, UsageError
from ce_cli.outputs.files import written
from ce_cli.outputs.tables.rows import row_writer
from ce_cli.process.signals import undone_unless_complete
from ce_cli.record import Record
from ce_cli.text import display_name, plural, quoted, quoted_list, system_reason

if TYPE_CHECKING:
    from ce_cli.outputs.tables.rows import Write

_MANIFEST = "manifest.json"
_MARK = ".ce.writing"  # is in the folder while a run writes to it
_PART = re.compile(r"part-\d{6}-\d{14}\.parquet|\.part-\d{6}-\d{14}\.parquet\.\w+\.part")


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
            It is not empty, or not on a disk.
        StorageError
            It cannot be made.
        """
        if "://" in self.folder:
            raise UsageError(f"--per-row {quoted(self.folder)}: name a folder on a disk.")
        with self._naming_the_folder():
            Path(self.folder).mkdir(parents=True, exist_ok=True)
            if any(Path(self.folder).iterdir()):
                raise self._not_empty()
            return self.replace(folder=f"{Path(self.folder).resolve()}/")

    @contextlib.contextmanager
    def kept_if_complete(self) -> Iterator[None]:
        """Keep other runs out of the folder, and remove its parts unless the run succeeds.

        Raises
        ------
        UsageError
            Another run writes to it.
        StorageError
            It cannot be written to.
        """
        mark = Path(self.folder, _MARK)
        with self._naming_the_folder():
            try:
                mark.touch(exist_ok=False)
            except FileExistsError:
                raise self._not_empty() from None
            if len(list(Path(self.folder).iterdir())) > 1:  # what a run has completed meanwhile
                mark.unlink()
                raise self._not_empty()
        with undone_unless_complete(self._discard):
            yield
            mark.unlink(missing_ok=True)

    @contextlib.contextmanager
    def part(self, file: int, start: int) -> Iterator[tuple[str, Write]]:
        """The name of the part that begins in a file at byte `start`, and what writes its rows."""
        name = f"part-{file:06d}-{start:014d}.parquet"  # in the order of the rows
        with row_writer(self.folder + name) as write:
            yield name, write

    def complete(self, parts: Sequence[RowPart], names: Sequence[str]) -> None:
        """Remove the parts of tasks that were done again otherwise, and write the manifest.

        Raises
        ------
        StorageError
            A part is not in the folder, or the folder cannot be changed.
        """
        kept = {part.name for part in parts if part.name}
        with self._naming_the_folder():
            self._remove_parts(kept)
            self._refuse_missing(kept)
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

    def _discard(self) -> None:
        """Remove all parts, since there is no result."""
        try:
            self._remove_parts(set())
        finally:
            Path(self.folder, _MARK).unlink(missing_ok=True)

    def _remove_parts(self, kept: set[str]) -> None:
        """Remove the parts of this run, whole or not, but for those that are kept."""
        for path in list(Path(self.folder).iterdir()):
            if _PART.fullmatch(path.name) and path.name not in kept:
                path.unlink(missing_ok=True)

    def _not_empty(self) -> UsageError:
        return UsageError(
            f"--per-row {quoted(self.folder)}: the folder is not empty; name a new one."
        )

    def _refuse_missing(self, names: set[str]) -> None:
        """Refuse parts that a worker has written to a disk of its own."""
        missing = sorted(name for name in names if not Path(self.folder, name).is_file())
        if missing:
            raise StorageError(
                f"--per-row {display_name(self.folder)}: {plural(len(missing), 'part')} that the "
                f"workers have written cannot be seen here, such as {quoted_list(missing[:1])}: "
                "name a folder that all of them share."
            )

    @contextlib.contextmanager
    def _naming_the_folder(self) -> Iterator[None]:
        """Turn errors of the system into a sentence that names the folder."""
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"--per-row {display_name(self.folder)}: cannot be used: {system_reason(error)}; "
                "name another folder."
            ) from error
