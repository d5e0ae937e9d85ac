"""Imports point one way, and what starts fast imports little."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

import ce_cli

PACKAGE = Path(ce_cli.__file__).parent

# From the ground up. A unit (a module, or a package as a whole) may import what lies in a lower
# layer, and itself; units of one layer know nothing of each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("ce_cli",),  # the version; that it gives the API on first use is seen below
    ("errors", "text", "record", "process"),
    ("options", "memory", "storage"),
    ("kernels", "findings", "registry", "spec", "reading", "engines"),
    ("results",),  # above the registry, which names the page that a result shows
    ("inputs", "metrics", "outputs"),
    ("binding",),
    ("scoring",),
    ("comparing", "explaining", "inspection", "calibrating"),
    ("gating",),
    ("api",),
    ("cli",),
    ("__main__",),
)
COMMANDS = ("score", "compare", "gate", "inspect", "explain", "calibrate", "calibrate fit")
RANKS = {unit: rank for rank, layer in enumerate(LAYERS) for unit in layer}


@dataclass(frozen=True)
class Arrow:
    """One module imports another."""

    importer: str
    imported: str
    line: int
    inside_function: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def modules() -> dict[str, Path]:
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


class _Imports(ast.NodeVisitor):
    """Collects what runs: imports under ``if TYPE_CHECKING`` never do."""

    def __init__(self, module: str, known: Iterable[str]) -> None:
        self.arrows: list[Arrow] = []
        self._module = module
        self._known = frozenset(known)
        self._depth = 0

    def visit_If(self, node: ast.If) -> None:
        name = getattr(node.test, "attr", getattr(node.test, "id", None))
        for child in node.orelse if name == "TYPE_CHECKING" else [*node.body, *node.orelse]:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            package = self._module.split(".")
            is_package = any(name.startswith(f"{self._module}.") for name in self._known)
            kept = len(package) - node.level + is_package
            base = ".".join([*package[:kept], *([base] if base else [])])
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            self._add(inner if inner in self._known else base, node.lineno)

    def _add(self, imported: str, line: int) -> None:
        self.arrows.append(Arrow(self._module, imported, line, self._depth > 0))


def arrows_of(module: str, source: str, known: Iterable[str] = tuple(MODULES)) -> list[Arrow]:
    visitor = _Imports(module, known)
    visitor.visit(ast.parse(source))
    return visitor.arrows


def every_arrow() -> Iterator[Arrow]:
    for module, path in MODULES.items():
        yield from arrows_of(module, path.read_text(encoding="utf-8"))


def unit_of(module: str) -> str:
    """``ce_cli.inputs.source`` belongs to ``inputs``."""
    return module.split(".")[1] if "." in module else module


def is_ours(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] == "ce_cli"


def points_up(arrow: Arrow) -> bool:
    """Whether an arrow within the package breaks the first rule."""
    if not is_ours(arrow.imported):
        return False
    importer, imported = unit_of(arrow.importer), unit_of(arrow.imported)
    if arrow.importer == "ce_cli" and arrow.inside_function:
        return False  # ``ce_cli.score``, imported on first use
    return importer != imported and RANKS[imported] >= RANKS[importer]


def strangers_in_kernels(arrow: Arrow) -> bool:
    """Whether a kernel imports anything but numpy, the standard library and its own kind."""
    if unit_of(arrow.importer) != "kernels":
        return False
    if is_ours(arrow.imported):
        return unit_of(arrow.imported) not in {"kernels", "record"}
    root = arrow.imported.split(".")[0]
    return root != "numpy" and root not in sys.stdlib_module_names


def sees_more_than_a_result(arrow: Arrow) -> bool:
    """Whether a renderer imports more than results, the declarations of figures and the ground."""
    return (
        unit_of(arrow.importer) == "outputs"
        and is_ours(arrow.imported)
        and unit_of(arrow.imported)
        not in {
            "ce_cli",
            "outputs",
            "results",
            "registry",
            "text",
            "record",
            "errors",
            "process",
            "storage",
        }
    )


def knows_the_parser(arrow: Arrow) -> bool:
    """Whether a module outside `cli` imports typer, or what typer is made of."""
    root = arrow.imported.split(".", maxsplit=1)[0]
    return root in {"typer", "click"} and unit_of(arrow.importer) != "cli"


# The rules


def test_every_module_has_a_rank() -> None:
    """A new module outside the packages takes its place in LAYERS."""
    assert {unit_of(module) for module in MODULES} <= RANKS.keys()


def test_the_walk_sees_the_package() -> None:
    """Three arrows that are there, one of them inside a function."""
    seen = {(arrow.importer, arrow.imported) for arrow in every_arrow()}
    assert ("ce_cli.scoring.pipeline", "ce_cli.registry") in seen
    assert ("ce_cli.metrics.loss", "ce_cli.kernels.exact") in seen
    assert ("ce_cli.cli.score", "ce_cli.scoring.pipeline") in seen


def test_imports_point_one_way() -> None:
    assert [str(arrow) for arrow in every_arrow() if points_up(arrow)] == []


def test_kernels_import_numpy_and_each_other_only() -> None:
    assert [str(arrow) for arrow in every_arrow() if strangers_in_kernels(arrow)] == []


def test_renderers_see_only_a_result() -> None:
    assert [str(arrow) for arrow in every_arrow() if sees_more_than_a_result(arrow)] == []


def test_only_the_command_line_knows_typer() -> None:
    assert [str(arrow) for arrow in every_arrow() if knows_the_parser(arrow)] == []


# That the rules can be broken


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ce_cli.kernels.sums", "from ce_cli.metrics.loss import Loss"),
        ("ce_cli.kernels.sums", "import ce_cli.spec as spec"),
        ("ce_cli.errors", "from ce_cli.text import quoted"),
        ("ce_cli.metrics.loss", "from ce_cli.inputs.source import Frame"),
        ("ce_cli.metrics.loss", "def of():\n    from ce_cli import scoring"),
        ("ce_cli.binding.bind", "from ..scoring.reduce import Work"),
        ("ce_cli.binding.bind", "from .. import scoring"),
        ("ce_cli.inputs", "from ..binding import bind"),
        (
            "ce_cli.outputs.json",
            "try:\n    import ce_cli.scoring\nexcept ImportError:\n    pass",
        ),
        ("ce_cli.spec", "if TYPE_CHECKING:\n    pass\nelse:\n    from ce_cli import api"),
        ("ce_cli.spec", "if sys.platform:\n    from ce_cli import api"),
        ("ce_cli", "from ce_cli.api import score"),
    ],
)
def test_an_arrow_that_points_up_is_found(module: str, source: str) -> None:
    assert [points_up(arrow) for arrow in arrows_of(module, source)] == [True]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ce_cli.kernels.batch", "from ce_cli.kernels.exact import ExactSums"),
        ("ce_cli.kernels.forms", "from ce_cli.kernels import losses"),
        ("ce_cli.kernels.forms", "from . import losses"),
        ("ce_cli.results.score", "from ce_cli import __version__"),
        ("ce_cli.spec", "if TYPE_CHECKING:\n    from ce_cli import api"),
        ("ce_cli.spec", "if typing.TYPE_CHECKING:\n    from ce_cli import api"),
        ("ce_cli", "def __getattr__(name):\n    from ce_cli.api import score"),
        ("ce_cli.spec", "import scoring\nfrom gating import api"),
    ],
)
def test_an_arrow_that_points_down_is_left_in_peace(module: str, source: str) -> None:
    assert not any(points_up(arrow) for arrow in arrows_of(module, source))


@pytest.mark.parametrize(
    "source",
    ["import pandas", "from scipy.special import expit", "from ce_cli.errors import CeError"],
)
def test_a_stranger_in_the_kernels_is_found(source: str) -> None:
    assert [strangers_in_kernels(arrow) for arrow in arrows_of("ce_cli.kernels.sums", source)] == [
        True
    ]


@pytest.mark.parametrize("source", ["import typer", "from click import Context"])
def test_a_parser_outside_the_command_line_is_found(source: str) -> None:
    assert [knows_the_parser(arrow) for arrow in arrows_of("ce_cli.api", source)] == [True]
    assert [knows_the_parser(arrow) for arrow in arrows_of("ce_cli.cli.app", source)] == [False]


@pytest.mark.parametrize("unit", ["scoring", "binding", "metrics", "inputs", "engines", "kernels"])
def test_a_renderer_that_looks_behind_the_result_is_found(unit: str) -> None:
    arrows = arrows_of("ce_cli.outputs.pages.score", f"def render():\n    import ce_cli.{unit}")
    assert [sees_more_than_a_result(arrow) for arrow in arrows] == [True]


# What is imported when ce runs

CHILD = """
import sys
from ce_cli.cli.app import run
sys.argv = ["ce", *sys.argv[1:]]
code = run()
print(code, *sorted(sys.modules), file=sys.stderr)
"""


def imported_by(*args: str) -> set[str]:
    """The modules that ``ce ARGS`` has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *args], capture_output=True, text=True, check=True
    )
    assert done.stdout
    code, *names = done.stderr.splitlines()[-1].split()
    assert code == "0"
    return set(names)


@pytest.mark.parametrize(
    "args", [["--help"], ["--version"], *([*command.split(), "--help"] for command in COMMANDS)]
)
def test_help_and_version_import_no_library_of_numbers(args: list[str]) -> None:
    imported = imported_by(*args)
    assert "ce_cli.cli.app" in imported
    assert imported.isdisjoint({"numpy", "pandas", "pyarrow"})


@pytest.mark.parametrize("cell", ["[0.1, 0.9]", "[np.float64(0.1), np.float64(0.9)]"])
def test_scoring_lists_in_text_does_not_import_pandas(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f'label,probs\n1,"{cell}"\n', encoding="utf-8")
    imported = imported_by("score", str(path))
    assert "pyarrow" in imported
    assert "pandas" not in imported


@pytest.mark.parametrize("format_", ["table", "json"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_scoring_a_file_imports_neither_pandas_nor_datasets(
    tmp_path: Path, name: str, format_: str
) -> None:
    path = tmp_path / name
    if path.suffix == ".csv":
        path.write_text("label,prob,segment\n1,0.9,a\n0,0.2,b\n1,0.4,a\n", encoding="utf-8")
    else:
        columns = {"label": [1, 0, 1], "prob": [0.9, 0.2, 0.4], "segment": ["a", "b", "a"]}
        pq.write_table(pa.table(columns), path)
    options = ["--by", "segment", "--worst", "2", "--format", format_]
    imported = imported_by("score", str(path), *options)
    assert {"numpy", "pyarrow"} <= imported
    assert imported.isdisjoint({"pandas", "pyarrow.dataset", "ce_cli.inspection"})


@pytest.mark.parametrize("format_", ["table", "json"])
def test_inspecting_a_file_imports_neither_pandas_nor_datasets(
    tmp_path: Path, format_: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,label,prob\na,1,0.9\nb,0,0.2\n", encoding="utf-8")
    imported = imported_by("inspect", str(path), "--format", format_)
    assert {"numpy", "pyarrow", "ce_cli.inspection"} <= imported
    assert imported.isdisjoint({"pandas", "pyarrow.dataset"})


# Loading modules is most of the time that a small file takes. A module more is a fifth of a
# millisecond; one that most runs do not need belongs in the function that needs it. Three are there
# for the signals that may come while the others load, one for files that change, one for weights of
# any size.
OWN_MODULES = {"rows.csv": 160, "rows.parquet": 168}
NOT_NEEDED = {
    *("json", "tempfile", "random", "ssl", "importlib.metadata", "multiprocessing"),
    *("concurrent.futures", "rich", "pyarrow.fs", "pyarrow.parquet", "pyarrow.compute"),
    *("ce_cli.api", "ce_cli.comparing", "ce_cli.explaining", "ce_cli.gating", "ce_cli.inspection"),
}


@pytest.mark.parametrize("name", OWN_MODULES)
def test_scoring_a_plain_file_loads_little(tmp_path: Path, name: str) -> None:
    columns = {"label": [1, 0, 1], "prob": [0.9, 0.2, 0.4]}
    write = {".csv": pc.write_csv, ".parquet": pq.write_table}[Path(name).suffix]
    write(pa.table(columns), tmp_path / name)
    imported = imported_by("score", str(tmp_path / name))
    assert imported & NOT_NEEDED == set()
    own = {module for module in imported if module.startswith("ce_cli")}
    assert len(own) <= OWN_MODULES[name], sorted(own)
