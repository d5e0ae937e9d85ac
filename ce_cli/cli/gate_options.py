"""Options of ``ce gate`` alone: what is asked of a score, and where else that may be written."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ce_cli.cli import options as opt
from ce_cli.gating.request import Mode
from ce_cli.record import Record

Max = Annotated[
    str | None,
    typer.Option(
        "--max",
        metavar="NUMBER",
        help="Short for --require 'cross_entropy <= NUMBER'.",
        rich_help_panel=opt.LIMITS,
    ),
]
Require = Annotated[
    list[str] | None,
    typer.Option(
        "--require",
        metavar="LIMIT",
        help="A metric, one of <=, <, >=, > and a number: 'accuracy >= 0.9'; in every group "
        "'cross_entropy.by(segment) <= 0.5', in one 'cross_entropy.by(segment=eu) <= 0.5'; "
        "repeatable.",
        rich_help_panel=opt.LIMITS,
    ),
]
MinRows = Annotated[
    int | None,
    typer.Option(
        "--min-rows",
        metavar="N",
        help="Short for --require 'rows >= N'.",
        show_default=False,
        rich_help_panel=opt.LIMITS,
    ),
]
Confident = Annotated[
    bool,
    typer.Option(
        "--confident",
        help="A metric passes only if the far end of its interval does.",
        rich_help_panel=opt.LIMITS,
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="What ce score --json or ce gate --json wrote, or predictions for the same rows.",
        rich_help_panel=opt.AGAINST,
    ),
]
MaxRegression = Annotated[
    str | None,
    typer.Option(
        "--max-regression",
        metavar="NUMBER|SHARE%",
        help="How much larger than the baseline's the cross-entropy may be, in its unit (0.01) or "
        "as a share of it (1%); short for --require 'regression <= …'.",
        rich_help_panel=opt.AGAINST,
    ),
]
ModeOption = Annotated[
    Mode,
    typer.Option(
        "--mode",
        help="What is held against that limit: the difference as it is found; the low end of its "
        "interval, so that only a sure regression fails; the high end, so that only a sure "
        "absence of one passes.",
        rich_help_panel=opt.AGAINST,
    ),
]
Join = Annotated[
    Literal["all", "inner"],
    typer.Option(
        "--join",
        help="With --id, rows that only the data or only a baseline of predictions has: refuse, or "
        "leave them out of the comparison.",
        rich_help_panel=opt.AGAINST,
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Instead of the ce.toml, or the pyproject.toml with a table \\[tool.ce], that is "
        "here or above.",
        show_default=False,
        rich_help_panel=opt.CONFIGURATION,
    ),
]
Chosen = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="NAME",
        help="Run this gate of the configuration; repeatable. By default all of them.",
        show_default=False,
        rich_help_panel=opt.CONFIGURATION,
    ),
]
Init = Annotated[
    bool,
    typer.Option(
        "--init",
        help="Write a ce.toml (or --output) that these files pass, to start from.",
        rich_help_panel=opt.CONFIGURATION,
    ),
]
Report = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT=FILE",
        help="Write the result in a further format, - for stdout; repeatable.",
        rich_help_panel=opt.OUTPUT,
    ),
]
Format = Annotated[str, opt.format_option("gate")]
ExitZero = Annotated[
    bool,
    typer.Option(
        "--exit-zero",
        help="Exit 0 even if a check fails; other errors keep their codes.",
        rich_help_panel=opt.OUTPUT,
    ),
]


class Limits(Record):
    """What is asked of the figures, as it was typed."""

    max_: Max = None
    require: Require = None
    min_rows: MinRows = None
    confident: Confident = False
    baseline: Baseline = None
    max_regression: MaxRegression = None
    mode: ModeOption = "point"
    join: Join = "all"
    convention: opt.Convention = None
    base: opt.Base = "e"
    confidence: opt.Confidence = 0.95
    cluster: opt.Cluster = None
