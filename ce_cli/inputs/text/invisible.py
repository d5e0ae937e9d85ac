"""Names of columns without the characters in them that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Soft hyphens, marks of byte order and spaces of no width. The two joiners matter in some scripts,
# and in emoji, but not beside a Latin letter or at an end. Marks of direction are seen: they
# reorder a line, so messages show them as escapes.
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2064\ufeff]"
    "|(?:^|(?<=[\x00-\x7f]))[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\x7f]|$)"
)


def visible(names: Sequence[str], rows: bytes) -> list[str]:
    """The names without invisible characters, where it is clear that these do not matter.

    They may matter where a name is otherwise empty or the same as another, or where such
    characters are in the rows too: labels there have to match the names.
    """
    shown = [_INVISIBLE.sub("", name) for name in names]
    changed = [new for new, old in zip(shown, names, strict=True) if new != old]
    if not changed or any(not name.strip() or shown.count(name) > 1 for name in changed):
        return list(names)
    return list(names) if _INVISIBLE.search(rows.decode(errors="replace")) else shown
