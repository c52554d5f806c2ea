"""The parameter structures of the C runtime as ctypes, read from its headers."""

from __future__ import annotations

import ctypes
import functools
import re
from pathlib import Path
from typing import Any

from tinycompile.ops import Struct
from tinycompile.resources import runtime_dir

#: C type -> its ctypes form.
C_TYPES: dict[str, type[Any]] = {
    "int8_t": ctypes.c_int8,
    "uint8_t": ctypes.c_uint8,
    "int16_t": ctypes.c_int16,
    "uint16_t": ctypes.c_uint16,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
}
_STRUCT = re.compile(r"typedef struct \{([^}]*)\} (\w+);")
_MEMBER = re.compile(r"(\w+)(\[[^\]]*\])?(?:,|$)")


def c_struct(block: Struct) -> ctypes.Structure:
    """A parameter block with the values of its fields, laid out as the C compiler does.

    Raises:
        AssertionError: the fields are not those of the C declaration, in order.
    """
    declared = _declarations()[block.ctype]
    assert [name for _, name, _ in declared] == [name for name, _ in block.fields], f"fields of {block.ctype}"
    members: list[tuple[str, type]] = []
    values: list[object] = []
    for (ctype, name, is_array), (_, value) in zip(declared, block.fields, strict=True):
        assert is_array == isinstance(value, tuple), f"{block.ctype}.{name}"
        element = C_TYPES[ctype]
        members.append((name, element * len(value) if isinstance(value, tuple) else element))
        values.append((element * len(value))(*value) if isinstance(value, tuple) else value)
    layout = type(block.ctype, (ctypes.Structure,), {"_fields_": members})
    return layout(*values)


def declaring_header(symbol: str) -> str:
    """The header that has the prototype of a kernel."""
    prototype = re.compile(rf"^void {symbol}\(", re.MULTILINE)
    return next(h.name for h in _headers() if prototype.search(h.read_text()))


def _headers() -> list[Path]:
    return sorted((runtime_dir() / "include").glob("*.h"))


@functools.cache
def _declarations() -> dict[str, list[tuple[str, str, bool]]]:
    """Structure name -> (element type, member, whether it is an array) in order."""
    found = {}
    for header in _headers():
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
        for body, name in _STRUCT.findall(text):
            members = []
            for line in filter(None, (part.strip() for part in body.split(";"))):
                ctype, names = line.split(None, 1)
                members += [(ctype, member, bool(size)) for member, size in _MEMBER.findall(names)]
            found[name] = members
    return found
