"""Rows in clusters: sums by cluster, and the intervals computed from them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.rows.group_keys import GroupKeys, coarser, merged_groups, without_last
from ce_cli.inputs.arrow.arrays import texts
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.student import normal_quantile
from ce_cli.metrics.accuracy import Accuracy
from ce_cli.metrics.bounds import WILSON, Bounds, ClusteredMean, Level
from ce_cli.metrics.jackknife import jackknifed
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.spread import Spread, bounds_of_loss
from ce_cli.metrics.state import State, States, Sums
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

BUCKETS = 64  # parts of the clusters, by a hash of their names
SUMMED = "the weighted mean, summed by cluster"
JACKKNIFE = f"jackknife over {BUCKETS} buckets of clusters"
RANKED = "order statistics (binomial), with the rows divided by the design effect of the mean"
_WEIGHT = "weight"
_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)


class Clustered(Record):
    """Sums by cluster, for means, and states by bucket of clusters, for other metrics.

    Attributes
    ----------
    keys : GroupKeys
        Group and cluster of each entry of `totals`.
    totals : dict of Sums
        Weight, and Σ w·v of the figures that are the mean of a number v of each row.
    bucket_keys : GroupKeys
        Group and bucket of each entry of `buckets`.
    buckets : dict of State
        The states of metrics that are not means, and those that they require; no buckets if there
        is no such metric.
    """

    keys: GroupKeys
    totals: Mapping[str, Sums]
    bucket_keys: GroupKeys
    buckets: States

    @classmethod
    def of(cls, batch: Batch, keys: GroupKeys, kinds: Sequence[type[State]]) -> Self:
        """One batch; the last part of each group key is the cluster."""
        totals = {_WEIGHT: batch.weight_sums}
        for kind in kinds:
            totals |= kind.totals(batch)
        sums = {name: Sums(one) for name, one in totals.items()}
        bucketwise: list[type[State]] = [Loss, *(kind for kind in kinds if kind.jackknifed)]
        if bucketwise == [Loss]:
            return cls(keys, sums, GroupKeys((), 0), States({Loss: Loss.empty(0, batch.space)}))
        bucket_keys, index = _with_buckets(keys)
        groups = index[np.zeros(len(batch), np.intp) if batch.groups is None else batch.groups]
        bucketed = batch.grouped_by(groups, len(bucket_keys))
        states = States({kind: kind.of(bucketed) for kind in bucketwise})
        return cls(keys, sums, bucket_keys, states)

    def merge(self, other: Self) -> Self:
        """The sums over the rows of both."""
        bucket_keys, buckets = merged_groups(
            self.bucket_keys, self.buckets, other.bucket_keys, other.buckets
        )
        return type(self)(
            *merged_groups(self.keys, self.totals, other.keys, other.totals),
            bucket_keys,
            States(buckets),
        )

    def by(self, places: Sequence[int]) -> Self:
        """The groups by some parts of their keys; the clusters do not change."""
        bucket_keys, buckets = coarser(self.bucket_keys, self.buckets, (*places, -1))
        return type(self)(
            *coarser(self.keys, self.totals, (*places, -1)), bucket_keys, States(buckets)
        )

    @cached_property
    def count(self) -> int:
        """How many clusters have rows of weight above 0."""
        return int(np.count_nonzero(self.by(())._sums(_WEIGHT) > 0))

    @cached_property
    def mean(self) -> ClusteredMean:
        """The mean loss over all rows."""
        whole = self.by(())
        totals, weights = whole._sums("cross_entropy"), whole._sums(_WEIGHT)
        with np.errstate(all="ignore"):
            mean = math.fsum(totals.tolist()) / math.fsum(weights.tolist())
        return _clustered_mean(totals, weights, mean)

    def bounds(
        self,
        groups: GroupKeys,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> tuple[Floats, dict[str, Bounds]]:
        """Standard errors of the mean loss, and intervals of all figures that have one.

        Parameters
        ----------
        groups : GroupKeys
            The keys of the groups.
        figures, states : mapping
            Figures and states of all rows, with an entry for each group.
        level : Level
            The confidence, and how skewness is treated.
        """
        estimates = self._estimates(_places(self.keys, groups), figures)
        found = {
            name: Bounds.of_mean(figures[name], *own, level, SUMMED)
            for name, own in estimates.items()
        }
        errors = {name: own[0] for name, own in estimates.items()}
        weight = states[Loss].weight.floats()
        found |= bounds_of_loss(found["cross_entropy"], weight)
        if Accuracy in states and states[Accuracy].is_of_whole_rows:
            found |= _of_accuracy(figures, estimates, level)
        if Quantiles in states and Spread in states:
            losses, spread = states[Quantiles], states[Spread]
            effective = spread.effective(states[Loss])
            with np.errstate(all="ignore"):
                effect = (errors["cross_entropy"] / figures["standard_error"]) ** 2
            fewer = effective[0] / max(effect[0], 1.0)
            found |= losses.bounds_of(float(fewer), level.confidence, RANKED)
        found |= self._jackknifed(groups, level.confidence)
        return errors["cross_entropy"], found

    def _estimates(
        self, members: Sequence[Codes], figures: Mapping[str, Floats]
    ) -> dict[str, tuple[Floats, Floats, Floats]]:
        """Standard errors, numbers of clusters and skewness of each figure, by group."""
        names, weights = [name for name in self.totals if name in figures], self._sums(_WEIGHT)
        found = {}
        for name in names:
            totals = self._sums(name)
            own = [
                _clustered_mean(totals[places], weights[places], mean)
                for places, mean in zip(members, figures[name].tolist(), strict=True)
            ]
            error, count, skewness = (
                np.array([(one.error, one.count, one.skewness) for one in own], np.float64)
                .reshape(-1, 3)
                .T
            )
            found[name] = (error, count, skewness)
        return found

    def _sums(self, name: str) -> Floats:
        return self.totals[name].sums.floats()

    def _jackknifed(self, groups: GroupKeys, confidence: float) -> dict[str, Bounds]:
        if not self.bucket_keys:  # no metric needs them
            return {}
        weights, keys = self.buckets[Loss].weight.floats(), list(self.bucket_keys)
        names = [name for kind in self.buckets for name in kind.jackknifed]
        ends: dict[str, list[tuple[float, float]]] = {}
        for places in _places(self.bucket_keys, groups):
            order = sorted(places.tolist(), key=lambda place: keys[place][-1] or "")
            parts = [
                States({kind: state.at(place) for kind, state in self.buckets.items()})
                for place in order
                if weights[place] > 0
            ]
            found = jackknifed(parts, confidence) if parts else {}
            for name in names:
                ends.setdefault(name, []).append(found.get(name, (math.nan, math.nan)))
        low_high = {name: np.array(own).reshape(-1, 2).T for name, own in ends.items()}
        return {name: Bounds(low, high, JACKKNIFE) for name, (low, high) in low_high.items()}


def _of_accuracy(
    figures: Mapping[str, Floats],
    estimates: Mapping[str, tuple[Floats, Floats, Floats]],
    level: Level,
) -> dict[str, Bounds]:
    """Wilson's interval, for as many independent rows as would have the same error."""
    name = Accuracy.figure
    shares, (errors, counts, _) = figures[name], estimates[name]
    with np.errstate(all="ignore"):
        alike = shares * (1.0 - shares) / errors**2
    effective = np.where(errors > 0, alike, np.where(counts > 1, counts, np.nan))
    reach = normal_quantile(level.confidence)
    return {name: Bounds.of_shares(shares, effective, reach, f"{WILSON}, of rows by cluster")}


def _with_buckets(keys: GroupKeys) -> tuple[GroupKeys, Codes]:
    """The keys with the bucket of the cluster, the same on every machine, in place of its name.

    Also the place among them for each of `keys`.
    """
    import pyarrow as pa

    names = keys.columns[-1].cast(pa.binary()).to_pylist()
    buckets = buckets_of([name or b"" for name in names])
    groups, group = without_last(keys)
    cells, places = np.unique(group * BUCKETS + buckets, return_inverse=True)
    own = texts(list(map(str, (cells % BUCKETS).tolist())))
    return GroupKeys((*groups.take(cells // BUCKETS).columns, own), len(cells)), places


def buckets_of(names: Sequence[bytes]) -> NDArray[np.uint32]:
    """The buckets of some clusters, by their names in UTF-8."""
    return np.fromiter(map(zlib.crc32, names), np.uint32, len(names)) % BUCKETS


def _places(keys: GroupKeys, groups: GroupKeys) -> list[Codes]:
    """The places of the keys of each group; all parts but the last are those of the group."""
    short, index = without_last(keys)
    _, codes = groups.beside(short).distinct()
    own = codes[len(groups) :][index]
    order = np.argsort(own, kind="stable")
    return np.split(order, np.searchsorted(own[order], np.arange(1, len(groups))))


def _clustered_mean(totals: Floats, weights: Floats, mean: float) -> ClusteredMean:
    """The mean of rows in clusters, from Σ w·v and Σ w of each; residuals within rounding are 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        expected = mean * weights
        residuals = totals - expected
        is_rounding = np.abs(residuals) <= _ROUNDING * np.abs(expected)
        residuals = np.where(is_rounding & np.isfinite(expected), 0.0, residuals)
    return ClusteredMean.of(residuals, weights, math.fsum(weights.tolist()))
