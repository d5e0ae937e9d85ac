"""Changes to bytes and to words, whatever they mean."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from tests.fuzz.case import Dice
from tests.fuzz.sheets import TEXTS

_BYTES = (0, 1, 9, 10, 13, 32, 34, 39, 44, 48, 57, 91, 93, 123, 125, 127, 128, 192, 254, 255)
_NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 65535, 2**31 - 1, -(2**31), 2**32 - 1, 10**9, 7)
_LONG = (*_NUMBERS, 2**63 - 1, -(2**63), 2**53, 2**40)
_WORD = re.compile(rb"[A-Za-z_]+|[-+]?[0-9][0-9.eE+-]*|\s+|.", re.DOTALL)
_WORDS = (
    *(text.encode() for text in TEXTS),
    *(b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1E-400", b"9" * 5000, b"-" * 50),
    *(b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\x80", b"\x80"),
    *(b"[" * 300, b"{" * 50, b'{"a":' * 200, b'"' * 3, b"null", b"true", b"\\u0000", b"\\ud800"),
    *(b"'''", b'"""', b"#", b"//", b"1979-05-27", b"0x", b"0o7", b"1__0", b"[[a]]", b"inf", b"nan"),
)


def mutated(dice: Dice, content: bytes, most: int = 6) -> bytes:
    """Bytes with a few changes, more often near the beginning and the end."""
    changed = bytearray(content)
    for _ in range(dice.randint(1, most)):
        dice.choice(_CHANGES)(dice, changed)
    return bytes(changed)


def reworded(dice: Dice, content: bytes, most: int = 4) -> bytes:
    """Text with a few of its words and signs replaced, repeated, left out or moved."""
    words = _WORD.findall(content)
    for _ in range(dice.randint(1, most)):
        at = dice.randrange(len(words)) if words else 0
        length = dice.choice((1, 1, 1, 2, 5, 20))
        what = dice.randrange(5)
        if what == 0:
            words[at : at + 1] = [dice.choice(_WORDS)]
        elif what == 1:
            words.insert(at, dice.choice(_WORDS))
        elif what == 2:
            del words[at : at + length]
        elif what == 3:
            words[at:at] = words[at : at + length] * dice.choice((1, 1, 2, 50))
        elif words:
            words[at] = dice.choice(words)
    return b"".join(words)


def spoiled(dice: Dice, content: bytes) -> bytes:
    """Text changed by words or by bytes."""
    return reworded(dice, content) if dice.sometimes(0.7) else mutated(dice, content)


def _place(dice: Dice, changed: bytearray) -> int:
    if not changed:
        return 0
    near = min(len(changed), 200)
    return dice.choice(
        (
            dice.randrange(len(changed)),
            dice.randrange(near),
            len(changed) - 1 - dice.randrange(near),
        )
    )


def _flip(dice: Dice, changed: bytearray) -> None:
    if changed:
        changed[_place(dice, changed)] ^= 1 << dice.randrange(8)


def _set(dice: Dice, changed: bytearray) -> None:
    if changed:
        changed[_place(dice, changed)] = dice.choice(_BYTES)


def _number(dice: Dice, changed: bytearray) -> None:
    form, among = dice.choice((("<i", _NUMBERS), (">i", _NUMBERS), ("<q", _LONG), ("<h", (0, -1))))
    size = struct.calcsize(form)
    value = dice.choice(among) & ((1 << 8 * size) - 1)
    at = _place(dice, changed)
    changed[at : at + size] = value.to_bytes(size, "big" if form[0] == ">" else "little")


def _cut(dice: Dice, changed: bytearray) -> None:
    del changed[_place(dice, changed) :]


def _remove(dice: Dice, changed: bytearray) -> None:
    at = _place(dice, changed)
    del changed[at : at + dice.choice((1, 2, 4, 8, 50))]


def _insert(dice: Dice, changed: bytearray) -> None:
    at = _place(dice, changed)
    changed[at:at] = dice.choice((dice.randbytes(dice.randint(1, 20)), bytes(8), b"\xff" * 4))


def _repeat(dice: Dice, changed: bytearray) -> None:
    at, length = _place(dice, changed), dice.choice((1, 4, 16, 100, 1000))
    changed[at:at] = changed[at : at + length] * dice.choice((1, 1, 3))


def _swap(dice: Dice, changed: bytearray) -> None:
    first, second, length = _place(dice, changed), _place(dice, changed), dice.choice((1, 4, 32))
    one, other = changed[first : first + length], changed[second : second + length]
    changed[first : first + len(other)] = other
    changed[second : second + len(one)] = one


_CHANGES: tuple[Callable[[Dice, bytearray], None], ...] = (
    *(_flip, _flip, _flip, _set, _set, _number, _number, _cut, _remove, _insert, _repeat, _swap),
)
