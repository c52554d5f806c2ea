"""Strict reading of a TOML table: every key is asked for with its type, and nothing may be left over."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tinycompile.errors import Diagnostic, declare

MISSING_KEY = declare(
    "TC503",
    "A board file lacks a key",
    "Every board file states the same facts. Add the key that is named; docs/boards.md lists all of them.",
)
UNKNOWN_KEY = declare(
    "TC504",
    "A board file has a key that is not known",
    "Keys that nothing reads are refused, since they are mostly misspellings. Correct or remove the key.",
)
BAD_VALUE = declare(
    "TC505",
    "A board file has a value of the wrong type or range",
    'Sizes are whole bytes or strings such as "112K" or "2M"; docs/boards.md gives the type of every key.',
)

_SIZE = re.compile(r"([1-9][0-9]*)([KMG]?)")
_UNIT = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class TableReader:
    """Takes typed values out of one TOML table and notes what is wrong in a list shared by the file.

    A value that is missing or wrong adds a diagnostic and yields a neutral value, so that one run reports
    every fault. The neutral values must not be used once the list holds something.
    """

    def __init__(self, table: object, path: str, file: str, found: list[Diagnostic]) -> None:
        self._path = path
        self._file = file
        self._found = found
        self._seen: set[str] = set()
        self._is_table = isinstance(table, dict)
        self._table: Mapping[str, object] = table if isinstance(table, dict) else {}
        if not self._is_table:
            self._fault(BAD_VALUE, path, f"must be a table, found {_kind(table)}")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._table

    def text(self, key: str) -> str:
        """A string that is not empty."""
        value = self._take(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fault(key, f"must be a string with text, found {_kind(value)}")
            return ""
        return value

    def optional_text(self, key: str) -> str | None:
        """As `text`, or None when the key is not there."""
        return self.text(key) if self.has(key) else None

    def texts(self, key: str, least: int) -> tuple[str, ...]:
        """An array of at least so many strings that are not empty."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            self.fault(key, f"must be an array of strings with text, found {value!r}")
            return ()
        if len(value) < least:
            self.fault(key, f"must hold at least {least}")
        return tuple(value)

    def integer(self, key: str, least: int, most: int) -> int:
        """An integer in the closed range."""
        value = self._take(key)
        if value is None:
            return least
        if not isinstance(value, int) or isinstance(value, bool):
            self.fault(key, f"must be an integer, found {_kind(value)}")
            return least
        if not least <= value <= most:
            self.fault(key, f"must be {least} to {most}, found {value}")
            return least
        return value

    def size(self, key: str) -> int:
        """Bytes above zero: an integer, or a string of a whole number and K, M or G (powers of 1024)."""
        value = self._take(key)
        if value is None:
            return 1
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self.fault(key, f'must be bytes above zero or a string like "112K", found {value!r}')
            return 1
        return int(match[1]) * _UNIT[match[2]]

    def flag(self, key: str, otherwise: bool = False) -> bool:
        """A boolean, or `otherwise` when the key is not there."""
        if not self.has(key):
            return otherwise
        value = self._take(key)
        if not isinstance(value, bool):
            self.fault(key, f"must be true or false, found {_kind(value)}")
            return otherwise
        return value

    def table(self, key: str) -> TableReader | None:
        """The table under the key, or None when it is not there."""
        if not self.has(key):
            return None
        return TableReader(self._take(key), self._join(key), self._file, self._found)

    def tables(self, key: str) -> list[TableReader]:
        """The array of tables under the key; empty when it is not there."""
        if not self.has(key):
            return []
        value = self._take(key)
        if not isinstance(value, list):
            self.fault(key, f"must be an array of tables, found {_kind(value)}")
            return []
        return [
            TableReader(entry, f"{self._join(key)}[{index}]", self._file, self._found)
            for index, entry in enumerate(value)
        ]

    def fault(self, key: str, message: str) -> None:
        """Note that the value of a key of this table is wrong."""
        self._seen.add(key)
        self._fault(BAD_VALUE, self._join(key), message)

    def finish(self) -> None:
        """Note every key that nothing has asked for."""
        for key in self._table:
            if key not in self._seen:
                self._fault(UNKNOWN_KEY, self._join(key), "is not known")

    def _take(self, key: str) -> object | None:
        self._seen.add(key)
        if key in self._table:
            return self._table[key]
        if self._is_table:
            self._fault(MISSING_KEY, self._join(key), "is missing")
        return None

    def _join(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _fault(self, code: str, key: str, message: str) -> None:
        text = f"{self._file}: key '{key}' {message}"
        self._found.append(Diagnostic(code, text, origins=(self._file, key), hint="see docs/boards.md"))


def _kind(value: object) -> str:
    """The type of a TOML value in TOML's words."""
    names = {bool: "a boolean", int: "an integer", float: "a float", str: "a string"}
    names |= {list: "an array", dict: "a table"}
    return names.get(type(value), "a date or time")
