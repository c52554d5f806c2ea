"""Dataclasses as JSON and back, by their annotations: what is missing, unknown or ill-typed is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

#: Containers whose JSON is no longer than this stand on one line.
_LINE = 110


def encode(value: Any, *, defaults: bool = False) -> Any:
    """A dataclass, and what may stand in one, as JSON; with `defaults`, fields that have theirs too."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        kept = [f.name for f in fields(value) if defaults or getattr(value, f.name) != f.default]
        return {name: encode(getattr(value, name), defaults=defaults) for name in kept}
    if isinstance(value, Mapping):
        return {key: encode(item, defaults=defaults) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item, defaults=defaults) for item in value]
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def decode(hint: Any, value: Any, where: str = "plan") -> Any:
    """The inverse of `encode` for a value annotated with `hint`; `where` says in messages which one.

    Raises:
        ValueError: it is not of that type.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _union(arguments, value, where)
    if origin is tuple:
        return _tuple(arguments, value, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise ValueError(f"{where} is no object")
        return {key: decode(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if hint is Any:
        return value
    if is_dataclass(hint):
        return _dataclass(hint, value, where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint is float and (isinstance(value, float | int) or value in ("inf", "-inf", "nan")):
        return float(value)
    if hint is type(None) and value is None:
        return None
    if not isinstance(hint, type) or not isinstance(value, hint) or isinstance(value, bool) != (hint is bool):
        raise ValueError(f"{where} is {value!r}, not of type {getattr(hint, '__name__', hint)}")
    return value


def _union(arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    exact = [a for a in arguments if isinstance(a, type) and type(value) is a]
    for argument in (*exact, *arguments):
        try:
            return decode(argument, value, where)
        except (ValueError, TypeError) as found:
            error = found
    raise ValueError(str(error))


def _tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is no list")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if len(arguments) != len(value):
        raise ValueError(f"{where} has {len(value)} entries, not {len(arguments)}")
    return tuple(decode(a, v, f"{where}[{i}]") for i, (a, v) in enumerate(zip(arguments, value, strict=True)))


@cache
def hints_of(cls: type[Any]) -> Mapping[str, Any]:
    """The annotations of a dataclass, resolved."""
    return get_type_hints(cls)


def _dataclass(cls: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is no object")
    known = {f.name: f for f in fields(cls)}
    unknown = sorted(value.keys() - known.keys())
    missing = sorted(n for n, f in known.items() if n not in value and f.default is MISSING)
    if unknown or missing:
        word = f"has an unknown field '{unknown[0]}'" if unknown else f"lacks the field '{missing[0]}'"
        raise ValueError(f"{where} {word}")
    parts = {name: decode(hints_of(cls)[name], item, f"{where}.{name}") for name, item in value.items()}
    return cls(**parts)


def dump(value: Any, indent: int = 0) -> str:
    """JSON for eyes: what is short stands on one line."""
    flat = json.dumps(value, allow_nan=False, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(flat) + indent <= _LINE:
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [f"{json.dumps(k, ensure_ascii=False)}: {dump(v, indent + 1)}" for k, v in value.items()]
    elif all(isinstance(item, int | float | str) for item in value):
        return _wrapped([json.dumps(item, ensure_ascii=False) for item in value], indent)
    else:
        parts = [dump(item, indent + 1) for item in value]
    ends = "{}" if isinstance(value, dict) else "[]"
    return ends[0] + "\n" + ",\n".join(pad + part for part in parts) + "\n" + " " * indent + ends[1]


def _wrapped(items: list[str], indent: int) -> str:
    """A long list of numbers or words, as many to a line as fit."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) + 2 > _LINE - indent:
            lines.append("")
        lines[-1] += f"{', ' if lines[-1] else ''}{item}"
    pad = " " * (indent + 1)
    return "[\n" + ",\n".join(pad + line for line in lines) + "\n" + " " * indent + "]"
