"""The values that options choose from, and the panels of the help."""

from __future__ import annotations

from typing import Literal

Task = Literal["auto", "binary", "multiclass", "multilabel", "likelihood"]
Values = Literal["auto", "probabilities", "logits", "logprobs", "losses"]
Missing = Literal["error", "skip"]
OnBadSum = Literal["error", "warn", "renormalize"]
Base = Literal["e", "2", "10"]
IntervalMethod = Literal["hall", "t"]
Join = Literal["all", "inner"]
Test = Literal["t", "sign-flip"]
Mode = Literal["point", "confident", "proven"]
Method = Literal["auto", "temperature", "platt", "beta", "isotonic", "bias", "vector", "offset"]
Tool = Literal["sklearn", "torch", "keras", "xgboost", "lightgbm", "lightgbm-xentropy", "yardstick"]

SUBJECT = "What to explain"
CALIBRATION = "Calibration"
FORMULA = "Formula"
LIMITS = "Limits"
AGAINST = "Against a baseline"
COLUMNS = "Columns"
VALUES = "Values"
SCORING = "Scoring"
OUTPUT = "Output"
READING = "Reading"
CONFIGURATION = "Configuration"
PANELS = (
    *(SUBJECT, CALIBRATION, FORMULA, LIMITS, AGAINST),
    *(COLUMNS, VALUES, SCORING, OUTPUT, READING, CONFIGURATION),
)
