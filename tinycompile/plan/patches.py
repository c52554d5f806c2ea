"""One stage in patches at the start, whole tensors behind it: the scheme of MCUNetV2 (Lin et al., 2021).

The first calls make their result in a grid of patches, each from its own receptive field, with halos computed
again on all sides. It is offered for comparison: streams need less memory and recompute less.
"""

from __future__ import annotations

from collections.abc import Iterator

from tinycompile.plan.path import Path, PathPart
from tinycompile.plan.rules import Rules
from tinycompile.plan.stages import UNLIMITED, StagePlanner
from tinycompile.plan.stream import stream_of
from tinycompile.plan.tile_chain import TileChain
from tinycompile.plan.tile_unit import tile_unit
from tinycompile.plan.tilings import Tiling, row_bytes

#: Grids that are tried when none is asked for.
_GRIDS = ((2, 2), (3, 3), (4, 4), (6, 6), (8, 8))
#: Longer and longer patch stages that do not get smaller, before a grid is given up.
_PATIENCE = 3


#: (calls, grid) -> the stage that makes them, and its live bytes; None where there is none.
Known = dict[tuple[int, tuple[int, int]], tuple[Tiling, int] | None]


def patch_paths(planner: StagePlanner, rules: Rules, known: Known) -> Iterator[Path]:
    """A path for every grid and split that the rules allow, without those that cannot be the smallest.

    `known` keeps the stages for the next search with another budget.
    """
    count, limit = len(planner.order), rules.budget if rules.budget is not None else 0
    for grid in (rules.grid,) if rules.grid is not None else _GRIDS:
        least, worse = UNLIMITED, 0
        for end in (rules.split,) if rules.split is not None else range(2, count):
            tail = [_whole(planner, i, limit) for i in range(end, count)]
            if max((part.peak for part in tail), default=0) >= max(least, limit + 1) or worse >= _PATIENCE:
                continue
            path = _path(planner, end, grid, tail, known)
            if path is None:
                continue
            yield path
            worse = worse + 1 if path.peak >= least else 0
            least = min(least, path.peak)


def _whole(planner: StagePlanner, index: int, limit: int) -> PathPart:
    """A call on whole tensors; row by row, so that its result may overlap its operand, where that saves."""
    plain = planner.plain_cost(index)
    options = [o for o in planner.options.get(index + 1, ()) if o.first == index]
    if plain > limit and options and options[0].peak < plain:
        return PathPart(index, index + 1, options[0].peak, ())
    return PathPart(index, index + 1, plain, None)


def _path(
    planner: StagePlanner, end: int, grid: tuple[int, int], tail: list[PathPart], known: Known
) -> Path | None:
    if (end, grid) not in known:
        known[end, grid] = _stage(planner, end, grid)
    stage = known[end, grid]
    if stage is None:
        return None
    tiling, peak = stage
    return Path((PathPart(0, end, peak, (tiling,)), *tail), tiling.unit.extra_cycles)


def _stage(planner: StagePlanner, end: int, grid: tuple[int, int]) -> tuple[Tiling, int] | None:
    tiling = _tiling(planner, end, grid)
    if tiling is None or stream_of(planner.graph, [tiling.unit], planner.edges) is None:
        return None
    return tiling, planner.segment(PathPart(0, end, 0, (tiling,))).peak


def _tiling(planner: StagePlanner, end: int, grid: tuple[int, int]) -> Tiling | None:
    nodes = planner.order[:end]
    if not all(n in planner.units for n in nodes):
        return None
    chain = TileChain(planner.parts, nodes, planner.choices)
    if not chain.possible or not set(chain.sources) <= set(planner.graph.inputs):
        return None
    if planner.edges.patched and set(chain.sources) != planner.edges.fed:
        return None
    height, width = planner.graph.type(chain.result).shape[1:3]
    if height < grid[0] or width < grid[1]:
        return None
    unit = tile_unit(chain, -(-height // grid[0]), -(-width // grid[1]), carry=False)
    if unit is None or unit.tiles is None or not unit.tiles.alike:
        return None
    source = chain.sources[0]
    rows = row_bytes(planner.graph, source), row_bytes(planner.graph, chain.result)
    return Tiling(0, end, unit, {}, source, rows[0], unit.reach[0].extent, rows[1])
