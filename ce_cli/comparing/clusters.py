"""Sums over clusters of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing.paired_sums import ClusterSums, Keys, Name, PairedSums
from ce_cli.metrics.groups import GroupKey, sortable
from ce_cli.record import Record

Floats = NDArray[np.float64]


class Clusters(Record):
    """Sums by cluster: weights, shape (C,), and weighted losses of each model, (M, C)."""

    weights: Floats
    losses: Floats

    @classmethod
    def all_of(cls, paired: PairedSums) -> Self:
        """All clusters; one that is in several groups is merged."""
        places: dict[str | None, int] = {}
        index = [places.setdefault(key[-1], len(places)) for key in paired.cluster_keys]
        moved = np.array(index, np.intp)
        states = {name: one.regroup(moved, len(places)) for name, one in paired.clusters.items()}
        return cls._taken(states, _order(tuple((name,) for name in places), states))

    @classmethod
    def by_group(cls, paired: PairedSums) -> Iterator[tuple[GroupKey, Self]]:
        """The clusters in each group."""
        keys = paired.cluster_keys
        order = _order(keys, paired.clusters)
        whole = cls._taken(paired.clusters, order)
        found: dict[GroupKey, list[int]] = {}
        for place, at in enumerate(order):
            found.setdefault(keys[at][:-1], []).append(place)
        for group, places in found.items():
            yield group, cls(whole.weights[places], whole.losses[:, places])

    @classmethod
    def _taken(cls, states: ClusterSums, order: list[int]) -> Self:
        models = sum(kind == "loss" for kind, _ in states)
        losses = np.stack([_sums(states, ("loss", model)) for model in range(models)])
        return cls(_sums(states, ("weight", 0))[order], losses[:, order])


def _order(keys: Keys, states: ClusterSums) -> list[int]:
    """Places of the clusters that have rows, sorted by name, whatever the order of the rows."""
    occupied = np.flatnonzero(_sums(states, ("rows", 0))).tolist()
    return sorted(occupied, key=lambda place: sortable(keys[place]))


def _sums(states: ClusterSums, name: Name) -> Floats:
    return states[name].sums.floats()
