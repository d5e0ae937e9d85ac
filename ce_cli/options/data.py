"""Options of every command: how data is found and read."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypedDict

from ce_cli.options.choices import COLUMNS, READING, VALUES, Missing, OnBadSum, Task, Values
from ce_cli.options.option import Option


class DataOptions(TypedDict, total=False):
    """How data is found and read; every command has these."""

    label: Annotated[
        str | Sequence[str],
        Option(
            "The label: a column of classes, or one column of shares for each class. Repeatable; "
            "globs are allowed.",
            COLUMNS,
            list[str],
            metavar="COL",
            short="-l",
            names="column",
            of_numbers=True,
        ),
    ]
    labels: Annotated[
        Any,
        Option(
            "A file with the labels, matched by --id, or else by row order.",
            COLUMNS,
            metavar="FILE",
            is_path=True,
        ),
    ]
    pred: Annotated[
        str | Sequence[str],
        Option(
            "Predictions: one column, one list column, or one column for each class. Repeatable; "
            "globs are allowed.",
            COLUMNS,
            list[str],
            metavar="COL",
            short="-p",
            names="column",
        ),
    ]
    weight: Annotated[
        str | None,
        Option(
            "Row weights.", COLUMNS, metavar="COL", short="-w", names="column", signature="weight"
        ),
    ]
    predicted_class: Annotated[
        str | None,
        Option(
            "The predicted class, where --pred is the probability of that class instead of the "
            "positive one; for two classes.",
            COLUMNS,
            metavar="COL",
            names="column",
            signature="predicted_class",
        ),
    ]
    tokens: Annotated[
        str | None,
        Option(
            "Number of tokens of each row, where a row is a document and --pred its total "
            "log-probability or loss; gives the loss per token.",
            COLUMNS,
            metavar="COL",
            names="column",
            signature="tokens",
        ),
    ]
    bytes: Annotated[
        str | None,
        Option(
            "Bytes of each row, as a count, as the text itself or as a list of bytes; gives bits "
            "per byte.",
            COLUMNS,
            metavar="COL",
            names="column",
            signature="bytes",
        ),
    ]
    id: Annotated[
        str | None,
        Option(
            "Row ids, to match rows with --labels and between models.",
            COLUMNS,
            metavar="COL",
            names="column",
        ),
    ]
    classes: Annotated[
        str | Sequence[object],
        Option(
            "The class of each prediction, in the order of the predictions.",
            COLUMNS,
            metavar="A,B,C",
            of_numbers=True,
        ),
    ]
    positive: Annotated[
        object,
        Option(
            "The class whose probability a single prediction column gives.",
            COLUMNS,
            metavar="CLASS",
        ),
    ]
    task: Annotated[
        Task,
        Option(
            "The kind of prediction; likelihood means probabilities of the observed outcomes, "
            "without labels.",
            COLUMNS,
            Task,
            "auto",
            metavar="TASK",
            signature="task",
            of_numbers=True,
        ),
    ]
    as_: Annotated[
        Values,
        Option(
            "How to read predictions; by default as their names say, else as probabilities. Losses "
            "are those of the observed outcomes, in nats.",
            VALUES,
            Values,
            "auto",
            metavar="KIND",
            signature="values",
            of_numbers=True,
        ),
    ]
    label_counts: Annotated[
        bool,
        Option(
            "Labels are counts of annotators for each class.",
            VALUES,
            bool,
            False,
            signature="labels",
            of_numbers=True,
        ),
    ]
    label_smoothing: Annotated[
        float,
        Option(
            "Spread this share of each label over all classes, for the loss alone.",
            VALUES,
            float,
            0.0,
            metavar="E",
            signature="smoothing",
            of_numbers=True,
        ),
    ]
    class_weight: Annotated[
        str | Sequence[str] | Mapping[Any, float] | None,
        Option(
            "Weight of the rows of a class, CLASS=W, repeatable; or balanced, by which all classes "
            "have the same total weight.",
            VALUES,
            list[str],
            metavar="CLASS=W",
            signature="class_weight",
        ),
    ]
    ignore_label: Annotated[
        object,
        Option(
            "Leave out rows with this label. Repeatable.",
            VALUES,
            list[str],
            metavar="V",
            signature="ignore",
        ),
    ]
    missing: Annotated[
        Missing,
        Option(
            "Rows with a missing value: stop with an error, or skip them.",
            VALUES,
            Missing,
            "error",
            metavar="HOW",
            signature="missing",
        ),
    ]
    na_value: Annotated[
        str | Sequence[str],
        Option(
            "Also read this text as a missing value. Repeatable.",
            VALUES,
            list[str],
            metavar="TEXT",
        ),
    ]
    on_bad_sum: Annotated[
        OnBadSum,
        Option(
            "What to do with rows of probabilities that do not sum to 1. If the sum is 2 or more, "
            "they are an error unless renormalised.",
            VALUES,
            OnBadSum,
            "warn",
            metavar="HOW",
            signature="sum",
            of_numbers=True,
        ),
    ]
    sum_tolerance: Annotated[
        float | None,
        Option(
            "How far from 1 a sum may be; by default as far as rounding explains.",
            VALUES,
            float,
            metavar="FLOAT",
            of_numbers=True,
        ),
    ]
    clip: Annotated[
        str | float | None,
        Option(
            "Clip probabilities to eps from 0 and 1: auto (eps of the stored type; without labels, "
            "zeros only), none, or a number.",
            VALUES,
            str,
            "auto",
            metavar="EPS",
            signature="clip",
            of_numbers=True,
        ),
    ]
    input_format: Annotated[
        str | None,
        Option(
            "Format of the files; by default found from their first bytes.",
            READING,
            metavar="NAME",
            names="input format",
        ),
    ]
    query: Annotated[
        str | None,
        Option(
            "The rows of a database to read, as an SQL query.",
            READING,
            metavar="SQL",
        ),
    ]
    table: Annotated[
        str | None,
        Option(
            "The table to read from a database, a workbook (its sheet) or a zip (its file).",
            READING,
            metavar="NAME",
        ),
    ]
    delimiter: Annotated[
        str | None,
        Option(
            "Character between fields; by default found from the first lines.",
            READING,
            metavar="CHAR",
        ),
    ]
    encoding: Annotated[
        str, Option("Encoding of text files.", READING, str, "utf-8", metavar="NAME")
    ]
    decimal: Annotated[
        Literal[".", ","],
        Option(
            "Decimal mark of numbers in text: a point or a comma.",
            READING,
            str,
            ".",
            metavar="CHAR",
        ),
    ]
    no_header: Annotated[
        bool,
        Option("The first line is data; the columns are named 1, 2, 3, …", READING, bool, False),
    ]
    comment: Annotated[
        str | None,
        Option("Skip lines of text that begin with this character.", READING, metavar="CHAR"),
    ]
    storage_options: Annotated[
        str | Sequence[str] | Mapping[str, Any] | None,
        Option(
            "How to reach object storage: endpoint, region, anonymous, profile, access_key_id, "
            "secret_access_key, session_token, account_name, sas_token, service_account, project, "
            "or their names in AWS, fsspec and polars. Repeatable.",
            READING,
            list[str],
            metavar="KEY=VALUE",
            is_secret=True,
        ),
    ]
    threads: Annotated[
        int | None,
        Option(
            "Blocks to process at once; by default one for each processor.",
            READING,
            int,
            metavar="N",
        ),
    ]
    max_memory: Annotated[
        str | int | None,
        Option(
            "Refuse what takes more memory, such as 2GB or 50%; by default 80% of what is free at "
            "the start.",
            READING,
            metavar="SIZE",
        ),
    ]
    engine: Annotated[
        str,
        Option(
            "Where the rows are processed.", READING, str, "threads", metavar="NAME", names="engine"
        ),
    ]
    scheduler: Annotated[
        Any,
        Option(
            "The cluster of --engine dask (tcp://HOST:PORT, or a scheduler file) or spark "
            "(sc://HOST, spark://HOST, local[N]); by default, one of this machine.",
            READING,
            metavar="ADDRESS",
        ),
    ]
