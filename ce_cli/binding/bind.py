"""Deciding which column plays which role, and which prediction belongs to which class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ce_cli.binding.binding import Binding, Labels
from ce_cli.binding.finding.batches import check_batches
from ce_cli.binding.finding.evidence import FirstRows
from ce_cli.binding.finding.found_roles import RoleFinder
from ce_cli.binding.finding.loss_columns import with_losses
from ce_cli.binding.finding.near_predictions import check_logarithms, check_signs, instead_of
from ce_cli.binding.labels import (
    NO_LABELS,
    hard_reader,
    matched_labels,
    oriented,
    two_classes,
)
from ce_cli.binding.naming.class_columns import naming_by_labels
from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary, LabelReader, NamedClasses
from ce_cli.binding.naming.coded_labels import (
    CodedReader,
    by_code,
    codes_of,
    named_classes,
    unknown_codes,
)
from ce_cli.binding.naming.label_names import label_namings
from ce_cli.binding.naming.names import no_column, values_of
from ce_cli.binding.naming.typed_names import with_own_names
from ce_cli.binding.predictions import (
    EPSILON,
    TOLERANCE,
    Namings,
    best_naming,
    classes_of_single,
    namings_for,
    shape_of,
)
from ce_cli.binding.roles import (
    bytes_shape,
    check_are_shares,
    check_labels,
    check_others,
    check_predictions,
)
from ce_cli.binding.rows.one_hot import check_ignored
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column, Source
from ce_cli.options.choices import Task
from ce_cli.spec import Spec
from ce_cli.text import quoted, quoted_list

Kinds = Mapping[str, Column]


def bind(source: Source, spec: Spec) -> tuple[Binding, Spec]:
    """Bind the columns of `source`, and resolve every ``auto`` of `spec`.

    Raises
    ------
    UsageError
        An option names a column or class that does not exist.
    DataError
        The names do not show the roles, or no label names a class.
    """
    columns = source.columns()
    spec = with_own_names(spec, columns)
    names = [column.name for column in columns]
    for name in spec.other_columns:
        if name not in names:
            raise UsageError(no_column(name, names))
    spec = with_losses(source, spec)
    check_logarithms(spec.pred, spec)
    try:
        roles = finder_of(source, spec).roles()
    except DataError as error:
        raise instead_of(error, source, spec) from None
    missing = spec.missing_texts
    labels = () if roles.labels is None else roles.labels.columns
    predictions = () if roles.predictions is None else roles.predictions.columns
    kinds = {column.name: column for column in columns}
    check_labels([kinds[name] for name in labels])
    seen = roles.seen
    if spec.predicted_class is not None:
        spec = _with_both_classes(source, spec, seen)
    single = len(labels) == 1 and kinds[labels[0]].kind not in ("list", "map")
    coded = kinds[labels[0]].classes if single else ()  # the names of the numbers in `seen`
    _check_roles(source, spec, names, kinds, labels, predictions)
    by_name = None
    if coded:
        own = [kinds[name] for name in predictions]
        by_name = named_classes(source, spec, kinds[labels[0]], own, seen)
    read = seen if by_name is None else by_code(seen, coded)
    bound = _bound(
        source, by_name or spec, [kinds[n] for n in labels], [kinds[n] for n in predictions], read
    )
    if by_name is not None:
        reader = CodedReader(coded, bound.labels.reader)
        bound = bound.replace(labels=bound.labels.replace(reader=reader))
        missing = (*missing, *unknown_codes(seen))
        spec = spec.replace(ignore_label=(*spec.ignore_label, *codes_of(spec.ignore_label, coded)))
    if spec.bytes is not None:
        bound = bound.replace(bytes=spec.bytes, bytes_shape=bytes_shape(kinds[spec.bytes]))
    bound = bound.replace(tokens=spec.tokens, predicted_class=spec.predicted_class)
    _check_predicted_class(spec, bound)
    check_are_shares(bound)
    classes = bound.classes or ()
    missing = tuple(text for text in missing if text not in classes or text in spec.na_value)
    bound = bound.replace(
        missing_texts=missing,
        sample=tuple(text for text in seen if text not in missing),
        found_by=tuple((name, chosen.reason) for name, chosen in roles.chosen),
    )
    _check_task(spec, bound)
    check_batches(source, bound, spec)
    resolved = _resolved(spec, bound)
    _check_tokens(resolved, bound, kinds)
    _check_seen(source, resolved, bound)
    if resolved.as_ == "probabilities":
        check_signs(source, bound)
    return bound.replace(class_weights=_class_weights(spec, bound)), resolved


def finder_of(source: Source, spec: Spec) -> RoleFinder:
    """The search for the columns of `source` that hold labels and predictions."""
    rows = FirstRows(source, spec.missing_texts)
    return RoleFinder(rows, spec, spec.other_columns)


def _with_both_classes(source: Source, spec: Spec, seen: Sequence[str]) -> Spec:
    from ce_cli.binding.rows.predicted_class import with_both_classes

    return with_both_classes(source, spec, seen)


def _check_predicted_class(spec: Spec, bound: Binding) -> None:
    if spec.predicted_class is not None:
        from ce_cli.binding.rows.predicted_class import check_predicted_class

        check_predicted_class(spec.predicted_class, bound)


def _check_tokens(spec: Spec, bound: Binding, kinds: Kinds) -> None:
    if spec.tokens is not None:
        from ce_cli.binding.rows.token_rows import check_tokens

        check_tokens(spec, bound, kinds[spec.tokens])


def _check_roles(
    source: Source,
    spec: Spec,
    names: Sequence[str],
    kinds: Kinds,
    labels: Sequence[str],
    preds: Sequence[str],
) -> None:
    """Check that every column suits its role, and plays only one."""
    weight = [name for name in (spec.weight, spec.tokens) if name is not None]
    texts = [name for name in (spec.id, spec.predicted_class) if name is not None]
    rest = [*texts, *spec.grouping]
    sizes = [] if spec.bytes is None else [spec.bytes]
    used = dict.fromkeys((*labels, *preds, *weight, *sizes, *rest))
    if repeated := [name for name in used if names.count(name) > 1]:
        from ce_cli.binding.finding.repeated_names import repeated_names

        raise DataError(repeated_names(source, repeated, labels, preds))
    check_others(kinds, rest, spec.weight)
    check_predictions([kinds[name] for name in preds], labels)
    counts = [name for name in sizes if bytes_shape(kinds[name]) == "counts"]
    if sizes and sizes[0] in preds:
        raise UsageError(f"{quoted(sizes[0])} cannot be both bytes and prediction.")
    for name in (*preds, *weight, *counts):
        if name in rest:
            raise UsageError(
                f"{quoted(name)} cannot be both a column of numbers and an id or group column."
            )


def _bound(
    source: Source,
    spec: Spec,
    labels: Sequence[Column],
    predictions: Sequence[Column],
    seen: Sequence[str],
) -> Binding:
    """Bind labels and predictions to classes."""
    shape = shape_of(predictions)
    names = tuple(column.name for column in predictions)
    keys: tuple[str, ...] = ()
    if not labels:
        classes, bound = None, NO_LABELS
        if shape != "single" and spec.task == "auto":
            raise DataError(
                f"{quoted(names[0])} holds several numbers in each row, and there is no label; "
                "name the label with --label or its file with --labels."
            )
        if shape != "single":
            raise UsageError(
                "--task likelihood takes one prediction column: the probability of what happened."
            )
    elif shape == "single":
        prediction = names[0] if predictions[0].named else ""
        classes, bound = _single_classes(spec, labels, prediction, seen)
    else:
        namings = namings_for(source, spec, predictions, seen)
        carried = naming_by_labels(namings[0], seen) if shape == "map" else None
        if carried is not None and carried != namings[0] and not spec.classes:
            keys, namings = namings[0], [carried]
        if shape == "list" and len(labels) > 1 and not spec.classes:
            namings = label_namings([column.name for column in labels])  # in their order
        classes, bound = _several_classes(spec, labels, namings, seen)
    stored = {column.stored for column in labels}
    bound = bound.replace(tolerance=max((TOLERANCE[one] for one in stored), default=0.0))
    return Binding(
        labels=bound,
        predictions=names,
        shape=shape,
        classes=classes,
        task=_task(spec, labels, classes),
        weight=spec.weight,
        id=spec.id,
        by=spec.grouping,
        complete=() if spec.cluster is None else (spec.cluster,),
        missing_texts=(),
        sample=(),
        stored=tuple(column.stored for column in predictions),
        map_keys=keys,
        ragged=shape == "list" and _is_ragged(source, spec, predictions[0]),
    )


def _is_ragged(source: Source, spec: Spec, column: Column) -> bool:
    if column.width is not None:
        return False
    from ce_cli.binding.rows.ragged import are_ragged, list_lengths

    return are_ragged(list_lengths(source, column.name), column, spec)


def _single_classes(
    spec: Spec, labels: Sequence[Column], prediction: str, seen: Sequence[str]
) -> tuple[tuple[str, ...] | None, Labels]:
    names = tuple(column.name for column in labels)
    classes = classes_of_single(spec)
    if len(labels) > 1:
        classes, places = two_classes(spec, prediction, names)
        return classes, Labels(names, "columns", NamedClasses(classes), places)
    reader: LabelReader = hard_reader(spec, classes, (prediction,), seen)
    if labels[0].kind == "map":
        if classes is None:
            raise DataError(
                f"{quoted(names[0])} is a map of shares, but {quoted(prediction)} is one "
                "prediction; name both classes with --classes, the predicted class last."
            )
        return classes, Labels(names, "map", NamedClasses(classes))
    if labels[0].kind == "list":
        known = classes or ("0", "1")
        shares, places = oriented(known, known[1], spec)
        return shares, Labels(names, "list", NamedClasses(shares), places)
    soft = isinstance(reader, ConventionalBinary) and any(reader.share(text) for text in seen)
    if soft and labels[0].kind == "number":
        return classes, Labels(names, "share", reader)
    return classes, Labels(names, "single", reader)


def _several_classes(
    spec: Spec, labels: Sequence[Column], namings: Namings, seen: Sequence[str]
) -> tuple[tuple[str, ...], Labels]:
    names = tuple(column.name for column in labels)
    if len(labels) > 1:
        naming, places = matched_labels(names, namings, spec)
        return naming, Labels(names, "columns", NamedClasses(naming), places)
    naming = best_naming(namings, seen)
    if labels[0].kind == "map":
        return naming, Labels(names, "map", NamedClasses(naming))
    if labels[0].kind == "list":
        return naming, Labels(names, "list", NamedClasses(naming), _list_codes(spec, naming))
    return naming, Labels(names, "single", hard_reader(spec, naming, (), seen))


def _list_codes(spec: Spec, classes: Sequence[str]) -> tuple[int, ...]:
    """The class of each position in a list of shares, which has no names."""
    if spec.classes:
        return tuple(range(len(classes)))
    for start in (0, 1):
        codes = NamedClasses(tuple(classes)).codes([str(n + start) for n in range(len(classes))])
        if UNKNOWN not in codes:
            return tuple(codes.tolist())
    raise DataError(
        "the lists of labels do not show which number is for which of the classes "
        f"{quoted_list(classes)}; name the columns with --pred and the classes with --classes, "
        "both in the order of the lists."
    )


def _task(spec: Spec, labels: Sequence[Column], classes: Sequence[str] | None) -> Task:
    if not labels:
        return "likelihood"
    if spec.task == "multilabel":
        return "multilabel"
    return "binary" if classes is None or len(classes) == 2 else "multiclass"


def _check_task(spec: Spec, bound: Binding) -> None:
    """Refuse options that do not fit the task."""
    if spec.task == "binary" and bound.task != "binary":
        raise UsageError(f"--task binary does not fit {bound.class_count} prediction columns.")
    if spec.task == "multiclass" and bound.shape == "single":
        raise UsageError("--task multiclass needs one prediction column for each class.")
    if spec.task == "multilabel" and (bound.shape == "single" or bound.labels.shape == "single"):
        raise UsageError(
            "--task multilabel needs a label column of 0 and 1 for each of several predictions; "
            "name them with --label and --pred, which take globs."
        )
    if (
        spec.positive is not None
        and bound.shape != "single"
        and NamedClasses(bound.classes or ()).codes([spec.positive])[0] == UNKNOWN
    ):
        raise UsageError(
            f"--positive: there is no class {quoted(spec.positive)}; the classes are "
            f"{quoted_list(bound.classes or ())}."
        )
    hard = bound.labels.shape == "single"
    may_be_hard = bound.task not in ("multilabel", "likelihood") and bound.labels.shape != "share"
    options = {"--ignore-label": spec.ignore_label, "--class-weight": spec.class_weights}
    options["--class-weight balanced"] = ("balanced",) if spec.balanced else ()
    for option, value in options.items():
        if value and not may_be_hard:
            raise UsageError(f"{option} needs labels that are classes.")
    if spec.ignore_label and not hard:
        check_ignored(spec, bound)
    if spec.label_counts and (hard or bound.task == "likelihood"):
        raise UsageError("--label-counts needs a label column of counts for each class.")
    if spec.label_counts and bound.task == "multilabel":
        raise UsageError("--label-counts cannot be used with --task multilabel.")
    if spec.label_smoothing and bound.task == "likelihood":
        raise UsageError("--label-smoothing needs a label.")


def _resolved(spec: Spec, bound: Binding) -> Spec:
    task = bound.task
    values = spec.as_
    if values == "auto":
        values = values_of(bound.predictions) or "probabilities"
    if task == "likelihood" and values == "logits":
        raise UsageError(
            "the logit of what happened does not determine its probability; name the logits of all "
            "classes with --pred, and the label with --label."
        )
    clip = max(EPSILON[one] for one in bound.stored) if spec.clip is None else spec.clip
    clip = clip if values == "probabilities" else 0.0
    by_default = spec.clip is None or spec.clip_zeros
    only_zeros = task == "likelihood" and values == "probabilities" and by_default
    if spec.convention is not None:
        clip = _convention_floor(spec.convention, bound, spec.replace(as_=values))
    tolerance = spec.sum_tolerance
    if tolerance is None:
        tolerance = max(TOLERANCE[one] for one in bound.stored)
    return spec.replace(
        label=bound.labels.columns,
        pred=bound.predictions,
        task=task if spec.task == "auto" else spec.task,
        as_=values,
        clip=clip,
        clip_zeros=only_zeros and spec.convention is None,
        sum_tolerance=tolerance,
    )


def _convention_floor(name: str, bound: Binding, spec: Spec) -> float:
    """The value that ``--convention`` raises smaller probabilities to."""
    from ce_cli.binding.convention_choice import case_of
    from ce_cli.binding.conventions import convention_of

    chosen = convention_of(name, case_of(bound, spec))
    if chosen.unknown:
        raise UsageError(
            f"--convention {chosen.name} cannot be used with --label-smoothing and --class-weight "
            f"together: {chosen.name} {chosen.unknown}."
        )
    return chosen.floor


def _class_weights(spec: Spec, bound: Binding) -> tuple[float, ...]:
    """By class code; empty for no class weights."""
    if not spec.class_weights:
        return ()
    names = [name for name, _ in spec.class_weights]
    codes = bound.labels.reader.codes(names).tolist()
    if UNKNOWN in codes:
        unknown = names[codes.index(UNKNOWN)]
        known = f"; the classes are {quoted_list(bound.classes)}" if bound.classes else ""
        raise UsageError(f"--class-weight: there is no class {quoted(unknown)}{known}.")
    if len(set(codes)) < len(codes):
        raise UsageError(f"--class-weight names a class twice: {quoted_list(names)}.")
    weights = [1.0] * bound.class_count
    for code, (_, weight) in zip(codes, spec.class_weights, strict=True):
        weights[code] = weight
    return tuple(weights)


def _check_seen(source: Source, spec: Spec, bound: Binding) -> None:
    """Fail at once, and name the fix, where labels of the first rows are not classes."""
    if bound.sample and (bound.labels.reader.codes(bound.sample) == UNKNOWN).any():
        from ce_cli.binding.finding.label_fit import check_seen

        check_seen(source, spec, bound)
