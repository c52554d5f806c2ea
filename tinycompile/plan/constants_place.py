"""Which constants stay in the internal flash when it has no room for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tinycompile.plan.program import CallArg, ConstArg, Program

#: Constants up to this size (biases, multipliers, tables, small layers) stay inside first: moving them saves
#: little, and reads are meant to be few and large.
SMALL_BYTES = 8192


@dataclass(frozen=True)
class ConstantUse:
    """How a constant is used in one execution.

    Attributes:
        units: the first steps of the calls and stages that read it, ascending.
        streamed: whether a stage reads it, once for every row.
        reads: how often each of its bytes is used, roughly: multiplies (or results) per byte.
    """

    name: str
    nbytes: int
    units: tuple[int, ...]
    streamed: bool
    reads: float


def constant_uses(program: Program) -> Mapping[str, ConstantUse]:
    """The uses of every emitted constant, by name, in order of first use."""
    units: dict[str, set[int]] = {}
    work: dict[str, int] = {}
    streamed: set[str] = set()
    for step, args in call_arguments(program):
        stage = program.stage_at.get(step)
        call = program.calls[step]
        for name in dict.fromkeys(a.name for a in args if isinstance(a, ConstArg)):
            units.setdefault(name, set()).add(step if stage is None else stage.first)
            work[name] = work.get(name, 0) + max(call.macs, call.outs[0].type.elements)
            if stage is not None:
                streamed.add(name)
    sizes = {name: program.constants[name].nbytes for name in units}
    return {
        name: ConstantUse(
            name, sizes[name], tuple(sorted(found)), name in streamed, work[name] / max(1, sizes[name])
        )
        for name, found in units.items()
    }


def call_arguments(program: Program) -> Iterator[tuple[int, tuple[CallArg, ...]]]:
    """(step, arguments) of every call; those of streamed calls stand in their stage."""
    inner = {c.call: c.variants[0] for stage in program.stages for op in stage.ops for c in op.calls}
    for call in program.calls:
        yield call.step, inner.get(call.step, call.args)


def outside(program: Program, room: int) -> frozenset[str]:
    """The constants that leave the internal flash, which has `room` bytes for constants.

    Inside stay the small ones, then those that streams read once a row, then those whose bytes are used most
    often; of equals the larger, because what is outside is easier to handle in small pieces.
    """

    def rank(use: ConstantUse) -> tuple[bool, bool, float, int, str]:
        return (use.nbytes > SMALL_BYTES, not use.streamed, -use.reads, -use.nbytes, use.name)

    left = room
    found = set()
    for use in sorted(constant_uses(program).values(), key=rank):
        padded = -(-use.nbytes // 4) * 4
        if padded <= left:
            left -= padded
        else:
            found.add(use.name)
    return frozenset(found)
