"""Files that are one JSON document of ce."""

from __future__ import annotations

import io
import json
from typing import NoReturn

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import ByteStream, open_bytes, storage_errors
from ce_cli.text import display_name, sanitize

_LARGEST = 1 << 28  # bytes of a document
_PIECE = 1 << 20


def document_in(path: str, written_by: str) -> object:
    """The document in a file, as JSON has it.

    Parameters
    ----------
    path : str
        The file, which may be packed; ``-`` is standard input.
    written_by : str
        The command that writes such files, for messages.

    Raises
    ------
    StorageError
        The file cannot be read.
    DataError
        It is not one JSON document.
    """
    name = display_name(path)
    parts, size = [], 0
    with storage_errors(path), open_bytes(path) as raw:
        text = unpacked(path, raw)
        while text is not None and (part := text.read(_PIECE)):
            parts.append(part)
            size += len(part)
            if size > _LARGEST:
                raise DataError(f"{name}: it has more than 256 MB, and {written_by} wrote less.")
    content = b"".join(parts)
    if not content.lstrip().startswith(b"{"):
        raise DataError(f"{name}: this is no JSON document: name a file that {written_by} wrote.")
    return parsed(name, content)


def unpacked(path: str, raw: io.BufferedReader) -> ByteStream | None:
    """The text of a file, which may be packed; None if it is an archive of several files."""
    if not raw.peek(2).startswith(b"PK"):
        return ByteStream(path, raw)
    from ce_cli.inputs.packed.zipped import only_member

    member = only_member(path, raw)
    return None if member is None else ByteStream(path, member)


def parsed(name: str, content: bytes) -> object:
    """The value that a text of JSON stands for.

    Raises
    ------
    DataError
        It is not JSON, or not all of it is there.
    """
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{name}: this is not a complete JSON document: {_lowered(error)}."
        ) from None


def _lowered(error: Exception) -> str:
    text = sanitize(str(error), 160)
    return (text[:1].lower() + text[1:]).rstrip(".")


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"it contains {word}, which is not a JSON number")
