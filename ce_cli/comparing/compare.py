"""The whole flow: from data sets and a plan to a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from ce_cli.compared import Compared, ComparedGroup, Model
from ce_cli.comparing.agreement import Agreement
from ce_cli.comparing.clusters import Clusters
from ce_cli.comparing.entrants import DataSet, Entrant, Feed, Plan, common_id
from ce_cli.comparing.figures import Figures, Size, comparisons, interval, settled
from ce_cli.comparing.meeting import Meeting
from ce_cli.comparing.scored import Scored
from ce_cli.comparing.tally import Tally, Tallying, folded
from ce_cli.errors import DataError, UsageError
from ce_cli.pipeline import Progress, balance
from ce_cli.report import METHOD, class_names, ledger_notes, sortable
from ce_cli.result import Interval, Note, Scalar
from ce_cli.spec import Spec
from ce_cli.text import counted
from ce_cli.value import Value

FEW_CLUSTERS = 30  # below, t on sums by cluster is too narrow by more than rounding


def compare(
    data_sets: Sequence[DataSet],
    plan: Plan,
    threads: int = 1,
    progress: Progress | None = None,
) -> Compared:
    """Score the rows that all models have, and compare each model with the reference.

    Parameters
    ----------
    data_sets : sequence of DataSet
        Two or more models in one data set or several.
    plan : Plan
        How to compare.
    threads : int
        How many splits of each data set are worked on at once.
    progress : callable, optional
        Is given the number of rows read so far.

    Raises
    ------
    CeError
        Whatever is wrong with the options, the data or the files, or rows that do not meet.
    """
    field = Field.of(data_sets, plan, threads)
    spec = field.entrants[0].spec
    several = len(field.feeds) > 1
    if plan.inner and several and spec.id is None:
        raise UsageError(
            "--join inner leaves out rows by their names: say with --id what they are."
        )
    by_key = several and spec.id is not None
    meeting = Meeting(field.feeds, field.key, by_key, plan.inner)
    agreement = Agreement(field.entrants)
    work = Tallying(plan.cluster is not None, plan.test == "sign-flip", plan.worst)
    rows = (agreement(field.in_order(some)) for some in meeting.rows(threads, progress))
    tally = folded(map(work, rows))
    for feed in field.feeds:
        feed.refuse_bad()
    meeting.refuse()
    classes = field.classes
    agreement.refuse(classes, spec.id)
    if tally is None or not tally.rows:
        raise DataError("No row is left that all models could score.")
    return Summary(field, plan, meeting, agreement.left_out, tally, classes).compared()


class Field(Value):
    """The models, the reference first, and the data sets that they are in.

    Attributes
    ----------
    feeds : tuple of Feed
        That of the reference first.
    order : tuple of int
        Where each of `entrants` is among the models of the feeds.
    entrants : tuple of Entrant
        The models.
    key : str or None
        The column that says what rows are called.
    """

    feeds: tuple[Feed, ...]
    order: tuple[int, ...]
    entrants: tuple[Entrant, ...]
    key: str | None

    @classmethod
    def of(cls, data_sets: Sequence[DataSet], plan: Plan, threads: int) -> Field:
        """Open the data sets and bind their columns.

        Only the reference's data need weights, groups and clusters.
        """
        if sum(len(data.models) for data in data_sets) < 2:
            raise UsageError("A comparison needs two models.")
        owner, place = _owner(data_sets, plan.reference)
        first = data_sets[owner]
        others = [one for one in data_sets if one is not first]
        feeds = [Feed(_reduced(first, place, plan.cluster)), *(Feed(_reduced(o)) for o in others)]
        weights: tuple[float, ...] = ()
        if first.models[place][1].balanced:
            own = first.models[place][1]
            weights = balance(first.sources, first.names, own, threads, first.labels)
        feeds[0].refer(place, plan.cluster, weights)
        for feed in feeds:
            feed.weigh_like(feeds[0].entrants[place])
        entrants = [one for feed in feeds for one in feed.entrants]
        order = (place, *(n for n in range(len(entrants)) if n != place))
        key = entrants[place].spec.id
        if key is None and len(feeds) > 1:
            key = common_id(feeds)
        return cls(tuple(feeds), order, tuple(entrants[n] for n in order), key)

    def in_order(self, parts: Sequence[Scored]) -> list[Scored]:
        """What each model makes of some rows, the reference first."""
        return [parts[place] for place in self.order]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names by the reference's codes."""
        return class_names(self.entrants[0].binding, self.feeds[0].ledgers[self.order[0]].labels)


class Summary(Value):
    """All that a comparison is made of."""

    field: Field
    plan: Plan
    meeting: Meeting
    left_out: int
    tally: Tally
    classes: tuple[str, ...]

    @property
    def spec(self) -> Spec:
        """That of the reference."""
        return self.field.entrants[0].spec

    @property
    def names(self) -> list[str]:
        """What the models are called."""
        return [one.name for one in self.field.entrants]

    def compared(self) -> Compared:
        """The result."""
        plan, whole = self.plan, self._whole()
        if not whole.weight > 0:
            raise DataError(f"{self.names[0]}: all weights are 0.")
        flipped = plan.test == "sign-flip"
        own = list(comparisons(whole, self.names, self.spec, flipped))
        groups = list(self._groups(flipped))
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

    def _whole(self) -> Figures:
        nowhere = np.zeros(len(self.tally.keys), np.intp)
        states = {name: state.regroup(nowhere, 1) for name, state in self.tally.states.items()}
        return Figures(states, None if self.plan.cluster is None else Clusters.all_of(self.tally))

    def _groups(self, flipped: bool) -> Iterator[tuple[ComparedGroup, Size]]:
        by = self.field.entrants[0].binding.by[: None if self.plan.cluster is None else -1]
        if not by:
            return
        keys = self.tally.keys
        clusters = {} if self.plan.cluster is None else dict(Clusters.by_group(self.tally))
        for place in sorted(range(len(keys)), key=lambda place: sortable(keys[place])):
            states = {name: state.at(place) for name, state in self.tally.states.items()}
            figures = Figures(states, clusters.get(keys[place]))
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

    def _metrics(self, figures: Figures, model: int) -> dict[str, float]:
        scale = self.spec.scale
        return {
            "cross_entropy": figures.mean(model) / scale,
            "standard_error": figures.standard_error(model) / scale,
        }

    def _intervals(self, figures: Figures, model: int) -> dict[str, Interval]:
        own = self._metrics(figures, model)
        method = METHOD + (", summed by cluster" if figures.clusters is not None else "")
        mean, error = own["cross_entropy"], own["standard_error"]
        return {"cross_entropy": interval(mean, error, figures.units, self.spec, method)}

    def _models(self, whole: Figures) -> Iterator[Model]:
        for model, (one, feed, place) in enumerate(self._placed()):
            binding, ledger = one.binding, feed.ledgers[place]
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
                classes=class_names(binding, ledger.labels),
                values=one.spec.values,
                signature=one.spec.signature(),
                rows={
                    "read": ledger.read,
                    "skipped": ledger.skipped,
                    "ignored": ledger.ignored,
                    "clipped": ledger.count("clipped"),
                    "infinite": ledger.count("infinite"),
                    "unmatched": self.meeting.unmatched[at],
                    "repeated": self.meeting.repeated[at],
                },
                metrics=self._metrics(whole, model),
                intervals=self._intervals(whole, model),
            )

    def _placed(self) -> list[tuple[Entrant, Feed, int]]:
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
        places = self.field.feeds[0].places
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

    def _warnings(self, whole: Figures) -> Iterator[Note]:
        for one, feed, place in self._placed():
            ledger = feed.ledgers[place]
            raised, total = (float(s[place].floats()[0]) for s in (feed.clipped, feed.totals))
            for note in ledger_notes(ledger, feed.places, one.spec.clip or 0.0, raised, total):
                yield note.replace(message=f"{one.name}: {note.message}")
        yield from self._unlike()
        if self.left_out:
            yield Note(
                "left_out",
                f"{counted(self.left_out, 'row')} left out that not every model could score.",
                self.left_out,
            )
        for at, feed in enumerate(self.field.feeds):
            yield from _unmet(feed, self.meeting.unmatched[at], self.meeting.repeated[at])
        if self.plan.cluster is not None and whole.units < FEW_CLUSTERS:
            yield Note(
                "few_clusters",
                f"Only {counted(whole.units, 'cluster')}: the interval may be too narrow.",
            )

    def _unlike(self) -> Iterator[Note]:
        """Clips that differ, where they have raised a loss."""
        own = self.spec
        raised = {one.name: feed.ledgers[n].count("clipped") for one, feed, n in self._placed()}
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


def _owner(data_sets: Sequence[DataSet], model: int) -> tuple[int, int]:
    """The data set that a model is in, and its place there."""
    for owner, data in enumerate(data_sets):
        if model < len(data.models):
            return owner, model
        model -= len(data.models)
    raise UsageError("There is no such model.")


def _reduced(data: DataSet, place: int | None = None, cluster: str | None = None) -> DataSet:
    """The data set with weights, groups and clusters for the model at `place` only."""
    models = []
    for at, (name, spec) in enumerate(data.models):
        if at == place:
            own = spec.replace(by=(*spec.by, cluster)) if cluster is not None else spec
        else:
            own = spec.replace(by=(), weight=None)
        models.append((name, own))
    return data.replace(models=tuple(models))


def _settled_groups(
    groups: Sequence[tuple[ComparedGroup, Size]], confidence: float, flipped: bool
) -> Iterator[ComparedGroup]:
    """Verdicts, for all groups and models at once."""
    every = [(one, size) for group, size in groups for one in group.comparisons]
    ones, sizes = [one for one, _ in every], [size for _, size in every]
    told = iter(settled(ones, sizes, confidence, flipped))
    for group, _ in groups:
        yield group.replace(comparisons=tuple(islice(told, len(group.comparisons))))


def _unmet(feed: Feed, unmatched: int, repeated: int) -> Iterator[Note]:
    """What an inner join has left out."""
    for code, count, what in (
        ("unmatched", unmatched, "without a partner"),
        ("repeated", repeated, "called like one before"),
    ):
        if count:
            yield Note(code, f"{feed.title}: {counted(count, 'row')} {what} left out.", count)
