"""Fewer kernels for the same network: time is traded for code, over all nodes together.

A function that several nodes call is paid for once, so the fastest kernel of each node by itself brings more
code than its speed is worth. Functions are given up one after the other, greedily, the one first that saves
the most code per cycle lost; as long as the network stays within its slack and each step pays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tinycompile.ir import Node
from tinycompile.ops.kernel_code import code_bytes
from tinycompile.plan.choice import Choice, Menu

Chosen = Mapping[Node, Choice]


@dataclass(frozen=True, eq=False)
class _State:
    """Kernels for all nodes: bytes of code and tables, estimated cycles, the functions that are given up.

    Cycles are those on whole tensors and those row by row: which of the two is needed is not known yet.
    """

    chosen: Chosen
    code: int
    cycles: tuple[float, float]
    without: AbstractSet[str]


def fewer(menus: Mapping[Node, Menu], chosen: Chosen, slack: float, lean: bool = False) -> Chosen:
    """The kernels of fewer functions.

    A node keeps what it can share storage with, but for results that are smaller than what they share with,
    and, where kernels are compact, far from the peak. It needs no more scratch than some node needs anyway,
    or, where kernels are lean, than before.

    Args:
        menus: the kernels of each node.
        chosen: the best of them; with `lean`, those of the least scratch.
        slack: how much slower the network may become, as a share of the estimated cycles.
    """
    state = _state(menus, chosen, frozenset())
    limits = [(1.0 + slack) * cycles for cycles in state.cycles]
    scratch = None if lean else max((c.scratch for c in chosen.values()), default=0)
    # A quarter is left for what lives across a node, which is not known yet: mostly narrow ends of blocks.
    room = 0 if lean else max(map(_live, chosen.values()), default=0) * 3 // 4
    while True:
        tried = (
            _without(menus, state, symbol, among, scratch, room)
            for symbol in sorted(_symbols(state.chosen.values()))
            for among in (False, True)
        )
        able = [t for t in tried if t is not None and _within(t, limits) and _pays(state, t)]
        if not able:
            return state.chosen
        state = max(able, key=lambda t, s=state: (s.code - t.code) / max(1.0, _lost(s, t)))  # type: ignore[misc]


def _within(state: _State, limits: list[float]) -> bool:
    return all(cycles <= limit for cycles, limit in zip(state.cycles, limits, strict=True))


def _lost(now: _State, then: _State) -> float:
    """The cycles that are lost, where more are."""
    return max(b - a for a, b in zip(now.cycles, then.cycles, strict=True))


def _pays(now: _State, then: _State) -> bool:
    """Whether the share of code that is saved is larger than the share of time that is lost."""
    saved = now.code - then.code
    return saved > 0 and all(
        saved * a >= (b - a) * now.code for a, b in zip(now.cycles, then.cycles, strict=True)
    )


def _without(
    menus: Mapping[Node, Menu], state: _State, symbol: str, among: bool, scratch: int | None, room: int
) -> _State | None:
    """The state once `symbol` is given up too; None where a node cannot do without it.

    With `among`, its nodes take the best kernels among those that are in use, which bring no code. A node may
    need `scratch` bytes, or no more than it does now; its operands and results `room`, where it loses a pair.
    """
    without, used = {*state.without, symbol}, _symbols(state.chosen.values(), parts=True)
    chosen = dict(state.chosen)
    for node, choice in state.chosen.items():
        if symbol not in (*choice.symbols, choice.part.symbol):
            continue
        menu = menus[node]
        others = menu.symbols - used if among else frozenset()
        other = menu.best(without | others, lean=scratch is None)
        if other is None:
            return None
        if not _full(choice) <= set(other.pairs) and not (menu.compact and _live(other) <= room):
            return None
        limits = menu.scratch(choice) if scratch is None else (scratch, math.inf)
        if any(size > limit for size, limit in zip(menu.scratch(other), limits, strict=True)):
            return None
        chosen[node] = other
    return _state(menus, chosen, without)


def _live(choice: Choice) -> int:
    """Bytes of operands and results, what shares storage counted once."""
    site, pairs = choice.site, choice.pairs
    shared = max((min(site.ins[x].nbytes, site.outs[y].nbytes) for x, y in pairs), default=0)
    return sum(t.nbytes for t in (*site.ins, *site.outs)) - shared


def _full(choice: Choice) -> AbstractSet[tuple[int, int]]:
    """The pairs that share all of their bytes."""
    ins, outs = choice.site.ins, choice.site.outs
    return {(x, y) for x, y in choice.pairs if ins[x].nbytes <= outs[y].nbytes}


def _state(menus: Mapping[Node, Menu], chosen: Chosen, without: AbstractSet[str]) -> _State:
    found = [menus[node].cycles(choice) for node, choice in chosen.items()]
    cycles = sum(whole for whole, _ in found), sum(rows for _, rows in found)
    code = code_bytes(_symbols(chosen.values())) + sum(choice.tables for choice in chosen.values())
    return _State(chosen, code, cycles, without)


def _symbols(choices: Iterable[Choice], parts: bool = False) -> set[str]:
    """The functions that whole tensors may need, and with `parts` those of rows and tiles."""
    return {s for choice in choices for s in (*choice.symbols, *([choice.part.symbol] if parts else []))}
