"""Whether the other files of a data set fit the binding of the first one."""

from __future__ import annotations

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.names import no_column
from ce_cli.binding.roles import bytes_shape, type_of
from ce_cli.errors import DataError
from ce_cli.inputs.source import Column, Source, repeated
from ce_cli.record import Record
from ce_cli.spec import Spec
from ce_cli.text import quoted


class Fits(Record):
    """What every file of a data set has to have.

    Attributes
    ----------
    bindings : tuple of Binding
        Whose columns it needs.
    first : str
        The name of the first file that has a row.
    same_precision : bool
        Whether it has to store predictions with the precision of the first.
    """

    bindings: tuple[Binding, ...]
    first: str
    same_precision: bool

    def check_file(self, part: int, source: Source) -> None:
        """Check file number `part`, from 0.

        Raises
        ------
        DataError
            It does not fit.
        """
        self.check_columns(part, source)
        if part:
            self.check_precision(source)

    def check_columns(self, part: int, source: Source) -> None:
        """Check that the columns exist, and are of types that suit their roles."""
        for binding in self.bindings:
            check_fits(source, binding, self.first if part else "")

    def check_precision(self, source: Source) -> None:
        """Check that probabilities are stored as in the first file, if they have to be."""
        for binding in self.bindings if self.same_precision else ():
            check_precision(source, binding)


def check_fits(source: Source, binding: Binding, first: str = "") -> None:
    """Check that another file of a data set has the columns of the first, which is named `first`.

    Raises
    ------
    DataError
        A column does not exist, or its type does not suit its role.
    """
    columns = source.columns()
    kinds = {column.name: column for column in columns}
    twice = repeated(columns)
    projection = binding.projection
    for name in projection.names:
        if name in twice:
            from ce_cli.binding.finding.repeated_names import repeated_names

            raise DataError(repeated_names(source, [name], (), ())).about(source.name)
        if name not in kinds:
            why = f"; the names are those of {first}, the first file." if first else "."
            message = no_column(name, list(kinds)).removesuffix(".") + why
            raise DataError(message).about(source.name)
    for names, suitable in (
        (projection.numbers, ("number", "boolean")),
        (projection.lists, ("list",)),
        (projection.maps, ("map",)),
    ):
        for column in (kinds[name] for name in names):
            if column.kind not in suitable and column.stored != "text":
                raise _other_type(source, column)
    if binding.bytes is None or kinds[binding.bytes].stored == "text":
        return
    if bytes_shape(kinds[binding.bytes]) != binding.bytes_shape:
        raise _other_type(source, kinds[binding.bytes])


def _other_type(source: Source, column: Column) -> DataError:
    message = f"the column {quoted(column.name)} holds {type_of(column)} here."
    return DataError(message).about(source.name)


def must_be_alike(typed: Spec, settled: Spec) -> bool:
    """Whether files must store predictions in one precision, which sets the clip and tolerance.

    Other kinds of values have neither, and options may set both.
    """
    are_set = typed.clip is not None and typed.sum_tolerance is not None
    return settled.as_ == "probabilities" and not are_set


def check_precision(source: Source, binding: Binding) -> None:
    """Check that another file stores its probabilities in the precision of the first.

    Raises
    ------
    DataError
        It does not, so no single clip and tolerance would suit both.
    """
    kinds = {column.name: column for column in source.columns()}
    stored = {kinds[name].stored for name in binding.predictions if name in kinds}
    if stored - set(binding.stored) and not source.is_empty:
        from ce_cli.binding.precision import options_for, stored_how

        raise DataError(
            f"stores its probabilities {stored_how(stored)}, but the files before it "
            f"{stored_how(binding.stored)}, so that each would have its own clip and tolerance; "
            f"set those of both with {options_for({*stored, *binding.stored})}."
        ).about(source.name)
