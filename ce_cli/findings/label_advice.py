"""What to do about labels that are not classes: rows of totals, marks of no label, near misses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ce_cli.findings.number_advice import Advice
from ce_cli.text import is_number, quoted, quoted_list, shell_word

_TOTALS = frozenset(
    "all allrows average avg count grandtotal max mean median min overall std stdev subtotal sum "
    "summary summe total totals gesamt insgesamt mittelwert somme moyenne suma promedio".split()
)
_MOST_LISTED = 20  # classes in a command
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_INVISIBLE = frozenset("Cf Cc Zl Zp".split())  # categories of characters that have no shape


def is_total(label: str) -> bool:
    """Whether a label is the name of a row of totals."""
    return re.sub(r"[\W_]+", "", label.lower()) in _TOTALS


def loose(text: str) -> str:
    """A label without what people write differently: case, white space, hyphens, a full stop."""
    if is_number(text.strip()):  # -1 is not nearly 1
        return text.strip()
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(one for one in plain if unicodedata.category(one) not in _INVISIBLE)
    return re.sub(r"[\s_\-]+", " ", plain).strip().rstrip(".").strip()


def near_misses(labels: Sequence[str], classes: Sequence[str]) -> dict[str, str]:
    """The class that each label is nearly, if there is exactly one."""
    near: dict[str, list[str]] = {}
    for name in classes:
        near.setdefault(loose(name), []).append(name)
    known = {label: near.get(loose(label), []) for label in labels}
    return {label: few[0] for label, few in known.items() if len(few) == 1 and few[0] != label}


def renamed(labels: Sequence[str], classes: Sequence[str]) -> tuple[str, ...] | None:
    """The labels in the order of the `classes` that they nearly are; None unless all are."""
    near = near_misses(labels, classes)
    by_class = {name: label for label, name in near.items()}
    if len(near) != len(labels) or by_class.keys() != set(classes):
        return None
    return tuple(by_class[name] for name in classes)


def nearest(label: str, name: str) -> str:
    """``the nearest is '>50K'``, with escapes where the two look alike."""
    both = [unicodedata.normalize("NFC", text) for text in (label, name)]
    shapes = ["".join(c for c in one if unicodedata.category(c) not in _INVISIBLE) for one in both]
    if shapes[0].strip() != shapes[1].strip():
        return f"the nearest is {quoted(name)}"
    return (
        f"the nearest is {quoted(name)}, which looks alike but has other Unicode characters "
        f"({label!a} and {name!a})"
    )


def ignoring(labels: Sequence[str]) -> str:
    """The options that leave out rows with these labels."""
    return " ".join(f"--ignore-label {shell_word(label)}" for label in labels)


def totals(labels: Sequence[str]) -> Advice | None:
    """For labels of which all are names of rows of totals."""
    if not labels or not all(map(is_total, labels)):
        return None
    options = ignoring(labels)
    return Advice(f"if it is a row of totals, leave it out with {options}", options)


def marks_of_no_label(labels: Sequence[str], classes: Sequence[str]) -> Advice | None:
    """For whole numbers beside classes that are numbered, but do not continue their numbers."""
    if len(labels) > 2 or not all(map(_WHOLE.fullmatch, (*labels, *classes))):
        return None
    numbers, known = [int(float(one)) for one in labels], [int(float(one)) for one in classes]
    if not known or any(min(known) <= one <= max(known) + 1 for one in numbers):
        return None
    if 0 in numbers:  # classes from 1 to K
        return None
    options = ignoring(labels)
    verb = "marks" if len(labels) == 1 else "mark"
    text = f"if {quoted_list(labels)} {verb} rows without a label, leave them out with {options}"
    return Advice(text, options)


def unknown_label(label: str, labels: Sequence[str], classes: Sequence[str]) -> Advice:
    """For labels that are not among the classes of several predictions."""
    known = f"the classes are {quoted_list(classes, 10)}"
    near = near_misses([label], classes).get(label)
    if near is not None:
        return Advice(f"{nearest(label, near)}; write all labels of a class alike")
    certain = totals(labels) or marks_of_no_label(labels, classes)
    if certain is not None:
        return Advice(f"{known}; {certain.text}", certain.options)
    if _follows(label, classes):
        counted = ",".join(str(place + 1) for place in range(len(classes)))
        return Advice(
            f"{known}; if the labels count from 1, use --classes {counted}; if they do not, add "
            "the column of its prediction with --pred"
        )
    return Advice(
        f"{known}; add the column of its prediction with --pred, name the class of each prediction "
        f"with --classes, or skip such rows with --ignore-label {shell_word(label)}"
    )


def _follows(label: str, classes: Sequence[str]) -> bool:
    """Whether a label is the number after those of all classes, which count from 0."""
    counted = [str(place) for place in range(len(classes))]
    return len(classes) <= _MOST_LISTED and [*classes, label] == [*counted, str(len(classes))]


def undecided_label(labels: Sequence[str], seen: Sequence[str]) -> Advice:
    """For labels that are neither class of a single prediction, beside those `seen`."""
    near = near_misses(labels, seen)
    if labels and labels[0] in near:
        return Advice(f"{nearest(labels[0], near[labels[0]])}; write all labels of a class alike")
    certain = totals(labels) or (marks_of_no_label(labels, seen) if len(seen) > 1 else None)
    if certain is not None:
        return certain
    if len(seen) > 1:  # a positive class would leave more than one other class
        known = (
            f"the other labels are {quoted_list(seen)}, and one prediction separates two classes"
        )
        if not all(map(_WHOLE.fullmatch, (*labels, *seen))):
            return Advice(f"{known}; leave other rows out with {ignoring(labels)}")
        return Advice(  # the numbers of classes
            f"{known}: name a column with the probability of each class with --pred, or, if it is "
            "the probability of the label itself, use --task likelihood"
        )
    if len({*labels, *seen}) == 2:
        either = " or ".join(f"with --positive {shell_word(one)}" for one in (*seen, *labels))
        return Advice(f"name the positive class {either}")
    return Advice("name the positive class with --positive")
