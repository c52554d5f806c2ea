"""Places in the arena against what the core and the kernels can load from."""

from __future__ import annotations

from collections.abc import Iterator

from tinycompile.check.codes import WRONG_PLACE, refuse
from tinycompile.check.document import PlanFile
from tinycompile.check.graph import CheckedGraph

#: Bytes: kernels load whole words from the start of a buffer; double words need no more on these cores.
_WORD = 4
#: Bytes: what the C code declares for each part of the arena.
_PART = 16


def check_alignment(plan: PlanFile, graph: CheckedGraph) -> None:
    """Buffers, scratch, counters and rings begin at whole words, tensors at whole elements.

    Raises:
        VerificationError: TC913.
    """
    for what, offset, unit in (*_words(plan), *_elements(plan, graph)):
        if offset % unit:
            raise refuse(WRONG_PLACE, f"{what} lies at {offset}, which is no multiple of {unit}")


def _words(plan: PlanFile) -> Iterator[tuple[str, int, int]]:
    for region in plan.regions:
        yield f"the region '{region.name}'", region.start, _PART
    for buffer in plan.buffers:
        yield f"the buffer of '{'/'.join(buffer.values[:3])}'", buffer.offset, _WORD
    for entry in plan.steps:
        if entry.scratch is not None:
            yield f"the scratch of step {entry.step} ('{entry.label}')", entry.scratch[0], _WORD
    for stage in plan.stages:
        name = f"stage of steps {stage.first} to {stage.last}"
        yield f"the counters of the {name}", stage.counters[0], _WORD
        for ring in stage.rings:
            yield f"the ring of '{ring.value}' in the {name}", ring.offset, _WORD
        for op in stage.ops:
            for part in op.tiles.buffers if op.tiles else ():
                yield f"a tile of '{part.value}' in the {name}", part.offset, _WORD


def _elements(plan: PlanFile, graph: CheckedGraph) -> Iterator[tuple[str, int, int]]:
    for entry in plan.steps:
        if not 0 <= entry.node < len(graph.nodes):
            continue  # said where the step is replayed
        node = graph.nodes[entry.node]
        pairs = (*zip(entry.ins, node.in_types, strict=False), *zip(entry.outs, node.out_types, strict=False))
        for offset, type_ in pairs:
            if offset is not None:
                what = f"an operand or result of step {entry.step} ('{entry.label}')"
                yield what, offset, type_.dtype.itemsize
