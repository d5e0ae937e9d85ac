"""The name of each foreign format, and the command that converts a file of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import PurePath
from shlex import quote
from typing import NoReturn

from ce_cli.errors import DataError
from ce_cli.record import Record
from ce_cli.text import STDIN, display_name, pasted_command

_FRAMES = (b"pandas.core.frame", b"cpandas\nDataFrame", b"pandas\x94\x8c\tDataFrame")
_TORCH_NUMBER = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"  # pickled first by torch.save before 1.6


class Foreign(Record):
    """A format that ce does not read.

    Attributes
    ----------
    title : str
        What the file is: "a Stata file".
    code : str
        Python or R that converts it; ``$IN``, ``$CSV`` and ``$NPZ`` are its name and the new ones.
    advice : str
        What to do in place of that.
    program : str
        What runs the code.
    trust : bool
        Whether to read such a file is to run it.
    needs : str
        What has to be installed for the command, beside pandas and numpy.
    """

    title: str
    code: str = ""
    advice: str = ""
    program: str = "python3 -c"
    trust: bool = False
    needs: str = ""


def _by_pandas(reader: str) -> str:
    return f"import pandas; pandas.{reader}.to_csv($CSV, index=False)"


_ARRAYS = "numpy.savez($NPZ, **(d if isinstance(d, dict) else {'predictions': d}))"
_TORCH = (
    "import numpy, torch; d = torch.load($IN, map_location='cpu', weights_only=True); "
    "d = d if isinstance(d, dict) else {'predictions': d}; "
    "t = {k: torch.as_tensor(v).detach() for k, v in d.items()}; "
    "numpy.savez($NPZ, **{k: (v.float() if v.dtype == torch.bfloat16 else v).numpy() "
    "for k, v in t.items()})"
)
_FROM_H5 = (
    "import h5py, numpy; numpy.savez($NPZ, **{k: v[()] for k, v in h5py.File($IN).items() "
    "if hasattr(v, 'shape')})"
)

FORMATS: dict[str, Foreign] = {
    "pickle": Foreign(
        "a pickle", f"import numpy, pandas; d = pandas.read_pickle($IN); {_ARRAYS}", trust=True
    ),
    "pickle frame": Foreign("a pickled DataFrame", _by_pandas("read_pickle($IN)"), trust=True),
    "joblib": Foreign(
        "a joblib file, which is a pickle",
        f"import joblib, numpy; d = joblib.load($IN); {_ARRAYS}",
        trust=True,
    ),
    "joblib frame": Foreign(
        "a joblib file, which is a pickle",
        "import joblib; joblib.load($IN).to_csv($CSV, index=False)",
        trust=True,
    ),
    "torch": Foreign("a PyTorch file", _TORCH),
    "hdf5": Foreign("an HDF5 file", _FROM_H5, needs="h5py"),
    "pandas hdf5": Foreign("an HDF5 file", _by_pandas("read_hdf($IN)"), needs="tables"),
    "spss": Foreign("an SPSS file", _by_pandas("read_spss($IN)"), needs="pyreadstat"),
    "stata": Foreign("a Stata file", _by_pandas("read_stata($IN)")),
    "sas": Foreign("a SAS file", _by_pandas("read_sas($IN, encoding='infer')")),
    "xport": Foreign(
        "a SAS transport file",
        "import pyreadstat; pyreadstat.read_xport($IN)[0].to_csv($CSV, index=False)",
        needs="pyreadstat",
    ),
    "matlab": Foreign(
        "a MATLAB file",
        "import numpy, scipy.io; m = scipy.io.loadmat($IN, squeeze_me=True); "
        "numpy.savez($NPZ, **{k: v for k, v in m.items() if k[0] != '_'})",
        needs="scipy",
    ),
    "matlab73": Foreign(
        "a MATLAB file",
        "import h5py, numpy; numpy.savez($NPZ, **{k: v[()].T.squeeze() for k, v in "
        "h5py.File($IN).items() if hasattr(v, 'shape')})",
        needs="h5py",
    ),
    "rds": Foreign(
        "an R object (.rds)",
        "write.csv(readRDS($IN), $CSV, row.names = FALSE)",
        program="Rscript -e",
    ),
    "rdata": Foreign(
        "an R workspace (.RData)",
        "write.csv(get(load($IN)[1]), $CSV, row.names = FALSE)",
        program="Rscript -e",
    ),
    "feather1": Foreign(
        "a Feather version 1 file, which Arrow no longer supports",
        "library(feather); write.csv(read_feather($IN), $CSV, row.names = FALSE)",
        program="Rscript -e",
    ),
    "avro": Foreign(
        "an Avro file", "import polars; polars.read_avro($IN).write_csv($CSV)", needs="polars"
    ),
    "ole": Foreign(
        "an old Excel workbook (.xls)", _by_pandas("read_excel($IN, engine='xlrd')"), needs="xlrd"
    ),
    "encrypted": Foreign(
        "an encrypted Office document", advice="remove its password, and save the table as CSV"
    ),
    "office": Foreign("an Office document", advice="save its table as CSV"),
    "xlsb": Foreign(
        "a binary Excel workbook (.xlsb)",
        _by_pandas("read_excel($IN, engine='pyxlsb')"),
        needs="pyxlsb",
    ),
    "ods": Foreign(
        "an OpenDocument spreadsheet", _by_pandas("read_excel($IN, engine='odf')"), needs="odfpy"
    ),
    "keras": Foreign("a Keras model", advice="save its predictions, for example with numpy.savez"),
    "pdf": Foreign("a PDF document", advice="save its table as CSV"),
    "html": Foreign("an HTML page", _by_pandas("read_html($IN)[0]"), needs="lxml"),
    "xml": Foreign("an XML file", _by_pandas("read_xml($IN)"), needs="lxml"),
    "events": Foreign(
        "a stream of server-sent events",
        advice="keep the JSON of each, with sed -n 's/^data: *{/{/p'",
    ),
    "lfs": Foreign(
        "not the data but a pointer of Git LFS", advice="fetch the file with git lfs pull"
    ),
    "tar": Foreign("a tar archive", advice="unpack it with tar -xf"),
    "7z": Foreign("a 7z archive", advice="unpack it"),
    "rar": Foreign("a RAR archive", advice="unpack it"),
    "lz4": Foreign("compressed by lz4", advice="decompress it with lz4 -d"),
    "snappy": Foreign("compressed by snappy", advice="decompress it"),
    "compress": Foreign("compressed by compress (.Z)", advice="decompress it with gunzip"),
    "image": Foreign("a picture", advice="save the table that it shows as CSV"),
}


def refuse(path: str, kind: str, start: bytes = b"") -> NoReturn:
    """Report what a file is, and how to convert it.

    Parameters
    ----------
    path : str
        The file.
    kind : str
        A key of `FORMATS`.
    start : bytes
        The beginning of the file, as far as it is known, which may show more.

    Raises
    ------
    DataError
        Always.
    """
    form = FORMATS[_precisely(path, kind, start)]
    shown = display_name(path)
    if kind == "html" and "://" in path:
        raise DataError(
            f"{shown}: is a web page, not a table; use the address of the file itself, which on "
            "GitHub and Hugging Face is that of the raw file or the download."
        )
    raise DataError(f"{shown}: is {form.title}{_fix(path, form)}.")


def _fix(path: str, form: Foreign) -> str:
    if form.advice:
        return f"; {form.advice}"
    danger = ", which can run any code when it is loaded, so ce does not load it" * form.trust
    if path == STDIN or "://" in path:
        return f"{danger}; save it as a file, and convert it to CSV or NumPy's .npz"
    trust = "if you trust the file, " if form.trust else ""
    needs = f" (needs {form.needs})" if form.needs else ""
    return f"{danger}; {trust}convert it: {pasted_command(_command(path, form))}{needs}"


def _command(path: str, form: Foreign) -> str:
    """The command, as it can be typed: names are literals of the language, quoted for a shell."""
    stem = PurePath(path).with_suffix("")
    names = {"IN": path, "CSV": f"{stem}.csv", "NPZ": f"{stem}.npz"}
    code = re.sub(
        r"\$(IN|CSV|NPZ)", lambda name: _literal(names[name[1]]), form.code.replace("'", '"')
    )
    return f"{form.program} {quote(code)}"


def _literal(name: str) -> str:
    return json.dumps(name, ensure_ascii=not name.isprintable())


def _precisely(path: str, kind: str, start: bytes) -> str:
    """The kind as later bytes and the name of the file show it."""
    suffix = PurePath(path).suffix.lower()
    finer: dict[str, Callable[[], str]] = {
        "pickle": lambda: _pickled(suffix, start),
        "joblib": lambda: f"joblib{_frame(start)}",
        "hdf5": lambda: "pandas hdf5" if b"pandas_type" in start else "hdf5",
        "ole": lambda: _of_office(start),
    }
    return finer.get(kind, lambda: kind)()


def _pickled(suffix: str, start: bytes) -> str:
    if suffix in (".pt", ".pth", ".bin", ".ckpt") or _TORCH_NUMBER in start:
        return "torch"
    by_joblib = suffix in (".joblib", ".jbl") or b"joblib.numpy_pickle" in start
    return f"{'joblib' if by_joblib else 'pickle'}{_frame(start)}"


def _frame(start: bytes) -> str:
    """Whether the first object is a DataFrame, as the first bytes show it."""
    return " frame" if any(one in start[:200] for one in _FRAMES) else ""


def _of_office(start: bytes) -> str:
    """What a compound file of Microsoft Office holds, by the names of its streams."""
    for name, kind in (("EncryptedPackage", "encrypted"), ("WordDocument", "office")):
        if name.encode("utf-16-le") in start:
            return kind
    return "ole"
