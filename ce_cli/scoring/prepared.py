"""A data set that is bound, and what each of its files has to have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ce_cli.binding.bind import bind
from ce_cli.binding.binding import Binding
from ce_cli.binding.fits import Fits, must_be_alike
from ce_cli.errors import CeError, DataError
from ce_cli.findings.messages import fatal, sentences
from ce_cli.findings.row_issues import RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.source import Projection, Source, Split
from ce_cli.record import Record
from ce_cli.scoring.figures import class_names
from ce_cli.spec import Spec

if TYPE_CHECKING:
    from ce_cli.binding.joining.label_file import LabelFile
    from ce_cli.scoring.joined_files import Labelled


class Prepared(Record):
    """A data set that is bound but not read yet.

    Attributes
    ----------
    binding : Binding
        Which column has which role.
    spec : Spec
        The resolved spec, without ``auto``.
    source : Source
        The first file that has a row.
    sources : iterator of Source
        All files.
    label_file : LabelFile or None
        The file that has the labels, if it is not among these.
    same_precision : bool
        Whether all files must store predictions with the precision of the first.
    """

    binding: Binding
    spec: Spec
    source: Source
    sources: Iterator[Source]
    label_file: LabelFile | None = None
    same_precision: bool = False

    def splits(
        self, projection: Projection | None = None, others: Sequence[Binding] = ()
    ) -> Iterator[tuple[int, Split]]:
        """The splits to read, each with the number of its file.

        They have the bound columns, or those of `projection`; each file must also have the columns
        of `others`.
        """
        fits = self.fits(others)
        for part, source in enumerate(self.sources):
            if source.is_empty:
                continue
            fits.check_file(part, source)
            for split in source.splits(projection or self.binding.projection):
                yield part, split

    def labelled(self, projection: Projection | None = None) -> Labelled | None:
        """The labels, if they are in a file of their own, and the columns of both to read."""
        if self.label_file is None:
            return None
        from ce_cli.scoring.joined_files import Labelled

        chosen = projection or self.binding.projection
        return Labelled(self.label_file, self.source, chosen, self.binding.labels.columns)

    def fits(self, others: Sequence[Binding] = ()) -> Fits:
        """What each file has to have, for this binding and others."""
        return Fits((self.binding, *others), self.source.name, self.same_precision)

    def refuse_bad(self, issues: RowIssues, locations: RowLocations) -> None:
        """Check the problems found while reading.

        Raises
        ------
        DataError
            The data is bad, or there is no row to score.
        """
        if self.label_file is not None:
            self.label_file.check_used()
        _check_data(issues, self.binding, self.spec, locations)


def prepared(
    data: DataSet, spec: Spec, adapted: Callable[[Spec, Sequence[str]], Spec] | None = None
) -> Prepared:
    """Join the labels, if they are in a file of their own, and bind the columns.

    Parameters
    ----------
    data, spec : DataSet, Spec
        As for `score`.
    adapted : callable, optional
        Adapts the spec to the names of the columns.

    Raises
    ------
    CeError
        The columns do not fit the options, or their roles cannot be found.
    """
    sources, spec, label_file = with_labels(data, spec)
    leading = up_to_first_row(sources)
    source = leading[-1]
    if not source.columns():
        raise DataError(f"{source.name}: the file is empty.")
    if adapted is not None:
        spec = adapted(spec, [column.name for column in source.columns()])
    try:
        binding, settled = _bound(source, spec)
    except CeError as error:
        raise error.about(source.name) from None
    return Prepared(
        binding,
        settled,
        source,
        chain(leading, sources),
        label_file,
        same_precision=must_be_alike(spec, settled),
    )


def _bound(source: Source, spec: Spec) -> tuple[Binding, Spec]:
    """The bound columns, with the calibration of their predictions, if there is one."""
    if spec.calibrate is None:
        return bound_columns(source, spec)
    from ce_cli.binding.calibrated import calibrated, with_values

    return calibrated(source, *bound_columns(source, with_values(spec)), spec.as_)


def bound_columns(source: Source, spec: Spec) -> tuple[Binding, Spec]:
    """Bind the columns, and refuse what the first rows alone show to be wrong.

    Raises
    ------
    UsageError
        An option does not fit the columns.
    DataError
        The roles cannot be found, the labels of a single prediction are not of two classes, or
        numbers are of another kind than their names say.
    """
    binding, settled = bind(source, spec)
    class_names(binding, binding.sample)
    if spec.as_ == "auto" and settled.as_ == "logits" and binding.task != "multilabel":
        from ce_cli.binding.finding.kind_by_name import check_logits

        check_logits(source, binding)
    return binding, settled


def with_labels(data: DataSet, spec: Spec) -> tuple[Iterator[Source], Spec, LabelFile | None]:
    """Open the files, and join the labels if they are in another one."""
    labels = data.open_labels()
    if labels is None:
        return data.sources(), spec, None
    from ce_cli.binding.joining.joined import joined
    from ce_cli.binding.joining.label_file import LabelFile

    label_file = LabelFile(labels, spec.id, spec.missing == "skip")
    return *joined(data.sources(), label_file, spec), label_file


def up_to_first_row(sources: Iterator[Source]) -> list[Source]:
    """The first source that has a row, which shows types and labels, and those before it."""
    leading: list[Source] = []
    for source in sources:
        leading.append(source)
        if not source.is_empty:
            break
    return leading


def _check_data(issues: RowIssues, binding: Binding, spec: Spec, locations: RowLocations) -> None:
    found = list(issues.by_kind.values())
    bad = fatal(found, sums_must_fit=spec.on_bad_sum == "error")
    if bad:
        raise DataError(*sentences(bad, locations, binding.classes, issues))
    if not issues.read:
        raise DataError(f"{locations.title}: there is no data row.")
    if not issues.scored:
        left_out = ["--missing skip"] if issues.skipped else []
        left_out += ["--ignore-label"] if issues.ignored else []
        raise DataError(
            f"{locations.title}: no row is left to score after {' and '.join(left_out)}."
        )
