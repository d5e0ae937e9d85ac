"""Labels that are a share of each class, where options need a single class of each row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.errors import UsageError
from ce_cli.kernels.losses import first_largest
from ce_cli.kernels.outcomes import is_certain
from ce_cli.spec import Spec
from ce_cli.text import quoted, quoted_list

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def check_ignored(spec: Spec, bound: Binding) -> None:
    """Check that labels to ignore are classes, since no other label can be in columns of classes.

    Raises
    ------
    UsageError
        There is no such class.
    """
    classes = bound.classes or ()
    codes = NamedClasses(classes).codes(spec.ignore_label)
    if UNKNOWN in codes:
        unknown = spec.ignore_label[codes.tolist().index(UNKNOWN)]
        raise UsageError(
            f"--ignore-label: there is no class {quoted(unknown)}; the classes are "
            f"{quoted_list(classes)}."
        )


def ignore_classes(checked: CheckedRows, shares: Floats, binding: Binding, spec: Spec) -> None:
    """Leave out the rows whose label is entirely of an ignored class."""
    codes = NamedClasses(binding.classes or ()).codes(spec.ignore_label)
    only = is_certain(shares if not spec.label_counts else np.sign(shares))
    checked.ignore(only & np.isin(first_largest(shares), codes))


def only_classes(checked: CheckedRows, shares: Floats, binding: Binding) -> Codes:
    """The class of each row; a label with shares of several is an issue."""
    several = ~is_certain(shares) & ~np.isnan(shares).any(axis=0)
    if several.any():
        checked.drop(several, "not-one-hot", binding.labels.columns[0], lambda row: "")
    return first_largest(shares)
