"""``python -m tests.faults SECONDS [SEED]``: signals at random moments, kills among them.

Every run ends with the right exit code, with the old outputs or whole new ones, and nothing else is
left; after a kill, which nothing can handle, the outputs are the same as before or whole.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.faults.processes import ENDINGS, OLD, Place, ended, wait_for

ROWS = 500_000  # with which ce compare needs temporary files
QUICK, GRACE = 1.0, 2.0  # seconds in which a run waits for input, and in which one ends
RUNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "csv": (("score", "rows.csv", "--per-row", "../out/x.csv"), ("x.csv",), ""),
    "jsonl": (("score", "rows.csv", "--per-row", "../out/x.jsonl"), ("x.jsonl",), ""),
    "parquet": (("score", "rows.parquet", "--per-row", "../out/x.pq"), ("x.pq",), ""),
    "compare": (
        ("compare", "rows.csv", "turned.csv", "--id", "id", "--json", "-o", "../out/x.json"),
        ("x.json",),
        "",
    ),
    "gate": (
        (
            "gate",
            "rows.csv",
            "--max",
            "9",
            "--report",
            "json=../out/x",
            "--report",
            "junit=../out/y",
        ),
        ("x", "y"),
        "",
    ),
    "explain": (("explain", "rows.csv", "--row", "400000", "--json", "-o", "../out/x"), ("x",), ""),
    "fifo": (("score", "silent", "--per-row", "../out/x.csv"), ("x.csv",), ""),
    "stdin": (("score", "-", "--per-row", "../out/x.csv"), ("x.csv",), "rows.csv"),
    "spool": (("score", "-", "--per-row", "../out/x.csv"), ("x.csv",), "rows.parquet"),
}
WAITING = ("fifo", "stdin", "spool")


class Loop:
    """Runs that end early, and what was found of them."""

    def __init__(self, place: Place, seed: int) -> None:
        self._place, self._random = place, random.Random(seed)
        self._whole: dict[str, dict[str, bytes]] = {}
        self._seconds = dict.fromkeys(WAITING, QUICK)
        self.endings: Counter[int] = Counter()
        self.findings: list[str] = []
        for name in RUNS.keys() - set(WAITING):
            self._undisturbed(name)

    def _undisturbed(self, name: str) -> None:
        words, outputs, _ = RUNS[name]
        self._place.prepare(outputs)
        begin = time.monotonic()
        with self._place.running(*words) as process:
            assert ended(process)[0] == 0
        self._seconds[name] = time.monotonic() - begin
        self._whole[name] = {one: (self._place.out / one).read_bytes() for one in outputs}

    def once(self) -> None:
        """Send one signal to one run."""
        name = self._random.choice([*RUNS])
        number = self._random.choice([*ENDINGS, signal.SIGKILL])
        moment = self._random.random() * self._seconds[name]
        words, outputs, source = RUNS[name]
        piped = (self._place.data / source).read_bytes()[:60_000] if source else None
        self._place.prepare(outputs)
        with self._place.running(*words, piped=piped) as process:
            pid = process.pid
            wait_for(lambda: _handles_signals(pid))  # before, they are the business of Python
            time.sleep(moment)
            process.send_signal(number)
            begin = time.monotonic()
            code, said = ended(process)
        self.endings[code] += 1
        wrong = [*self._wrong_outputs(name), *(["Traceback"] if "Traceback" in said else [])]
        if number in ENDINGS:
            wrong += [] if code in (0, ENDINGS[number]) else [f"exit code {code}"]
            wrong += [] if self._place.left() == sorted(outputs) else [str(self._place.left())]
            wrong += ["it took long"] if time.monotonic() - begin > GRACE else []
        if wrong:
            self.findings.append(f"{name}, {number.name} at {moment:.3f} s: {'; '.join(wrong)}")
            print(self.findings[-1], flush=True)

    def _wrong_outputs(self, name: str) -> list[str]:
        wrong = []
        for one in RUNS[name][1]:
            path = self._place.out / one
            found = path.read_bytes() if path.exists() else b""
            if found not in (OLD, self._whole.get(name, {}).get(one)):
                wrong.append(f"{one} has {len(found):,} bytes" if found else f"{one} is gone")
        return wrong


def _handles_signals(pid: int) -> bool:
    """Whether a process has a handler of SIGTERM, as Linux shows it."""
    caught = Path(f"/proc/{pid}/status").read_text().partition("SigCgt:")[2].split()[0]
    return bool(int(caught, 16) >> signal.SIGTERM - 1 & 1)


def main() -> int:
    """Run for so many seconds; the exit code is 1 if anything was found."""
    seconds = float(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        loop = Loop(Place(Path(folder), ROWS), seed)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            loop.once()
    runs = ", ".join(f"{count} × {code}" for code, count in sorted(loop.endings.items()))
    print(f"{loop.endings.total()} runs (seed {seed}), by exit code: {runs}")
    print(f"{len(loop.findings)} findings")
    return bool(loop.findings)


if __name__ == "__main__":
    sys.exit(main())
