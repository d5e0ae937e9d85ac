"""From a tally to the comparison that is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from ce_cli.comparing.bound_models import BoundModel, ComparisonPlan, ModelReader
from ce_cli.comparing.clusters import Clusters
from ce_cli.comparing.figures import GroupSums, Size, comparisons, settled
from ce_cli.comparing.model_set import ModelSet
from ce_cli.comparing.paired_sums import PairedSums
from ce_cli.comparing.row_alignment import RowAlignment
from ce_cli.errors import DataError
from ce_cli.metrics.bounds import STUDENT
from ce_cli.metrics.groups import sortable
from ce_cli.record import Record
from ce_cli.results.compare import Compared, ComparedGroup, Model
from ce_cli.results.document import Scalar
from ce_cli.results.score import Interval, Note
from ce_cli.scoring.figures import class_names, interval
from ce_cli.scoring.warnings import few_clusters, issue_warnings
from ce_cli.spec import Spec
from ce_cli.text import plural


class Summary(Record):
    """All that a comparison is made of."""

    field: ModelSet
    plan: ComparisonPlan
    meeting: RowAlignment
    left_out: int
    tally: PairedSums
    classes: tuple[str, ...]

    @property
    def spec(self) -> Spec:
        """That of the reference."""
        return self.field.entrants[0].spec

    @property
    def names(self) -> list[str]:
        """What the models are called."""
        return [one.name for one in self.field.entrants]

    def compared(self, groupings: Sequence[Sequence[str]] | None = None) -> Compared:
        """The result, with the groups by each set of columns."""
        by = self.field.by[: None if self.plan.cluster is None else -1]
        plan, whole = self.plan, self._whole()
        if not whole.weight > 0:
            raise DataError(f"{self.names[0]}: all weights are 0.")
        flipped = plan.test == "sign-flip"
        own = list(comparisons(whole, self.names, self.spec, flipped))
        named = [by] if groupings is None else groupings
        groups = [group for names in named for group in self._groups(names, flipped)]
        return Compared(
            task=self.field.entrants[0].binding.task,
            unit=self.spec.unit,
            reference=self.names[0],
            confidence=self.spec.confidence,
            test="paired sign-flip test" if flipped else "paired t test",
            join=self._join(),
            cluster={"column": plan.cluster, "count": whole.units} if plan.cluster else None,
            rows={
                "compared": whole.rows,
                "left_out": self.left_out,
                "unmatched": sum(self.meeting.unmatched),
                "repeated": sum(self.meeting.repeated),
            },
            weight_sum=whole.weight,
            models=tuple(self._models(whole)),
            comparisons=tuple(settled(own, [whole.size] * len(own), self.spec.confidence, flipped)),
            groups=tuple(_settled_groups(groups, self.spec.confidence, flipped)),
            moved=tuple(self._moved()),
            warnings=tuple(self._warnings(whole)),
        )

    def _whole(self) -> GroupSums:
        nowhere = np.zeros(len(self.tally.keys), np.intp)
        states = {name: state.regroup(nowhere, 1) for name, state in self.tally.states.items()}
        return GroupSums(states, None if self.plan.cluster is None else Clusters.all_of(self.tally))

    def _groups(self, by: Sequence[str], flipped: bool) -> Iterator[tuple[ComparedGroup, Size]]:
        if not by:
            return
        tally = self.tally.by([self.field.by.index(name) for name in by])
        keys = tally.keys
        clusters = {} if self.plan.cluster is None else dict(Clusters.by_group(tally))
        for place in sorted(range(len(keys)), key=lambda place: sortable(keys[place])):
            states = {name: state.at(place) for name, state in tally.states.items()}
            figures = GroupSums(states, clusters.get(keys[place]))
            if not figures.rows:
                continue
            group = ComparedGroup(
                by=dict(zip(by, keys[place], strict=True)),
                rows=figures.rows,
                weight_sum=figures.weight,
                metrics={n: self._metrics(figures, m) for m, n in enumerate(self.names)},
                intervals={n: self._intervals(figures, m) for m, n in enumerate(self.names)},
                comparisons=tuple(comparisons(figures, self.names, self.spec, flipped)),
            )
            yield group, figures.size

    def _metrics(self, figures: GroupSums, model: int) -> dict[str, float]:
        scale = self.spec.scale
        return {
            "cross_entropy": figures.mean(model) / scale,
            "standard_error": figures.standard_error(model) / scale,
        }

    def _intervals(self, figures: GroupSums, model: int) -> dict[str, Interval]:
        mean, error, scale = figures.mean(model), figures.standard_error(model), self.spec.scale
        method = STUDENT + (", summed by cluster" if figures.clusters is not None else "")
        confidence = self.spec.confidence
        nats = interval(mean, error, figures.units, confidence, method)
        return {"cross_entropy": nats.replace(low=nats.low / scale, high=nats.high / scale)}

    def _models(self, whole: GroupSums) -> Iterator[Model]:
        for model, (one, feed, place) in enumerate(self._placed()):
            binding, issues = one.binding, feed.issues[place]
            at = self.field.feeds.index(feed)
            yield Model(
                name=one.name,
                inputs=one.files,
                columns={
                    "label": list(binding.labels.in_order),
                    "predictions": list(binding.predictions),
                    "shape": binding.shape,
                    "labels_from": feed.label_file,
                },
                classes=class_names(binding, issues.labels),
                values=one.spec.values,
                signature=one.spec.signature(),
                rows={
                    "read": issues.read,
                    "skipped": issues.skipped,
                    "ignored": issues.ignored,
                    "clipped": issues.count("clipped"),
                    "infinite": issues.count("infinite"),
                    "unmatched": self.meeting.unmatched[at],
                    "repeated": self.meeting.repeated[at],
                },
                metrics=self._metrics(whole, model),
                intervals=self._intervals(whole, model),
            )

    def _placed(self) -> list[tuple[BoundModel, ModelReader, int]]:
        """Each model with its data set and its place in it."""
        every = [(f, place) for f in self.field.feeds for place in range(len(f.entrants))]
        return [
            (one, *every[where])
            for one, where in zip(self.field.entrants, self.field.order, strict=True)
        ]

    def _join(self) -> dict[str, Scalar]:
        several = len(self.field.feeds) > 1
        by = "file" if not several else "order" if self.spec.id is None else "id"
        return {
            "by": by,
            "column": self.spec.id if several else None,
            "how": "inner" if self.plan.inner else "all",
            "same_order": self.meeting.same_order,
        }

    def _moved(self) -> Iterator[dict[str, Scalar]]:
        places = self.field.feeds[0].locations
        for model, moved in self.tally.moved.items():
            for direction, some in (("worse", moved.worse), ("better", moved.better)):
                ids = [None] * len(some.rows) if some.ids is None else some.ids.to_pylist()
                for n, row in enumerate(some.rows.tolist()):
                    line: dict[str, Scalar] = {
                        "model": self.names[model],
                        "direction": direction,
                        "row": row + 1,
                    }
                    if len(places.names) > 1:
                        line["file"], line["file_row"] = places.of(row)
                    if self.spec.id is not None:
                        line["id"] = ids[n]
                    code = int(some.codes[n])
                    ours, theirs = (float(x[n]) for x in (some.reference, some.losses))
                    yield line | {
                        "label": self.classes[code] if code >= 0 and self.classes else None,
                        "reference_loss": ours / self.spec.scale,
                        "loss": theirs / self.spec.scale,
                        "difference": (theirs - ours) / self.spec.scale,
                    }

    def _warnings(self, whole: GroupSums) -> Iterator[Note]:
        for one, feed, place in self._placed():
            issues = feed.issues[place]
            raised, total = (float(s[place].floats()[0]) for s in (feed.clipped, feed.totals))
            clip, convention = one.spec.clip or 0.0, one.spec.convention
            for note in issue_warnings(issues, feed.locations, clip, raised, total, convention):
                yield note.replace(message=f"{one.name}: {note.message}")
        yield from self._unlike()
        if self.left_out:
            yield Note(
                "left_out",
                f"{plural(self.left_out, 'row')} left out that not every model could score.",
                self.left_out,
            )
        for at, feed in enumerate(self.field.feeds):
            yield from _unmet(feed, self.meeting.unmatched[at], self.meeting.repeated[at])
        if self.plan.cluster is not None:
            yield from few_clusters(whole.units)

    def _unlike(self) -> Iterator[Note]:
        """Clips that differ, where they have raised a loss."""
        own = self.spec
        raised = {one.name: feed.issues[n].count("clipped") for one, feed, n in self._placed()}
        for one in self.field.entrants[1:]:
            count = raised[self.names[0]] + raised[one.name]
            if count and (one.spec.clip or 0.0) != (own.clip or 0.0):
                yield Note(
                    "other_clip",
                    f"{self.names[0]} is clipped {_clip(own)} and {one.name} {_clip(one.spec)}, so "
                    "the same certainty does not cost them the same: --clip says one for both.",
                    count,
                )


def _clip(spec: Spec) -> str:
    return f"at {spec.clip:.2g}" if spec.clip else "not at all"


def _settled_groups(
    groups: Sequence[tuple[ComparedGroup, Size]], confidence: float, flipped: bool
) -> Iterator[ComparedGroup]:
    """Verdicts, for all groups and models at once."""
    every = [(one, size) for group, size in groups for one in group.comparisons]
    ones, sizes = [one for one, _ in every], [size for _, size in every]
    told = iter(settled(ones, sizes, confidence, flipped))
    for group, _ in groups:
        yield group.replace(comparisons=tuple(islice(told, len(group.comparisons))))


def _unmet(feed: ModelReader, unmatched: int, repeated: int) -> Iterator[Note]:
    """What an inner join has left out."""
    for code, count, what in (
        ("unmatched", unmatched, "without a partner"),
        ("repeated", repeated, "called like one before"),
    ):
        if count:
            yield Note(code, f"{feed.title}: {plural(count, 'row')} {what} left out.", count)
