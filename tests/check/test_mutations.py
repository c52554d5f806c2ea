"""A plan with one thing changed is refused, with a message that names the culprit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.check.plans import KINDS, Plan, text_of
from tinycompile.check import check_plan
from tinycompile.errors import VerificationError


def _refused(plan: Plan) -> tuple[str, str]:
    """(code, message) of what the checker says."""
    with pytest.raises(VerificationError) as caught:
        check_plan(json.dumps(plan))
    found = caught.value.diagnostics[0]
    return found.code, found.message


def _mutable(kind: str) -> Plan:
    found = json.loads(text_of(kind))
    assert isinstance(found, dict)
    return found


def _move_result(p: Plan) -> None:
    p["steps"][2]["outs"][0] += 4


def _move_operand(p: Plan) -> None:
    p["steps"][2]["ins"][0] += 4


def _swap(p: Plan) -> None:
    p["steps"][3], p["steps"][4] = p["steps"][4], p["steps"][3]


def _swap_and_number(p: Plan) -> None:
    _swap(p)
    p["steps"][3]["step"], p["steps"][4]["step"] = 3, 4


def _drop(p: Plan) -> None:
    del p["steps"][5]


def _drop_and_number(p: Plan) -> None:
    _drop(p)
    for index, step in enumerate(p["steps"]):
        step["step"] = index
    for buffer in p["buffers"]:
        buffer["start"] -= buffer["start"] > 5
        buffer["end"] -= buffer["end"] > 5


def _twice(p: Plan) -> None:
    p["steps"][4]["node"] = p["steps"][3]["node"]


def _die_early(p: Plan) -> None:
    _buffer(p, "Conv2D.2")["end"] -= 1


def _die_late(p: Plan) -> None:
    _buffer(p, "Conv2D.2")["end"] += 1


def _born_late(p: Plan) -> None:
    _buffer(p, "Conv2D.2")["start"] += 1


def _buffer(p: Plan, value: str) -> Plan:
    found = next(b for b in p["buffers"] if value in b["values"])
    assert isinstance(found, dict)
    return found


def _smaller_arena(p: Plan) -> None:
    p["arena"] -= 4


def _larger_arena(p: Plan) -> None:
    p["arena"] += 4


def _larger_everything(p: Plan) -> None:
    p["arena"] += 8
    p["regions"][0]["size"] += 8
    p["bound"]["gap"] += 8
    p["bound"]["packing_exact"] = False


def _bound_above(p: Plan) -> None:
    p["bound"]["lower_bound"] = p["arena"] + 4


def _bound_of_order(p: Plan) -> None:
    p["bound"]["lower_bound"] -= 4
    p["bound"]["gap"] += 4


def _gap(p: Plan) -> None:
    p["bound"]["gap"] += 1


def _load(p: Plan) -> None:
    p["bound"]["max_load"] -= 4
    p["bound"]["packing_exact"] = False


def _live(p: Plan) -> None:
    p["steps"][7]["live"] -= 1


def _peak(p: Plan) -> None:
    p["peak"] -= 1


def _region(p: Plan) -> None:
    p["regions"][0]["size"] -= 8


def _split_region(p: Plan) -> None:
    p["regions"] = [
        {"name": "a", "start": 0, "size": 100},
        {"name": "b", "start": 100, "size": p["arena"] - 100},
    ]


def _scratch(p: Plan) -> Plan:
    found = next(s for s in p["steps"] if "scratch" in s)
    assert isinstance(found, dict)
    return found


def _scratch_on_operand(p: Plan) -> None:
    _scratch(p)["scratch"][0] = 0


def _scratch_aside(p: Plan) -> None:
    _scratch(p)["scratch"][0] += 4


def _scratch_small(p: Plan) -> None:
    _scratch(p)["scratch"][1] -= 4


def _scratch_none(p: Plan) -> None:
    del _scratch(p)["scratch"]


def _in_place_hidden(p: Plan) -> None:
    del _scratch(p)["in_place"]


def _other_kernel(p: Plan) -> None:
    _scratch(p)["kernel"] = "tc_depthwise_conv2d_s8"


def _unknown_kernel(p: Plan) -> None:
    _scratch(p)["kernel"] = "tc_add_s8"


def _pointer(p: Plan) -> None:
    p["steps"][2]["pointers"][0][1] += 4


def _no_pointer(p: Plan) -> None:
    del p["steps"][2]["pointers"][-1]


def _output(p: Plan) -> None:
    p["outputs"][0]["offset"] += 4


def _input(p: Plan) -> None:
    p["inputs"][0]["offset"] -= 4


def _macs(p: Plan) -> None:
    p["steps"][0]["macs"] -= 1


def _rewired(p: Plan) -> None:
    p["graph"]["nodes"][3]["inputs"][0] = "image"


def _shape(p: Plan) -> None:
    p["graph"]["values"]["Conv2D.2"]["shape"][3] = 4


def _attribute(p: Plan) -> None:
    p["graph"]["nodes"][0]["attributes"]["window"]["strides"] = [1, 1]


def _operator(p: Plan) -> None:
    p["graph"]["nodes"][0]["op"] = "Convolve"


WHOLE: dict[Callable[[Plan], None], tuple[str, str]] = {
    _move_result: ("TC912", r"step 2 \('b0_project_conv'\) is given a pointer to byte 27648"),
    _move_operand: ("TC914|TC912", r"step 2 \('b0_project_conv'\) .*'Conv2D.1'"),
    _swap: ("TC911", r"step 4 \('b1_dw_conv .*stands in the place of step 3"),
    _swap_and_number: (
        "TC911",
        r"step 3 .* needs 'Conv2D.3' before it is made \(by 'b1_expand_conv",
    ),
    _drop: ("TC911", "step 6 .* stands in the place of step 5"),
    _drop_and_number: ("TC911", "step 5 .* needs 'Conv2D.5' before it is made"),
    _twice: ("TC911", "step 4 .* computes 'b1_expand_conv .* a second time"),
    _die_early: (
        "TC914",
        r"step 3 .* touches 'Conv2D.2' at .* is declared for .* steps 2 to 2",
    ),
    _die_late: (
        "TC914",
        r"buffer of 'Conv2D.2' at 27648 is declared live in steps \[2, 5\), but used in",
    ),
    _born_late: ("TC914", "step 2 .* touches 'Conv2D.2'"),
    _smaller_arena: ("TC913", "leaves the arena of 32252 bytes"),
    _larger_arena: ("TC915", "the arena is said to have 32260 bytes; its last buffer"),
    _larger_everything: ("TC915", "the arena is said to have"),
    _bound_above: ("TC915", "the lower bound 32260 is above the arena"),
    _bound_of_order: ("TC915", "the order is said to be exact"),
    _gap: ("TC915", "the gap 1 is not"),
    _load: ("TC915", "the load is said to be 32252"),
    _live: ("TC915", "step 7 .* bytes live"),
    _peak: ("TC915", "the peak is said to be 32255"),
    _region: ("TC915", "the regions end at 32248"),
    _split_region: ("TC915", "the buffer of 'Conv2D/Conv2D.1' lies on both sides of the start of 'b'"),
    _scratch_on_operand: ("TC913", r"step 1 .* has scratch at \[0, 768\), on its own"),
    _scratch_aside: ("TC913", r"step 1 .* uses scratch at \[9220, 9988\), which no scratch buffer covers"),
    _scratch_small: ("TC913", "step 1 .* has 764 bytes of scratch; tc_depthwise_conv2d_inplace_s8 uses 768"),
    _scratch_none: ("TC913", "step 1 .* has 0 bytes of scratch"),
    _in_place_hidden: ("TC913|TC914", "step 1 .*'Conv2D"),
    _other_kernel: ("TC913", "step 1 .* which tc_depthwise_conv2d_s8 does not allow"),
    _unknown_kernel: ("TC911", "'tc_add_s8' is no kernel of Conv2D"),
    _pointer: ("TC912", "step 2 .* is given a pointer to byte 4"),
    _no_pointer: ("TC912", "step 2 .* is given no pointer to its result at 27648"),
    _output: ("TC914|TC912", "the application .*'classes_q'"),
    _input: ("TC914", "the application touches 'image'"),
    _macs: ("TC915", "step 0 .* takes 248832 multiply-accumulates, not 248831"),
    _rewired: ("TC911", "'b1_expand_conv"),
    _shape: ("TC911", r"'b0_project_conv' \(Conv2D\) gives"),
    _attribute: ("TC911", r"'stem_conv \+ stem_clip' \(Conv2D\) gives"),
    _operator: ("TC911", "there is no operator 'Convolve'"),
}


@pytest.mark.parametrize("change", WHOLE, ids=lambda f: f.__name__)
def test_whole_tensors(change: Callable[[Plan], None]) -> None:
    plan, (code, message) = _mutable("whole"), WHOLE[change]
    change(plan)
    _expect(plan, code, message)


def _expect(plan: Plan, code: str, message: str) -> None:
    found, said = _refused(plan)
    assert re.fullmatch(code, found), said
    assert re.search(message, said), said


def _stage_op(p: Plan, *, tiles: bool = False) -> Plan:
    """An operator that reads several rows, or one that is made in tiles."""
    ops = [o for s in p["stages"] for o in s["ops"]]
    found = next(o for o in ops if ("tiles" in o) == tiles and (tiles or o["feeds"][0]["extent"] > 1))
    assert isinstance(found, dict)
    return found


#: Field of an operator's first feed -> how it is changed.
FEEDS = {"pad": 1, "stride": -1, "extent": -1, "ring": 1}
PLAIN = ("whole", "in place", "views", "copies", "branches")


@pytest.mark.parametrize("field", FEEDS)
@pytest.mark.parametrize("kind", ["streams", "tiles", "running sums"])
def test_feeds(kind: str, field: str) -> None:
    plan = _mutable(kind)
    feed = _stage_op(plan)["feeds"][0]
    feed[field] += FEEDS[field]
    _expect(plan, "TC91[123]", "step .*'|stage .*'")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in PLAIN])
def test_rings(kind: str) -> None:
    """A ring of one row less, moved by a few bytes, or with other rows."""
    for stage, ring in _rings(kind):
        value = json.loads(text_of(kind))["stages"][stage]["rings"][ring]["value"]
        for field, delta in (("capacity", -1), ("offset", 4), ("offset", -4), ("row_bytes", 1)):
            plan = _mutable(kind)
            plan["stages"][stage]["rings"][ring][field] += delta
            code, said = _refused(plan)
            assert code in ("TC912", "TC913", "TC914") and value in said, (stage, ring, field, said)


def _rings(kind: str) -> Iterator[tuple[int, int]]:
    for index, stage in enumerate(json.loads(text_of(kind))["stages"][:3]):
        yield from ((index, ring) for ring in range(len(stage["rings"])))


def _at(plan: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        plan = plan[key]
    return plan


STAGES: list[tuple[str, tuple[str | int, ...], Any, str, str]] = [
    ("streams", ("stages", 0, "kept"), [], "TC91[145]", "."),
    ("streams", ("stages", 0, "goals"), [], "TC911", "stage of steps 0 to 2 leaves '.*' with 0 of"),
    ("streams", ("stages", 0, "first"), 1, "TC913", "step 0 .* reads 'image' nowhere"),
    ("streams", ("stages", 0, "counters"), [0, 8], "TC913", "8 bytes of counters for 4 rings"),
    ("streams", ("stages", 0, "ops", 1, "band"), 2, "TC913", "room for 1 rows of 'Conv2D.1'"),
    ("streams", ("stages", 0, "ops", 1, "axis", "heads"), 0, "TC911", "has the parameters of row 0"),
    ("streams", ("stages", 0, "ops", 1, "axis", "count"), 3, "TC911", "parameters"),
    ("streams", ("stages", 0, "ops", 1, "rows", 0, "feeds", 0), None, "TC913", "in another way"),
    ("streams", ("overlaps",), [], "TC914", "the overlaps listed are not those"),
    ("rows in and out", ("stages", 0, "fed"), [], "TC91[1-5]", "."),
    ("rows in and out", ("stages", 0, "leaving"), 1, "TC913", "passes rows of"),
    ("rows in and out", ("inputs", 0, "offset"), 4, "TC913", "passes rows of 'x' at"),
    ("rows in and out", ("inputs", 0, "rows"), False, "TC91[1-5]", "'x'"),
    ("rows in and out", ("stages", 0, "ops", 0, "rows", 0, "step"), 1, "TC911", "makes the steps"),
    ("bands", ("recomputed",), 0, "TC915", "of them again"),
    ("tiles", ("macs",), 1, "TC915", "multiply-accumulates are said to be executed"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "value", "code", "message"), STAGES)
def test_stages(kind: str, path: tuple[str | int, ...], value: Any, code: str, message: str) -> None:
    plan = _mutable(kind)
    _at(plan, path[:-1])[path[-1]] = value
    _expect(plan, code, message)


def _tile_changes() -> Iterator[tuple[str, Callable[[Plan], None]]]:
    """Every buffer moved or cut differently, every copy of another part, every call on other buffers."""
    tiles = _stage_op(_mutable("tiles"), tiles=True)["tiles"]
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
        plan = _mutable("tiles")
        change(_stage_op(plan, tiles=True)["tiles"])
        code, said = _refused(plan)
        assert code in ("TC911", "TC912", "TC913", "TC914", "TC915"), name
        assert "step" in said or "stage" in said, (name, said)
        count += 1
    assert count > 30


@pytest.mark.parametrize("kind", ["whole", "views", "copies", "branches", "excite"])
def test_every_place_of_a_plain_call(kind: str) -> None:
    """Each operand, result, scratch, view and buffer moved by a word is refused."""
    found = json.loads(text_of(kind))
    paths: list[tuple[str | int, ...]] = []
    for index, step in enumerate(found["steps"]):
        for field in ("ins", "outs"):
            paths += [("steps", index, field, i) for i, at in enumerate(step[field]) if at is not None]
        paths += [("steps", index, "scratch", 0)] if "scratch" in step else []
        paths += [("steps", index, "pointers", i, 1) for i in range(len(step.get("pointers", ())))]
    for index, view in enumerate(found["views"]):
        paths += [
            ("views", index, "results", 0),
            *(("views", index, "sources", i) for i in range(len(view["sources"]))),
        ]
    paths += [("buffers", i, "offset") for i in range(len(found["buffers"]))]
    for path in paths:
        plan = _mutable(kind)
        _at(plan, path[:-1])[path[-1]] += 4
        code, _ = _refused(plan)
        assert code in ("TC911", "TC912", "TC913", "TC914", "TC915"), path
