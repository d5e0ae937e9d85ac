"""A calibration as an SQL query, of functions that DuckDB, PostgreSQL, Spark and others have."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.outputs.formulas.parts import about_classes, is_common, is_single, title
from ce_cli.results.calibrate import Calibrated
from ce_cli.text import sanitize

_LIMIT = "1e12"
_NEAR = "-1e-5"  # log-probabilities above this are so near 0 that 1 − e^lp is expanded


def render(result: Calibrated) -> str:
    """A query that adds calibrated probabilities to the rows of a table ``predictions``."""
    query = _two(result) if len(result.classes) == 2 else _several(result)
    return f"-- {title(result)}\n-- {about_classes(result)}\n{query};\n"


def _columns(result: Calibrated) -> list[str]:
    """An expression for the prediction of each class."""
    names, count = result.columns.predictions, len(result.classes)
    if result.columns.shape == "list":
        return [f"{_named(names[0], 'predictions')}[{place + 1}]" for place in range(count)]
    if result.columns.shape == "map":
        keys = (one.replace("'", "''") for one in result.classes)
        return [f"{_named(names[0], 'predictions')}['{sanitize(key)}']" for key in keys]
    return [_named(name, f"prediction_{place + 1}") for place, name in enumerate(names)]


def _named(name: str, otherwise: str) -> str:
    """A name as SQL quotes it; another one if it has characters that are not to be shown."""
    shown = name if sanitize(name) == name else otherwise
    return '"{}"'.format(shown.replace('"', '""'))


def _two(result: Calibrated) -> str:
    own, columns = result.calibration, _columns(result)
    if not is_single(result):
        first, second = (_log(result, column) for column in columns)
        logit = f"{second} - {first}"
    elif own.values == "probabilities":
        logit = f"{_log(result, columns[0])} - {_log(result, f'1 - {columns[0]}')}"
    elif own.values == "logits":
        logit = columns[0]
    else:
        p = columns[0]
        rest = f"CASE WHEN {p} > {_NEAR} THEN -{p} - {p} * {p} / 2 ELSE 1 - exp({p}) END"
        logit = f"greatest({p}, -{_LIMIT}) - ln(greatest({rest}, 1e-300))"
    inner = _select([(f"least(greatest({logit}, -{_LIMIT}), {_LIMIT})", "ce_logit")], "predictions")
    name = _named(f"calibrated_{result.classes[1]}", "calibrated_2")
    if own.knots:
        return _over(inner, [(_if_given(columns, _curve(own.knots, own.curve)), name)])
    inner = _over(inner, [(_score(result), "ce_score")])
    share = "1 / (1 + exp(-greatest(least(ce_score, 700), -700)))"
    return _over(inner, [(_if_given(columns, share), name)])


def _if_given(columns: Sequence[str], expression: str) -> str:
    """NULL if a prediction is missing, which `greatest` and `least` would leave out."""
    missing = " OR ".join(f"{column} IS NULL" for column in columns)
    return f"CASE WHEN {missing} THEN NULL ELSE {expression} END"


def _score(result: Calibrated) -> str:
    (first, second), biases = result.calibration.slopes, result.calibration.biases
    bias = _number(biases[1] - biases[0])
    if is_common(result):
        return f"{_number(second)} * ce_logit + {bias}"
    tail = "ln(1 + exp(-least(abs(ce_logit), 700)))"
    log_first = f"(-greatest(ce_logit, 0) - {tail})"
    log_second = f"(least(ce_logit, 0) - {tail})"
    return f"{_number(second)} * {log_second} - {_number(first)} * {log_first} + {bias}"


def _curve(knots: Sequence[float], curve: Sequence[float]) -> str:
    lines = [f"  WHEN ce_logit <= {_number(knots[0])} THEN {_number(curve[0])}"]
    for at in range(1, len(knots)):
        rise = (curve[at] - curve[at - 1]) / (knots[at] - knots[at - 1])
        line = f"{_number(curve[at - 1])} + (ce_logit - {_number(knots[at - 1])}) * {_number(rise)}"
        lines.append(f"  WHEN ce_logit <= {_number(knots[at])} THEN {line}")
    return "CASE\n" + "\n".join(lines) + f"\n  ELSE {_number(curve[-1])} END"


def _several(result: Calibrated) -> str:
    own, count = result.calibration, len(result.classes)
    columns = _columns(result)
    logs = [_log(result, column) for column in columns]
    query = _select([(log, f"ce_log_{k + 1}") for k, log in enumerate(logs)], "predictions")
    names = [f"ce_log_{k + 1}" for k in range(count)]
    if not is_common(result):
        query = _over(query, [(f"greatest({', '.join(names)})", "ce_largest")])
        odds = " + ".join(_power(f"{name} - ce_largest") for name in names)
        query = _over(query, [(f"ce_largest + ln({odds})", "ce_total")])
        names = [f"({name} - ce_total)" for name in names]
    scores = [
        (f"{_number(slope)} * {name} + {_number(bias)}", f"ce_score_{k + 1}")
        for k, (slope, name, bias) in enumerate(zip(own.slopes, names, own.biases, strict=True))
    ]
    query = _over(query, scores)
    scored = [name for _, name in scores]
    query = _over(query, [(f"greatest({', '.join(scored)})", "ce_top")])
    query = _over(query, [(" + ".join(_power(f"{one} - ce_top") for one in scored), "ce_sum")])
    shares = (_if_given(columns, f"{_power(f'{one} - ce_top')} / ce_sum") for one in scored)
    named = [
        (share, _named(f"calibrated_{name}", f"calibrated_{k}"))
        for k, (share, name) in enumerate(zip(shares, result.classes, strict=True), 1)
    ]
    return _over(query, named)


def _log(result: Calibrated, column: str) -> str:
    """The logarithm of a probability, or what is one already but for a sum."""
    own = result.calibration
    if own.values == "probabilities":
        return f"ln(greatest({column}, {_number(own.clip)}))"
    return f"least(greatest({column}, -{_LIMIT}), {_LIMIT})"


def _power(exponent: str) -> str:
    return f"exp(greatest({exponent}, -700))"


def _select(columns: Sequence[tuple[str, str]], source: str) -> str:
    added = "".join(f",\n  {expression} AS {name}" for expression, name in columns)
    return f"SELECT *{added}\nFROM {source}"


def _over(query: str, columns: Sequence[tuple[str, str]]) -> str:
    return _select(columns, f"(\n{query}\n) AS ce_rows")


def _number(value: float) -> str:
    """A number that SQL reads as a double, not as a decimal."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"
