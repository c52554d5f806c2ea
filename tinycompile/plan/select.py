"""Kernel selection: for every node the kernels that can compute it on a core, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tinycompile.errors import Diagnostic, ModelError
from tinycompile.ir import Graph, Node
from tinycompile.ops import Site, kernels_of
from tinycompile.ops.registry import TC_NO_KERNEL
from tinycompile.plan.choice import Choice, Menu
from tinycompile.plan.fewer import fewer
from tinycompile.target import Core

__all__ = ["Choice", "select"]


def select(
    graph: Graph, core: Core, compact: bool = False, slack: float = 0.0, lean: bool = False
) -> Mapping[Node, Choice]:
    """The choice for every node: the fastest kernels, with `compact` the fastest of the compact ones if any.

    With `slack`, those that the network can do without for so much more time, as a share, are given up. With
    `lean` the choice is for the least scratch instead; what would be chosen without is in `Choice.others`.

    Raises:
        ModelError: TC210 for all nodes that no kernel computes, at once.
    """
    return both(graph, core, compact, slack)[lean]


def both(
    graph: Graph, core: Core, compact: bool = False, slack: float = 0.0
) -> tuple[Mapping[Node, Choice], Mapping[Node, Choice]]:
    """What `select` gives without and with `lean`.

    Raises:
        ModelError: TC210.
    """
    menus = _menus(graph, core, compact)
    chosen, leanest = (_chosen(menus, slack, lean) for lean in (False, True))
    symbols = {s for c in (*chosen.values(), *leanest.values()) for s in (*c.symbols, c.part.symbol)}
    others = {node: menu.among(symbols if slack else None) for node, menu in menus.items()}
    return chosen, {node: replace(choice, others=others[node]) for node, choice in leanest.items()}


def _chosen(menus: Mapping[Node, Menu], slack: float, lean: bool) -> Mapping[Node, Choice]:
    """The best kernels of all nodes, and without those that they can do without."""
    chosen = {node: _best(menu, lean) for node, menu in menus.items()}
    return fewer(menus, chosen, slack, lean) if slack else chosen


def _best(menu: Menu, lean: bool) -> Choice:
    found = menu.best(lean=lean)
    assert found is not None
    return found


def _menus(graph: Graph, core: Core, compact: bool) -> Mapping[Node, Menu]:
    menus: dict[Node, Menu] = {}
    problems: list[Diagnostic] = []
    for node in graph.nodes:
        site = Site(node.op, graph.in_types(node), graph.out_types(node), graph.consts(node), core)
        able = [k for k in kernels_of(type(node.op)) if k.requires <= core.features and k.accepts(site)]
        plain, aliased = (tuple(k for k in able if k.aliased == which) for which in (False, True))
        if not plain:
            problems.append(_no_kernel(graph, node))
        menus[node] = Menu(site, plain, aliased, compact)
    if problems:
        raise ModelError(problems)
    return menus


def _no_kernel(graph: Graph, node: Node) -> Diagnostic:
    types = ", ".join(str(t) for t in graph.in_types(node))
    origin = node.origins[0] if node.origins else node.op.name
    return Diagnostic(
        TC_NO_KERNEL,
        f"node '{origin}' ({node.op.name}): no kernel computes it on ({types})",
        node.origins,
        "`tinycompile ops` lists operators and element types",
    )
