"""From the ranges of values to their scales: data movement keeps the integers as they are where it can."""

from __future__ import annotations

from collections.abc import Mapping

from tinycompile.ir import Graph, Node, Quant
from tinycompile.quantize.ranges import Range


def choose_quants(graph: Graph, ranges: Mapping[str, Range]) -> dict[str, Quant]:
    """The int8 quantisation of every value that has a range.

    A value that feeds nothing but data movement takes the range of the moved result, so that parts of a
    concat need no requantisation however they get there; other moved results take over the quantisation of
    their operands. Functions of a fixed range (a sigmoid) have a fixed scale.
    """
    wanted = dict(ranges)
    for node in reversed(graph.nodes):
        moved = wanted.get(node.outputs[0])
        if node.op.moves_data and moved is not None and len(node.outputs) == 1:
            wanted.update({n: moved for n in node.inputs if n in wanted and _read_by(graph, n) == [node]})
    quants = {n: wanted[n].quant() for n in graph.inputs if n in wanted}
    for node in graph.nodes:
        for name in node.outputs:
            if name in wanted:
                quants[name] = _quant(node, wanted[name], quants)
    return quants


def _quant(node: Node, wanted: Range, known: Mapping[str, Quant]) -> Quant:
    operands = {known[n] for n in node.inputs if n in known}
    if node.op.moves_data and len(operands) == 1:
        quant = operands.pop()
        if _covers(quant, wanted):
            return quant
    fixed = node.op.result_range
    return wanted.quant() if fixed is None else _fixed(*fixed)


def _read_by(graph: Graph, name: str) -> list[Node]:
    return [] if name in graph.outputs else list(graph.consumers[name])


def _covers(quant: Quant, wanted: Range) -> bool:
    """True when int8 reaches the ends of the range, but for a step; a padding value may lie outside."""
    low, high = (quant.scale0 * (end - quant.zero0) for end in (-129, 128))
    return low <= wanted.low and wanted.high <= high


def _fixed(low: float, high: float) -> Quant:
    """256 steps from `low` on, so that a power-of-two span gives a power-of-two scale (1/256 for 0 to 1)."""
    scale = (high - low) / 256.0
    return Quant.tensor(scale, round(-128 - low / scale))
