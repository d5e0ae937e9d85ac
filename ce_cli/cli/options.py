"""Options that commands share, declared once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_type_hints

import typer

from ce_cli.record import Record
from ce_cli.registry import METRICS, formats, names_of

if TYPE_CHECKING:
    from ce_cli.spec import Reading, Spec

SUBJECT = "What to explain"
LIMITS = "Limits"
AGAINST = "Against a baseline"
_COLUMNS = "Columns"
_VALUES = "Values"
_SCORING = "Scoring"
OUTPUT = "Output"
_READING = "Reading"
CONFIGURATION = "Configuration"
_LONGEST_METAVAR = 30
_PANELS = (
    *(SUBJECT, LIMITS, AGAINST, _COLUMNS, _VALUES, _SCORING),
    *(OUTPUT, _READING, CONFIGURATION),
)

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILES]...",
        help="Files, directories, URIs, or - for standard input; several are parts of one data "
        "set. With none, what is piped in is read.",
        show_default=False,
    ),
]
Label = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        "-l",
        metavar="COL",
        help="What happened: a column of classes, or one of shares for each class; repeatable, "
        "globs welcome.",
        rich_help_panel=_COLUMNS,
    ),
]
LabelsFile = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help="The file that has the labels, joined by --id or else by the order of the rows.",
        rich_help_panel=_COLUMNS,
    ),
]
Pred = Annotated[
    list[str] | None,
    typer.Option(
        "--pred",
        "-p",
        metavar="COL",
        help="Predictions: one column, a list column, or one a class; repeatable, globs welcome.",
        rich_help_panel=_COLUMNS,
    ),
]
Weight = Annotated[
    str | None,
    typer.Option("--weight", "-w", metavar="COL", help="Row weights.", rich_help_panel=_COLUMNS),
]
Bytes = Annotated[
    str | None,
    typer.Option(
        "--bytes",
        metavar="COL",
        help="How many bytes each row has, or the text itself: gives bits per byte.",
        rich_help_panel=_COLUMNS,
    ),
]
Id = Annotated[
    str | None,
    typer.Option(
        "--id",
        metavar="COL",
        help="Names rows, and joins --labels and models.",
        rich_help_panel=_COLUMNS,
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by", metavar="COL", help="One line for each value; repeatable.", rich_help_panel=_COLUMNS
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        "--classes",
        metavar="A,B,C",
        help="The class of each prediction, in their order.",
        rich_help_panel=_COLUMNS,
    ),
]
Positive = Annotated[
    str | None,
    typer.Option(
        "--positive",
        metavar="CLASS",
        help="The class that a single prediction column is the probability of.",
        rich_help_panel=_COLUMNS,
    ),
]
TaskOption = Annotated[
    Literal["auto", "binary", "multiclass", "multilabel", "likelihood"],
    typer.Option(
        "--task",
        help="What is predicted; likelihood: only what happened, without a label.",
        rich_help_panel=_COLUMNS,
    ),
]
As = Annotated[
    Literal["probabilities", "logits", "logprobs"] | None,
    typer.Option(
        "--as",
        help="What the predictions are; by default their names tell, else probabilities.",
        show_default=False,
        rich_help_panel=_VALUES,
    ),
]
Missing = Annotated[
    Literal["error", "skip"],
    typer.Option(
        "--missing", help="Rows with a missing value: stop, or skip them.", rich_help_panel=_VALUES
    ),
]
NaValue = Annotated[
    list[str] | None,
    typer.Option(
        "--na-value",
        metavar="TEXT",
        help="Another text for a missing value; repeatable.",
        rich_help_panel=_VALUES,
    ),
]
LabelCounts = Annotated[
    bool,
    typer.Option(
        "--label-counts",
        help="The labels are counts of annotators for each class.",
        rich_help_panel=_VALUES,
    ),
]
LabelSmoothing = Annotated[
    float,
    typer.Option(
        "--label-smoothing",
        metavar="E",
        help="Spread this share of each label over all classes.",
        rich_help_panel=_VALUES,
    ),
]
ClassWeight = Annotated[
    list[str] | None,
    typer.Option(
        "--class-weight",
        metavar="CLASS=W|balanced",
        help="Weight rows by their class; repeatable. balanced: rows / (classes · rows of it).",
        rich_help_panel=_VALUES,
    ),
]
IgnoreLabel = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-label",
        metavar="V",
        help="Leave out rows with this label; repeatable.",
        rich_help_panel=_VALUES,
    ),
]
OnBadSum = Annotated[
    Literal["error", "warn", "renormalize"],
    typer.Option(
        "--on-bad-sum",
        help="Rows of probabilities that do not sum to 1.",
        rich_help_panel=_VALUES,
    ),
]
SumTolerance = Annotated[
    float | None,
    typer.Option(
        "--sum-tolerance",
        metavar="FLOAT",
        help="How far from 1 a sum may be; by default what rounding in the file explains.",
        show_default=False,
        rich_help_panel=_VALUES,
    ),
]
Clip = Annotated[
    str,
    typer.Option(
        "--clip",
        metavar="auto|none|FLOAT",
        help="Clip probabilities to eps from 0 and 1; auto takes eps of the stored type.",
        rich_help_panel=_VALUES,
    ),
]
Convention = Annotated[
    str | None,
    typer.Option(
        "--convention",
        metavar="NAME",
        help="Score as another tool does: sklearn, torch, keras, xgboost, lightgbm or yardstick.",
        show_default=False,
        rich_help_panel=_VALUES,
    ),
]
Conventions = Annotated[
    bool,
    typer.Option(
        "--conventions",
        help="Show what each of these tools would say, and why it differs.",
        rich_help_panel=_VALUES,
    ),
]
Base = Annotated[
    Literal["e", "2", "10"],
    typer.Option("--base", help="Nats, bits or bans.", rich_help_panel=_SCORING),
]
Metric = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        "-m",
        metavar="NAME",
        help=f"Compute only this figure; repeatable. One of: {', '.join(names_of(METRICS))}; "
        "or all.",
        rich_help_panel=_SCORING,
    ),
]
Confidence = Annotated[
    float,
    typer.Option(
        "--confidence", metavar="FLOAT", help="Of the interval.", rich_help_panel=_SCORING
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILES]...",
        help="One file, directory or URI for each model, or one that has the predictions of all; - "
        "is standard input.",
        show_default=False,
    ),
]
Model = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME=COLS",
        help="A model and its prediction columns or globs, between commas; repeatable, of one file "
        "or one for each file.",
        rich_help_panel=_COLUMNS,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="COL",
        help="Rows with one value here belong together, such as those of one user.",
        rich_help_panel=_SCORING,
    ),
]
Reference = Annotated[
    str | None,
    typer.Option(
        "--reference",
        metavar="NAME",
        help="The model that the others are compared with; by default the first.",
        rich_help_panel=_SCORING,
    ),
]
Join = Annotated[
    Literal["all", "inner"],
    typer.Option(
        "--join",
        help="With --id, rows that not all files have: refuse, or leave them out.",
        rich_help_panel=_SCORING,
    ),
]
TestOption = Annotated[
    Literal["t", "sign-flip"],
    typer.Option(
        "--test", help="How the p-value of a difference is found.", rich_help_panel=_SCORING
    ),
]
MovedMost = Annotated[
    int,
    typer.Option(
        "--worst",
        metavar="N",
        help="Show the N rows that moved most, each way.",
        rich_help_panel=_SCORING,
    ),
]
Worst = Annotated[
    int,
    typer.Option(
        "--worst", metavar="N", help="Show the N most surprising rows.", rich_help_panel=_SCORING
    ),
]
Decompose = Annotated[
    bool,
    typer.Option(
        "--decompose",
        help="Take the cross-entropy of all rows apart: uncertainty, discrimination, calibration.",
        rich_help_panel=_SCORING,
    ),
]
PerRow = Annotated[
    str | None,
    typer.Option(
        "--per-row",
        metavar="OUT",
        help="Write every row's loss to OUT: .csv, .jsonl or .parquet, or - for CSV on stdout.",
        rich_help_panel=_SCORING,
    ),
]
Row = Annotated[
    int | None,
    typer.Option(
        "--row",
        metavar="N",
        help="The N-th row, from 1, through all files; by default the most surprising one.",
        show_default=False,
        rich_help_panel=SUBJECT,
    ),
]
Of = Annotated[
    str | None,
    typer.Option(
        "--of", metavar="X", help="The row that has X in the --id column.", rich_help_panel=SUBJECT
    ),
]
PredictionTyped = Annotated[
    str | None,
    typer.Option(
        "--q",
        metavar="NUMBERS",
        help="No file, but this prediction: 0.7,0.2,0.1, or one number for two classes; 1/3 and "
        "70% are numbers too.",
        rich_help_panel=SUBJECT,
    ),
]
LabelTyped = Annotated[
    str | None,
    typer.Option(
        "--p",
        metavar="NUMBERS",
        help="With --q, the distribution of the label; or name the class that happened with "
        "--label.",
        rich_help_panel=SUBJECT,
    ),
]
Curve = Annotated[
    bool,
    typer.Option(
        "--curve",
        help="Draw the surprisal of every probability, and mark what is explained.",
        rich_help_panel=SUBJECT,
    ),
]


def format_option(command: str) -> Any:
    """``--format`` of a command, with the names that the registry has for it."""
    names = formats(command)
    return typer.Option(
        "--format",
        "-f",
        metavar="NAME" if len(names) > _LONGEST_METAVAR else names,
        help=f"Write the result as: {names.replace('|', ', ')}."
        if len(names) > _LONGEST_METAVAR
        else "How the result is written.",
        rich_help_panel=OUTPUT,
    )


Format = Annotated[str, format_option("score")]
CompareFormat = Annotated[str, format_option("compare")]
InspectFormat = Annotated[str, format_option("inspect")]
ExplainFormat = Annotated[str, format_option("explain")]
Json = Annotated[
    bool, typer.Option("--json", help="Short for --format json.", rich_help_panel=OUTPUT)
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the result here instead of stdout.",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="No progress, and no warnings on stderr.", rich_help_panel=OUTPUT
    ),
]
InputFormat = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        metavar="csv|jsonl|parquet|…",
        help="Of the files; by default found from their first bytes.",
        show_default=False,
        rich_help_panel=_READING,
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="CHAR",
        help="Between fields; by default found from the first lines.",
        show_default=False,
        rich_help_panel=_READING,
    ),
]
Encoding = Annotated[
    str,
    typer.Option("--encoding", metavar="NAME", help="Of text files.", rich_help_panel=_READING),
]
Decimal = Annotated[
    str,
    typer.Option(
        "--decimal",
        metavar="CHAR",
        help="Before the fraction of a number in text: a point, or a comma.",
        rich_help_panel=_READING,
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option(
        "--no-header",
        help="The first line is a row; the columns are called 1, 2, 3, …",
        rich_help_panel=_READING,
    ),
]
Comment = Annotated[
    str | None,
    typer.Option(
        "--comment",
        metavar="CHAR",
        help="Leave lines of text out that begin with this.",
        show_default=False,
        rich_help_panel=_READING,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        help="Blocks worked on at once; by default one for each processor.",
        show_default=False,
        rich_help_panel=_READING,
    ),
]


class DataOptions(Record):
    """What is said about the data: the options that every command has, as they were typed."""

    label: Label = None
    labels: LabelsFile = None
    pred: Pred = None
    weight: Weight = None
    bytes_: Bytes = None
    id_: Id = None
    classes: Classes = None
    positive: Positive = None
    task: TaskOption = "auto"
    as_: As = None
    label_counts: LabelCounts = False
    label_smoothing: LabelSmoothing = 0.0
    class_weight: ClassWeight = None
    ignore_label: IgnoreLabel = None
    missing: Missing = "error"
    na_value: NaValue = None
    on_bad_sum: OnBadSum = "warn"
    sum_tolerance: SumTolerance = None
    clip: Clip = "auto"
    input_format: InputFormat = None
    delimiter: Delimiter = None
    encoding: Encoding = "utf-8"
    decimal: Decimal = "."
    no_header: NoHeader = False
    comment: Comment = None
    threads: Threads = None

    def spec(self, **more: Any) -> Spec:
        """What to compute; `more` are the fields that commands differ in."""
        from ce_cli.spec import Spec, class_weights_of, clip_of

        class_weights, balanced = class_weights_of(self.class_weight or ())
        given = {
            "labels": tuple(self.label or ()),
            "predictions": tuple(self.pred or ()),
            "weight": self.weight,
            "bytes": self.bytes_,
            "id": self.id_,
            "classes": _names_in(self.classes),
            "positive": self.positive,
            "task": self.task,
            "values": self.as_ or "auto",
            "label_counts": self.label_counts,
            "label_smoothing": self.label_smoothing,
            "class_weights": class_weights,
            "balanced": balanced,
            "ignore_labels": tuple(self.ignore_label or ()),
            "missing": self.missing,
            "na_values": tuple(self.na_value or ()),
            "on_bad_sum": self.on_bad_sum,
            "sum_tolerance": self.sum_tolerance,
            "clip": clip_of(self.clip),
        }
        return Spec(**{**given, **more})

    def reading(self) -> Reading:
        """How bytes become rows."""
        from ce_cli.spec import Reading

        spelled = {"\\t": "\t", "tab": "\t"}
        return Reading(
            delimiter=spelled.get(self.delimiter or "", self.delimiter),
            encoding=self.encoding,
            threads=_thread_count(self.threads),
            decimal=self.decimal,
            header=not self.no_header,
            comment=self.comment,
            input_format=self.input_format,
        )


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that are declared together as fields of a `Record`.

    An argument of such a type, like `DataOptions`, reaches the command made of what was typed.
    """
    kinds = get_type_hints(command, include_extras=True)
    together = {name: kind for name, kind in kinds.items() if _is_value(kind)}
    every = [parameter for kind in together.values() for parameter in _fields_of(kind)]
    every += [
        own.replace(kind=Parameter.KEYWORD_ONLY, annotation=kinds[own.name])
        for own in signature(command).parameters.values()
        if own.name not in together
    ]

    def asked(**given: Any) -> None:
        made = {
            name: kind(**{field: given.pop(field) for field in kind._fields})
            for name, kind in together.items()
        }
        command(**made, **given)

    every.sort(key=lambda parameter: _place(parameter.annotation))
    asked.__doc__ = command.__doc__
    asked.__name__ = command.__name__
    asked.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
    asked.__signature__ = signature(asked).replace(parameters=every)  # type: ignore[attr-defined]
    return asked


def _is_value(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Record)


def _fields_of(kind: type[Record]) -> Iterator[Parameter]:
    annotations = get_type_hints(kind, include_extras=True)
    for name in kind._fields:
        default = getattr(kind, name)
        yield Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotations[name])


def _place(annotation: Any) -> int:
    """Where a parameter stands in the help: arguments, then panel by panel."""
    told = get_args(annotation)[1:]
    panel = getattr(told[0], "rich_help_panel", None) if told else None
    return _PANELS.index(panel) + 1 if panel in _PANELS else 0


def _names_in(classes: str | None) -> tuple[str, ...]:
    """Split at commas; quotes protect a comma, as in a CSV file."""
    if classes is None:
        return ()
    import csv

    return tuple(name.strip() for name in next(csv.reader([classes], skipinitialspace=True), []))


def _thread_count(asked: int | None) -> int:
    """As many as asked for, or one for each processor that is ours."""
    if asked is not None:
        return asked
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
