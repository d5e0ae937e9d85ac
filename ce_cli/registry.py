"""Names that users say, and where their code is: nothing is imported until it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ce_cli.errors import UsageError
from ce_cli.record import Record
from ce_cli.text import closest, quoted, quoted_list


class Entry(Record):
    """Where a registered thing lives.

    Attributes
    ----------
    target : str
        ``"module:attribute"``.
    names : tuple of str
        What it goes by, or, for a metric, the figures it gives.
    magic : bytes
        A regular expression for how a file of this input format begins; nothing fits every file.
    text : bool
        Whether a file of this input format is text, which may be packed and encoded.
    extra : bool
        Whether a metric is computed only where it is asked for.
    """

    target: str
    names: tuple[str, ...]
    magic: bytes = b""
    text: bool = False
    extra: bool = False

    def load(self) -> Any:
        """Import it."""
        module, _, attribute = self.target.partition(":")
        return getattr(import_module(module), attribute)


INPUTS = (
    Entry("ce_cli.inputs.arrow.parquet:open_parquet", ("parquet", "parq", "pq"), b"PAR1"),
    Entry(
        "ce_cli.inputs.arrow.ipc:open_ipc",
        ("arrow", "feather", "ipc", "arrows"),
        rb"ARROW1|\xff\xff\xff\xff|FEA1",
    ),
    Entry("ce_cli.inputs.numpy.npy:open_npy", ("npy",), rb"\x93NUMPY"),
    Entry("ce_cli.inputs.numpy.npz:open_npz", ("npz",), rb"PK(\x03\x04|\x05\x06)"),
    Entry(
        "ce_cli.inputs.json.jsonlines:open_json_lines",
        ("jsonl", "ndjson"),
        rb"\s*\{\s*([\"}]|$)|\s*\[\s*\{",
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
)

ENGINES = (Entry("ce_cli.engines.threads:Threads", ("threads",)),)

METRICS = (
    Entry("ce_cli.metrics.loss:Loss", ("cross_entropy", "total", "perplexity")),
    Entry("ce_cli.metrics.spread:Spread", ("standard_error",)),
    Entry("ce_cli.metrics.bits_per_token:BitsPerToken", ("bits_per_token",)),
    Entry("ce_cli.metrics.bits_per_byte:BitsPerByte", ("bits_per_byte",)),
    Entry("ce_cli.metrics.quantiles:Quantiles", ("min", "median", "p90", "p99", "max")),
    Entry("ce_cli.metrics.prior:Prior", ("baseline", "normalized_cross_entropy", "skill")),
    Entry("ce_cli.metrics.entropy:Entropy", ("entropy", "kl_divergence")),
    Entry("ce_cli.metrics.accuracy:Accuracy", ("accuracy",)),
    Entry("ce_cli.metrics.brier:Brier", ("brier",)),
    Entry("ce_cli.metrics.confidence:Confidence", ("confidence",), extra=True),
    Entry("ce_cli.metrics.bias:Bias", ("bias",), extra=True),
    Entry("ce_cli.metrics.ece:Ece", ("ece",), extra=True),
    Entry("ce_cli.metrics.auc:Auc", ("auc", "auc_error"), extra=True),
    Entry("ce_cli.metrics.per_class:PerClass", ("per_class",)),
    Entry("ce_cli.metrics.class_spread:ClassSpread", ("per_class",), extra=True),
    Entry("ce_cli.metrics.scores:Scores", (), extra=True),  # these two have no figures, …
    Entry("ce_cli.metrics.sample:Sample", (), extra=True),  # … and serve --decompose
)

OUTPUTS = (
    Entry("ce_cli.outputs.pages.score:render", ("table",)),
    Entry("ce_cli.outputs.json:render", ("json",)),
    Entry("ce_cli.outputs.tables.score_csv:render", ("csv",)),
    Entry("ce_cli.outputs.markdown.score:render", ("markdown",)),
)

COMPARE_OUTPUTS = (
    Entry("ce_cli.outputs.pages.compare:render", ("table",)),
    Entry("ce_cli.outputs.json:render", ("json",)),
    Entry("ce_cli.outputs.tables.compare_csv:render", ("csv",)),
    Entry("ce_cli.outputs.markdown.compare:render", ("markdown",)),
)

INSPECT_OUTPUTS = (
    Entry("ce_cli.outputs.pages.inspect:render", ("table",)),
    Entry("ce_cli.outputs.json:render", ("json",)),
)

EXPLAIN_OUTPUTS = (
    Entry("ce_cli.outputs.pages.explain:render", ("table",)),
    Entry("ce_cli.outputs.json:render", ("json",)),
)

GATE_OUTPUTS = (
    Entry("ce_cli.outputs.pages.gate:render", ("table",)),
    Entry("ce_cli.outputs.json:render", ("json",)),
    Entry("ce_cli.outputs.markdown.gate:render", ("markdown",)),
    Entry("ce_cli.outputs.ci.junit:render", ("junit",)),
    Entry("ce_cli.outputs.ci.github:render", ("github",)),
    Entry("ce_cli.outputs.ci.openmetrics:render", ("openmetrics",)),
    Entry("ce_cli.outputs.ci.metrics:render", ("metrics",)),
)


def find(entries: Sequence[Entry], name: str, what: str) -> Entry:
    """Look `name` up.

    Raises
    ------
    UsageError
        It is not there; the message lists what is.
    """
    for entry in entries:
        if name in entry.names:
            return entry
    known = list(dict.fromkeys(known for entry in entries for known in entry.names))
    raise UsageError(
        f"{quoted(name)} is no {what}{closest(name, known)}: there is {quoted_list(known, 40)}."
    )
