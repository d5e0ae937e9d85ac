"""Words for the shell have the same value once they are pasted, and control no terminal."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.text import sanitize, shell_word, shell_words, without_secrets, without_secrets_of

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


SECRETS = {
    "https://me:s3/cret@host/a.csv": "https://me:***@host/a.csv",
    "https://s3cret@host/a.csv": "https://***@host/a.csv",
    "https://me:80@host/a.csv": "https://me:***@host/a.csv",
    "https://host:80/a:b@c.csv": "https://host:80/a:b@c.csv",
    "https://host/a.csv?token=s3&mail=me@x.org": "https://host/a.csv?token=***&mail=me@x.org",
    "https://host/a?%73ig=s3&x=1#access_token=s": "https://host/a?%73ig=***&x=1#access_token=***",
    "https://host/a?sv=2024&se=2027&sp=r&sig=s%3D": "https://host/a?sv=2024&se=2027&sp=r&sig=***",
    "https://host/a?author=b&design": "https://host/a?author=b&design",
    "https://host/hf_abcdefghijklmnopqrst/a.csv": "https://host/***/a.csv",
    "mssql://host?odbc_connect=DRIVER%3Dx%3BPWD%3Ds": "mssql://host?odbc_connect=***",
    "mysql://me:p?s@host/db?query=select 1": "mysql://me:***@host/db?query=select 1",
    "postgresql://me:s@host/db?query=select '@'": "postgresql://me:***@host/db?query=select '@'",
    "https:/me:s3cret@host/a.csv": "https:/me:***@host/a.csv",
    "https:me:s3cret@host/a.csv": "https:me:***@host/a.csv",
    "https//me:s3cret@host/a.csv": "https//me:***@host/a.csv",
    "https:///me:s3cret@host/a.csv": "https:///me:***@host/a.csv",
    "s3:/KEY:s3/cret@b/a.csv": "s3:/KEY:***@b/a.csv",
    "postgresql+psycopg:/me:s3cret@host/db": "postgresql+psycopg:/me:***@host/db",
    "https:/host:80/a:b@c.csv": "https:/host:80/a:b@c.csv",
    "C:/a:b@c.csv": "C:/a:b@c.csv",
    "file:///a:b@c.csv": "file:///a:b@c.csv",
    "s3/model:v1@prod.csv": "s3/model:v1@prod.csv",
    "s3://b/a:b@c.csv": "s3://b/a:b@c.csv",
    "s3://b/a?endpoint_override=http://me:s3cret@h": "s3://b/a?endpoint_override=http://me:***@h",
    "https://h/a?X-Amz-Credential=A%2F1&X-Amz-Date=2": "https://h/a?X-Amz-Credential=***&X-Amz-Date=2",
    "abfs://data@me.dfs.core.windows.net/x": "abfs://data@me.dfs.core.windows.net/x",
    "abfs://data:s3cret@me.dfs.core.windows.net/x": "abfs://data:***@me.dfs.core.windows.net/x",
}


@pytest.mark.parametrize("path", SECRETS)
def test_secrets_are_hidden(path: str) -> None:
    assert sanitize(path, 200) == SECRETS[path]


def test_secrets_in_a_sentence_are_hidden() -> None:
    said = "no such command 'https:/me:s3cret@host/x' beside ftp:/u:s3cret@h"
    assert "s3cret" not in sanitize(said, 200)
    said = "no 'https://me:s3cret@host/x?sig=s3cret' (s3://KEY:s3cret@b/c) at ftp://u:s3cret@h"
    shown = "no 'https://me:***@host/x?sig=***' (s3://KEY:***@b/c) at ftp://u:***@h"
    assert sanitize(said, 200) == shown


def test_what_a_library_repeats_of_a_secret_is_hidden() -> None:
    path = "postgresql://me:s3%20cret@host/db?sslkey=k3y"
    said = "no role for 's3 cret' or 's3%20cret' with key k3y at postgresql://me:s3%20cret@host/db"
    shown = without_secrets_of(path, said)
    assert "cret" not in shown
    assert "k3y" not in shown
    assert without_secrets("a@b:c@d.csv") == "a@b:c@d.csv"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6 + "://",
        "s3:" * 10**5 + "@:",
        "https:/u:" + ":" * 10**6 + "@",
        "@:" + "s3:a:" * 10**5,
        "https://u:" + "@" * 10**6,
        "://" * 10**6,
        "https://h?" + "?a=1" * 10**5,
    ],
)
def test_long_texts_are_searched_once(text: str) -> None:
    start = time.monotonic()
    sanitize(text)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "command", ["##[error]a", "##vso[task.x]a", "a ##teamcity[b]", " ::error::"]
)
def test_commands_to_the_runner_of_a_job_are_broken(command: str) -> None:
    assert "##[" not in sanitize(command)
    assert "##vso[" not in sanitize(command)
    assert "##teamcity[" not in sanitize(command)
    assert not sanitize(command).lstrip().startswith("::")
