"""Completion in a shell: names of the registry, and columns of the files already typed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import typer

from ce_cli.options.option import Option


def completed(choices: tuple[str, ...], option: Option) -> Callable[..., Iterator[str]] | None:
    """What completes the values of an option; None if nothing is known of them."""
    if choices:
        return lambda incomplete: (one for one in choices if one.startswith(incomplete))
    return _columns if option.names == "column" else None


def _columns(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """The columns of the first file that was typed and can be read."""
    for path in ctx.params.get("files") or ():
        with contextlib.suppress(Exception):  # a shell shows no errors while one types
            yield from (name for name in _columns_of(path) if name.startswith(incomplete))
            return


def _columns_of(path: str) -> list[str]:
    from ce_cli.inputs.locate import located, opened
    from ce_cli.reading import Reading

    source = opened(located([path])[0], Reading())
    return [column.name for column in source.columns()]
