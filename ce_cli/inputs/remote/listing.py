"""The files that a URI means: itself, those of a folder, or those that match a glob."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from ce_cli import registry
from ce_cli.errors import DataError, StorageError, UsageError
from ce_cli.inputs import folders
from ce_cli.inputs.bytestream import WEB
from ce_cli.inputs.remote.objects import open_object
from ce_cli.inputs.remote.remote_file import RECENT, RemoteFile
from ce_cli.record import Record
from ce_cli.storage.addresses import sibling
from ce_cli.storage.file_systems import file_system
from ce_cli.storage.sentences import storage_call
from ce_cli.storage.time_limit import in_time
from ce_cli.text import display_name, sanitize

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_LONGER = 600  # seconds more, which listing a million files may take
_LOGS = {"_delta_log": "a Delta table", ".hoodie": "a Hudi table"}  # folders of tables of a lake
_sizes: dict[str, int] = {}  # of files that were listed


def listed(uri: str) -> list[str]:
    """The files that a URI means, in order of name.

    Raises
    ------
    StorageError
        There is none, or the store cannot be reached.
    DataError
        A folder holds no data, or rows that were deleted.
    UsageError
        It is a glob, but files there cannot be listed.
    """
    scheme = uri.partition("://")[0].lower()
    if scheme in WEB:
        if "*" in uri.partition("?")[0]:
            raise UsageError(
                f"{display_name(uri)}: {sanitize(scheme)}:// addresses cannot be listed, so * has "
                "no meaning there; name each file."
            )
        return [uri]
    system, path = file_system(uri)
    place = _Place(uri, system, path)
    if "*" in path:
        return place.matching() if "*" not in path.partition("/")[0] else place.refuse_bucket()
    if path.endswith("/") or "/" not in path:
        return place.below(None)
    try:
        file = RemoteFile(uri, open_object(uri))
    except StorageError as error:
        if not place.may_be_several(error):
            raise
        return place.matching(error) if folders.is_glob(path) else place.below(error)
    RECENT.add(file)
    return [uri]


def known_size(uri: str) -> int | None:
    """The bytes of a file that was listed or opened; the store is not asked."""
    file = RECENT.get(uri)
    return _sizes.get(uri) if file is None else file.size


class _Place(Record):
    """A URI that may mean several files."""

    uri: str
    system: FileSystem
    path: str

    def below(self, no_file: StorageError | None) -> list[str]:
        """The data files of a folder."""
        folder = self.path.rstrip("/")
        files, _ = self._found(folder)
        if not files:
            missing = f"{display_name(self.uri)}: there is no such folder, or it is empty."
            raise no_file or StorageError(missing)
        names = folders.data_names(files)
        self._refuse_lakes(files, names)
        if not names:
            known = ", ".join(sorted(registry.data_suffixes()))
            raise DataError(f"{display_name(self.uri)}: the folder holds no data file ({known}).")
        return self._uris(folder, {name: files[name] for name in names})

    def matching(self, no_file: StorageError | None = None) -> list[str]:
        """The files that match a glob, and the data files of the folders that do."""
        folder, glob = folders.cut_glob(self.path.rstrip("/"))
        files, inner = self._found(folder, folders.is_deep(glob))
        logs: list[str] = []
        if not folders.is_deep(glob):
            logs = [f"{name}/" for name in inner]
            wanted = folders.matching_folders(inner, glob)
            for name in dict.fromkeys((*wanted, *({"metadata"} & set(inner)))):
                own, _ = self._found(f"{folder}/{name}")
                files |= {f"{name}/{one}": size for one, size in own.items()}
        names = folders.matching(files, glob)
        self._refuse_lakes((*files, *logs), names)
        if not names:
            raise no_file or StorageError(f"{display_name(self.uri)}: no file matches.")
        return self._uris(folder, {name: files[name] for name in names})

    def may_be_several(self, error: StorageError) -> bool:
        """Whether what could not be opened as a file may be a folder or a glob."""
        cause = error.__cause__
        if isinstance(cause, FileNotFoundError | IsADirectoryError):
            return True
        if not isinstance(cause, OSError) or isinstance(cause, TimeoutError):
            return False
        from pyarrow.fs import FileType

        try:
            kind = in_time(lambda: self.system.get_file_info(self.path)).type
        except OSError:  # the same as before, which is what is reported
            return False
        return bool(kind == FileType.Directory)

    def refuse_bucket(self) -> list[str]:
        """Say that buckets are not listed."""
        raise UsageError(f"{display_name(self.uri)}: name the bucket; * may stand only behind it.")

    def _found(self, folder: str, recursive: bool = True) -> tuple[dict[str, int], list[str]]:
        """The files in a folder with their bytes, and the folders, by names relative to it."""
        from pyarrow.fs import FileSelector, FileType

        selector = FileSelector(folder, recursive=recursive)
        with storage_call(self.uri):
            try:
                found = in_time(lambda: self.system.get_file_info(selector), _LONGER)
            except FileNotFoundError:
                return {}, []
        start = len(folder.rstrip("/")) + 1
        files = {one.path[start:]: one.size or 0 for one in found if one.type == FileType.File}
        return files, [one.path[start:] for one in found if one.type == FileType.Directory]

    def _uris(self, folder: str, files: dict[str, int]) -> list[str]:
        uris = {sibling(self.uri, self.path, f"{folder}/{name}"): files[name] for name in files}
        _sizes.update(uris)
        return list(uris)

    def _refuse_lakes(self, files: Iterable[str], chosen: Collection[str]) -> None:
        """Refuse data files of tables of which only a log knows the current rows."""
        for root, title in _lakes(files).items():
            if any(name.startswith(root) for name in chosen):
                where = display_name(root.rstrip("/"))
                inner = f"contains {title}, {where}," if root else f"is {title},"
                raise DataError(
                    f"{display_name(self.uri)}: {inner} whose folder also holds rows that were "
                    "deleted; write its current rows to a Parquet file, and read that."
                )


def _lakes(files: Iterable[str]) -> dict[str, str]:
    """The roots of tables, each with a slash behind it or empty, and what they are."""
    found = {}
    for name in files:
        *parts, last = name.split("/")
        for log in _LOGS.keys() & set(parts):
            found["".join(f"{one}/" for one in parts[: parts.index(log)])] = _LOGS[log]
        is_version = last.endswith(".metadata.json") and last.removeprefix("v")[0].isdecimal()
        if is_version and parts[-1:] == ["metadata"]:
            found["".join(f"{one}/" for one in parts[:-1])] = "an Iceberg table"
    return found
