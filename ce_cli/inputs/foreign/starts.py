"""How files in foreign formats begin; looked at before every file, so it compiles nothing."""

from __future__ import annotations

_STARTS: dict[str, tuple[bytes, ...]] = {
    "pickle": (
        *(b"\x80" + bytes([protocol]) for protocol in range(2, 6)),
        *(b"ccopy_reg\n", b"cnumpy.", b"cnumpy\n", b"cpandas.", b"c__builtin__\n", b"(dp0\n"),
        *(b"(lp0\n", b"(dp1\n", b"(lp1\n"),
    ),
    "joblib": (b"x\x9c", b"x\x01", b"x\xda"),
    "hdf5": (b"\x89HDF\r\n\x1a\n",),
    "spss": (b"$FL2", b"$FL3"),
    "stata": (
        b"<stata_dta>",
        *(
            bytes([release, order, 1, 0])
            for release in (105, 108, 110, 111, 113, 114, 115)
            for order in (1, 2)
        ),
    ),
    "sas": (bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf",),
    "xport": (b"HEADER RECORD*******LIB",),
    "matlab": (b"MATLAB 5.0 MAT-file",),
    "matlab73": (b"MATLAB 7.3 MAT-file",),
    "rds": (b"X\n\x00\x00\x00\x02", b"X\n\x00\x00\x00\x03", b"A\n2\n", b"A\n3\n"),
    "rdata": (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n"),
    "feather1": (b"FEA1",),
    "avro": (b"Obj\x01",),
    "ole": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
    "pdf": (b"%PDF-",),
    "html": (b"<!doctype html", b"<html", b"<table", b"<head"),
    "xml": (b"<?xml",),
    "events": (b"data: {", b"data:{"),
    "lfs": (b"version https://git-lfs.github.com/",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "rar": (b"Rar!\x1a\x07",),
    "lz4": (b"\x04\x22\x4d\x18",),
    "snappy": (b"\xff\x06\x00\x00sNaPpY",),
    "compress": (b"\x1f\x9d",),
    "image": (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8"),
}
_KINDS = {start: kind for kind, starts in _STARTS.items() for start in starts}
_ANY = tuple(_KINDS)
_TAR = slice(257, 262)
START_BYTES = 512


def foreign_kind(start: bytes) -> str | None:
    """The foreign format of a file that begins with `start`, which is a key of the formats."""
    if start[_TAR] == b"ustar":
        return "tar"
    if start[:1] in b" \t\r\n<\xef" and start:
        start = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"x^") and not start[2:66].isascii():
        return "joblib"  # the fourth way in which its compression begins
    if not start.startswith(_ANY):
        return None
    return next(kind for begins, kind in _KINDS.items() if start.startswith(begins))
