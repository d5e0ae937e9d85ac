"""The likeliest tokens beside the log-probability of the one that is there: no predictions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ce_cli.inputs.source import Column, Frame, Projection, Source, SourceWrapper, Split
from ce_cli.inputs.token_lists import LABEL

_LIKELIEST = re.compile(r"(?i)top_?(\d+_?|k_?)?(log_?)?(probs?|tokens?|probabilities|candidates)")
_OWN = re.compile(r"(?i)(token_?)?log_?(p|probs?|probability)")


def without_likeliest(source: Source) -> Source:
    """The same columns, where maps of the likeliest tokens are not read as predictions.

    Beside a label, they may be.
    """
    columns = source.columns()
    if any(LABEL.fullmatch(column.name) for column in columns):
        return source
    if not any(column.kind == "number" and _OWN.fullmatch(column.name) for column in columns):
        return source
    return LikeliestTokens(source) if any(map(_are_likeliest, columns)) else source


class LikeliestTokens(SourceWrapper):
    """A file of tokens, with the likeliest tokens beside.

    Parameters
    ----------
    source : Source
        The file itself.
    """

    def columns(self) -> Sequence[Column]:
        """The columns of the file; the likeliest tokens are a structure like any other."""
        own = self._source.columns()
        return [one.replace(kind="nested") if _are_likeliest(one) else one for one in own]

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return self._source.sample(projection)

    def splits(self, projection: Projection) -> Iterator[Split]:
        """The splits of the file."""
        return self._source.splits(projection)


def _are_likeliest(column: Column) -> bool:
    return column.kind in ("list", "map") and bool(_LIKELIEST.fullmatch(column.name))
