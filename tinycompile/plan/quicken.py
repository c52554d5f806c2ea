"""Faster kernels in a finished plan, wherever it has room for their scratch.

A plan within a tight budget is made with kernels of the least scratch. Most calls are not at its peak: while
they run, bytes are free that a faster kernel can use. Scratch of two calls is never in use at once, so every
call takes the fastest kernel that fits into its largest gap, and nothing else moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np

from tinycompile.ir import Graph, Node
from tinycompile.ops import Kernel
from tinycompile.plan.alike import alike
from tinycompile.plan.parts import Parts
from tinycompile.plan.room import Room, Usage
from tinycompile.plan.schedule import Layout, PlacedStream
from tinycompile.plan.select import Choice
from tinycompile.plan.tile_plan import NodeCall
from tinycompile.plan.units import Unit, row_unit

Choices = Mapping[Node, Choice]


def whole_usage(layout: Layout) -> Usage:
    """What a layout of whole tensors leaves no room for."""
    steps = len(layout.order)
    items = [
        (layout.offsets[g.buffers[0]], [(max(0, g.start), min(steps, g.end), 0, g.size)])
        for g in layout.groups
        if max(0, g.start) < min(steps, g.end) and g.size
    ]
    return Usage(items, {n: np.array([i]) for i, n in enumerate(layout.order)}, steps)


def quickened(
    graph: Graph, choices: Choices, layout: Layout, usage: Usage, limit: int
) -> tuple[Choices, Layout]:
    """The layout with faster kernels among `Choice.others`, and the choices that it is made with.

    Args:
        usage: what the layout leaves no room for.
        limit: bytes that the arena may grow to.
    """
    return _Quickening(graph, choices, layout, Room(usage, max(limit, layout.arena))).run()


@dataclass(frozen=True, eq=False)
class _Faster:
    """A call or a unit with faster kernels: the choices of its nodes, its scratch, and the unit."""

    choices: Choices
    scratch: int
    unit: Unit | None = None


class _Quickening:
    def __init__(self, graph: Graph, choices: Choices, layout: Layout, room: Room) -> None:
        self.parts, self.layout, self.room = Parts(graph), layout, room
        self.choices = dict(choices)

    def run(self) -> tuple[Choices, Layout]:
        layout = self.layout
        scratch, sizes = dict(layout.scratch), dict(layout.scratch_sizes)
        streamed = {node for placed in layout.streams for unit in placed.stream.units for node in unit.nodes}
        for node in layout.order:
            if node not in streamed:
                placed = self._placed(node, partial(self._call, node))
                if placed is not None:
                    scratch[node], sizes[node] = placed[0], placed[1].scratch
        streams = tuple(map(self._stream, layout.streams))
        return self.choices, self._finished(scratch, sizes, streams)

    def _placed(self, owner: Node, faster: Callable[[int], _Faster | None]) -> tuple[int, _Faster] | None:
        """(offset, what is called there) where the room of `owner` lets it be faster."""
        gaps = self.room.gaps(owner)
        found = faster(max((size for _, size in gaps), default=0))
        if found is None:
            return None
        self.choices |= found.choices
        return next((first for first, size in gaps if size >= found.scratch), 0), found

    def _call(self, node: Node, room: int) -> _Faster | None:
        """A call on whole tensors."""
        choice, shared = self.choices[node], node in self.layout.shared
        now = choice.kernel(shared)
        pairs = set(now.in_place(choice.site)) if shared else set()
        for kernel in _by_cycles(choice, now, lambda k: k.cycles(choice.site) if k.cycles else None):
            able = pairs <= set(kernel.in_place(choice.site)) if shared else not kernel.aliased
            scratch = kernel.scratch(choice.site)
            if able and scratch <= room:
                kept = replace(choice, in_parts=choice.part)
                chosen = replace(kept, aliased=kernel) if shared else replace(kept, plain=kernel)
                return _Faster({node: chosen}, scratch)
        return None

    def _stream(self, placed: PlacedStream) -> PlacedStream:
        units, scratch = list(placed.stream.units), dict(placed.scratch)
        for index, unit in enumerate(units):
            make = self._row if unit.tiles is None else self._tiles
            found = self._placed(unit.nodes[0], partial(make, unit))
            if found is not None and found[1].unit is not None:
                units[index] = found[1].unit
                scratch[index] = found[0]
        scratch = {index: offset for index, offset in scratch.items() if units[index].scratch}
        return replace(placed, stream=placed.stream.with_units(units), scratch=scratch)

    def _row(self, unit: Unit, room: int) -> _Faster | None:
        """A unit that makes rows, by another kernel of its first node."""
        node = unit.nodes[0]
        choice = self.choices[node]
        rows = unit.band, unit.short
        others = [row_unit(self.parts, n, self.choices[n], *rows) for n in unit.nodes[1:]]
        beside = max((other.scratch for other in others if other is not None), default=0)

        def made(kernel: Kernel) -> Unit | None:
            if kernel.aliased:
                return None
            found = row_unit(self.parts, node, replace(choice, in_parts=kernel), *rows)
            return found if found is None or found.axis == unit.axis else None

        able = {k: u for k in choice.others if (u := made(k)) is not None and u.scratch <= room}
        for kernel in _by_cycles(
            choice,
            choice.part,
            lambda k: able[k].cycles.get(node) if k in able else None,
            unit.cycles.get(node),
        ):
            row = able[kernel]
            quick = replace(
                unit,
                variants=(row.variants[0], *unit.variants[1:]),
                scratch=max(row.scratch, beside),
                cycles={**unit.cycles, **row.cycles},
            )
            return _Faster({node: replace(choice, in_parts=kernel)}, quick.scratch, quick)
        return None

    def _tiles(self, unit: Unit, room: int) -> _Faster | None:
        """A tiled unit, by other kernels of any of its nodes."""
        plan = unit.tiles
        assert plan is not None
        times = [r * c for r, c in product(plan.bands.times, plan.columns.times)]
        chosen: dict[Node, Choice] = {}
        cycles, steps, scratch = dict(unit.cycles), list(plan.steps), 0
        for index, step in enumerate(steps):
            if not isinstance(step, NodeCall):
                continue
            choice = self.choices[step.node]
            spent = {k: _spent(k, step, times) for k in choice.others if not k.aliased}
            for kernel in _by_cycles(choice, step.kernel, spent.get, unit.cycles.get(step.node)):
                other = replace(step, kernel=kernel)
                if _scratch(other) <= room - plan.kernel_scratch and alike(other.variants):
                    steps[index] = step = other
                    chosen[step.node] = replace(choice, in_parts=kernel)
                    cycles[step.node] = spent[kernel] or 0.0
                    break
            scratch = max(scratch, _scratch(step))
        if not chosen:
            return None
        quick = replace(
            unit,
            tiles=replace(plan, steps=tuple(steps)),
            scratch=plan.kernel_scratch + scratch,
            cycles=cycles,
        )
        return _Faster(chosen, quick.scratch, quick)

    def _finished(
        self, scratch: Mapping[Node, int], sizes: Mapping[Node, int], streams: Sequence[PlacedStream]
    ) -> Layout:
        """With all that is known about the arena brought up to date."""
        layout, usage = self.layout, self.room.usage
        used = {n: size for n, size in sizes.items() if size}
        ends = [scratch[n] + size for n, size in used.items()]
        for placed in streams:
            for index, offset in placed.scratch.items():
                unit = placed.stream.units[index]
                used[unit.nodes[0]] = unit.scratch
                ends.append(offset + unit.scratch)
        load = self.room.load(used)
        arena, fullest = max(layout.arena, *ends, 0), int(load.max())
        proof = replace(
            layout.proof,
            order_peak=max(layout.proof.order_peak, fullest),
            max_load=fullest,
            packing_exact=arena == fullest or (arena == layout.arena and layout.proof.packing_exact),
        )
        streams = [
            replace(p, peak=max(int(load[usage.times[unit.nodes[0]]].max()) for unit in p.stream.units))
            for p in streams
        ]
        return replace(
            layout,
            arena=arena,
            scratch={n: scratch[n] for n in sizes if sizes[n]},
            scratch_sizes={n: size for n, size in sizes.items() if size},
            streams=tuple(streams),
            proof=proof,
        )


def _by_cycles(
    choice: Choice,
    now: Kernel,
    cycles: Callable[[Kernel], float | None],
    spent: float | None = None,
) -> Iterator[Kernel]:
    """The kernels that take less than `now`, fastest first; `spent` by it, or what `cycles` says."""
    spent = cycles(now) if spent is None else spent
    if spent is None:
        return
    known = [(cost, index) for index, k in enumerate(choice.others) if (cost := cycles(k)) is not None]
    yield from (choice.others[index] for cost, index in sorted(known) if cost < spent)


def _spent(kernel: Kernel, call: NodeCall, times: Sequence[int]) -> float | None:
    """Estimated cycles of a kernel in the place of another; None where it does not do."""
    if kernel.cycles is None or not all(map(kernel.accepts, call.sites)):
        return None
    each = [kernel.estimate(site) or 0.0 for site in call.sites]
    return sum(n * cycles for n, cycles in zip(times, each, strict=True))


def _scratch(call: NodeCall) -> int:
    return max(map(call.kernel.scratch, call.sites))
