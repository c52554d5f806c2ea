"""plan.json as text, to and from; and operators with their attributes as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import tinycompile.ops  # noqa: F401 - the operators announce themselves
from tinycompile.check.codes import unreadable
from tinycompile.check.document import VERSION, PlanFile
from tinycompile.check.typed import decode, dump, encode, hints_of
from tinycompile.ir import Op


def plan_text(plan: PlanFile) -> str:
    """plan.json: stable order, one line for what is short."""
    return dump(encode(plan)) + "\n"


def read_plan(text: str, where: str) -> PlanFile:
    """The inverse of `plan_text`; `where` names the file in messages.

    Raises:
        UsageError: TC910.
    """
    try:
        found = json.loads(text)
        version = found["version"] if isinstance(found, dict) and "version" in found else None
        if version != VERSION:
            raise ValueError(f"it has version {version}, this tinycompile reads {VERSION}")
        plan = decode(PlanFile, found)
    except ValueError as error:
        raise unreadable(where, str(error)) from error
    assert isinstance(plan, PlanFile)
    return plan


def attributes_of(op: Op) -> Mapping[str, Any]:
    """All attributes of an operator, as JSON."""
    found = encode(op, defaults=True)
    assert isinstance(found, dict)
    return found


def operator(name: str, attributes: Mapping[str, Any]) -> Op:
    """The operator with these attributes.

    Raises:
        ValueError: there is none of that name, or it has other attributes.
    """
    cls = _operators().get(name)
    if cls is None:
        raise ValueError(f"there is no operator '{name}'")
    if {f.name for f in fields(cls)} != set(attributes):
        raise ValueError(f"'{name}' has the attributes {[f.name for f in fields(cls)]}")
    hints = hints_of(cls)
    return cls(**{key: decode(hints[key], value, f"{name}.{key}") for key, value in attributes.items()})


@cache
def _operators() -> Mapping[str, type[Op]]:
    return {cls.__name__: cls for cls in _below(Op)}  # type: ignore[type-abstract]


def _below(cls: type[Op]) -> Iterator[type[Op]]:
    for found in cls.__subclasses__():
        yield found
        yield from _below(found)
