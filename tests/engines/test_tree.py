"""Results that come in order are merged in order, and never all at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ce_cli.engines.tree import AT_ONCE, Tree


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 31, 255, 256, 257, 5000])
def test_neighbours_are_merged_in_order(count: int) -> None:
    merged: list[int] = []
    held = most = 0

    def merge(several: Sequence[list[int]]) -> list[int]:
        nonlocal held
        assert 2 <= len(several) <= AT_ONCE
        merged.append(len(several))
        held -= len(several) - 1
        return [one for some in several for one in some]

    tree: Tree[list[int]] = Tree(merge)
    for one in range(count):
        tree.add([one])
        held += 1
        most = max(most, held)
    assert tree.total() == [*range(count)]
    assert sum(merged) - len(merged) == count - 1  # each merge leaves one
    assert most <= 1 + (AT_ONCE - 1) * (1 + count.bit_length() // 4)


def test_nothing_is_none() -> None:
    tree: Tree[int] = Tree(sum)
    assert tree.total() is None
