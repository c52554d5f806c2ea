"""Programs as JSON and NPZ, so that an output folder can be simulated, run and checked later."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, get_type_hints

import numpy as np

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.ir import Op, Quant, TensorType
from tinycompile.ops import Purpose, Scalar, Struct
from tinycompile.ops.spatial import Window
from tinycompile.plan import program as program_module
from tinycompile.plan.program import Program

TC_PROGRAM = declare(
    "TC703",
    "Unreadable output folder",
    "The folder does not hold a complete compilation of this version. Compile the model again.",
)

#: Raised when the stored form changes, so that old folders are refused with a clear message.
FORMAT = 7


@cache
def _classes() -> dict[str, type[Any]]:
    """Every dataclass that may stand in a Program, by name."""
    found: dict[str, type[Any]] = {c.__name__: c for c in (Quant, TensorType, Scalar, Struct, Window)}
    for item in vars(program_module).values():
        if isinstance(item, type) and is_dataclass(item):
            found.setdefault(item.__name__, item)
    for op in _subclasses(Op):
        known = found.setdefault(op.__name__, op)
        if known is not op:
            raise TypeError(f"two dataclasses are called {op.__name__}")
    return found


def _subclasses(base: type[Any]) -> Iterator[type[Any]]:
    for cls in base.__subclasses__():
        yield cls
        yield from _subclasses(cls)


def to_json(program: Program) -> str:
    """The Program without its constants, as indented JSON with a stable order."""
    body = {"format": FORMAT, "program": _encode(program)}
    return json.dumps(body, indent=1, allow_nan=False) + "\n"


def constants_to_npz(program: Program) -> bytes:
    """The constants as an uncompressed NPZ archive, the same bytes for the same Program."""
    buffer = io.BytesIO()
    np.savez(buffer, **dict(program.constants))  # type: ignore[arg-type]
    return buffer.getvalue()


def from_json(text: str, constants: bytes, where: str) -> Program:
    """The inverse of `to_json` and `constants_to_npz`; `where` names the folder in messages.

    Raises:
        UsageError: TC703.
    """
    try:
        body = json.loads(text)
        if body["format"] != FORMAT:
            raise ValueError(f"it has format {body['format']}, this version reads {FORMAT}")
        with np.load(io.BytesIO(constants), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        found = _decode(body["program"], arrays)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise UsageError(
            Diagnostic(
                TC_PROGRAM,
                f"'{where}' holds no readable Program: {error}",
                (where,),
                "compile the model again",
            )
        ) from error
    if not isinstance(found, Program):
        raise UsageError(
            Diagnostic(TC_PROGRAM, f"'{where}' holds no Program", (where,), "compile the model again")
        )
    return found


def _encode(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: _encode(getattr(value, f.name)) for f in fields(value) if f.name != "constants"}
        return {"$": type(value).__name__, **parts}
    if isinstance(value, Mapping):
        return {"$": "map", "v": {key: _encode(v) for key, v in value.items()}}
    if isinstance(value, tuple | list | frozenset):
        return [_encode(v) for v in (sorted(value) if isinstance(value, frozenset) else value)]
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating) and not math.isfinite(value):
        return {"$": "float", "v": repr(float(value))}
    if isinstance(value, np.floating):
        return float(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot stand in a Program")


def _decode(value: Any, constants: dict[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return tuple(_decode(v, constants) for v in value)
    if not isinstance(value, dict):
        return value
    kind = value["$"]
    if kind == "float":
        return float(value["v"])
    if kind == "map":
        return {key: _decode(v, constants) for key, v in value["v"].items()}
    parts = {k: _decode(v, constants) for k, v in value.items() if k != "$"}
    if kind == "Program":
        parts["constants"] = constants
        parts["purposes"] = {name: Purpose(v) for name, v in parts["purposes"].items()}
    for name, enum in _enum_fields(kind).items():
        parts[name] = enum(parts[name])
    return _classes()[kind](**parts)


@cache
def _enum_fields(name: str) -> dict[str, type[Enum]]:
    """The fields of a dataclass that hold members of an enum, stored as their plain values."""
    hints = get_type_hints(_classes()[name])
    return {n: h for n, h in hints.items() if isinstance(h, type) and issubclass(h, Enum)}
