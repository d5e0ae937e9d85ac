"""Which of several columns that may be the label or the prediction is taken, if any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sklearn.metrics import log_loss

from tests.conftest import complaints, run_ce, score_json

BAD_DATA = 3

HAPPENED = [1, 0, 1, 1, 0, 0]
PREDICTED = [0.7, 0.2, 0.6, 0.4, 0.3, 0.1]
OTHER = [0.04, 0.6, 0.3, 0.5, 0.2, 0.9]  # fractions that predict nothing
UNLIKE = [0.3, 0.9, 0.7, 0.2, 0.5, 0.6]
FLAG = [1, 0, 1, 0, 1, 0]
SIGNED = [1.2, -0.7, 0.4, 0.1, -0.3, -2.0]
COMPLEMENT = [round(1 - q, 3) for q in PREDICTED]
LOSS = float(log_loss(HAPPENED, PREDICTED))

Column = Sequence[object]


def words(flags: Sequence[int], positive: str, negative: str) -> list[str]:
    return [positive if one else negative for one in flags]


def table(header: str, *columns: Column) -> str:
    rows = (",".join(map(str, row)) for row in zip(*columns, strict=True))
    return "\n".join([header, *rows, ""])


TAKEN: dict[str, tuple[str, Sequence[Column]]] = {
    "the label shares a word with the prediction": (
        "is_mobile,purchase,p_purchase",
        (FLAG, HAPPENED, PREDICTED),
    ),
    "the label shares a stem with the prediction": (
        "tenure,spend,churn_probability,churned",
        (OTHER, SIGNED, PREDICTED, HAPPENED),
    ),
    "the label has the class of the prediction": (
        "smoker,diagnosis,p_M",
        (FLAG, words(HAPPENED, "M", "B"), PREDICTED),
    ),
    "the prediction is called like the class": (
        "smoker,diagnosis,M",
        (FLAG, words(HAPPENED, "M", "B"), PREDICTED),
    ),
    "another word for the event": (
        "is_weekend,churn,p_churned",
        (FLAG, words(HAPPENED, "Churned", "Stayed"), PREDICTED),
    ),
    "the probability of class 0": ("label,P(y=0)", (HAPPENED, COMPLEMENT)),
    "the probability of class 0 in words": ("label,proba_class_0", (HAPPENED, COMPLEMENT)),
    "the probability of class 0 at the end": ("label,model_p0", (HAPPENED, COMPLEMENT)),
    "class 0 before a stem": ("label,class0_prob", (HAPPENED, COMPLEMENT)),
    "features called like classes": ("label,p0,p1,pred", (HAPPENED, OTHER, UNLIKE, PREDICTED)),
    "bounds beside": (
        "y,p_lo,p,p_hi",
        (HAPPENED, [q / 2 for q in PREDICTED], PREDICTED, [(1 + q) / 2 for q in PREDICTED]),
    ),
    "an output that is the label": ("age,output,prob", ([9] * 6, HAPPENED, PREDICTED)),
    "one-hot labels with a word": (
        "is_red,is_green,p_red,p_green",
        (HAPPENED, [1 - y for y in HAPPENED], PREDICTED, COMPLEMENT),
    ),
    "one-hot labels without": (
        "red,green,red_pred,green_pred",
        (HAPPENED, [1 - y for y in HAPPENED], PREDICTED, COMPLEMENT),
    ),
    "words in another script": ("真实,概率_是", (words(HAPPENED, "是", "否"), PREDICTED)),
    "capitals between words": (
        "trueLabel,spamProbability",
        (words(HAPPENED, "spam", "ham"), PREDICTED),
    ),
    "a class among the words": (
        "winner,home_win_prob",
        (words(HAPPENED, "home", "away"), PREDICTED),
    ),
    "booleans with a full stop": ("churn,prob", (words(HAPPENED, "True.", "False."), PREDICTED)),
}


@pytest.mark.parametrize(("header", "columns"), TAKEN.values(), ids=TAKEN.keys())
def test_names_decide_between_columns(
    header: str, columns: Sequence[Column], tmp_path: Path
) -> None:
    path = tmp_path / "f.csv"
    path.write_text(table(header, *columns), encoding="utf-8")
    assert score_json(path)["metrics"]["cross_entropy"] == pytest.approx(LOSS, rel=1e-12)


UNCLEAR: dict[str, tuple[str, Sequence[Column], Sequence[str]]] = {
    "no word in common": (
        "is_mobile,install,pctr",
        (FLAG, HAPPENED, PREDICTED),
        ("'is_mobile', 'install'", "--label install"),
    ),
    "a label of a vague name": (
        "class,churned,churn_prob",
        (FLAG, HAPPENED, PREDICTED),
        ("'class', 'churned'", "--label churned"),
    ),
    "a coordinate": ("x,y,is_ore,prob", (OTHER, UNLIKE, HAPPENED, PREDICTED), ("--label is_ore",)),
    "fitted logits and a leverage": (
        "y,.fitted,.hat",
        (HAPPENED, SIGNED, OTHER),
        ("--pred .fitted --as logits",),
    ),
    "log-odds and fractions": (
        "y,log_odds,humidity",
        (HAPPENED, SIGNED, OTHER),
        ("--pred log_odds --as logits", "--pred humidity"),
    ),
    "percentages and fractions": (
        "churned,discount,churn_pct",
        (HAPPENED, OTHER, [100 * q + 0.5 for q in PREDICTED]),
        ("'churn_pct'",),
    ),
    "the absence of an event": (
        "label,p_not_fraud",
        (HAPPENED, COMPLEMENT),
        ("--positive 0", "--positive 1"),
    ),
    "the good class": ("is_fraud,p_legit", (HAPPENED, COMPLEMENT), ("--positive 0",)),
    "two names of predictions": ("outcome,p,prediction", (HAPPENED, OTHER, PREDICTED), ("'p'",)),
    "a score and a probability": ("label,score,prob", (HAPPENED, OTHER, PREDICTED), ("compare",)),
    "a score of something else": (
        "churn,sentiment_score,xgb",
        (HAPPENED, OTHER, PREDICTED),
        ("'sentiment_score', 'xgb'",),
    ),
    "two versions": ("label,prob_old,candidate", (HAPPENED, OTHER, PREDICTED), ("compare",)),
    "members of an ensemble": (
        "label,pred_0,pred_1",
        (HAPPENED, PREDICTED, [0.75, 0.15, 0.55, 0.5, 0.4, 0.2]),
        ("ce compare f.csv --pred pred_0 --pred pred_1",),
    ),
    "topics beside a probability": (
        "topic_0,topic_1,label,prob",
        (OTHER, [round(1 - q, 2) for q in OTHER], HAPPENED, PREDICTED),
        ("--pred prob",),
    ),
    "scores called like the labels": (
        "label,a,b",
        (words(HAPPENED, "a", "b"), SIGNED, [2.5, 1.5, 0.25, -0.5, 3.5, 1.25]),
        ("--pred a --pred b --as logits",),
    ),
    "the predicted class beside its probability": (
        "gold,label,score",
        (
            words(HAPPENED, "POS", "NEG"),
            words([1, 0, 0, 1, 0, 0], "POS", "NEG"),
            [0.8, 0.7, 0.6, 0.9, 0.7, 0.95],
        ),
        ("ce score f.csv --label gold --predicted-class label",),
    ),
    "one column twice": (
        "label,p_cat,p_dog,p_dog",
        (words(HAPPENED, "cat", "dog"), PREDICTED, COMPLEMENT, COMPLEMENT),
        ("'p_dog'", "more than"),
    ),
}


@pytest.mark.parametrize(("header", "columns", "parts"), UNCLEAR.values(), ids=UNCLEAR.keys())
def test_what_names_do_not_decide_is_an_error(
    header: str, columns: Sequence[Column], parts: Sequence[str], tmp_path: Path
) -> None:
    path = tmp_path / "f.csv"
    path.write_text(table(header, *columns), encoding="utf-8")
    (line,) = complaints(run_ce("score", "f.csv", cwd=tmp_path), BAD_DATA)
    for part in parts:
        assert part in line


def test_classes_that_are_not_numbers_are_never_put_in_order(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("label,a,b\ncat,0.7,0.3\ndog,0.2,0.8\n", encoding="utf-8")
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "--classes" in line
    assert "cat,dog" not in line


def test_a_label_of_one_value_is_found_by_the_name_of_the_prediction(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    rows = zip(FLAG, [0] * 6, PREDICTED, strict=True)
    path.write_text(
        "alert,fraud,fraud_score\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows),
        encoding="utf-8",
    )
    expected = log_loss([0] * 6, PREDICTED, labels=[0, 1])
    assert score_json(path)["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-12)
