"""Kernel selection: for every node the kernels that can compute it on a core, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinycompile.errors import Diagnostic, ModelError
from tinycompile.ir import Graph, Node, Region
from tinycompile.ops import Kernel, Site, kernels_of
from tinycompile.ops.registry import TC_NO_KERNEL
from tinycompile.plan.parts import part_call
from tinycompile.target import Core

#: What a compact kernel may cost, as a multiple of the fastest one.
_COMPACT_COST = 2.0
#: Bytes of scratch that a kernel must save where memory is the goal; about the code that it takes by itself.
_WORTH_A_KERNEL = 2048


@dataclass(frozen=True, eq=False)
class Choice:
    """The kernels of one node.

    Attributes:
        plain: always works.
        aliased: needs its pair to share storage; None where there is no such kernel, or no need of one.
        in_parts: makes rows and tiles of the result; None for `plain`.
    """

    site: Site
    plain: Kernel
    aliased: Kernel | None
    in_parts: Kernel | None = None

    @property
    def part(self) -> Kernel:
        """The kernel for rows and tiles."""
        return self.in_parts or self.plain

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(operand, result) pairs that may share storage with the better suited of the two kernels."""
        kernel = self.aliased or self.plain
        return kernel.in_place(self.site)

    def kernel(self, shared: bool) -> Kernel:
        """The kernel to call, given whether a pair shares storage."""
        return self.aliased if shared and self.aliased else self.plain


def select(graph: Graph, core: Core, compact: bool = False) -> Mapping[Node, Choice]:
    """The choice for every node: the fastest kernels, with `compact` the fastest of the compact ones if any.

    Raises:
        ModelError: TC210 for all nodes that no kernel computes, at once.
    """
    choices: dict[Node, Choice] = {}
    problems: list[Diagnostic] = []
    for node in graph.nodes:
        site = Site(node.op, graph.in_types(node), graph.out_types(node), graph.consts(node), core)
        able = [k for k in kernels_of(type(node.op)) if k.requires <= core.features and k.accepts(site)]
        plain = [k for k in able if not k.aliased]
        if not plain:
            problems.append(_no_kernel(graph, node))
            continue
        choices[node] = _choice(site, plain, [k for k in able if k.aliased], compact)
    if problems:
        raise ModelError(problems)
    return choices


def _choice(site: Site, plain: list[Kernel], aliased: list[Kernel], compact: bool) -> Choice:
    """The best of both kinds; an aliased kernel only where the plain one cannot share, or is slower."""
    best, sharing = _best(plain, site, compact), _best(aliased, site, compact) if aliased else None
    if sharing is not None and best.cycles is not None and sharing.cycles is not None:
        can_share = set(best.in_place(site)) >= set(sharing.in_place(site))
        if can_share and best.cycles(site) <= sharing.cycles(site):
            sharing = None
    if compact:
        sharing = _slimmest(site, sharing or best, [*plain, *aliased]) or sharing
    return Choice(site, best, sharing, _for_rows(site, best, plain, compact))


def _slimmest(site: Site, kernel: Kernel, able: list[Kernel]) -> Kernel | None:
    """A kernel that shares storage with much less scratch than `kernel`, at not much more cycles, if any."""
    pairs = set(kernel.in_place(site))
    if not pairs or kernel.cycles is None:
        return None
    limit = _COMPACT_COST * kernel.cycles(site)
    other = [k for k in able if k.cycles is not None and k.cycles(site) <= limit]
    slim = [k for k in other if k.scratch(site) + _WORTH_A_KERNEL <= kernel.scratch(site)]
    sharing = [k for k in slim if set(k.in_place(site)) >= pairs]
    return min(sharing, key=lambda k: k.scratch(site), default=None)


def _for_rows(site: Site, best: Kernel, plain: list[Kernel], compact: bool) -> Kernel | None:
    """The best kernel for a row from the middle that needs no more scratch there than `best` does."""
    out = site.outs[0]
    if out.rank != 4 or not out.elements:
        return None
    middle = out.shape[1] // 2
    call = part_call(site.op, Region((middle, middle + 1), (0, out.shape[2])), site.ins, site.outs)
    if call is None:
        return None
    row = Site(call.op, call.ins, call.outs, site.consts, site.core)
    if not best.accepts(row):
        return None
    able = [k for k in plain if k.accepts(row) and k.scratch(row) <= best.scratch(row)]
    return _best(able, row, compact)


def _best(able: list[Kernel], site: Site, compact: bool) -> Kernel:
    """The first of the fewest estimated cycles; kernels without an estimate keep their order.

    `compact` ones go first as long as they are not much slower.
    """
    costs = [k.cycles(site) for k in able if k.cycles is not None]
    if len(costs) < len(able):
        return able[0]
    limit = _COMPACT_COST * min(costs)
    small = [cost for cost, kernel in zip(costs, able, strict=True) if kernel.compact and cost <= limit]
    return able[costs.index(min(small if compact and small else costs))]


def _no_kernel(graph: Graph, node: Node) -> Diagnostic:
    types = ", ".join(str(t) for t in graph.in_types(node))
    origin = node.origins[0] if node.origins else node.op.name
    return Diagnostic(
        TC_NO_KERNEL,
        f"node '{origin}' ({node.op.name}): no kernel computes it on ({types})",
        node.origins,
        "`tinycompile ops` lists operators and element types",
    )
