"""Files of arrays: npy with made-up headers, npz of them, and safetensors."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any

import numpy as np

from tests.fuzz.case import Dice
from tests.fuzz.mutating import mutated, reworded
from tests.fuzz.sheets import TEXTS

_DESCRIPTIONS = (
    *("'<f8'", "'<f4'", "'<f2'", "'>f8'", "'|b1'", "'<i8'", "'|u1'", "'<c16'", "'|S3'", "'<U2'"),
    *(
        "'<U0'",
        "'|V0'",
        "'|V8'",
        "'|O'",
        "'<M8[ns]'",
        "'<m8'",
        "'<f16'",
        "'f'",
        "''",
        "'x'",
        "'<f9'",
    ),
    *(
        "[('label', '<i8'), ('prob', '<f8')]",
        "[('label', '<i8'), ('p', '<f8', (3,))]",
        "[]",
        "[()]",
    ),
    *("[('', '<f8')]", "[('a', '<f8'), ('a', '<f8')]", "[('a', [('b', '<f8')])]", "[('a', '|O')]"),
    *("[('a', '<f8', (0,))]", "[('a', '<f8', (-1,))]", "[('a', '<f8', (1000000000,))]", "{}"),
    *("('<f8', (2,))", "{'names': ['a'], 'formats': ['<f8'], 'offsets': [-8], 'itemsize': 8}"),
    *(
        "[(('title', 'a'), '<f8')]",
        "'<U1000000000'",
        "'|S2147483647'",
        "None",
        "1",
        "b'<f8'",
        "'<f8,'",
    ),
    *(
        "'f8, f8'",
        "'(2,2)f8'",
        "'<f8' * 9",
        "[('a', '<f8'), ('', '|V4')]",
        "'\\ud800'",
        "'|V2000000000'",
    ),
)
_SHAPES = (
    *(
        "(3,)",
        "(3, 2)",
        "(0,)",
        "(3, 0)",
        "()",
        "(0, 5)",
        "(3, 1)",
        "(1, 3, 2)",
        "(-1,)",
        "(3, -2)",
    ),
    *(
        "(1000000000000,)",
        "(9223372036854775807,)",
        "(9223372036854775808,)",
        "(4294967296, 4294967296)",
    ),
    *(
        "(3.0,)",
        "('3',)",
        "(True,)",
        "[3]",
        "3",
        "None",
        "(3,) * 40",
        "(None,)",
        "(1e400,)",
        "(3, 2,",
    ),
    *(
        "(" + "1," * 40 + ")",
        "(" + "9" * 5000 + ",)",
        "(3, 9223372036854775807)",
        "(0, 9223372036854775807)",
    ),
)
_NAMES = (
    "labels",
    "probs",
    "label",
    "prob",
    "arr_0",
    "y_true",
    "y_pred",
    "classes",
    "logits",
    *TEXTS,
)
_KINDS = ("F64", "F32", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "I4", "", 3, None)


def npy(dice: Dice) -> bytes:
    """An array with a header that may lie."""
    if dice.sometimes(0.3):
        content = _sound(dice)
        return mutated(dice, content, 3) if dice.sometimes(0.7) else content
    return _npy(dice, dice.choice(_DESCRIPTIONS), dice.choice(_SHAPES))


def _npy(dice: Dice, description: str, shape: str) -> bytes:
    order = dice.choice(("False", "False", "True", "0", "None", "'no'"))
    fields = [f"'descr': {description}", f"'fortran_order': {order}", f"'shape': {shape}"]
    if dice.sometimes(0.1):
        fields = dice.choice((fields[1:], [*fields, "'more': 1"], fields * 2, fields[::-1]))
    header = ("{" + ", ".join(fields) + ", }").encode("utf-8", "replace")
    if dice.sometimes(0.15):
        header = reworded(dice, header, 2)
    version = dice.choice((1, 1, 1, 2, 3, 0, 4, 255))
    header += b" " * (-(len(header) + 11) % 64) + dice.choice((b"\n", b"\n", b"\n", b"", b" \0"))
    length = len(header) if dice.sometimes(0.9) else dice.choice((0, 1, 65535, len(header) * 2))
    form = "<H" if version == 1 else "<I"
    start = b"\x93NUMPY" + bytes((version, dice.choice((0, 0, 0, 1))))
    data = bytes(dice.choice((0, 1, 8, 24, 48, 72, 144, 500)))
    if dice.sometimes(0.5):
        data = np.array([dice.random() for _ in range(len(data) // 8)]).tobytes()
    return start + struct.pack(form, min(length, 65535)) + header + data


def _sound(dice: Dice) -> bytes:
    sink = io.BytesIO()
    np.save(sink, _array(dice, dice.choice((0, 1, 5, 40))))
    return sink.getvalue()


def _array(dice: Dice, rows: int) -> Any:
    """Labels, probabilities of one or several classes, or both in records."""
    values = np.array([dice.random() for _ in range(rows * 3)]).reshape(rows, 3)
    labels = np.array([dice.randrange(3) for _ in range(rows)], np.int64)
    both = np.zeros(rows, [("label", "<i8"), ("probs", "<f8", (3,))])
    both["label"], both["probs"] = labels, values / values.sum(axis=1, keepdims=True)
    return dice.choice(
        (
            *(labels, both["probs"], both["probs"].astype(np.float16), both, values[:, 0]),
            *(
                np.asfortranarray(both["probs"]),
                labels.astype("U2"),
                labels == 1,
                values[:, :, None],
            ),
            *(both["probs"].astype(">f4"), both[["label"]], labels.astype("S1")),
        )
    )


def npz(dice: Dice) -> bytes:
    """Arrays in a zip: sound ones of the same length, or ones with headers that lie."""
    rows = dice.choice((0, 1, 5, 40))
    sink = io.BytesIO()
    kind = dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(sink, "w", kind) as archive:
        for name in dice.sample(_NAMES, dice.choice((0, 1, 2, 2, 3))):
            array = io.BytesIO()
            np.save(array, _array(dice, rows if dice.sometimes(0.9) else 3))
            content = array.getvalue() if dice.sometimes(0.7) else npy(dice)
            suffix = ".npy" if dice.sometimes(0.95) else dice.choice(("", ".NPY", "/x.npy", ".txt"))
            whole = name.replace("\0", "")[:1000].encode("utf-8", "replace").decode() + suffix
            archive.writestr(whole or "x", content)  # which takes no name without a letter
    content = sink.getvalue()
    return mutated(dice, content, 3) if dice.sometimes(0.4) else content


def safetensors(dice: Dice) -> bytes:
    """Tensors behind a JSON header that may lie."""
    rows = dice.choice((0, 1, 4, 20))
    header: dict[str, Any] = {}
    data = b""
    for name in dice.sample(_NAMES, dice.choice((0, 1, 2, 2, 3))):
        array = np.array([dice.random() for _ in range(rows * 2)])
        kind, shape = ("F64", [rows, 2]) if dice.sometimes(0.6) else ("I64", [rows])
        piece = array.tobytes() if kind == "F64" else bytes(8 * rows)
        header[name] = {
            "dtype": kind if dice.sometimes(0.85) else dice.choice(_KINDS),
            "shape": shape if dice.sometimes(0.85) else dice.choice(_LYING_SHAPES),
            "data_offsets": [len(data), len(data) + len(piece)]
            if dice.sometimes(0.85)
            else dice.choice(_OFFSETS),
        }
        data += piece
    if dice.sometimes(0.2):
        header["__metadata__"] = dice.choice(({"format": "pt"}, {}, [], {"classes": "["}, None))
    text = json.dumps(header).encode()
    if dice.sometimes(0.2):
        text = reworded(dice, text, 2)
    length = len(text) if dice.sometimes(0.9) else dice.choice((0, 2**63, 2**64 - 1, 10**9, 5))
    content = struct.pack("<Q", length) + text + data
    return mutated(dice, content, 3) if dice.sometimes(0.2) else content


_LYING_SHAPES: tuple[Any, ...] = (
    [],
    [-1],
    [0],
    [2**63],
    [2**32, 2**32],
    [1.5],
    ["3"],
    None,
    [3, 0, 2**63 - 1],
    3,
)
_OFFSETS: tuple[Any, ...] = (
    [0, 0],
    [-8, 0],
    [8, 0],
    [0, 2**63],
    [0, 10**30],
    [0],
    [0, 8, 16],
    "0",
    None,
    [0.0, 8.0],
)
