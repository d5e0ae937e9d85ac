"""Blocks of text: cut at the ends of records, and texts of one character in them."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.bytestream import ByteStream
from ce_cli.inputs.source import Projection
from ce_cli.inputs.text import records
from ce_cli.inputs.text.delimited_split import DelimitedSplit

CELLS = st.sampled_from(['"a\nb"', '"a""b"', '"', "x", "", "1", 'y"z'])
RECORDS = st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=20)
unhurried = settings(deadline=None)


class Pieces:
    """A stream that returns fewer bytes than asked for, like a pipe."""

    path = "pipe"

    def __init__(self, text: bytes, sizes: list[int]) -> None:
        self._rest = io.BytesIO(text)
        self._sizes = sizes

    def read(self, size: int) -> bytes:
        self._sizes = [*self._sizes[1:], self._sizes[0]]
        return self._rest.read(min(size, self._sizes[0]))


@unhurried
@given(RECORDS, st.integers(1, 40), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_blocks_join_to_the_text_and_end_where_records_do(
    rows: list[list[str]], size: int, sizes: list[int]
) -> None:
    text = "".join(",".join(row) + "\n" for row in rows).encode()
    blocks = list(records.blocks(Pieces(text, sizes), size, b"\n", b","))
    assert b"".join(blocks) == text
    for block in blocks[:-1]:
        assert records.last_record_end(block, b"\n", b",") == len(block)


@pytest.mark.parametrize("longest", [1, 2, 5])
def test_a_line_longer_than_a_block_is_one_block(longest: int) -> None:
    lines = [b"a" * 7 * longest + b"\n", b"b\n", b"c" * 30 * longest + b"\n"]
    found = records.cut(Pieces(b"".join(lines), [3, 1]), 4, b"\n", None, lambda path: path)
    assert b"".join(found).splitlines(keepends=True) == lines


def test_a_file_is_read_to_its_end_in_any_pieces(tmp_path: Path) -> None:
    text = b"".join(b"%d,0.5\n" % row for row in range(400_000))
    path = tmp_path / "numbers.csv"
    path.write_bytes(text)
    with path.open("rb") as raw:
        stream = ByteStream(str(path), raw)
        assert b"".join(iter(lambda: stream.read(70_001), b"")) == text
        assert stream.newly_read() == len(text)


WORDS: tuple[tuple[str | None, ...], ...] = (
    *(("0", "1", "b"), ("1", "0", ""), ("1", None), ("a", "é"), ("1", "10", "")),
)


def test_a_byte_that_is_no_character_is_left_to_arrow() -> None:
    invalid = pa.Array.from_buffers(
        pa.utf8(), 2, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pa.py_buffer(b"1\xe9")]
    )
    assert arrays.dictionary_of_characters(invalid) is None


@unhurried
@given(
    st.sampled_from(WORDS).flatmap(lambda words: st.lists(st.sampled_from(words), max_size=30)),
    st.integers(0, 3),
)
def test_texts_of_one_character_are_encoded_like_arrow(words: list[str | None], start: int) -> None:
    column = pa.array(words, pa.utf8())[start:]
    found = arrays.dictionary_of_characters(column)
    rest = words[start:]
    plain = all(word is not None and len(word.encode()) == 1 for word in rest)
    assert (found is not None) == (plain and len(rest) > 0)
    if found is not None:
        assert found.equals(column.dictionary_encode())


@unhurried
@given(
    st.lists(st.sampled_from(["0", "1", "2", "b", "01", "1.0", " 1", '"1"', "NA", "", "é"])),
    st.sampled_from(["\n", "\r\n"]),
)
def test_labels_are_the_texts_of_the_file(labels: list[str], newline: str) -> None:
    """The same dictionary as from Arrow's reader, whatever the first label looks like."""
    block = "".join(f"{label},0.5{newline}" for label in labels).encode()
    split = DelimitedSplit(block, ("label", "prob"), ",", Projection(("prob",), ("label",)))
    (frame,) = split.frames()
    type_ = pa.dictionary(pa.int32(), pa.utf8())
    expected = split.table({"label": type_})["label"].combine_chunks()
    assert frame.columns["label"].type == type_
    assert frame.columns["label"].equals(expected)


def test_what_follows_an_open_quote_is_the_same_for_blocks_of_any_size(tmp_path: Path) -> None:
    from ce_cli.binding.data_set import data_set
    from ce_cli.errors import DataError
    from ce_cli.reading import Reading
    from ce_cli.scoring.pipeline import score
    from ce_cli.scoring.run import run_on
    from ce_cli.spec import Spec

    path = tmp_path / "a.csv"
    path.write_text("label,prob,t\n0,0.1,x\n" + '0,0.1,"a\nb","\n1,0.5\n' * 9)
    for block in (1, 20, 50, 1 << 20):
        files = data_set([str(path)], Reading(block_bytes=block), Spec())
        with pytest.raises(DataError) as found:
            score(files, Spec(), run_on("threads", 2))
        assert len(found.value.sentences) == 1, found.value
