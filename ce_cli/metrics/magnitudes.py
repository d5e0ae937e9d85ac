"""Cubes of weights that are so small or so large that they are no floats: powers of two apart.

A weight beyond the usual range is divided by a power of 2**32, which is exact, and sums of its cube
are moved by as many limbs. It depends on the weight alone, so the sums do not depend on how rows
are split, and weights times a power of two give the same figures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import bounded
from ce_cli.kernels.exact import LIMB_BITS, ExactSums

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Ints = NDArray[np.int64]

_USUAL_BITS = 200  # of weights whose cubes, times those of losses, are floats


class Cubed:
    """The cubes of the weights of a batch, and sums of products with them.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        At least 0.
    """

    def __init__(self, weights: Floats) -> None:
        self._units = None if _are_usual(weights) else units_of(weights)
        scaled = weights if self._units is None else np.ldexp(weights, -LIMB_BITS * self._units)
        self._factors = scaled * scaled * scaled

    def sums(self, values: Floats, cells: Codes | None, groups: int) -> ExactSums:
        """Exact Σ w³·value by cell, each rounded, of values and cells of shape (n,) or (K, n)."""
        with np.errstate(over="ignore"):
            products = bounded(bounded(values) * self._factors)
        shape, products = products.shape, products.ravel()
        cells = None if cells is None else cells.ravel()
        if self._units is None:
            return ExactSums.of(products, cells, groups)
        units, total = np.broadcast_to(self._units, shape).ravel(), ExactSums.empty(groups)
        for unit in np.unique(units).tolist():
            own = units == unit
            part = ExactSums.of(products[own], None if cells is None else cells[own], groups)
            total = total.merge(part.shifted(3 * unit))
        return total


def _are_usual(weights: Floats) -> bool:
    low, high = weights.min(initial=1.0), weights.max(initial=1.0)
    return bool(low >= 2.0**-_USUAL_BITS and high < 2.0**_USUAL_BITS)


def units_of(weights: Floats) -> Ints:
    """The powers of 2**32 that weights, or sums of them, are divided by; 0 for usual ones."""
    exponents = np.frexp(weights)[1].astype(np.int64)
    return np.where(np.abs(exponents) > _USUAL_BITS, exponents // LIMB_BITS, 0)


def floats_of(sums: ExactSums, units: Ints, power: int) -> Floats:
    """Sums of w to a power, by group, divided by those powers of the units of the groups.

    There may be several sums for each group, one after another.
    """
    if not units.any():
        return sums.floats()
    every = np.repeat(units, sums.limbs.shape[1] // len(units))
    found = np.empty(len(every))
    for unit in np.unique(every).tolist():
        places = np.flatnonzero(every == unit)
        found[places] = sums.at_places(places).shifted(-power * unit).floats()
    return found
