"""Whether a further file of a data set fits the binding that the first one decided."""

from __future__ import annotations

from ce_cli.binding.binding import Binding
from ce_cli.binding.names import no_column
from ce_cli.binding.parts import bytes_shape, held
from ce_cli.errors import DataError
from ce_cli.inputs.source import Source
from ce_cli.text import quoted


def check_fits(source: Source, binding: Binding) -> None:
    """Check that a further file of a data set has the columns of the first.

    Raises
    ------
    DataError
        A column is not there, or not of a kind that can play its part.
    """
    columns = source.columns()
    kinds = {column.name: column for column in columns}
    projection = binding.projection
    if source.is_empty:
        return
    for name in projection.names:
        if sum(column.name == name for column in columns) > 1:
            raise DataError(f"more than one column is called {quoted(name)}.").about(source.name)
        if name not in kinds:
            raise DataError(no_column(name, list(kinds))).about(source.name)
    for names, fitting in (
        (projection.numbers, ("number", "boolean")),
        (projection.lists, ("list",)),
        (projection.maps, ("map",)),
    ):
        for column in (kinds[name] for name in names):
            if column.kind not in fitting and column.stored != "text":
                raise DataError(
                    f"the column {quoted(column.name)} holds {held(column)} here."
                ).about(source.name)
    if binding.bytes is None or kinds[binding.bytes].stored == "text":
        return
    if bytes_shape(kinds[binding.bytes]) != binding.bytes_shape:
        what = held(kinds[binding.bytes])
        raise DataError(f"the column {quoted(binding.bytes)} holds {what} here.").about(source.name)


def check_precision(source: Source, binding: Binding) -> None:
    """Check that a further file stores its probabilities as finely as the first.

    Raises
    ------
    DataError
        It does not, so that one clip and one tolerance cannot be right for both.
    """
    kinds = {column.name: column for column in source.columns()}
    stored = {kinds[name].stored for name in binding.predictions if name in kinds}
    if stored - set(binding.stored) and not source.is_empty:
        raise DataError(
            f"stores its probabilities as {' and '.join(sorted(stored))}, the files before it as "
            f"{' and '.join(sorted(set(binding.stored)))}: say --clip and --sum-tolerance, which "
            "depend on that."
        ).about(source.name)
