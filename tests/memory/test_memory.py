"""The limit of memory: how it is typed, what the machine leaves, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ce_cli.engines.threads import Threads
from ce_cli.errors import DataError, StorageError, UsageError
from ce_cli.inputs.ahead import Ahead
from ce_cli.memory import limit, machine, sizes
from ce_cli.memory.limit import guarded, limited

GB = 10**9


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2GB", 2 * GB),
        ("2 gb", 2 * GB),
        ("1500MB", 1500 * 10**6),
        ("1.5G", 1500 * 10**6),
        ("1GiB", 1 << 30),
        ("0.5TiB", 1 << 39),
        ("123456789", 123456789),
        (987654321, 987654321),
        ("50%", 4 * GB),
        ("12.5 %", GB),
        ("100%", 8 * GB),
    ],
)
def test_a_size_is_typed_in_units_or_as_a_share(typed: str | int, expected: int) -> None:
    assert sizes.bytes_of(typed, lambda: 8 * GB, limit.LEAST) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "GB",
        "-1GB",
        "2 giga",
        "1e9",
        "nan",
        "0",
        "99MB",
        "0%",
        "101%",
        "1%",
        "٢GB",
        True,
        "9" * 30,
    ],
)
def test_what_is_no_size_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="--max-memory must be"):
        sizes.bytes_of(typed, lambda: 8 * GB, limit.LEAST)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 kB"),
        (1, "1 kB"),
        (850 * 10**6, "850 MB"),
        (2 * GB, "2 GB"),
        (5_926_000_000, "5.93 GB"),
        (999_990_000, "1 GB"),
        (1 << 60, "1.15 EB"),
    ],
)
def test_a_size_is_shown_in_three_digits(size: int, expected: str) -> None:
    assert sizes.shown(size) == expected


def machine_of(root: Path, files: dict[str, str]) -> list[tuple[int, int]]:
    """What a machine with such system files has and leaves, but for limits of this process."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return [machine._of_machine(root), *machine._of_groups(root)]


MEMINFO = {"proc/meminfo": "MemTotal:  16000000 kB\nMemFree: 1 kB\nMemAvailable: 8000000 kB\n"}


def test_a_machine_without_control_groups_leaves_what_is_available(tmp_path: Path) -> None:
    assert machine_of(tmp_path, MEMINFO) == [(16000000 << 10, 8000000 << 10)]


def test_nested_control_groups_of_version_2_all_count(tmp_path: Path) -> None:
    files = MEMINFO | {
        "proc/self/cgroup": "0::/outer/inner\n",
        "sys/fs/cgroup/outer/memory.max": "3000000000\n",
        "sys/fs/cgroup/outer/memory.current": "1000000000\n",
        "sys/fs/cgroup/outer/memory.stat": "anon 5\ninactive_file 300000000\nactive_file 200000000",
        "sys/fs/cgroup/outer/inner/memory.max": "max\n",
        "sys/fs/cgroup/memory.max": "9000000000\n",
        "sys/fs/cgroup/memory.current": "8000000000\n",
    }
    assert set(machine_of(tmp_path, files)[1:]) == {(3 * GB, 5 * GB // 2), (9 * GB, GB)}


def test_in_a_container_the_group_is_at_the_root_of_the_mount(tmp_path: Path) -> None:
    files = MEMINFO | {
        "proc/self/cgroup": "0::/docker/0123abc\n",
        "sys/fs/cgroup/memory.max": "2000000000",
        "sys/fs/cgroup/memory.current": "500000000",
    }
    assert machine_of(tmp_path, files)[1:] == [(2 * GB, 3 * GB // 2)]


def test_control_groups_of_version_1_have_a_huge_number_for_no_limit(tmp_path: Path) -> None:
    files = MEMINFO | {
        "proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/a\n0::/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000000000\n",
        "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "400000000\n",
    }
    assert machine_of(tmp_path, files)[1:] == [(GB, 6 * GB // 10)]


def test_a_machine_that_tells_nothing_limits_nothing_it_does_not_have(tmp_path: Path) -> None:
    [(whole, left)] = machine_of(tmp_path, {})
    assert whole == left > 0


def test_used_memory_grows_with_what_is_held() -> None:
    before = machine.used()
    held = b"x" * (200 << 20)
    assert machine.used() - before > 150 << 20
    del held


def test_what_takes_more_than_the_limit_is_refused_before_it_is_tried() -> None:
    with limited("2GB"):
        limit.require(1 << 20, "a small array")
        with pytest.raises(DataError) as error:
            limit.require(5_930_000_000, "b.npz: the array", "use smaller arrays")
    assert str(error.value) == (
        "b.npz: the array would take 5.93 GB of memory, and the limit is 2 GB: use smaller arrays, "
        "or raise it with --max-memory."
    )


def test_what_is_in_use_counts() -> None:
    refused = pytest.raises(DataError, match=r"beside the .* that are in use, and the limit is")
    with limited(machine.used() + 200 * 10**6), refused:
        limit.require(220 * 10**6, "a table")


def test_what_has_grown_beyond_the_limit_stops() -> None:
    with limited(machine.used() + 120 * 10**6):
        limit.check("no groups")
        held = b"x" * (150 << 20)
        with pytest.raises(DataError, match=r"^1,000 groups take more memory than the limit of "):
            limit.check("1,000 groups")
        del held


def test_without_a_limit_most_of_what_is_left_may_be_used() -> None:
    with limited(None):
        assert 0.5 * machine.available() < limit.limit() <= machine.total()


def test_threads_have_the_limit_of_the_call_that_starts_them() -> None:
    with limited("3GB"):
        assert list(Threads(2).map_in_order(lambda _: limit.limit(), range(8))) == [3 * GB] * 8
        assert list(Ahead((limit.limit() for _ in range(3)), 2)) == [3 * GB] * 3


def test_a_limit_ends_with_its_call() -> None:
    with limited("3GB"):
        with limited("2GB"):
            assert limit.limit() == 2 * GB
        assert limit.limit() == 3 * GB


@pytest.mark.parametrize(
    "taken",
    [
        lambda: bytearray(1 << 62),
        lambda: pa.allocate_buffer(1 << 62),
        lambda: np.empty(1 << 60, np.uint8),
    ],
)
def test_where_memory_runs_out_the_error_says_so(taken) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match=r"^memory ran out"), limited(None):
        taken()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to its limit")
def test_the_system_refuses_what_exceeds_the_limit_and_then_no_longer() -> None:
    resource = pytest.importorskip("resource")
    before, size = resource.getrlimit(resource.RLIMIT_DATA), 4 << 30
    most = machine.used() + (1 << 30)
    with pytest.raises(DataError, match=r"^memory ran out \("), limited(most), guarded(2):
        pa.allocate_buffer(size)
    with pytest.raises(DataError, match="--max-memory"), limited(most), guarded(2):
        np.empty(size, np.uint8)
    with limited(most), guarded(2):
        np.ones(size >> 4, np.uint8)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_the_size_that_arrow_asked_for_is_easy_to_read() -> None:
    with (
        pytest.raises(DataError, match=r"^memory ran out \(4.61 EB more were needed\)"),
        limited(None),
    ):
        pa.allocate_buffer(1 << 62)


def test_memory_that_ran_out_inside_a_library_that_arrow_uses() -> None:
    with pytest.raises(DataError, match=r"^memory ran out"), limited(None):
        raise pa.ArrowException("Unknown error: std::bad_alloc")


def test_where_threads_run_out_the_error_says_so() -> None:
    with pytest.raises(StorageError, match="allows no more threads"), limited(None):
        raise RuntimeError("can't start new thread")


def test_other_errors_pass() -> None:
    with pytest.raises(RuntimeError, match="other"), limited(None):
        raise RuntimeError("other")
