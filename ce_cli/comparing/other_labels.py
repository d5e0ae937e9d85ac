"""Advice where the files of two models name the same classes in two ways."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from shlex import quote

from ce_cli.binding.binding import Binding
from ce_cli.comparing.bound_models import ModelReader
from ce_cli.errors import DataError
from ce_cli.text import STDIN, comma_separated, display_name

_ABOUT_LABELS = "the labels "  # part of the errors about them


def labels_of_one(reference: Binding, other: Binding, file: str) -> str:
    """How to use the labels of `file`, that of the reference, for two models."""
    classes = reference.classes
    hard = reference.labels.shape == other.labels.shape == "single"
    if not (hard and file and classes and reference.class_count == other.class_count):
        return "; write the same names of classes to both files"
    typed = comma_separated(classes)
    return (
        "; if both have the same rows in the same order, and list the classes in the same order, "
        f"use the labels of one with --labels {quote(file)} --classes {quote(typed)}"
    )


@contextlib.contextmanager
def same_labels(reference: ModelReader) -> Iterator[None]:
    """Add advice to errors about the labels of another file, bound with the same options."""
    try:
        yield
    except DataError as error:
        file = only_file(reference.models[0].files)
        binding = reference.models[0].binding
        if reference.label_file or not file or binding.labels.shape != "single":
            raise
        raise DataError(*(_ended(one, file) for one in error.sentences)) from None


def _ended(sentence: str, file: str) -> str:
    if _ABOUT_LABELS not in sentence:
        return sentence
    return (
        f"{sentence.removesuffix('.')}; if {file} has the same rows in the same order, use its "
        f"labels for both with --labels {quote(file)}."
    )


def only_file(files: Sequence[str]) -> str:
    """The file of a model as it can be typed; empty if there are several."""
    return display_name(files[0]) if len(files) == 1 and files[0] != STDIN else ""
