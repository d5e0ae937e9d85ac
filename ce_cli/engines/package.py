"""The package itself as a file, for workers that lack it."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ce_cli import __version__
from ce_cli.process.temporary import folder, new_folder, remove


@contextlib.contextmanager
def zipped_package() -> Iterator[str]:
    """The path of a zip of this package, which is removed afterwards."""
    package = Path(__file__).parents[1]
    home = new_folder(folder(), "ce-")
    path = Path(home) / f"{package.name}-{__version__}.zip"  # the same name replaces one sent before
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for source in sorted(package.rglob("*.py")):
                archive.write(source, source.relative_to(package.parent))
        yield str(path)
    finally:
        remove(home)
