"""Single predictions that are the probability of the predicted class, which a column names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary, LabelReader
from ce_cli.binding.naming.spelling import canonical
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.columns import tokens
from ce_cli.errors import DataError, UsageError
from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.source import NO_TEXTS, Projection, Source
from ce_cli.kernels.losses import log_of_complement
from ce_cli.options.choices import Values
from ce_cli.spec import Spec
from ce_cli.text import quoted, quoted_list

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_DRESSED = re.compile(r"(?i)(?:label|class)[ _:.-]?(.+)")  # such as LABEL_1


def with_both_classes(source: Source, spec: Spec, seen: Sequence[str]) -> Spec:
    """The spec with both classes, if labels and predicted classes of the first rows show them.

    Which of them is the positive one makes no difference to the cross-entropy.

    Raises
    ------
    DataError
        There are more than two classes.
    """
    if spec.predicted_class is None or spec.classes:
        return spec
    predicted = [text for text in _first_texts(source, spec.predicted_class) if text]
    missing = {*spec.missing_texts, *spec.ignore_label}
    distinct: dict[str, str] = {}
    for text in (*seen, *predicted):
        if text not in missing and not _is_share(text):
            distinct.setdefault(canonical(text), text)
    usual = ConventionalBinary().codes(list(distinct.values()))
    if spec.positive is None and UNKNOWN not in usual:
        return spec
    labels = list(dict.fromkeys(canonical(text) for text in seen if text not in missing))
    known = [distinct[one] for one in labels if one in distinct]
    if len(known) > 2:
        raise DataError(
            f"--predicted-class needs labels of two classes, but these are {quoted_list(known)}; "
            "give each class a column with its probability, and name these with --pred."
        )
    names = known if len(known) == 2 else list(distinct.values())
    if len(names) != 2:
        return spec
    names = sorted(names)
    if spec.positive is not None and canonical(spec.positive) in map(canonical, names):
        names.sort(key=lambda name: canonical(name) == canonical(spec.positive or ""))
    return spec.replace(classes=tuple(names), positive=None)


def check_predicted_class(name: str, bound: Binding) -> None:
    """Check that a column of predicted classes suits the labels and the predictions.

    Raises
    ------
    UsageError
        There is more than one prediction, or no label, or the column has another role.
    """
    if bound.task == "likelihood":
        raise UsageError("--predicted-class needs a label.")
    if bound.shape != "single":
        raise UsageError(
            f"--predicted-class needs one prediction column, not {quoted_list(bound.predictions)}: "
            "predictions of every class need no predicted class."
        )
    if name in bound.labels.columns:
        raise UsageError(f"{quoted(name)} cannot be both label and predicted class.")


def predicted_positive(checked: CheckedRows, binding: Binding) -> Codes | None:
    """1 where the predicted class is the positive one, 0 where not; None without such a column."""
    name = binding.predicted_class
    if name is None:
        return None
    codes, texts = tokens(checked.columns[name])
    absent = [code for code, text in enumerate(texts) if text in binding.missing_texts]
    missing = (codes < 0) | np.isin(codes, absent)
    checked.miss(name, missing)
    classes = np.append(class_codes(binding.labels.reader, texts), 0)[codes]
    unknown = (classes == UNKNOWN) & ~missing
    if unknown.any():
        checked.drop(unknown, "unknown-predicted", name, lambda row: texts[codes[row]])
    if binding.classes is None:
        _note_classes(checked, texts, np.where(checked.keep & ~missing, codes, -1), binding)
    return classes


def class_codes(reader: LabelReader, texts: Sequence[str]) -> Codes:
    """The class of each text; ``LABEL_1`` and ``class 1`` are 1 where there is no such class."""
    codes = reader.codes(texts)
    for place in np.flatnonzero(codes == UNKNOWN).tolist():
        if found := _DRESSED.fullmatch(texts[place]):
            codes[place] = reader.codes([found[1]])[0]
    return codes


def of_positive_class(matrix: Floats, positive: Codes, values: Values) -> Floats:
    """Predictions of the positive class from those of the predicted class, shape (1, n)."""
    if values == "logits":
        complement = 0.0 - matrix
    elif values == "logprobs":
        complement = log_of_complement(matrix)
    else:
        complement = 1.0 - matrix  # without rounding from 1/2 up (Sterbenz's lemma)
    return np.where(positive == 1, matrix, complement)


def _note_classes(
    checked: CheckedRows, texts: Sequence[str], codes: Codes, binding: Binding
) -> None:
    """Record the negative class by its name, since labels of another name are then a third."""
    if isinstance(binding.labels.reader, ConventionalBinary):
        return
    for code in np.unique(codes[codes >= 0])[:20].tolist():
        first = int(np.argmax(codes == code))
        checked.issues.append(RowIssue("label", texts[code], 1, (int(checked.rows[first]),)))


def _first_texts(source: Source, name: str) -> list[str]:
    frame = source.sample(Projection((), (name,), missing_texts=NO_TEXTS))
    codes, texts = tokens(frame.columns[name])
    return [texts[code] for code in np.unique(codes[codes >= 0])[:100].tolist()]


def _is_share(text: str) -> bool:
    return ConventionalBinary.share(text) is not None
