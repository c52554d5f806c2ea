"""Every kind of number in a plan is changed, every list is cut short: refused, or known to do no harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.check.changes import Path, at
from tests.check.plans import KINDS, Plan, text_of
from tests.networks.outside import compiled, fed, spread
from tinycompile.check import check_plan
from tinycompile.compiler import Compilation
from tinycompile.errors import TinyCompileError
from tinycompile.planfile import plan_json

K = 1 << 10
#: Instead of a number: the last entry of the list there is taken away.
CUT = "cut"
DELTAS = (1, -1, 8, -8)

FETCHES: dict[str, Callable[[], Compilation]] = {
    "fetches": lambda: compiled("fetch", 16 * K, 24 * K),
    "fetches to two memories": lambda: spread("4K", "16K"),
    "fetches and rows": fed,
    "mapped": lambda: compiled("qspi"),
}
#: Kinds of many numbers, all of which are changed.
LARGE = {"whole", "in place"}
LONG = {"streams", "rings in each other", "tiles", "bands", "patches", "running sums", "fetches and rows"}


@cache
def _text(kind: str) -> str:
    if kind in KINDS:
        return text_of(kind)
    found = FETCHES[kind]()
    return plan_json(found.program, found.board)


def _places(found: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of all numbers, answers and lists; the graph, which says what is wanted, is left out."""
    if isinstance(found, dict):
        for key, value in found.items():
            if path or key != "graph":
                yield from _places(value, (*path, key))
    elif isinstance(found, list) and found:
        yield (*path, CUT)
        for index, value in enumerate(found):
            yield from _places(value, (*path, index))
    elif isinstance(found, int):
        yield path


def _kinds_of_places(plan: Plan, few: bool) -> Iterator[tuple[tuple[str, ...], Path]]:
    """(field, place) of the first and the last place of every field; with `few`, of one between."""
    fields: dict[tuple[str, ...], list[Path]] = {}
    for path in _places(plan):
        fields.setdefault(tuple(key for key in path if isinstance(key, str)), []).append(path)
    for field, paths in fields.items():
        chosen = (paths[len(paths) // 2],) if few else (paths[0], paths[-1])
        yield from ((field, path) for path in dict.fromkeys(chosen))


def _changed(plan: Plan, path: Path, delta: int) -> None:
    *ahead, last = path
    holder = at(plan, tuple(ahead))
    if last == CUT:
        holder.pop()
    elif isinstance(holder[last], bool):
        holder[last] = not holder[last]
    else:
        holder[last] += delta


def _harmless(plan: Plan, path: Path, delta: int) -> bool:
    """Whether the change gives another plan that holds as well, or claims less than is true."""
    holder = at(plan, path[:-1])
    match [key for key in path if isinstance(key, str)]:
        case ["bound", "order_exact" | "packing_exact"]:
            return bool(holder[path[-1]])  # claims less
        case ["bound", "order_peak"]:
            return "fetches" in plan and bool(plan["stages"])  # of the order before it had reads
        case ["fetches", "parts", "size"]:
            unit = 32 if holder is at(plan, path[:-2])[-1] else 16
            return -(-(holder["size"] + delta) // unit) == -(-holder["size"] // unit)  # padding
        case ["buffers", "values", "cut"]:
            return True  # a name that no step asks for, or it is refused
        case ["stages", "ops", "feeds", "stride"]:
            return bool(at(plan, path[:4])["axis"]["count"] == 1)  # there is no second band
        case ["stages", "ops", "feeds", "extent"]:
            return delta > 0  # rows are asked for before they are needed
        case ["stages", "rings", "first" | "eager"]:
            return True  # rows go where nothing else lies, or it is refused
        case ["stages", "ops", "tiles", "buffers", "offset"]:
            return True  # moved to where nothing else lies, or it is refused
        case ["stages", "ops", "tiles", "buffers" | "steps", "rows", "stride"]:
            return _bands_between(plan, path) == 1  # nothing moves
        case ["copied" | "mapped", "size"]:
            return holder["size"] + delta > 0  # only the constants themselves say
        case ["copied" | "mapped", "steps", *_]:
            return True  # as above, or it is refused
        case ["copied" | "mapped", "cut"]:
            return True  # the rest is in the default flash
    return False


def _bands_between(plan: Plan, path: Path) -> int:
    """How many bands share one set of parameters."""
    axis = at(plan, path[:4])["axis"]
    found = axis["count"] - axis["heads"] - axis["tails"]
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=[pytest.mark.slow] if k in {*LONG, *LARGE} else []) for k in (*KINDS, *FETCHES)],
)
def test_every_number(kind: str) -> None:
    text, tried = _text(kind), 0
    check_plan(text)
    for field, path in _kinds_of_places(json.loads(text), kind in LONG):
        deltas = DELTAS[:1] if CUT in path else DELTAS[::3] if kind in LONG else DELTAS
        for delta in deltas:
            plan = json.loads(text)
            if _harmless(plan, path, delta):
                continue
            _changed(plan, path, delta)
            tried += 1
            with pytest.raises(TinyCompileError) as caught:
                check_plan(json.dumps(plan))
                pytest.fail(f"{'.'.join(field)} at {path} changed by {delta} is accepted")
            assert caught.value.diagnostics[0].code.startswith("TC91")
    assert tried > 80
