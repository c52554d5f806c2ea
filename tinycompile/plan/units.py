"""The operators of a stream: how one row of a node is computed by its kernel for parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tinycompile.ir import Graph, Node, Region, Types
from tinycompile.ops import Arg, Site
from tinycompile.plan.alike import alike
from tinycompile.plan.parts import PartCall, Parts, part_call
from tinycompile.plan.rows import Feed
from tinycompile.plan.select import Choice
from tinycompile.plan.stage_types import Axis
from tinycompile.plan.tile_plan import TilePlan

#: More run-time operands than the tables of the driver have places for (TC_STREAM_FEEDS).
MOST_FEEDS = 4
#: Rows are counted in int16 on the target.
MOST_ROWS = 2**15 - 1


@dataclass(frozen=True)
class Reach:
    """The rows of `value` that row r needs: [r * stride - pad, r * stride - pad + extent), clipped.

    `operand` counts the operands of `node`, or the sources of a tiled unit.
    """

    value: str
    operand: int
    stride: int
    pad: int
    extent: int
    node: Node | None = None

    def feed(self, ring: int) -> Feed:
        """The same as an operand in a stream."""
        return Feed(self.operand, ring, self.stride, self.pad, self.extent)


@dataclass(frozen=True, eq=False)
class Unit:
    """One operator of a stream: a node that makes rows, or several nodes that make bands in tiles.

    Attributes:
        nodes: in execution order; the last one makes the result.
        axis: the rows (bands of `band` rows, for tiles) that it makes, and their variants.
        variants: kernel arguments per node and variant; empty for tiles. All nodes but the first work on the
            row of the result in place.
        scratch: bytes, buffers of tiles included.
        short: by how many rows the first band is shorter than the others.
        reach: the run-time operands that come in rows.
        aside: run-time values that are read whole.
        recomputed: extra multiply-accumulates per node.
        cycles: estimated cycles of all calls of a node, for nodes whose kernels have estimates.
        extra_cycles: estimated cost on top of the kernels on whole tensors: of calls on parts, of copies, and
            of what is recomputed.
        carries: each row is made of the one before, in its place; the result must not be kept whole.
    """

    nodes: tuple[Node, ...]
    axis: Axis
    variants: tuple[tuple[tuple[Arg, ...], ...], ...]
    scratch: int
    reach: tuple[Reach, ...]
    aside: tuple[str, ...] = ()
    tiles: TilePlan | None = None
    band: int = 1
    recomputed: Mapping[Node, int] = field(default_factory=dict)
    cycles: Mapping[Node, float] = field(default_factory=dict)
    extra_cycles: float = 0.0
    carries: bool = False
    short: int = 0

    @property
    def result(self) -> str:
        """The value that it makes."""
        return self.nodes[-1].outputs[0]

    def ordered(self, reach: Sequence[Reach]) -> Unit:
        """The same with its operands in another order; tiles name theirs by position and stay as they are."""
        return self if self.tiles is not None else replace(self, reach=tuple(reach))

    @property
    def extra_macs(self) -> int:
        """All that is recomputed."""
        return sum(self.recomputed.values())


def row_unit(parts: Parts, node: Node, choice: Choice, band: int = 1, short: int = 0) -> Unit | None:
    """The rows of a node with its kernel for parts, `band` at a time; None where they cannot be made so.

    The first band has `short` rows less.
    """
    graph = parts.graph
    ins, outs = graph.in_types(node), graph.out_types(node)
    if len(outs) != 1 or outs[0].rank != 4 or outs[0].shape[0] != 1 or outs[0].shape[1] > MOST_ROWS:
        return None
    rows, width = outs[0].shape[1:3]
    starts = range(-short, rows, band)
    regions = [Region((max(0, r), min(rows, r + band)), (0, width)) for r in starts]
    found = [parts.call(node, region) for region in regions]
    calls = [call for call in found if call is not None]
    carries = any(call.carries for call in calls)
    if len(calls) < len(regions) or (carries and band > 1):
        return None
    reach = _reach(graph, node, ins, calls, (band, short))
    if reach is None:
        return None
    axis = axis_of([(call.op, call.ins, call.outs) for call in calls])
    if axis is None:
        return None
    sites = [site_of(choice, calls[axis.reference(v)]) for v in range(axis.variants)]
    if not all(choice.part.accepts(site) for site in sites):
        return None
    variants = tuple(choice.part.args(site) for site in sites)
    if not alike(variants):
        return None
    aside = tuple(
        name
        for name, need in zip(node.inputs, calls[0].needs, strict=True)
        if need is None and not graph.values[name].is_const
    )
    spent = parts_cycles(choice, sites, axis.times)
    return Unit(
        (node,),
        axis,
        (variants,),
        max(map(choice.part.scratch, sites)),
        reach,
        aside,
        band=band,
        short=short,
        cycles={} if spent is None else {node: spent},
        extra_cycles=beyond_whole(choice, spent),
        carries=carries,
    )


def in_place(graph: Graph, before: Unit, after: Unit, choice: Choice) -> Unit | None:
    """Both as one unit, where `after` may overwrite the rows of `before` that it needs; else None.

    Saves the ring between the two, for example of a projection that is added to a residual.
    """
    node, value = after.nodes[0], before.result
    reads = [reach for reach in after.reach if reach.value == value]
    alone = set(graph.consumers[value]) == {node} and value not in graph.outputs
    if before.tiles or after.tiles or before.carries or len(after.nodes) > 1 or not alone or len(reads) != 1:
        return None
    found, operand = reads[0], graph.type(value)
    result = graph.type(after.result)
    same = operand.shape == result.shape and operand.dtype.itemsize == result.dtype.itemsize
    same_rows = (
        (found.stride, found.pad, found.extent)
        == (before.band, before.short, before.band)
        == (after.band, after.short, after.band)
    )
    if not (same and same_rows and _refines(before.axis, after.axis)):
        return None
    row = part_call(
        node.op, Region((0, 1), (0, result.shape[2])), graph.in_types(node), graph.out_types(node)
    )
    if row is None or row.carries or (found.operand, 0) not in choice.part.in_place(site_of(choice, row)):
        return None
    others = tuple(reach for reach in after.reach if reach.value != value)
    axis = before.axis
    repeated = tuple(after.variants[0][after.axis.variant(axis.reference(v))] for v in range(axis.variants))
    return Unit(
        (*before.nodes, node),
        before.axis,
        (*before.variants, repeated),
        max(before.scratch, after.scratch),
        (*before.reach, *others),
        (*before.aside, *after.aside),
        band=before.band,
        short=before.short,
        cycles={**before.cycles, **after.cycles},
        extra_cycles=before.extra_cycles + after.extra_cycles,
    )


def _refines(fine: Axis, coarse: Axis) -> bool:
    """Whether all bands of one variant of `fine` have the same variant in `coarse`."""
    pairs = {(fine.variant(i), coarse.variant(i)) for i in range(fine.count)}
    return fine.count == coarse.count and len(pairs) == fine.variants


def parts_cycles(choice: Choice, sites: Sequence[Site], times: Sequence[int]) -> float | None:
    """Estimated cycles of the kernel for parts over all of them; None where it has no estimate."""
    each = [choice.part.estimate(site) for site in sites]
    if None in each:
        return None
    return sum(n * cycles for n, cycles in zip(times, each, strict=True) if cycles is not None)


def beyond_whole(choice: Choice, spent: float | None) -> float:
    """Cycles that parts take on top of one call on whole tensors, as far as they have estimates."""
    whole = choice.plain.estimate(choice.site)
    return 0.0 if spent is None or whole is None else max(0.0, spent - whole)


def axis_of(keys: Sequence[object]) -> Axis | None:
    """Heads, a repeated middle and tails so that tiles of one variant have equal keys, or None."""
    count = len(keys)
    middle = keys[count // 2]
    heads = next(i for i in range(count) if keys[i] == middle)
    tails = next(i for i in range(count) if keys[count - 1 - i] == middle)
    if any(key != middle for key in keys[heads : count - tails]):
        return None
    return Axis(count, heads, tails)


def site_of(choice: Choice, call: PartCall) -> Site:
    """Where the kernel of a choice is called for a part."""
    return Site(call.op, call.ins, call.outs, choice.site.consts, choice.site.core)


def _reach(
    graph: Graph, node: Node, ins: Types, calls: Sequence[PartCall], bands: tuple[int, int]
) -> tuple[Reach, ...] | None:
    """The operands that come in rows, each checked against the operator's rule band by band.

    `bands`: rows of a band, and by how many the first one is shorter.
    """
    (band, short), (stride, pad, extent) = bands, node.op.row_reach(ins)
    found = []
    for operand, name in enumerate(node.inputs):
        if calls[0].needs[operand] is None:
            continue
        reach = Reach(name, operand, band * stride, pad + short * stride, extent + (band - 1) * stride, node)
        feed, height = reach.feed(0), ins[operand].shape[1]
        if graph.values[name].is_const or height > MOST_ROWS:
            return None
        for number, call in enumerate(calls):
            need, given = call.needs[operand], feed.rows(number, height)
            if need is None or need.rows[0] != given[0] or need.cols != (0, ins[operand].shape[2]):
                return None
            last = band > 1 and number == len(calls) - 1  # it may be given rows that it does not read
            if need.rows[1] > given[1] or (need.rows[1] < given[1] and not last):
                return None
        found.append(reach)
    return tuple(found) if 0 < len(found) <= MOST_FEEDS else None
