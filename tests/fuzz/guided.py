"""Coverage-guided fuzzing of what is read in Python alone: ``python -m tests.fuzz.guided``.

It needs atheris, which is not among the packages of the tests. Options after ``--`` are those of
libFuzzer, such as ``-runs=100000`` or ``-max_total_time=60``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ce_cli.errors import CeError
from tests.fuzz.case import Dice
from tests.fuzz.configs import toml
from tests.fuzz.targets import CONTENTS

SEEDS = 200  # files of the other fuzzer to begin with


def main(arguments: Sequence[str] | None = None) -> None:
    """Fuzz one parser until something is wrong or libFuzzer has had enough."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("--target", choices=sorted(PARSERS), default="csv")
    parser.add_argument("rest", nargs="*", metavar="-- -runs=N")
    options = parser.parse_args(arguments)
    try:
        import atheris
    except ImportError:
        sys.exit("install atheris for this: pip install atheris")
    with atheris.instrument_imports(include=["ce_cli", "tomllib"], enable_loader_override=False):
        parse, seed = PARSERS[options.target]()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(SEEDS):
            Path(folder, str(number)).write_bytes(seed(Dice("guided", number)))
        crashes = f"-artifact_prefix={tempfile.gettempdir()}/"
        atheris.Setup(["guided", folder, crashes, *options.rest], _refusing(parse))
        atheris.Fuzz()


def _refusing(parse: Callable[[bytes], object]) -> Callable[[bytes], None]:
    """A parser whose errors of ce are fine."""

    def one(content: bytes) -> None:
        with contextlib.suppress(CeError):
            parse(content)

    return one


Parser = tuple[Callable[[bytes], object], Callable[[Dice], bytes]]


def _opened(form: str) -> Parser:
    """Opening a file and reading its plain columns as texts."""
    from ce_cli.inputs.locate import opened
    from ce_cli.inputs.source import Projection
    from ce_cli.reading import Reading

    reading = Reading.from_options({"input_format": form, "threads": 1})
    place = Path(tempfile.mkdtemp(prefix="ce-guided-"), f"preds.{form}")

    def parse(content: bytes) -> object:
        place.write_bytes(content)
        source = opened(str(place), reading)
        names = tuple(one.name for one in source.columns() if one.kind not in ("list", "map"))
        projection = Projection((), names[:20])
        source.sample(projection)
        return [frame for split in source.splits(projection) for frame in split.frames()]

    return parse, CONTENTS[form]


def _config() -> Parser:
    from ce_cli.cli.config import configuration

    place = Path(tempfile.mkdtemp(prefix="ce-guided-"), "ce.toml")

    def parse(content: bytes) -> object:
        place.write_bytes(content)
        return configuration(str(place))

    return parse, toml


def _numbers() -> Parser:
    from ce_cli.explaining.typed import explained_numbers
    from ce_cli.spec import Spec

    spec = Spec.from_options({})

    def parse(content: bytes) -> object:
        return explained_numbers([content.decode("utf-8", "replace")], None, None, spec, False)

    return parse, lambda dice: dice.choice((b"0.7,0.3", b"1/3,2/3", b"70%,30%", b"1e-3,.999"))


def _npy_header() -> Parser:
    from ce_cli.inputs.numpy.headers import header_of

    def parse(content: bytes) -> None:
        with contextlib.suppress(ValueError):  # the reason, for a sentence
            header_of(io.BytesIO(content))

    return parse, CONTENTS["npy"]


PARSERS: dict[str, Callable[[], Parser]] = {
    "config": _config,
    "csv": lambda: _opened("csv"),
    "jsonl": lambda: _opened("jsonl"),
    "npy": _npy_header,
    "numbers": _numbers,
    "safetensors": lambda: _opened("safetensors"),
}

if __name__ == "__main__":
    main()
