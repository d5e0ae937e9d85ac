"""Build the result of a comparison from its sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.binding.precision import stored_how
from ce_cli.comparing.agreement import is_of_positive
from ce_cli.comparing.bound_models import BoundModel, ComparisonPlan, ModelReader
from ce_cli.comparing.clusters import Clusters
from ce_cli.comparing.figures import GroupSums, Size, by_method, comparisons, counted, settled
from ce_cli.comparing.interval_notes import few_rows, few_rows_in_groups, rare_class
from ce_cli.comparing.model_set import ModelSet
from ce_cli.comparing.paired_sums import PairedSums
from ce_cli.comparing.row_alignment import RowAlignment
from ce_cli.errors import DataError
from ce_cli.metrics.bounds import Level
from ce_cli.metrics.groups import sortable
from ce_cli.record import Record
from ce_cli.registry import FIGURES
from ce_cli.results.compare import Compared, ComparedGroup, Comparison, Model, ModelColumns
from ce_cli.results.document import Scalar
from ce_cli.results.lines import ClusterCount
from ce_cli.results.score import Interval, Note
from ce_cli.scoring.figures import class_names
from ce_cli.scoring.interval_warnings import few_clusters
from ce_cli.scoring.warnings import empty_files, issue_warnings, with_evidence
from ce_cli.spec import Spec
from ce_cli.text import plural, sanitize

_LOWEST = FIGURES["cross_entropy"].low


class Summary(Record):
    """Everything that the result is built from."""

    model_set: ModelSet
    plan: ComparisonPlan
    alignment: RowAlignment
    left_out: int
    sums: PairedSums
    classes: tuple[str, ...]

    @property
    def spec(self) -> Spec:
        """The options of the reference."""
        return self.model_set.models[0].spec

    @property
    def names(self) -> list[str]:
        """The names of the models."""
        return [one.name for one in self.model_set.models]

    def compared(self, groupings: Sequence[Sequence[str]] | None = None) -> Compared:
        """The result, with groups by each set of columns."""
        by = self.model_set.by[: None if self.plan.cluster is None else -1]
        plan, whole = self.plan, self._whole()
        if not whole.weight > 0:
            raise DataError(f"{self.names[0]}: all weights are 0.")
        flipped = plan.test == "sign-flip"
        own = list(comparisons(whole, self.names, self.spec, flipped))
        models = tuple(self._models(whole))
        named = [by] if groupings is None else groupings
        grouped = [list(self._groups(names, flipped)) for names in named]
        groups = [group for some in grouped for group in some]
        return Compared(
            task=self.model_set.models[0].binding.task,
            unit=self.spec.unit,
            reference=self.names[0],
            confidence=self.spec.confidence,
            test="paired sign-flip test" if flipped else "paired t test",
            join=self._join(),
            cluster=ClusterCount(plan.cluster, whole.units) if plan.cluster else None,
            rows={
                "compared": self.sums.rows,
                "left_out": self.left_out,
                "unmatched": sum(self.alignment.unmatched),
                "repeated": sum(self.alignment.repeated),
            },
            weight_sum=whole.weight,
            models=models,
            comparisons=tuple(settled(own, [whole.size] * len(own), self.spec.confidence, flipped)),
            groups=tuple(_settled_groups(groups, self.spec.confidence, flipped)),
            moved=tuple(self._moved()),
            warnings=(
                *self._warnings(whole),
                *self._interval_notes(whole, models, own, grouped),
            ),
        )

    def _whole(self) -> GroupSums:
        single_group = np.zeros(len(self.sums.keys), np.intp)
        states = {name: state.regroup(single_group, 1) for name, state in self.sums.states.items()}
        return GroupSums(states, None if self.plan.cluster is None else Clusters.all_of(self.sums))

    def _groups(self, by: Sequence[str], flipped: bool) -> Iterator[tuple[ComparedGroup, Size]]:
        if not by:
            return
        sums = self.sums.by([self.model_set.by.index(name) for name in by])
        keys = sums.keys
        clusters = {} if self.plan.cluster is None else dict(Clusters.by_group(sums))
        every = GroupSums(sums.states, None)
        for place in sorted(range(len(keys)), key=lambda place: sortable(keys[place])):
            figures = every.at(place, clusters.get(keys[place]))
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
            "standard_error": figures.mean_statistic(model).error / scale,
        }

    def _intervals(self, figures: GroupSums, model: int) -> dict[str, Interval]:
        statistic = figures.mean_statistic(model)
        own = by_method(statistic, self.spec)
        by_cluster = ", summed by cluster" if figures.clusters is not None else ""
        level = Level(self.spec.confidence, self.spec.interval)
        method = level.named(f"the weighted mean{by_cluster}")
        low, high = (max(end, _LOWEST) for end in own.interval(level.confidence))  # NaN stays
        nats = Interval(low, high, level.confidence, method, *counted(statistic))
        return {"cross_entropy": nats.over(self.spec.scale)}

    def _models(self, whole: GroupSums) -> Iterator[Model]:
        for model, (one, reader, place) in enumerate(self._placed()):
            binding, issues = one.binding, reader.issues[place]
            at = self.model_set.readers.index(reader)
            classes = class_names(binding, issues.labels)
            yield Model(
                name=one.name,
                inputs=one.files,
                columns=ModelColumns(
                    tuple(binding.labels.in_order),
                    tuple(binding.predictions),
                    binding.shape,
                    reader.label_file,
                    binding.found_by,
                    classes[1] if is_of_positive(binding) else None,
                ),
                classes=classes,
                values=one.spec.as_,
                signature=one.spec.signature(),
                rows={
                    "read": issues.read,
                    "skipped": issues.skipped,
                    "ignored": issues.ignored,
                    "clipped": issues.count("clipped"),
                    "infinite": issues.count("infinite"),
                    "unmatched": self.alignment.unmatched[at],
                    "repeated": self.alignment.repeated[at],
                },
                metrics=self._metrics(whole, model),
                intervals=self._intervals(whole, model),
            )

    def _placed(self) -> list[tuple[BoundModel, ModelReader, int]]:
        """Each model with its data set and its place in it."""
        every = [(f, place) for f in self.model_set.readers for place in range(len(f.models))]
        return [
            (one, *every[where])
            for one, where in zip(self.model_set.models, self.model_set.order, strict=True)
        ]

    def _join(self) -> dict[str, Scalar]:
        several = len(self.model_set.readers) > 1
        by = "file" if not several else "order" if self.spec.id is None else "id"
        return {
            "by": by,
            "column": self.spec.id if several else None,
            "how": "inner" if self.plan.inner else "all",
            "same_order": self.alignment.same_order,
        }

    def _moved(self) -> Iterator[dict[str, Scalar]]:
        places = self.model_set.readers[0].locations
        for model, moved in self.sums.moved.items():
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
        for one, reader, place in self._placed():
            issues = reader.issues[place]
            clipped, total = (float(s[place].floats()[0]) for s in (reader.clipped, reader.totals))
            about_rows = issue_warnings(issues, reader.locations, one.spec, clipped, total)
            for note in with_evidence(about_rows, reader.evidence_notes(place)):
                yield note.replace(message=f"{sanitize(one.name)}: {note.message}")
        for reader in self.model_set.readers:
            yield from empty_files(reader.locations, reader.read)
        yield from self._clip_notes()
        if self.left_out:
            yield Note(
                "left_out",
                f"Left out {plural(self.left_out, 'row')} that not every model could score.",
                self.left_out,
            )
        for at, reader in enumerate(self.model_set.readers):
            yield from _left_out_notes(
                reader, self.alignment.unmatched[at], self.alignment.repeated[at]
            )

    def _interval_notes(
        self,
        whole: GroupSums,
        models: Sequence[Model],
        own: Sequence[Comparison],
        grouped: Sequence[Sequence[tuple[ComparedGroup, Size]]],
    ) -> Iterator[Note]:
        """Whether few rows decide about the intervals of all rows and of groups."""
        clustered = self.plan.cluster is not None
        few = list(few_clusters(whole.units, whole.effective)) if clustered else []
        counts = whole.rows_by_class(len(self.classes))
        rare = list(rare_class(counts, self.classes, self.spec))
        yield from few
        yield from rare or (few_rows(own, models, clustered) if not few else ())
        for groups in grouped:
            yield from few_rows_in_groups([group for group, _ in groups], clustered)

    def _clip_notes(self) -> Iterator[Note]:
        """A note about clips that differ, where they changed a loss."""
        own = self.spec
        clipped = {one.name: reader.issues[n].count("clipped") for one, reader, n in self._placed()}
        for one in self.model_set.models[1:]:
            count = clipped[self.names[0]] + clipped[one.name]
            if count and _clip(one.spec) != _clip(own):
                first = self.model_set.models[0]
                yield Note(
                    "other_clip",
                    f"{self.names[0]} is clipped {_clip(own)} and {one.name} {_clip(one.spec)}"
                    f"{_why(first.binding, one.binding)}, so the same error costs them different "
                    f"losses: set one clip with --clip {_one_clip(own, one.spec)}",
                    count,
                )


def _clip(spec: Spec) -> str:
    if not spec.clip:
        return "not at all"
    return f"from 0 to {spec.clip:.2g}" if spec.clip_zeros else f"at {spec.clip:.2g}"


def _why(first: Binding, second: Binding) -> str:
    """The precisions that the clips follow from, if they differ."""
    hows = (stored_how(first.stored), stored_how(second.stored))
    return "" if hows[0] == hows[1] else f", as they are stored {hows[0]} and {hows[1]}"


def _one_clip(first: Spec, second: Spec) -> str:
    """The clip that both models can have; logits have none."""
    clips = (first.clip or 0.0, second.clip or 0.0)
    return f"{max(clips):.2g}" if all(clips) else "none"


def _settled_groups(
    groups: Sequence[tuple[ComparedGroup, Size]], confidence: float, flipped: bool
) -> Iterator[ComparedGroup]:
    """Decide the verdicts for all groups and models together."""
    every = [(one, size) for group, size in groups for one in group.comparisons]
    ones, sizes = [one for one, _ in every], [size for _, size in every]
    decided = iter(settled(ones, sizes, confidence, flipped))
    for group, _ in groups:
        yield group.replace(comparisons=tuple(islice(decided, len(group.comparisons))))


def _left_out_notes(reader: ModelReader, unmatched: int, repeated: int) -> Iterator[Note]:
    """Notes about the rows that an inner join left out."""
    for code, count, reason in (
        ("unmatched", unmatched, "without a partner"),
        ("repeated", repeated, "with a repeated id"),
    ):
        if count:
            yield Note(code, f"{reader.title}: left out {plural(count, 'row')} {reason}.", count)
