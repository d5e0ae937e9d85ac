"""Names that users give, and where their code is: nothing is imported until it is needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar

from ce_cli.errors import UsageError
from ce_cli.record import Record
from ce_cli.text import closest, quoted, quoted_list


class Entry(Record):
    """Where something registered is defined.

    Attributes
    ----------
    target : str
        ``"module:attribute"``.
    names : tuple of str
        The names it goes by.
    magic : bytes
        A regular expression for the first bytes of a file in this input format; if empty, it
        matches every file.
    text : bool
        Whether this input format is text, which may be compressed and in any encoding.
    at_end : bool
        Whether the end of such a file says where its rows are, so that it is read by parts.
    in_folders : bool
        Whether a directory of data may consist of such files, so that they are read with it.
    chooses : tuple of str
        The options by which one of several tables in such a file is chosen.
    elsewhere : bool
        Whether this engine folds tasks in other processes (`Engine`), rather than calling a
        function in this one (`LocalEngine`).
    frames : str
        The library whose data frames this engine folds where they are (`FrameEngine`), or nothing.
    """

    target: str
    names: tuple[str, ...]
    magic: bytes = b""
    text: bool = False
    at_end: bool = False
    in_folders: bool = True
    chooses: tuple[str, ...] = ()
    elsewhere: bool = False
    frames: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its name: a command may be one of several, as ``calibrate fit`` is."""
        return tuple(self.names[0].split())

    def load(self) -> Any:
        """Import it."""
        return _load(self.target)


class Figure(Record):
    """A number that a metric gives: its one declaration, which everything else reads.

    Attributes
    ----------
    name : str
        Its name in options, limits, documents and tables.
    about : str
        What it is, in one sentence.
    title : str
        Its name on pages; empty if that is `name`.
    in_unit : bool
        Whether it is in the unit of the loss (nats, bits or bans), so that ``--base`` divides it.
    mean_loss : bool
        Whether it is a mean of losses, which some conventions divide by the number of rows.
    percent : bool
        Whether pages show it in percent.
    digits : int
        How many significant digits pages show; fewer where the figure itself is approximate.
    of_a_class : bool
        Whether it is of the positive class, or, of more than two classes, of the likeliest one.
    low, high : float
        Its range, at which its interval is cut off.
    binary_high : float
        The end of its range for two classes and for independent labels.
    is_entropy : bool
        Whether it is at most the logarithm of the number of classes.
    error : str
        The figure that bounds its error of approximation, if there is one: pages show it beside the
        figure, the interval is wider by it, and a gate allows for it.
    """

    name: str
    about: str
    title: str = ""
    in_unit: bool = False
    mean_loss: bool = False
    percent: bool = False
    digits: int = 5
    of_a_class: bool = False
    low: float = -math.inf
    high: float = math.inf
    binary_high: float = math.inf
    is_entropy: bool = False
    error: str = ""

    @property
    def heading(self) -> str:
        """Its name on pages."""
        return self.title or self.name


class Metric(Record):
    """A metric: where its state is defined, and the figures that the state gives.

    Attributes
    ----------
    target : str
        ``"module:attribute"``.
    figures : tuple of Figure
        In the order of the documents.
    tables : tuple of str
        Names by which ``--metric`` can choose the tables that it gives instead of figures.
    extra : bool
        Whether it is computed only if one of its names is chosen.
    """

    target: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[str, ...] = ()
    extra: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which it can be chosen."""
        return (*(figure.name for figure in self.figures), *self.tables)

    def load(self) -> Any:
        """Import it."""
        return _load(self.target)


class Output(Record):
    """An output format.

    Attributes
    ----------
    target : str
        ``"module:attribute"``, called with the result and the canvas.
    names : tuple of str
        The names it goes by.
    commands : tuple of str
        The commands that can write it.
    shows_warnings : bool
        Whether it shows the warnings to people; if not, they are repeated on stderr.
    publishes : str
        ``"module:attribute"``, called with the result and the environment: writes what the system
        that reads this format needs elsewhere.
    """

    target: str
    names: tuple[str, ...]
    commands: tuple[str, ...]
    shows_warnings: bool = False
    publishes: str = ""

    def load(self) -> Any:
        """Import it."""
        return _load(self.target)

    def plain(self, result: object) -> str:
        """The result as a pipe or a file gets it: no colour, and as wide as it is."""
        return str(self.load()(result, _load("ce_cli.outputs.drawing.canvas:Canvas")()))

    def publish(self, result: object, environment: object) -> None:
        """Write what this format needs elsewhere, if anything."""
        if self.publishes:
            _load(self.publishes)(result, environment)


INPUTS = (
    Entry(
        "ce_cli.inputs.arrow.parquet:open_parquet",
        ("parquet", "parq", "pq"),
        b"PAR1",
        at_end=True,
    ),
    Entry(
        "ce_cli.inputs.arrow.ipc:open_ipc",
        ("arrow", "feather", "ipc", "arrows"),
        rb"ARROW1|\xff\xff\xff\xff",
    ),
    Entry("ce_cli.inputs.numpy.npy:open_npy", ("npy",), rb"\x93NUMPY"),
    Entry(
        "ce_cli.inputs.packed.zipped:open_zip",
        ("zip",),
        rb"PK(\x03\x04|\x05\x06)",  # of any of these three, told apart by what is inside
        in_folders=False,
        chooses=("table",),
    ),
    Entry("ce_cli.inputs.packed.zipped:open_zip", ("npz",), rb"PK(\x03\x04|\x05\x06)"),
    Entry(
        "ce_cli.inputs.packed.zipped:open_zip",
        ("xlsx", "xlsm"),
        rb"PK(\x03\x04|\x05\x06)",
        in_folders=False,
        chooses=("table",),
    ),
    Entry("ce_cli.inputs.arrow.orc:open_orc", ("orc",), rb"(?s:ORC.{0,12}[\x00-\x08\x0e-\x1f])"),
    Entry(
        "ce_cli.inputs.numpy.safetensors:open_safetensors",
        ("safetensors",),
        rb"(?s:.{4}\x00{4}\{)",
        in_folders=False,
    ),
    Entry(
        "ce_cli.inputs.databases.sqlite:open_sqlite",
        ("sqlite", "sqlite3", "db"),
        rb"SQLite format 3\x00",
        in_folders=False,
        chooses=("table", "query"),
    ),
    Entry(
        "ce_cli.inputs.databases.duckdb:open_duckdb",
        ("duckdb",),
        rb"(?s:.{8}DUCK.{2}\x00{2})",
        in_folders=False,
        chooses=("table", "query"),
    ),
    Entry(
        "ce_cli.inputs.json.opening:open_json",
        ("jsonl", "ndjson", "json"),
        rb"\s*\{\s*([\"}]|$)|\s*\[\s*(\{|\[\s*[\[{\"]|\n|\]?\s*$)",
        text=True,
    ),
    Entry(
        "ce_cli.inputs.text.delimited:open_delimited",
        ("csv", "tsv", "tab", "txt", "psv"),
        text=True,
    ),
)

COMMANDS = (
    Entry("ce_cli.cli.score:score", ("score",)),
    Entry("ce_cli.cli.compare:compare", ("compare",)),
    Entry("ce_cli.cli.gate:gate", ("gate",)),
    Entry("ce_cli.cli.inspect:inspect", ("inspect",)),
    Entry("ce_cli.cli.explain:explain", ("explain",)),
    Entry("ce_cli.cli.calibrate:fit", ("calibrate fit",)),
    Entry("ce_cli.cli.calibrate:apply", ("calibrate apply",)),
    Entry("ce_cli.cli.calibrate:show", ("calibrate show",)),
)

GROUPS = {
    "calibrate": "Fit a calibration to one file, apply it to others, and show its formula.",
}

ENGINES = (
    Entry("ce_cli.engines.threads:Threads", ("threads",)),  # the default
    Entry("ce_cli.engines.processes:Processes", ("processes",), elsewhere=True),
    Entry("ce_cli.engines.dask:Dask", ("dask",), elsewhere=True, frames="dask"),
    Entry("ce_cli.engines.spark:Spark", ("spark",), elsewhere=True, frames="pyspark"),
)

METRICS = (
    Metric(
        "ce_cli.metrics.loss:Loss",
        (
            Figure(
                "cross_entropy",
                "Mean loss of the rows.",
                title="cross-entropy",
                in_unit=True,
                mean_loss=True,
                low=0.0,
            ),
            Figure("total", "Sum of the losses.", in_unit=True, low=0.0),
            Figure(
                "perplexity", "Exponential of the cross-entropy, the same in every unit.", low=1.0
            ),
        ),
    ),
    Metric(
        "ce_cli.metrics.spread:Spread",
        (
            Figure(
                "standard_error",
                "Standard error of the cross-entropy.",
                title="standard error",
                in_unit=True,
                mean_loss=True,
            ),
        ),
    ),
    Metric(
        "ce_cli.metrics.bits_per_token:BitsPerToken",
        (
            Figure(
                "bits_per_token",
                "Cross-entropy of predictions without labels, in bits whatever the unit.",
                title="bits per token",
                mean_loss=True,
                low=0.0,
            ),
        ),
    ),
    Metric(
        "ce_cli.metrics.bits_per_byte:BitsPerByte",
        (
            Figure(
                "bits_per_byte",
                "Sum of the losses over the sum of the bytes, in bits whatever the unit.",
                title="bits per byte",
                low=0.0,
            ),
        ),
    ),
    Metric(
        "ce_cli.metrics.quantiles:Quantiles",
        (
            Figure("min", "Smallest loss.", in_unit=True),
            Figure("median", "Median of the losses.", in_unit=True, digits=3),
            Figure("p90", "Loss that 90 % of the rows do not exceed.", in_unit=True, digits=3),
            Figure("p99", "Loss that 99 % of the rows do not exceed.", in_unit=True, digits=3),
            Figure("max", "Largest loss.", in_unit=True),
        ),
    ),
    Metric(
        "ce_cli.metrics.prior:Prior",
        (
            Figure(
                "baseline",
                "Cross-entropy of always predicting the share of each class.",
                in_unit=True,
                mean_loss=True,
            ),
            Figure(
                "normalized_cross_entropy",
                "Cross-entropy divided by the baseline.",
                title="normalized",
                low=0.0,
            ),
            Figure(
                "skill",
                "1 minus the normalized cross-entropy: 0 is the baseline, 1 is perfect.",
                percent=True,
                high=1.0,
            ),
        ),
    ),
    Metric(
        "ce_cli.metrics.entropy:Entropy",
        (
            Figure(
                "entropy",
                "Mean entropy of the labels.",
                in_unit=True,
                mean_loss=True,
                low=0.0,
                is_entropy=True,
            ),
            Figure(
                "kl_divergence",
                "Cross-entropy minus the entropy of the labels.",
                title="KL divergence",
                in_unit=True,
                mean_loss=True,
                low=0.0,
            ),
        ),
    ),
    Metric(
        "ce_cli.metrics.accuracy:Accuracy",
        (
            Figure(
                "accuracy",
                "Share of the rows whose most probable class is the label.",
                percent=True,
                low=0.0,
                high=1.0,
            ),
        ),
    ),
    Metric(
        "ce_cli.metrics.brier:Brier",
        (
            Figure(
                "brier",
                "Mean squared error of the predicted probabilities.",
                low=0.0,
                high=2.0,
                binary_high=1.0,
            ),
        ),
    ),
    Metric(
        "ce_cli.metrics.confidence:Confidence",
        (
            Figure(
                "confidence",
                "Mean entropy of the predictions: the cross-entropy that the model expects.",
                in_unit=True,
                mean_loss=True,
                low=0.0,
                is_entropy=True,
            ),
        ),
        extra=True,
    ),
    Metric(
        "ce_cli.metrics.bias:Bias",
        (
            Figure(
                "bias",
                "Mean predicted probability minus the share of the positive class.",
                of_a_class=True,
                low=-1.0,
                high=1.0,
            ),
        ),
        extra=True,
    ),
    Metric(
        "ce_cli.metrics.ece:Ece",
        (
            Figure(
                "ece",
                "Expected calibration error over 15 bins, of the positive or the likeliest class.",
                of_a_class=True,
                low=0.0,
                high=1.0,
            ),
        ),
        extra=True,
    ),
    Metric(
        "ce_cli.metrics.auc:Auc",
        (
            Figure(
                "auc",
                "Area under the ROC curve; ties count one half.",
                low=0.0,
                high=1.0,
                error="auc_error",
            ),
            Figure("auc_error", "Bound on the error of auc that its bins leave.", low=0.0),
        ),
        extra=True,
    ),
    Metric("ce_cli.metrics.per_class:PerClass", tables=("per_class",)),
    Metric("ce_cli.metrics.class_spread:ClassSpread", tables=("per_class",), extra=True),
    Metric("ce_cli.metrics.scores:Scores", extra=True),  # these two have no figures: …
    Metric("ce_cli.metrics.sample:Sample", extra=True),  # … --decompose needs their states
)

FIGURES: Mapping[str, Figure] = {
    figure.name: figure for metric in METRICS for figure in metric.figures
}

TABLES: tuple[str, ...] = tuple(dict.fromkeys(name for metric in METRICS for name in metric.tables))

_WITHOUT_RESULT = ("calibrate apply", "calibrate show")  # they write rows, and a formula
_EVERY_COMMAND = tuple(
    entry.names[0] for entry in COMMANDS if entry.names[0] not in _WITHOUT_RESULT
)

OUTPUTS = (
    Output("ce_cli.outputs.pages.score:render", ("table",), ("score",), shows_warnings=True),
    Output("ce_cli.outputs.pages.compare:render", ("table",), ("compare",), shows_warnings=True),
    Output("ce_cli.outputs.pages.gate:render", ("table",), ("gate",), shows_warnings=True),
    Output("ce_cli.outputs.pages.inspect:render", ("table",), ("inspect",), shows_warnings=True),
    Output("ce_cli.outputs.pages.explain:render", ("table",), ("explain",), shows_warnings=True),
    Output(
        "ce_cli.outputs.pages.calibrate:render", ("table",), ("calibrate fit",), shows_warnings=True
    ),
    Output("ce_cli.outputs.json:render", ("json",), _EVERY_COMMAND),
    Output("ce_cli.outputs.tables.score_csv:render", ("csv",), ("score",)),
    Output("ce_cli.outputs.tables.compare_csv:render", ("csv",), ("compare",)),
    Output("ce_cli.outputs.markdown.score:render", ("markdown",), ("score",), shows_warnings=True),
    Output(
        "ce_cli.outputs.markdown.compare:render", ("markdown",), ("compare",), shows_warnings=True
    ),
    Output(
        "ce_cli.outputs.markdown.explain:render", ("markdown",), ("explain",), shows_warnings=True
    ),
    Output(
        "ce_cli.outputs.markdown.calibrate:render",
        ("markdown",),
        ("calibrate fit",),
        shows_warnings=True,
    ),
    # Read on another page, far from the log of the job, which repeats the warnings.
    Output("ce_cli.outputs.markdown.gate:render", ("markdown",), ("gate",)),
    Output("ce_cli.outputs.ci.junit:render", ("junit",), ("gate",)),
    Output(
        "ce_cli.outputs.ci.github:render",
        ("github",),
        ("gate",),
        publishes="ce_cli.outputs.ci.github_files:publish",
    ),
    Output("ce_cli.outputs.ci.openmetrics:render", ("openmetrics",), ("gate",)),
    Output("ce_cli.outputs.ci.metrics:render", ("metrics",), ("gate",)),
)

FORMULAS = (
    Entry("ce_cli.outputs.formulas.python:render", ("python",)),
    Entry("ce_cli.outputs.formulas.numpy:render", ("numpy",)),
    Entry("ce_cli.outputs.formulas.sql:render", ("sql",)),
)


Found = TypeVar("Found", Entry, Metric, Output)


def find(entries: Sequence[Found], name: str, kind: str) -> Found:
    """Look up the entry called `name`.

    Parameters
    ----------
    entries : sequence
        A registry.
    name : str
        One of its names.
    kind : str
        What its entries are, for the message: ``"metric"``.

    Raises
    ------
    UsageError
        There is no such entry; the message lists the names to choose from.
    """
    for entry in entries:
        if name in entry.names:
            return entry
    known = names_of(entries)
    raise UsageError(
        f"There is no {kind} {quoted(name)}{closest(name, known)}. "
        f"Choose from: {quoted_list(known, 40)}."
    )


def names_of(entries: Sequence[Entry | Metric | Output]) -> tuple[str, ...]:
    """Every name, once."""
    return tuple(dict.fromkeys(name for entry in entries for name in entry.names))


def names_with_choice() -> frozenset[str]:
    """The names of formats of which one file holds several tables, but for archives of files."""
    return frozenset(
        n for one in INPUTS if one.chooses and "zip" not in one.names for n in one.names
    )


def data_suffixes() -> frozenset[str]:
    """The suffixes of files that a directory or an archive of data may consist of."""
    return frozenset(f".{name}" for entry in INPUTS if entry.in_folders for name in entry.names)


def end_suffixes() -> frozenset[str]:
    """The suffixes of files whose end says where their rows are."""
    return frozenset(f".{name}" for entry in INPUTS if entry.at_end for name in entry.names)


def outputs_of(command: str) -> tuple[Output, ...]:
    """The output formats of a command."""
    return tuple(output for output in OUTPUTS if command in output.commands)


def output(command: str, name: str) -> Output:
    """The output format of a command that is called `name`.

    Raises
    ------
    UsageError
        There is no such format; the message lists the names to choose from.
    """
    return find(outputs_of(command), name, "format")


def formats(command: str) -> tuple[str, ...]:
    """The names of the output formats of a command, in order."""
    return names_of(outputs_of(command))


def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)
