"""Completion in a shell: names of the registry, and columns of the files already typed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import typer

from ce_cli.options.option import Option
from ce_cli.text import STDIN


def completed(choices: tuple[str, ...], option: Option) -> Callable[..., Iterator[str]] | None:
    """A function that completes the values of an option; None if they are not known."""
    if choices:
        return lambda incomplete: (one for one in choices if one.startswith(incomplete))
    return _columns if option.names == "column" else None


def _columns(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """The columns of the first file that was typed and can be read."""
    # The parser keeps the files in `args` if it stops at an option without a value.
    for path in (*(ctx.params.get("files") or ()), *ctx.args):
        with contextlib.suppress(Exception):  # a shell shows no errors during completion
            yield from (name for name in _columns_of(path, ctx) if name.startswith(incomplete))
            return


def _columns_of(path: str, ctx: typer.Context) -> list[str]:
    """The columns of a local file; anything else could keep the shell waiting."""
    from ce_cli.inputs.locate import located, opened
    from ce_cli.inputs.sizes import file_size
    from ce_cli.reading import Reading

    first = located([path])[0]
    if path == STDIN or file_size(first) is None:
        raise FileNotFoundError(path)
    source = opened(first, Reading.from_options(ctx.params))
    return [column.name for column in source.columns()]
