"""Reading documents of ce strictly: each value has its type, or an error says where it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from ce_cli.errors import DataError
from ce_cli.text import sanitize


class JsonNode:
    """A JSON object with typed access; errors report the path of a value."""

    def __init__(self, name: str, path: str, value: object) -> None:
        self.name, self.path = name, path
        if not isinstance(value, dict):
            self.refuse(path, "an object", value)
        self.values: Mapping[str, Any] = value

    def refuse(self, path: str, kind: str, value: object) -> NoReturn:
        """Raise a `DataError`: the value at `path` is not of this kind."""
        shown = "null" if value is None else sanitize(json.dumps(value))
        place = sanitize(path) or "the document"
        raise DataError(f"{self.name}: {place} must be {kind}, but is {shown}.")

    def value(self, key: str) -> tuple[str, Any]:
        """The path of a value, and the value."""
        path = f"{self.path}.{key}".lstrip(".")
        if key not in self.values:
            raise DataError(f"{self.name}: {sanitize(path)} is missing; was the file edited?")
        return path, self.values[key]

    def part(self, key: str) -> JsonNode:
        """An object within this one."""
        path, value = self.value(key)
        return JsonNode(self.name, path, value)

    def parts(self, key: str) -> list[JsonNode]:
        """A list of objects."""
        path, value = self.value(key)
        if not isinstance(value, list):
            self.refuse(path, "a list", value)
        return [JsonNode(self.name, f"{path}[{place}]", one) for place, one in enumerate(value)]

    def text(self, key: str) -> str:
        """A text."""
        path, value = self.value(key)
        if not isinstance(value, str):
            self.refuse(path, "text", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        path, value = self.value(key)
        if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            self.refuse(path, "a list of texts", value)
        return tuple(value)

    def number(self, key: str, above: float, to: float = math.inf) -> float:
        """A finite number, larger than `above` and not larger than `to`."""
        path, value = self.value(key)
        kind = "a positive number" if above == 0.0 else "a number, 0 or more"
        if to < math.inf:
            kind = f"a number from {math.nextafter(above, to):g} to {to:g}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(path, kind, value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not (above < number <= to and number < math.inf):
            self.refuse(path, kind, value)
        return number

    def finite(self, key: str, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        path, value = self.value(key)
        return self._within(path, value, low, high)

    def finites(self, key: str, low: float, high: float) -> tuple[float, ...]:
        """A list of numbers from `low` to `high`."""
        path, value = self.value(key)
        if not isinstance(value, list):
            self.refuse(path, "a list of numbers", value)
        return tuple(
            self._within(f"{path}[{place}]", one, low, high) for place, one in enumerate(value)
        )

    def _within(self, path: str, value: object, low: float, high: float) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (is_number and low <= value <= high):  # type: ignore[operator]
            self.refuse(path, f"a number from {low:g} to {high:g}", value)
        return float(value)  # type: ignore[arg-type]

    def count(self, key: str) -> int:
        """A whole number, 1 or more."""
        path, value = self.value(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self.refuse(path, "a count, 1 or more", value)
        return value
