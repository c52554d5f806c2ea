"""A plan with one thing changed is refused, with a message that names the culprit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.check.changes import at, expect, mutable, refused
from tests.check.plans import Plan


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
    p["buffers"] = [b for b in p["buffers"] if b["start"] < b["end"]]


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
        {"name": "a", "start": 0, "size": 112},
        {"name": "b", "start": 112, "size": p["arena"] - 112},
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


def _kernel_of_another_core(p: Plan) -> None:
    p["steps"][2]["kernel"] = "tc_conv2d_s8_dsp"


def _pointer(p: Plan) -> None:
    p["steps"][2]["pointers"][0][1] += 4


def _no_pointer_to_operand(p: Plan) -> None:
    p["steps"][2]["pointers"] = [found for found in p["steps"][2]["pointers"] if found[0] == "out"]


def _in_place_of_nothing(p: Plan) -> None:
    _scratch(p)["in_place"] = [[0, -1]]


def _not_on_words(p: Plan) -> None:
    for buffer in p["buffers"]:
        buffer["offset"] += 2


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
    _scratch_on_operand: ("TC913", r"step 1 .* has scratch at \[0, 680\), on its own"),
    _scratch_aside: ("TC913", r"step 1 .* uses scratch at \[9220, 9900\), which no scratch buffer covers"),
    _scratch_small: ("TC913", "step 1 .* has 676 bytes of scratch; tc_depthwise_conv2d_planes_s8 uses 680"),
    _scratch_none: ("TC913", "step 1 .* has 0 bytes of scratch"),
    _in_place_hidden: ("TC913|TC914", "step 1 .*'Conv2D"),
    _other_kernel: ("TC913", "step 1 .* which tc_depthwise_conv2d_s8 does not allow"),
    _unknown_kernel: ("TC911", "'tc_add_s8' is no kernel of Conv2D"),
    _kernel_of_another_core: ("TC911", "step 2 .* tc_conv2d_s8_dsp, which needs dsp; cortex-m3 has none"),
    _no_pointer_to_operand: ("TC912", "step 2 .* is given no pointer to an operand"),
    _in_place_of_nothing: ("TC911", "step 1 .* shares bytes in place between operands"),
    _not_on_words: ("TC913", "the buffer of .* lies at 2, which is no multiple of 4"),
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
    plan, (code, message) = mutable("whole"), WHOLE[change]
    change(plan)
    expect(plan, code, message)


@pytest.mark.parametrize(
    "kind",
    [pytest.param("whole", marks=pytest.mark.slow), "views", "copies", "branches", "excite", "memories"],
)
def test_every_place_of_a_plain_call(kind: str) -> None:
    """Each operand, result, scratch, view and buffer moved by a word is refused."""
    found = mutable(kind)
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
        plan = mutable(kind)
        at(plan, path[:-1])[path[-1]] += 4
        code, _ = refused(plan)
        assert code in ("TC911", "TC912", "TC913", "TC914", "TC915"), path


def test_buffers_stay_within_a_memory() -> None:
    """The border between two memories is moved into the last buffers of the first."""
    plan = mutable("memories")
    first, second = plan["regions"][:2]
    first["size"] -= 16
    second["start"] -= 16
    second["size"] += 16
    code, said = refused(plan)
    assert code == "TC915"
    assert said.startswith("the buffer of '") and said.endswith(f"the start of '{second['name']}'")


def test_kernels_that_work_in_place_only() -> None:
    """A depthwise layer gets such a kernel, and a result that lies apart from its operand."""
    plan = mutable("in place")
    step = next(s for s in plan["steps"] if "depthwise" in s["kernel"])
    step["kernel"], step["outs"] = "tc_depthwise_conv2d_inplace_s8", [1 << 20]
    del step["in_place"]
    expect(plan, "TC913", "step 1 .* but tc_depthwise_conv2d_inplace_s8 only works in place")
