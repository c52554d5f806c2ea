"""Stages with one thing changed are refused, with a message that names the culprit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.check.changes import Path, at, expect, mutable, refused
from tests.check.plans import KINDS, Plan


def _stage_op(p: Plan, *, tiles: bool = False) -> Plan:
    """An operator that reads several rows, or one that is made in tiles."""
    ops = [o for s in p["stages"] for o in s["ops"]]
    found = next(o for o in ops if ("tiles" in o) == tiles and (tiles or o["feeds"][0]["extent"] > 1))
    assert isinstance(found, dict)
    return found


#: Field of an operator's first feed -> how it is changed.
FEEDS = {"pad": 1, "stride": -1, "extent": -1, "ring": 1}
PLAIN = ("whole", "in place", "views", "copies", "branches", "memories")


@pytest.mark.parametrize("field", FEEDS)
@pytest.mark.parametrize("kind", ["streams", "tiles", "running sums"])
def test_feeds(kind: str, field: str) -> None:
    plan = mutable(kind)
    feed = _stage_op(plan)["feeds"][0]
    feed[field] += FEEDS[field]
    expect(plan, "TC91[123]", "step .*'|stage .*'")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in PLAIN])
def test_rings(kind: str) -> None:
    """A ring of one row less, moved by a few bytes, or with other rows."""
    for stage, ring in _rings(kind):
        value = mutable(kind)["stages"][stage]["rings"][ring]["value"]
        for field, delta in (("capacity", -1), ("offset", 4), ("offset", -4), ("row_bytes", 1)):
            plan = mutable(kind)
            plan["stages"][stage]["rings"][ring][field] += delta
            code, said = refused(plan)
            assert code in ("TC912", "TC913", "TC914") and value in said, (stage, ring, field, said)


def _rings(kind: str) -> Iterator[tuple[int, int]]:
    for index, stage in enumerate(mutable(kind)["stages"][:3]):
        yield from ((index, ring) for ring in range(len(stage["rings"])))


_RINGS = "rings in each other"
_FIRST_COPY = ("stages", 0, "ops", 0, "tiles", "steps", 0, "cols", "parts", 0)
STAGES: list[tuple[str, Path, Any, str, str]] = [
    ("streams", ("stages", 0, "kept"), [], "TC91[145]", "."),
    ("streams", ("stages", 0, "goals"), [], "TC911", "stage of steps 0 to 2 leaves '.*' with 0 of"),
    ("streams", ("stages", 0, "first"), 1, "TC913", "step 0 .* reads 'image' nowhere"),
    ("streams", ("stages", 0, "counters"), [0, 8], "TC913", "8 bytes of counters for 4 rings"),
    ("streams", ("stages", 0, "ops", 1, "band"), 3, "TC911", "makes 12 bands of 3 rows of 'Conv2D.1'"),
    ("streams", ("stages", 0, "ops", 1, "axis", "heads"), 0, "TC911", "sets of parameters, where 2 are"),
    ("streams", ("stages", 0, "ops", 1, "axis", "count"), 3, "TC911", "makes 3 bands of 2 rows"),
    ("streams", ("stages", 0, "ops", 1, "axis", "tails"), 24, "TC911", "heads and 24 tails of 12"),
    ("streams", ("stages", 0, "ops", 1, "rows", 0, "variants"), 9, "TC911", "with 9 sets of parameters"),
    ("streams", ("stages", 0, "ops", 1, "rows", 0, "feeds", 0), None, "TC913", "in another way"),
    ("streams", ("overlaps",), [], "TC914", "the overlaps listed are not those"),
    (_RINGS, ("stages", 0, "ops", 3, "short"), 2, "TC911", "in bands of 2, 2 short"),
    (_RINGS, ("stages", 0, "ops", 3, "short"), 0, "TC91[123]", "."),
    (_RINGS, ("stages", 0, "rings", 1, "eager"), False, "TC91[23]", "."),
    (_RINGS, ("stages", 0, "rings", 5, "eager"), True, "TC91[23]", "."),
    (_RINGS, ("stages", 0, "rings", 5, "first"), 0, "TC91[23]", "."),
    (_RINGS, ("stages", 0, "rings", 5, "first"), 4, "TC91[23]", "."),
    (_RINGS, ("stages", 0, "rings", 5, "first"), -1, "TC91[23]", "."),
    ("rows in and out", ("stages", 0, "fed"), [], "TC91[1-5]", "."),
    ("rows in and out", ("stages", 0, "leaving"), 1, "TC913", "passes rows of"),
    ("rows in and out", ("inputs", 0, "offset"), 4, "TC913", "passes rows of 'x' at"),
    ("rows in and out", ("inputs", 0, "rows"), False, "TC91[1-5]", "'x'"),
    ("rows in and out", ("stages", 0, "ops", 0, "rows", 0, "step"), 1, "TC911", "makes the steps"),
    ("patches", ("stages", 0, "remote"), [], "TC91[1-5]", "room for 0 rows of 'image'|'image'"),
    ("patches", ("inputs", 0, "rows"), False, "TC91[1-5]", "'image'|'x'"),
    ("patches", _FIRST_COPY, [0, 1], "TC913", "asks for rows"),
    ("bands", ("recomputed",), 0, "TC915", "of them again"),
    ("tiles", ("macs",), 1, "TC915", "multiply-accumulates are said to be executed"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "value", "code", "message"), STAGES)
def test_stages(kind: str, path: Path, value: Any, code: str, message: str) -> None:
    plan = mutable(kind)
    at(plan, path[:-1])[path[-1]] = value
    expect(plan, code, message)


def _tile_changes() -> Iterator[tuple[str, Callable[[Plan], None]]]:
    """Every buffer moved or cut differently, every copy of another part, every call on other buffers."""
    tiles = _stage_op(mutable("tiles"), tiles=True)["tiles"]
    for index, buffer in enumerate(tiles["buffers"]):
        for axis in ("rows", "cols"):
            filled = [i for i, (first, end) in enumerate(buffer[axis]["parts"]) if first < end]
            for part in filled:
                yield f"buffer {index} {axis} part {part}", _shift_part("buffers", index, axis, part)
            yield f"buffer {index} {axis} stride", _stretch("buffers", index, axis)
    for index, step in enumerate(tiles["steps"]):
        if "cols" in step:
            yield f"copy {index} stride", _stretch("steps", index, "cols")
            yield f"copy {index} part", _shift_part("steps", index, "cols", 1)
    yield "columns", lambda t: t["columns"].update(count=t["columns"]["count"] - 1)


def _shift_part(what: str, index: int, axis: str, part: int) -> Callable[[Plan], None]:
    def change(tiles: Plan) -> None:
        found = tiles[what][index][axis]["parts"][part]
        found[0], found[1] = found[0] + 1, found[1] + 1

    return change


def _stretch(what: str, index: int, axis: str) -> Callable[[Plan], None]:
    def change(tiles: Plan) -> None:
        tiles[what][index][axis]["stride"] += 1

    return change


def test_tiles() -> None:
    """Refused without exception, naming the stage, the step or the value."""
    count = 0
    for name, change in _tile_changes():
        plan = mutable("tiles")
        change(_stage_op(plan, tiles=True)["tiles"])
        code, said = refused(plan)
        assert code in ("TC911", "TC912", "TC913", "TC914", "TC915"), name
        assert "step" in said or "stage" in said, (name, said)
        count += 1
    assert count > 30
