"""The sample of distinct rows."""

from __future__ import annotations

import numpy as np

from ce_cli.kernels.forms import BinaryLogit
from ce_cli.kernels.outcomes import Hard, LabelSpace
from ce_cli.metrics.sample import Sample
from tests.metrics.test_laws import batch_of


def sample_of(*logits: float) -> Sample:
    labels = np.zeros(len(logits), np.intp)
    return Sample.of(batch_of(Hard(BinaryLogit(np.array(logits)), labels, 2)))


def test_samples_are_equal_if_their_rows_are() -> None:
    one, other = sample_of(0.5, 2.0), sample_of(2.0)
    assert other.merge(sample_of(0.5)) == one
    assert other != one
    assert Sample.empty(1, LabelSpace(2)) != one
    assert one != "a sample"
