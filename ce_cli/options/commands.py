"""The options of each command, beyond those of the data."""

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

from ce_cli.options.choices import (
    AGAINST,
    CALIBRATION,
    COLUMNS,
    CONFIGURATION,
    FORMULA,
    LIMITS,
    OUTPUT,
    SCORING,
    SUBJECT,
    VALUES,
    Base,
    IntervalMethod,
    Join,
    Method,
    Mode,
    Test,
)
from ce_cli.options.data import DataOptions
from ce_cli.options.option import Option


class _By(TypedDict, total=False):
    by: Annotated[
        str | Sequence[str],
        Option(
            "One line for each value of this column. Repeatable.",
            COLUMNS,
            list[str],
            metavar="COL",
            names="column",
        ),
    ]


class _Unit(TypedDict, total=False):
    base: Annotated[
        Base,
        Option(
            "Base of the logarithms: nats (e), bits (2) or bans (10).",
            SCORING,
            Base,
            "e",
            metavar="B",
            signature="base",
            of_numbers=True,
        ),
    ]


class _Level(TypedDict, total=False):
    confidence: Annotated[
        float, Option("Confidence of the intervals.", SCORING, float, 0.95, metavar="LEVEL")
    ]
    interval: Annotated[
        IntervalMethod,
        Option(
            "Intervals and tests of means by Student's t, or by Hall's transformation of it, which "
            "allows for skewness.",
            SCORING,
            IntervalMethod,
            "hall",
            metavar="KIND",
        ),
    ]


class _Cluster(TypedDict, total=False):
    cluster: Annotated[
        str | None,
        Option(
            "Rows with the same value here depend on each other, such as rows of one user.",
            SCORING,
            metavar="COL",
            names="column",
        ),
    ]


class _Interval(_Level, _Cluster, total=False):
    pass


class _Calibrated(TypedDict, total=False):
    calibrate: Annotated[
        Any,
        Option(
            "Recalibrate the predictions first, by a calibration that ce calibrate fit wrote.",
            VALUES,
            metavar="FILE",
            is_path=True,
            signature="calibration",
        ),
    ]


class _Rule(TypedDict, total=False):
    convention: Annotated[
        str | None,
        Option(
            "Score by the rules of another tool.",
            VALUES,
            metavar="TOOL",
            names="convention",
            signature="convention",
        ),
    ]


class ScoreOptions(DataOptions, _By, _Calibrated, _Rule, _Unit, _Interval, total=False):
    """Options of `score`."""

    conventions: Annotated[
        bool,
        Option(
            "Score by the rules of every tool, and show why the numbers differ.",
            VALUES,
            bool,
            False,
        ),
    ]
    metric: Annotated[
        str | Sequence[str],
        Option(
            "Compute only this metric, or all. Repeatable.",
            SCORING,
            list[str],
            metavar="NAME",
            short="-m",
            names="metric",
        ),
    ]
    worst: Annotated[int, Option("Show the N most surprising rows.", SCORING, int, 0, metavar="N")]
    decompose: Annotated[
        bool,
        Option(
            "Split the cross-entropy of all rows into uncertainty, discrimination and calibration.",
            SCORING,
            bool,
            False,
        ),
    ]


class CompareOptions(DataOptions, _By, _Unit, _Interval, total=False):
    """Options of `compare`."""

    reference: Annotated[
        str | None,
        Option(
            "The model to compare the others with; by default the first.",
            SCORING,
            metavar="NAME",
        ),
    ]
    join: Annotated[
        Join,
        Option(
            "With --id, rows missing in some files: stop with an error (all), or leave them out "
            "(inner).",
            SCORING,
            Join,
            "all",
            metavar="HOW",
        ),
    ]
    test: Annotated[
        Test,
        Option("How to compute the p-value of a difference.", SCORING, Test, "t", metavar="TEST"),
    ]
    worst: Annotated[
        int,
        Option("Show the N rows whose losses rose and fell most.", SCORING, int, 0, metavar="N"),
    ]


class GateOptions(DataOptions, _Calibrated, _Rule, _Unit, _Interval, total=False):
    """Options of `gate`."""

    max: Annotated[
        str | float | None,
        Option("Short for --require 'cross_entropy <= NUMBER'.", LIMITS, metavar="NUMBER"),
    ]
    require: Annotated[
        str | Sequence[str],
        Option(
            "A metric, one of <=, <, >=, > and a number: 'accuracy >= 0.9'; for every group "
            "'cross_entropy.by(segment) <= 0.5', for one 'cross_entropy.by(segment=eu) <= 0.5'. "
            "Repeatable.",
            LIMITS,
            list[str],
            metavar="LIMIT",
            names="metric",
        ),
    ]
    min_rows: Annotated[
        int | None, Option("Short for --require 'rows >= N'.", LIMITS, int, metavar="N")
    ]
    confident: Annotated[
        bool,
        Option("A metric passes only if its whole interval does.", LIMITS, bool, False),
    ]
    baseline: Annotated[
        Any,
        Option(
            "The output of ce score --json or ce gate --json, or predictions for the same rows.",
            AGAINST,
            metavar="FILE",
            is_path=True,
        ),
    ]
    max_regression: Annotated[
        str | float | None,
        Option(
            "How far the cross-entropy may exceed that of the baseline: a number in its unit "
            "(0.01), or a share of it (1%). Short for --require 'regression <= …'.",
            AGAINST,
            metavar="LIMIT",
        ),
    ]
    mode: Annotated[
        Mode,
        Option(
            "What that limit is checked against: the difference itself (point), the low end of its "
            "interval, so that only a proven regression fails (confident), or the high end, so "
            "that only a proven absence passes (proven).",
            AGAINST,
            Mode,
            "point",
            metavar="MODE",
        ),
    ]
    join: Annotated[
        Join,
        Option(
            "With --id, rows that are only in the data or only in the baseline: stop with an error "
            "(all), or leave them out of the comparison (inner).",
            AGAINST,
            Join,
            "all",
            metavar="HOW",
        ),
    ]


class InspectOptions(DataOptions, _By, total=False):
    """Options of `inspect`."""


class ExplainOptions(DataOptions, _Unit, total=False):
    """Options of `explain`."""


class CalibrateOptions(DataOptions, _By, _Unit, _Cluster, total=False):
    """Options of `calibrate`."""

    method: Annotated[
        Method,
        Option(
            "What to fit: a temperature; for two classes Platt's slope and bias, beta calibration "
            "or an isotonic curve; for more a bias, or a slope and a bias (vector), for each "
            "class; an offset for another --prior; or the simplest that is as good as the best.",
            CALIBRATION,
            Method,
            "auto",
            metavar="NAME",
        ),
    ]
    prior: Annotated[
        str | Sequence[str],
        Option(
            "For an offset, the share of the positive class where predictions will be used, or "
            "CLASS=SHARE of every class. Repeatable.",
            CALIBRATION,
            list[str],
            metavar="SHARE",
        ),
    ]


class _Format(TypedDict, total=False):
    format: Annotated[
        str,
        Option(
            "Format of the result.",
            OUTPUT,
            str,
            "table",
            metavar="NAME",
            short="-f",
            names="format",
        ),
    ]
    json: Annotated[bool, Option("Short for --format json.", OUTPUT, bool, False)]


class _OutputFile(TypedDict, total=False):
    output: Annotated[
        str | None,
        Option(
            "Write the result to a file instead of standard output.",
            OUTPUT,
            metavar="FILE",
            is_path=True,
            short="-o",
        ),
    ]


class _General(TypedDict, total=False):
    quiet: Annotated[
        bool,
        Option("Show no progress, and no warnings on stderr.", OUTPUT, bool, False, short="-q"),
    ]
    config: Annotated[
        str | None,
        Option(
            "A configuration file; by default ce.toml, or pyproject.toml with a table tool.ce, in "
            "this directory or one above.",
            CONFIGURATION,
            metavar="FILE",
        ),
    ]


class OutputOptions(_Format, _OutputFile, _General, total=False):
    """How the result is written, and where options are written down."""


class ScoreCommandOptions(ScoreOptions, OutputOptions, total=False):
    """Options of ``ce score``."""

    per_row: Annotated[
        str | None,
        Option(
            "Write the loss of every row to OUT: .csv, .jsonl or .parquet, or - for CSV on stdout; "
            "with an --engine other than threads, to a new folder OUT/, a Parquet file a task.",
            SCORING,
            metavar="OUT",
            is_path=True,
        ),
    ]


class CompareCommandOptions(CompareOptions, OutputOptions, total=False):
    """Options of ``ce compare``."""

    model: Annotated[
        Sequence[str],
        Option(
            "A model and its prediction columns or globs, separated by commas; one for each file, "
            "or several for one file. Repeatable.",
            COLUMNS,
            list[str],
            metavar="NAME=COLS",
        ),
    ]


class GateCommandOptions(GateOptions, OutputOptions, total=False):
    """Options of ``ce gate``."""

    gate: Annotated[
        Sequence[str],
        Option(
            "Run this gate of the configuration; by default all. Repeatable.",
            CONFIGURATION,
            list[str],
            metavar="NAME",
        ),
    ]
    init: Annotated[
        bool,
        Option(
            "Write a ce.toml (or --output) with limits that these files pass.",
            CONFIGURATION,
            bool,
            False,
        ),
    ]
    report: Annotated[
        Sequence[str],
        Option(
            "Also write the result in another format; - is stdout. Repeatable.",
            OUTPUT,
            list[str],
            metavar="FORMAT=FILE",
        ),
    ]
    exit_zero: Annotated[
        bool,
        Option(
            "Exit with 0 even if a check fails; other errors keep their codes.", OUTPUT, bool, False
        ),
    ]


class InspectCommandOptions(InspectOptions, OutputOptions, total=False):
    """Options of ``ce inspect``."""


class ExplainCommandOptions(ExplainOptions, OutputOptions, total=False):
    """Options of ``ce explain``."""

    row: Annotated[
        int | None,
        Option(
            "The row with this number, counted from 1 across all files; by default the most "
            "surprising row.",
            SUBJECT,
            int,
            metavar="N",
        ),
    ]
    of: Annotated[str | None, Option("The row with this id; needs --id.", SUBJECT, metavar="X")]
    q: Annotated[
        Sequence[str],
        Option(
            "Explain this prediction instead of a file: 0.7,0.2,0.1, or one number for two "
            "classes; 1/3 and 70% are numbers too. Repeatable, to compare predictions.",
            SUBJECT,
            list[str],
            metavar="NUMBERS",
            of_numbers=True,
        ),
    ]
    p: Annotated[
        str | None,
        Option(
            "The distribution of the label: with --q, or alone, for its entropy. Or name one class "
            "with --label.",
            SUBJECT,
            metavar="NUMBERS",
            of_numbers=True,
        ),
    ]
    curve: Annotated[
        bool,
        Option(
            "Draw surprisal against probability and, for two classes, H(p, q) over q, or H(p) "
            "over p.",
            SUBJECT,
            bool,
            False,
            of_numbers=True,
        ),
    ]


class CalibrateFitCommandOptions(CalibrateOptions, _Format, _General, total=False):
    """Options of ``ce calibrate fit``."""

    output: Annotated[
        str | None,
        Option(
            "Write the calibration to a file, as JSON.",
            CALIBRATION,
            metavar="FILE",
            is_path=True,
            short="-o",
        ),
    ]


class _AppliedOutput(_General, total=False):
    output: Annotated[
        str | None,
        Option(
            "Write the rows to a file: .csv, .jsonl or .parquet; by default as CSV to standard "
            "output.",
            OUTPUT,
            metavar="FILE",
            is_path=True,
            short="-o",
        ),
    ]


_OF_LABELS = (  # and of what is computed from them
    *("label", "labels", "weight", "predicted_class", "tokens", "bytes", "id", "task"),
    *("label_counts", "label_smoothing", "class_weight", "ignore_label", "clip"),
)


class ApplyOptions:
    """Options of `Calibration.apply`: those of the data, but for those of labels."""

    __annotations__ = {
        name: hint for name, hint in DataOptions.__annotations__.items() if name not in _OF_LABELS
    }


class CalibrateApplyCommandOptions:
    """Options of ``ce calibrate apply``."""

    __annotations__ = ApplyOptions.__annotations__ | _AppliedOutput.__annotations__


class CalibrateShowCommandOptions(_OutputFile, _General, total=False):
    """Options of ``ce calibrate show``."""

    as_: Annotated[
        str,
        Option(
            "What to show the formula as.",
            FORMULA,
            str,
            "python",
            metavar="LANGUAGE",
            names="formula",
        ),
    ]


COMMANDS: dict[str, Any] = {
    "score": ScoreCommandOptions,
    "compare": CompareCommandOptions,
    "gate": GateCommandOptions,
    "inspect": InspectCommandOptions,
    "explain": ExplainCommandOptions,
    "calibrate fit": CalibrateFitCommandOptions,
    "calibrate apply": CalibrateApplyCommandOptions,
    "calibrate show": CalibrateShowCommandOptions,
}
