"""The cheapest one-to-one pairing of rows with columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def assignment(costs: Floats) -> Codes:
    """The column of each row in the pairing with the smallest total cost; each column is used once.

    Shortest augmenting paths with dual variables (Kuhn 1955; Jonker and Volgenant 1987), in
    O(K³) for finite `costs` of shape (K, K).

    Returns
    -------
    ndarray of int, shape (K,)
    """
    size = len(costs)
    row_price, column_price = np.zeros(size + 1), np.zeros(size + 1)
    taken_by = np.full(
        size + 1, size
    )  # the row of each column; the last column is a dummy to start from
    for row in range(size):
        came_from = np.full(size, size)
        distance = np.full(size, np.inf)
        seen = np.zeros(size + 1, np.bool_)
        column, taken_by[size] = size, row
        while column == size or taken_by[column] != size:
            seen[column] = True
            here = taken_by[column]
            reduced = costs[here] - row_price[here] - column_price[:size]
            closer = ~seen[:size] & (reduced < distance)
            distance[closer], came_from[closer] = reduced[closer], column
            nearest = int(np.where(seen[:size], np.inf, distance).argmin())
            step = distance[nearest]
            row_price[taken_by[seen]] += step
            column_price[seen] -= step
            distance[~seen[:size]] -= step
            column = nearest
        while column != size:
            before = int(came_from[column])
            taken_by[column], column = taken_by[before], before
    chosen = np.empty(size, np.intp)
    chosen[taken_by[:size]] = np.arange(size)
    return chosen
