"""Parts that the formulas of all languages share."""

from __future__ import annotations

from ce_cli import __version__
from ce_cli.results.calibrate import Calibrated
from ce_cli.text import quoted, quoted_list

LIMIT = float(2**40)  # logits beyond this, infinite ones among them, count as this


def title(result: Calibrated) -> str:
    """What the formula is, in one line that can be a comment."""
    return (
        f"Calibration by {result.method} of {result.calibration.values}, fitted by ce "
        f"{__version__} (sha256 {result.calibration.digest[:12]})."
    )


def about_classes(result: Calibrated) -> str:
    """What goes in and what comes out."""
    if is_single(result):
        return f"From the prediction of class {quoted(result.classes[1])} to its probability."
    classes = quoted_list(result.classes, 20)
    return f"From the predictions of the classes {classes}, in this order, to their probabilities."


def is_single(result: Calibrated) -> bool:
    """Whether there is one prediction in each row, that of the second of two classes."""
    return result.columns.shape == "single"


def is_common(result: Calibrated) -> bool:
    """Whether all classes have the same slope, so that log-probabilities need not sum to 1."""
    return len(set(result.calibration.slopes)) == 1


def listed(numbers: tuple[float, ...], indent: str = "    ") -> str:
    """Numbers in brackets, with all their digits, a few on each line."""
    texts = [repr(float(one)) for one in numbers]
    if len(texts) <= 4:
        return f"[{', '.join(texts)}]"
    lines = [", ".join(texts[place : place + 4]) for place in range(0, len(texts), 4)]
    return "[\n" + "".join(f"{indent}{line},\n" for line in lines) + "]"
