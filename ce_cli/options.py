"""Options that commands share, declared once."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

_COLUMNS = "Columns"
_VALUES = "Values"
_SCORING = "Scoring"
_OUTPUT = "Output"
_READING = "Reading"

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
Id = Annotated[
    str | None,
    typer.Option(
        "--id", metavar="COL", help="Names rows, and joins --labels.", rich_help_panel=_COLUMNS
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
        help="Compute only this; repeatable.",
        rich_help_panel=_SCORING,
    ),
]
Confidence = Annotated[
    float,
    typer.Option(
        "--confidence", metavar="FLOAT", help="Of the interval.", rich_help_panel=_SCORING
    ),
]
Worst = Annotated[
    int,
    typer.Option(
        "--worst", metavar="N", help="Show the N most surprising rows.", rich_help_panel=_SCORING
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
Format = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="table|json|csv|markdown",
        help="How the result is written.",
        rich_help_panel=_OUTPUT,
    ),
]
InspectFormat = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="table|json",
        help="How the result is written.",
        rich_help_panel=_OUTPUT,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Short for --format json.", rich_help_panel=_OUTPUT)
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the result here instead of stdout.",
        rich_help_panel=_OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="No progress, and no warnings on stderr.", rich_help_panel=_OUTPUT
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
