"""Words for the shell have the same value once they are pasted, and control no terminal."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.text import shell_word, shell_words

HARD = [
    *("", "plain", "two words", "it's", "a\tb", "a\nb'c\\d", "\x1b[31mred", "$HOME", "`x`"),
    *(
        "\u202eabc",
        "caf\u00e9",
        "caf\u00e9\u200b",
        "$'x'",
        "\x85",
        "##[error]",
        "x" * 5000,
        "\\x41",
    ),
    "\x01\\",
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_reads_every_word_as_the_text() -> None:
    script = "printf '%s\\0' " + " ".join(map(shell_word, HARD))
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert done.stdout.decode().split("\0")[:-1] == HARD


@pytest.mark.parametrize("text", HARD)
def test_no_word_controls_a_terminal_or_a_log(text: str) -> None:
    assert shell_word(text).isprintable()
    assert "##[" not in shell_word(text)


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)))
def test_words_are_read_back(texts: list[str]) -> None:
    assert shell_words(" ".join(map(shell_word, texts))) == texts


def test_a_byte_of_a_path_is_written_as_a_byte() -> None:
    assert shell_word("caf\udce9.csv") == r"$'caf\xe9.csv'"
    assert shell_words(shell_word("caf\udce9.csv")) == ["caf\udce9.csv"]
