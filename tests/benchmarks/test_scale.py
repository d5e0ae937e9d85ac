"""The simulation of a cluster agrees with what can be counted by hand."""

from __future__ import annotations

import pytest

from tests.benchmarks.scale import LATENCY, NETWORK, Load, Outcome, simulated

SMALL = Outcome("small", 1_000, 0.0)


def test_one_task_is_scheduled_done_and_sent() -> None:
    found = simulated(Load(1e6, 1, 1, 1e6, 0.5, SMALL))
    assert found.seconds == pytest.approx(0.5 + 1.0 + LATENCY + 1_000 / NETWORK)
    assert (found.depth, found.tasks, found.moved) == (2, 1, 1_000)


@pytest.mark.parametrize(("tasks", "merges", "depth"), [(16, 0, 2), (17, 2, 3), (256, 16, 3)])
def test_neighbours_are_merged_until_few_are_left(tasks: int, merges: int, depth: int) -> None:
    found = simulated(Load(1e6, 4, tasks, 1e6, 0.0, SMALL))
    assert (found.tasks, found.depth) == (tasks + merges, depth)
    last = merges or tasks
    assert found.at_driver == 1_000 * last
    assert found.moved == 1_000 * tasks  # one part of each merge stays, and the merged goes on


def test_the_scheduler_bounds_many_tasks() -> None:
    found = simulated(Load(1e9, 1_000, 10_000, 1e7, 0.01, SMALL))
    assert found.seconds >= 10_000 * 0.01


def test_workers_share_the_rows() -> None:
    one = simulated(Load(1e9, 1, 100, 1e7, 0.0, SMALL)).seconds
    ten = simulated(Load(1e9, 10, 100, 1e7, 0.0, SMALL)).seconds
    assert one == pytest.approx(100, rel=0.01)
    assert ten == pytest.approx(10, rel=0.02)
