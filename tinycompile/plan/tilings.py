"""Which neighbouring calls are worth being tiled together: narrow at both ends, wide in between."""

from __future__ import annotations

from tinycompile.ir import Node
from tinycompile.plan.stages import StagePlanner, Tiling
from tinycompile.plan.tile_chain import TileChain
from tinycompile.plan.tile_unit import tile_unit

#: Calls that are tiled together, at most.
_LONGEST = 5
_WIDTHS = (1, 2, 4, 8, 16, 32)


def tilings(planner: StagePlanner) -> list[Tiling]:
    """All tilings by rows that may save memory, cheaper ones of equal scratch only."""
    found: list[Tiling] = []
    for first in range(len(planner.order)):
        for end in range(first + 2, min(first + _LONGEST, len(planner.order)) + 1):
            nodes = planner.order[first:end]
            if not all(n in planner.units for n in nodes):
                break
            if _narrow_ends(planner, nodes):
                found += _widths(planner, first, end)
    return found


def _row_bytes(planner: StagePlanner, value: str) -> int:
    type_ = planner.graph.type(value)
    return type_.nbytes // type_.shape[1]


def _narrow_ends(planner: StagePlanner, nodes: tuple[Node, ...]) -> bool:
    chain = TileChain(planner.graph, nodes, planner.choices)
    if not chain.possible or len(chain.sources) != 1:
        return False
    reach = [n.op.row_reach(planner.graph.in_types(n))[2] for n in nodes[1:]]
    widest = max(_row_bytes(planner, n.outputs[0]) for n in nodes[:-1])
    ends = max(_row_bytes(planner, chain.sources[0]), _row_bytes(planner, chain.result))
    return max(reach) > 1 and 2 * widest > 3 * ends and _row_bytes(planner, nodes[0].outputs[0]) == widest


def _widths(planner: StagePlanner, first: int, end: int) -> list[Tiling]:
    chain = TileChain(planner.graph, planner.order[first:end], planner.choices)
    columns = planner.graph.type(chain.result).shape[2]
    found: list[Tiling] = []
    for width in (*(w for w in _WIDTHS if w < columns), columns):
        unit = tile_unit(chain, 1, width)
        if unit is not None:
            found.append(Tiling(first, end, unit))
    return [
        t
        for t in found
        if not any(
            o is not t and o.unit.scratch <= t.unit.scratch and o.unit.extra_cycles <= t.unit.extra_cycles
            for o in found
        )
    ]
