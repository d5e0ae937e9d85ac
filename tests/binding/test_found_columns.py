"""Files as people have them: which columns are the labels and the predictions."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ce_cli import score
from ce_cli.inputs.source import Frame, Projection
from ce_cli.inputs.text.delimited import DelimitedSource
from tests.conftest import complaints, run_ce, score_json

BAD_DATA = 3

# In every file the probability of the label is 0.8 in the first row and 0.7 in the second:
# −(ln 0.8 + ln 0.7) / 2.
LOSS = 0.28990924762647109

FILES = {
    "a word beside the class": "customer,churn_probability,churned\na,0.8,1\nb,0.3,0\n",
    "a score of the class": "transaction,amount,is_fraud,fraud_score\nt,20.5,1,0.8\nu,99,0,0.3\n",
    "initials": "impression,pctr,click\n1,0.8,1\n2,0.3,0\n",
    "default": "loan,PD,default\nx,0.8,1\ny,0.3,0\n",
    "out of fold": "fold,oof,target\n0,0.8,1\n1,0.3,0\n",
    "two words": "ground truth,model output\n1,0.8\n0,0.3\n",
    "numbered classes of a cover type": "cover_type,class_1,class_2,class_3\n1,0.8,0.1,0.1\n"
    "2,0.2,0.7,0.1\n",
    "features beside": "x1,x2,y,prob\n0.1,0.5,1,0.8\n0.7,0.2,0,0.3\n",
    "features named like classes": "0,1,2,y,prob\n0.5,0.1,0.2,1,0.8\n0.3,0.2,0.6,0,0.3\n",
    "tidymodels": "truth,.pred_yes,.pred_no,.pred_class\nyes,0.8,0.2,yes\nno,0.3,0.7,no\n",
    "caret": "obs,pred,No,Yes,rowIndex\nYes,Yes,0.2,0.8,1\nNo,No,0.7,0.3,2\n",
    "mlr3": "row_ids,truth,response,prob.M,prob.R\n1,M,M,0.8,0.2\n2,R,R,0.3,0.7\n",
    "H2O": "predict,p0,p1,label\n1,0.2,0.8,1\n0,0.7,0.3,0\n",
    "BigQuery": "predicted_label,predicted_label_probs_1,label\n1,0.8,1\n0,0.3,0\n",
    "SageMaker": "label,probability,inference\n1,0.8,1\n0,0.3,0\n",
    "CatBoost": "SampleId,Probability:Class=0,Probability:Class=1,Label\n0,0.2,0.8,1\n"
    "1,0.7,0.3,0\n",
    "AutoGluon": "class,no,yes\nyes,0.2,0.8\nno,0.7,0.3\n",
    "in parentheses": "actual,P(yes),P(no)\nyes,0.8,0.2\nno,0.3,0.7\n",
    "in brackets": "y,score[a],score[b]\na,0.8,0.2\nb,0.3,0.7\n",
    "after words": "outcome,probability_of_yes,probability_of_no\nyes,0.8,0.2\nno,0.3,0.7\n",
    "before a letter": "label,yes_p,no_p\nyes,0.8,0.2\nno,0.3,0.7\n",
    "after a letter": "obs,X0,X1\n1,0.2,0.8\n0,0.7,0.3\n",
    "in another order": "truth,X1,X0\n1,0.8,0.2\n0,0.3,0.7\n",
    "letters after a letter": "result,pH,pA\nH,0.8,0.2\nA,0.3,0.7\n",
    "made into names by R": "truth,benign.tumor,malignant\nbenign tumor,0.8,0.2\n"
    "malignant,0.3,0.7\n",
    "made into names with underscores": "truth,p_benign_tumor,p_malignant\nbenign tumor,0.8,0.2\n"
    "malignant,0.3,0.7\n",
    "booleans": "label,prob_True,prob_False\n1,0.8,0.2\n0,0.3,0.7\n",
    "booleans as R writes them": "label,TRUE.,FALSE.\nTRUE,0.8,0.2\nFALSE,0.3,0.7\n",
    "floats in the names": "label,p_0.0,p_1.0\n1,0.2,0.8\n0,0.7,0.3\n",
    "labels with a point": "label,>50K,<=50K\n>50K.,0.8,0.2\n<=50K.,0.3,0.7\n",
    "other capitals": "label,p_Cat,p_Dog\ncat,0.8,0.2\ndog,0.3,0.7\n",
    "another normal form": "label,p_cafe\u0301,p_the\ncaf\u00e9,0.8,0.2\nthe,0.3,0.7\n",
    "a class that is not seen": "species,setosa,versicolor,virginica\nsetosa,0.8,0.1,0.1\n"
    "versicolor,0.2,0.7,0.1\n",
    "one class seen": "species,setosa,other\nsetosa,0.8,0.2\nsetosa,0.7,0.3\n",
    "text called score": "result,home,draw,away,score\nhome,0.8,0.1,0.1,2-1\n"
    "draw,0.2,0.7,0.1,1-1\n",
    "decisions beside classes": "0,1,predictions,truth\n0.2,0.8,1,1\n0.7,0.3,0,0\n",
    "decisions beside a score": "y,yhat,phat\n1,1,0.8\n0,0,0.3\n",
    "decisions beside a named class": "target,pred,pred_proba_1\n1,1,0.8\n0,0,0.3\n",
    "words of a label": "sentiment,neg,pos\npos,0.2,0.8\nneg,0.7,0.3\n",
    "choices of a question": "question,correct_option,A,B,C\nq,A,0.8,0.1,0.1\nr,B,0.2,0.7,0.1\n",
    "weights": "y,prob,weight\n1,0.8,0.5\n0,0.3,0.5\n",
    "ranks": "y,score,rank\n1,0.8,1\n0,0.3,2\n",
    "labels as numpy writes them": "label,prob\n1.000000000000000000e+00,8.0e-01\n"
    "0.0e+00,3.0e-01\n",
    "confidence and correctness": "correct,confidence\n1,0.8\n0,0.3\n",
    "a flag": "default_flag,score\nY,0.8\nN,0.3\n",
    "no header": "1,11.46,0.8\n0,17.35,0.3\n",
    "a model's name before the classes": "kind,Forest,Forest (a),Forest (b)\na,a,0.8,0.2\n"
    "b,b,0.3,0.7\n",
    "logits": "label,logit\n1,1.3862943611198906\n0,-0.8472978603872036\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_the_only_reading_is_taken(text: str, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")
    assert score_json(path)["metrics"]["cross_entropy"] == pytest.approx(LOSS, rel=1e-12)


UNCLEAR = {
    "two models": (
        "y,p_lgb,p_lr\n1,0.8,0.6\n0,0.3,0.1\n1,0.5,0.6\n",
        ("'p_lgb', 'p_lr'", "ce score f.csv --pred p_lgb", "ce compare f.csv --pred p_lgb --pred"),
    ),
    "two models without a named label": (
        "is_fraud,EPC,Logistic\n1,0.8,0.4\n0,0.3,0.2\n1,0.5,0.5\n",
        ("ce score f.csv --label is_fraud --pred EPC",),
    ),
    "two models of two classes": (
        "y,a_no,a_yes,b_no,b_yes\nyes,0.2,0.8,0.4,0.6\nno,0.7,0.3,0.9,0.1\n",
        ("ce score f.csv --pred 'a_*'", "ce compare f.csv --pred 'a_*' --pred 'b_*'"),
    ),
    "two labels": (
        "is_fraud,is_night,risk\n1,1,0.8\n0,1,0.3\n0,0,0.3\n",
        ("'is_fraud', 'is_night'", "ce score f.csv --label is_night", "with --label is_fraud"),
    ),
    "a class with its denial": (
        "label,prob\nno_churn,0.3\nchurn,0.8\n",
        ("ce score f.csv --positive churn",),
    ),
    "two words": (
        "label,prob\nham,0.3\nspam,0.8\n",
        ("ce score f.csv --positive ham", "with --positive spam"),
    ),
    "classes of other names": (
        "target,barbera,barolo\n0,0.8,0.2\n1,0.3,0.7\n",
        ("sum to 1", "ce score f.csv --pred barbera --pred barolo --classes 0,1"),
    ),
    "two marks of rows without a label": (
        "label,prob\n1,0.8\n0,0.3\n-1,0.4\n-100,0.2\n",
        ("ce score f.csv --ignore-label -1 --ignore-label -100",),
    ),
    "decimal commas": ("y;PRE_1\n1;0,8\n0;0,3\n", ("'PRE_1'", "--decimal ,")),
    "a margin": (
        "label,margin\n1,1.4\n0,-0.8\n",
        ("'margin'", "ce score f.csv --pred margin --as logits"),
    ),
    "counts beside fractions": (
        "label,score,size\n1,5,0.8\n0,3,0.3\n",
        ("'score'", "'size'", "ce score f.csv --pred size"),
    ),
}


@pytest.mark.parametrize(("text", "parts"), UNCLEAR.values(), ids=UNCLEAR.keys())
def test_what_is_unclear_is_an_error_with_the_whole_command(
    text: str, parts: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")
    (line,) = complaints(run_ce("score", "f.csv", cwd=tmp_path), BAD_DATA)
    for part in parts:
        assert part in line
    assert "--task" not in line


def test_labels_that_may_count_from_1_are_named(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "y,p_0,p_1,p_2\n1,0.8,0.1,0.1\n2,0.2,0.7,0.1\n3,0.1,0.1,0.8\n", encoding="utf-8"
    )
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "--classes 1,2,3" in line
    assert "--ignore-label" not in line
    document = score_json(path, "--classes", "1,2,3")
    assert document["metrics"]["cross_entropy"] == pytest.approx(
        -(math.log(0.8) * 2 + math.log(0.7)) / 3, rel=1e-12
    )


def test_a_label_in_another_encoding_is_reported_before_any_class(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes("label,prob\ngrößer,0.8\nnein,0.3\n".encode("latin-1"))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "--encoding latin-1" in line
    assert "--positive" not in line


def test_a_label_that_is_nearly_another_is_not_to_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("label,prob\nyes,0.8\nno,0.3\nyes.,0.7\n", encoding="utf-8")
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "'yes.'" in line
    assert "nearest is 'yes'" in line
    assert "--ignore-label" not in line


def test_the_page_shows_what_was_found_by_values(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(FILES["initials"], encoding="utf-8")
    assert "label click (by its values)" in run_ce("score", path).stdout
    document = score_json(path)
    assert document["columns"]["found_by"] == {"label": "values", "predictions": "values"}
    path.write_text("label,prob\n1,0.8\n0,0.3\n", encoding="utf-8")
    assert "by its values" not in run_ce("score", path).stdout
    assert score_json(path)["columns"]["found_by"] == {"label": "name", "predictions": "name"}
    document = score_json(path, "--label", "label", "--pred", "prob")
    assert document["columns"]["found_by"] == {"label": "option", "predictions": "option"}


def test_values_count_only_where_no_name_does(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("label,prob,size\n1,0.8,0.1\n0,0.3,0.4\n", encoding="utf-8")
    assert score_json(path)["columns"]["predictions"] == ["prob"]


def test_later_rows_do_not_revise_the_choice(tmp_path: Path) -> None:
    rows = "".join(f"{n % 2},{n % 2},{0.1 + n % 7 / 10}\n" for n in range(60_000))
    path = tmp_path / "f.csv"
    path.write_text(f"label,yhat,phat\n{rows}1,0.5,2\n", encoding="utf-8")
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "row 60,001, column 'phat'" in line


def test_more_columns_are_not_read_more_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, sample = [], DelimitedSource.sample

    def counted(source: DelimitedSource, projection: Projection) -> Frame:
        read.append(projection)
        return sample(source, projection)

    monkeypatch.setattr(DelimitedSource, "sample", counted)
    times = []
    for features in (3, 40):
        path = tmp_path / f"{features}.csv"
        names = ",".join(f"f{place}" for place in range(features))
        rows = "".join(f"{'4.5,' * features}{y},{q}\n" for y, q in ((1, 0.8), (0, 0.3)))
        path.write_text(f"{names},is_fraud,fraud_score\n{rows}", encoding="utf-8")
        read.clear()
        assert score(path).metrics["cross_entropy"] == pytest.approx(LOSS, rel=1e-12)
        times.append(len(read))
    assert times[0] == times[1]


# Independent labels: neither they nor the predictions sum to 1, though they may in the first rows


@pytest.mark.parametrize(
    ("names", "predictions"),
    [
        ("y_a,y_b,p_a,p_b", ["p_a", "p_b"]),
        ("label_a,label_b,prob_a,prob_b", ["prob_a", "prob_b"]),
        ("a,b,p_a,p_b", ["p_a", "p_b"]),
        ("y_1,y_2,score_1,score_2", ["score_1", "score_2"]),
        ("y_a,y_b,a,b", ["a", "b"]),
    ],
)
def test_the_task_alone_says_that_labels_are_independent(
    tmp_path: Path, names: str, predictions: list[str]
) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(f"{names}\n0,1,0.9,0.5\n1,0,0.1,0.1\n0,1,0.2,0.9\n")
    document = score_json(path, "--task", "multilabel")
    assert document["columns"]["predictions"] == predictions
    happened = [0.1, 0.5, 0.1, 0.9, 0.8, 0.9]
    expected = -math.fsum(map(math.log, happened)) / len(happened)
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-15)


def test_two_sets_of_predictions_of_independent_labels_are_a_choice(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("y_a,y_b,m_a,m_b,n_a,n_b\n0,1,0.9,0.5,0.2,0.4\n1,0,0.1,0.1,0.6,0.7\n")
    done = run_ce("score", path, "--task", "multilabel")
    assert done.returncode == BAD_DATA
    assert "--pred" in done.stderr
