"""Which layout a text has that does not look like plain delimited text."""

from __future__ import annotations

from ce_cli.inputs.text.dialect import LAST_RESORT, records_in
from ce_cli.inputs.text.layouts.aligned import aligned
from ce_cli.inputs.text.layouts.arff import arff
from ce_cli.inputs.text.layouts.delimited_text import delimited_text
from ce_cli.inputs.text.layouts.drawn import drawn
from ce_cli.inputs.text.layouts.layout import Layout
from ce_cli.inputs.text.layouts.several import check_one_table
from ce_cli.reading import Reading


def found_layout(head: bytes, delimiter: str, reading: Reading, name: str) -> Layout | None:
    """The layout of a text by its first lines, None if it is read as it is.

    Parameters
    ----------
    head : bytes
        The first lines.
    delimiter : str
        The delimiter that was chosen or found.
    reading : Reading
        The options.
    name : str
        The file, for messages.

    Raises
    ------
    DataError
        The layout is known, but this table cannot be read.
    """
    named = reading.header or reading.names_columns is not None
    if layout := arff(head, name):
        return layout
    if reading.delimiter in (None, "|") and (layout := drawn(head, name)):
        return layout
    if reading.delimiter in (None, LAST_RESORT):
        table = records_in(head, delimiter)
        cut = {len(row) for row in table}
        may_align = delimiter == LAST_RESORT or len(cut) > 1 or cut == {1}
        if may_align and (layout := aligned(head, name, named)):
            return layout
    if not named:
        return None
    check_one_table(head, delimiter, name)
    return delimited_text(head, delimiter, reading, name)
