"""Sums over a number of each row, from which the mean has its standard error and skewness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch, bounded
from ce_cli.kernels.exact import LIMB_BITS, ExactSums, weighted_sums
from ce_cli.kernels.hall import bounded_skewness, skewness_of_mean
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.state import State

if TYPE_CHECKING:
    from ce_cli.metrics.magnitudes import Cubed

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_ROUNDING = 16.0 * np.finfo(np.float64).eps  # of a sum of powers, as a share of its terms
_LARGEST = 2.0**340  # of a number whose cube is a float
PAIRED = 4  # with at most so many classes, products of the shares of classes are kept
_CLEAR = 1e-3  # rounding may change the skewness by this


class Cubes(State):
    """Sums for the skewness of the mean of a number v of each row, by group.

    Without weights only the first is kept: the others are sums of smaller powers, or equal to it.

    Attributes
    ----------
    third, second, first, weight : ExactSums
        Σ w³·v³, Σ w³·v², Σ w³·v and Σ w³.
    plain_third, plain_second : ExactSums
        Σ w·v³ and Σ w·v².
    """

    third: ExactSums
    second: ExactSums
    first: ExactSums
    weight: ExactSums
    plain_third: ExactSums
    plain_second: ExactSums

    @property
    def is_weighted(self) -> bool:
        """Whether there are sums with weights."""
        return bool(len(self.weight.limbs))

    def skewness(
        self,
        means: Floats,
        squares: Floats,
        weight: ExactSums,
        sums: tuple[ExactSums, ExactSums, ExactSums],
    ) -> Floats:
        """The skewness of the mean, k, by group.

        Parameters
        ----------
        means : ndarray
            Σ w·v / Σ w.
        squares : ndarray
            Σ w²(v − mean)².
        weight : ExactSums
            Σ w.
        sums : tuple of ExactSums
            Σ w², Σ w²·v and Σ w²·v².

        Notes
        -----
        For n equal weights it is the skewness of the numbers divided by √n, which is equal to
        Σ r³ / (Σ r²)^(3/2) of the residuals r = w·(v − mean). With unequal weights, this is often
        the share of a single row: see `skewness_of_mean`.
        """
        squared, first, second = (one.floats() for one in sums)
        if not self.is_weighted:
            return bounded_skewness(
                _skewness(means, squares, (self.third.floats(), second, first, squared))
            )
        total, one = weight.floats(), np.ones(len(means))
        cubed = (self.third, self.second, self.first, self.weight)
        scaled, floats = _of_cubes(total, squares, cubed)
        of_residuals = _skewness(means, scaled, tuple(floats))
        with np.errstate(all="ignore"):
            third, second = self.plain_third.floats() / total, self.plain_second.floats() / total
            around = squares_about(means, one, means, second)
            of_numbers = _skewness(means, around, (third, second, means, one))
            of_numbers /= np.sqrt(effective_count(total, squared))
        return skewness_of_mean(of_numbers, of_residuals)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The sums over the finite losses of one batch."""
        return cls.of_rows(batch, batch.finite_losses, batch.finite_ends)

    @classmethod
    def of_rows(cls, batch: Batch, values: Floats, ends: tuple[float, float] | None = None) -> Self:
        """The sums of one batch, each row rounded; `ends` are the extremes of `values`, if known.

        Numbers too large to be cubed count as the largest that are not.
        """
        if batch.weights is not None:
            with np.errstate(over="ignore"):
                squares = values * values
                return cls.of_powers(batch, squares * values, squares, values, np.ones(len(values)))
        low, high = ends or (float(values.min(initial=0.0)), float(values.max(initial=0.0)))
        if max(high, -low) > _LARGEST:
            values = np.clip(values, -_LARGEST, _LARGEST)
            low, high = max(low, -_LARGEST), min(high, _LARGEST)
        cubes = values * values
        cubes *= values
        third = ExactSums.of(
            cubes, batch.groups, batch.group_count, (low * low * low, high * high * high)
        )
        none = ExactSums.empty(batch.group_count)
        return cls(third, none, none, none, none, none)

    @classmethod
    def of_powers(
        cls, batch: Batch, third: Floats, second: Floats, first: Floats, zeroth: Floats
    ) -> Self:
        """The sums with these numbers in place of v³, v², v and 1."""
        none, weights = ExactSums.empty(batch.group_count), batch.weights
        if weights is None:
            return cls(batch.sums(bounded(third)), none, none, none, none, none)
        cubed, groups = _cubed(weights), (batch.groups, batch.group_count)
        cubes = [cubed.sums(one, *groups) for one in (third, second, first, zeroth)]
        with np.errstate(over="ignore"):
            plain = [bounded(bounded(one) * weights) for one in (third, second)]
        return cls(*cubes, *(ExactSums.of(one, *groups) for one in plain))

    def minus(self, other: Self) -> Self:
        """Subtract other sums."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self._fields)
        return type(self)(*(own.minus(others) for own, others in pairs))


class ClassMoments(State):
    """Sums over the losses and the label's share p of each class, of one label with few classes.

    For hard labels, class k of group g is entry ``g·K + k``; the sums of `pairs` and `triples`, of
    soft labels, have an entry for each j, k, and each i, j, k, the last one changing fastest.

    Attributes
    ----------
    second, cubed_second : ExactSums
        Σ w·p·loss² and Σ w³·p·loss².
    first, cubed_first, cubed_weight : ExactSums
        Σ w·loss, Σ w³·loss and Σ w³ of hard labels.
    pairs, cubed_pairs : ExactSums
        Σ w·p_j·p_k·loss and Σ w³·p_j·p_k·loss of soft labels.
    triples, cubed_triples : ExactSums
        Σ w·p_i·p_j·p_k and Σ w³·p_i·p_j·p_k of soft labels.

    Notes
    -----
    Sums with w³ are empty without weights, where they equal the others.
    """

    second: ExactSums
    first: ExactSums
    pairs: ExactSums
    triples: ExactSums
    cubed_second: ExactSums
    cubed_first: ExactSums
    cubed_weight: ExactSums
    cubed_pairs: ExactSums
    cubed_triples: ExactSums

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        return cls(**{name: ExactSums.empty(groups * n) for name, n in _widths(space).items()})

    @classmethod
    def of_hard(cls, batch: Batch) -> Self:
        """The state of rows whose groups are the classes of groups."""
        none = cls.empty(batch.group_count // batch.space.classes, batch.space)
        if batch.weights is None:
            return none.replace(second=batch.loss_squares, first=batch.loss_sums)
        losses, cubed = batch.finite_losses, _cubed(batch.weights)
        with np.errstate(over="ignore"):
            squares = bounded(losses * losses)
        second, first, weight = (
            cubed.sums(one, batch.groups, batch.group_count)
            for one in (squares, losses, np.ones(len(batch)))
        )
        return none.replace(
            second=batch.sums(squares),
            first=batch.loss_sums,
            cubed_second=second,
            cubed_first=first,
            cubed_weight=weight,
        )

    @classmethod
    def of_soft(cls, batch: Batch, shares: Floats) -> Self:
        """The state of rows with the `shares` of each class, shape (K, n)."""
        losses, weights, count = batch.finite_losses, batch.weights, len(batch)
        groups = np.zeros(count, np.intp) if batch.groups is None else batch.groups
        classes = len(shares)
        pairs = (shares[:, np.newaxis] * shares).reshape(classes**2, count)
        triples = (pairs[:, np.newaxis] * shares).reshape(classes**3, count)
        found, cubed = {}, None if weights is None else _cubed(weights)
        with np.errstate(over="ignore"):
            terms = {
                "second": shares * losses * losses,
                "pairs": pairs * losses,
                "triples": triples,
            }
            for name, every in terms.items():
                own, width = bounded(every), len(every)
                cells = groups * width + np.arange(width)[:, np.newaxis]
                size = batch.group_count * width
                found[name] = weighted_sums(own, weights, cells, size)
                if cubed is not None:
                    found[f"cubed_{name}"] = cubed.sums(own, cells, size)
        return cls.empty(batch.group_count, batch.space).replace(**found)

    def block(self, group: int, space: LabelSpace) -> Self:
        """The sums of one group."""
        own = {name: getattr(self, name).block(group, n) for name, n in _widths(space).items()}
        return type(self)(**own)

    def move_blocks(self, index: Codes, groups: int, space: LabelSpace) -> Self:
        """Move whole groups."""
        widths = _widths(space).items()
        moved = {name: getattr(self, name).move_blocks(index, groups, n) for name, n in widths}
        return type(self)(**moved)

    def skewness(
        self,
        means: Floats,
        constants: Floats,
        squares: Floats,
        sums: tuple[Floats, Floats],
        cubes: Cubes,
    ) -> Floats:
        """The skewness k of the mean of loss − m·Σ p·c (see `kernels.hall`), by group.

        Parameters
        ----------
        means, constants : ndarray
            m, for which that mean is 0, shape (groups,), and c, shape (groups, K).
        squares : ndarray, shape (groups,)
            Σ (w·(loss − m·Σ p·c))².
        sums : tuple of ndarray
            Σ w·p by class, shape (groups, K), and Kish's number of rows, shape (groups,).
        cubes : Cubes
            Σ w³·loss³, and so on.
        """
        weights, count = sums
        is_soft = bool(len(self.triples.limbs))
        by_class = [one.floats() for one in (self.second, self.first)]
        hard = (*by_class, weights)
        soft = tuple(one.floats() for one in (self.second, self.pairs, self.triples))
        plain = soft if is_soft else hard
        terms = [_contracted(one, constants, n, n) for n, one in enumerate(plain, 1)]
        if not cubes.is_weighted:
            return bounded_skewness(_skewness(means, squares, (cubes.third.floats(), *terms)))
        cubed = (self.cubed_second, self.cubed_first, self.cubed_weight)
        if is_soft:
            cubed = (self.cubed_second, self.cubed_pairs, self.cubed_triples)
        total = weights.sum(axis=1)
        scaled_squares, (third, *floats) = _of_cubes(total, squares, (cubes.third, *cubed))
        own = [_contracted(one, constants, n, n) for n, one in enumerate(floats, 1)]
        of_residuals = _skewness(means, scaled_squares, (third, *own))
        with np.errstate(all="ignore"):
            least = [_contracted(one, constants, n, n - 1) for n, one in enumerate(plain, 1)]
            around = np.maximum(least[0] - 2.0 * means * least[1] + means**2 * least[2], 0.0)
            scaled = [one / total for one in (cubes.plain_third.floats(), *terms)]
            of_numbers = _skewness(means, around / total, tuple(scaled)) / np.sqrt(count)
        return skewness_of_mean(of_numbers, of_residuals)


def _contracted(sums: Floats, constants: Floats, order: int, times: int) -> Floats:
    """Σ of the entries of each group times the constants of `times` of their `order` classes.

    Of hard labels, all classes of an entry are the same, and it has one place for them.
    """
    groups, classes = constants.shape
    if order > 1 and sums.size == groups * classes:
        return np.asarray((sums.reshape(groups, classes) * constants**times).sum(axis=1))
    found = sums.reshape(groups, *[classes] * order)
    for place in range(order):
        factors = constants if place < times else np.ones_like(constants)
        found = np.einsum("gk...,gk->g...", found, factors)
    return found


def _widths(space: LabelSpace) -> dict[str, int]:
    """The number of entries of each sum for a group."""
    classes = space.classes
    orders = {"second": 1, "first": 1, "pairs": 2, "triples": 3}
    orders |= {"cubed_second": 1, "cubed_first": 1, "cubed_weight": 1}
    orders |= {"cubed_pairs": 2, "cubed_triples": 3}
    of_soft = {"pairs", "triples", "cubed_pairs", "cubed_triples"}
    few = classes <= PAIRED and not space.independent
    return {name: classes**n if few or name not in of_soft else 1 for name, n in orders.items()}


def effective_count(weight: Floats, squared_weight: Floats) -> Floats:
    """Kish's number of rows, (Σ w)² / Σ w², by group: n if all weights are equal.

    L. Kish, Survey Sampling, 1965, section 11.7. NaN for no rows.
    """
    with np.errstate(all="ignore"):
        count: Floats = weight * (weight / squared_weight)
        whole = np.rint(count)
        return np.where(np.abs(count - whole) <= _ROUNDING * whole, whole, count)


def squares_about(means: Floats, squared_weight: Floats, first: Floats, second: Floats) -> Floats:
    """Σ w²(v − mean)² from Σ w², Σ w²·v and Σ w²·v², element by element.

    It is 0 where it is so small that rounding errors alone may explain it.
    """
    with np.errstate(all="ignore"):
        squares = second - 2.0 * means * first + means * means * squared_weight
        return np.where(squares <= _ROUNDING * second, 0.0, squares)


def _cubed(weights: Floats) -> Cubed:
    from ce_cli.metrics.magnitudes import Cubed  # only files with weights need it

    return Cubed(weights)


def _of_cubes(
    total: Floats, squares: Floats, sums: Sequence[ExactSums]
) -> tuple[Floats, list[Floats]]:
    """Sums with w² and with w³ by group, in a unit in which weights of sum `total` are usual."""
    from ce_cli.metrics.magnitudes import floats_of, units_of

    units = units_of(total)
    scaled = np.ldexp(squares, -2 * LIMB_BITS * units)
    return scaled, [floats_of(one, units, 3) for one in sums]


def _skewness(means: Floats, squares: Floats, sums: tuple[Floats, ...]) -> Floats:
    """Σ (v − mean)³ / (Σ (v − mean)²)^(3/2), with any factors in the sums.

    `sums` are those of v³, v², v and 1. It is 0 where nothing varies, and where rounding errors
    would dominate it.
    """
    with np.errstate(all="ignore"):
        root = np.sqrt(squares)
        third, second, first, zeroth = sums
        scaled = means / root
        terms = (
            third / root / root / root,
            -3.0 * scaled * (second / root / root),
            3.0 * scaled * scaled * (first / root),
            -(scaled**3) * zeroth,
        )
        skewness = terms[0] + terms[1] + terms[2] + terms[3]
        errors = _ROUNDING * sum(np.abs(term) for term in terms)
    return np.where(errors < _CLEAR * np.maximum(1.0, np.abs(skewness)), skewness, 0.0)
