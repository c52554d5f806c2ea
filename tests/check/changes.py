"""What tests do with changed plans."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.check.plans import Plan, text_of
from tinycompile.check import check_plan
from tinycompile.errors import VerificationError

Path = tuple[str | int, ...]


def mutable(kind: str) -> Plan:
    """A plan to be changed."""
    found = json.loads(text_of(kind))
    assert isinstance(found, dict)
    return found


def refused(plan: Plan) -> tuple[str, str]:
    """(code, message) of what the checker says."""
    with pytest.raises(VerificationError) as caught:
        check_plan(json.dumps(plan))
    found = caught.value.diagnostics[0]
    return found.code, found.message


def expect(plan: Plan, code: str, message: str) -> None:
    """The checker refuses a plan with this code and this message (regular expressions)."""
    found, said = refused(plan)
    assert re.fullmatch(code, found), said
    assert re.search(message, said), said


def at(plan: Any, path: Path) -> Any:
    """What stands at a path."""
    for key in path:
        plan = plan[key]
    return plan
