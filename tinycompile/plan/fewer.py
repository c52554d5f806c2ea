"""Fewer kernels for the same network: time is traded for code, over all nodes together.

A function that several nodes call is paid for once, so the fastest kernel of each node by itself brings more
code than its speed is worth. Functions are given up one after the other, greedily, the one first that saves
the most code per cycle lost; as long as the network stays within its slack and each step pays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tinycompile.ir import Node
from tinycompile.ops.kernel_code import code_bytes
from tinycompile.plan.choice import Choice, Menu

Chosen = Mapping[Node, Choice]


@dataclass(frozen=True, eq=False)
class _State:
    """Kernels for all nodes: bytes of code, estimated cycles, and the functions that are given up."""

    chosen: Chosen
    code: int
    cycles: float
    without: AbstractSet[str]


def given_up(menus: Mapping[Node, Menu], chosen: Chosen, slack: float) -> AbstractSet[str]:
    """The functions to do without.

    A node keeps what it can share storage with, and needs no more scratch than some node needs anyway.

    Args:
        menus: the kernels of each node.
        chosen: the best of them.
        slack: how much slower the network may become, as a share of the estimated cycles.
    """
    state = _state(menus, chosen, frozenset())
    limit, scratch = (1.0 + slack) * state.cycles, max((c.scratch for c in chosen.values()), default=0)
    while True:
        tried = (
            _without(menus, state, symbol, scratch) for symbol in sorted(_symbols(state.chosen.values()))
        )
        able = [t for t in tried if t is not None and t.cycles <= limit and _pays(state, t)]
        if not able:
            return state.without
        state = max(able, key=lambda t, s=state: (s.code - t.code) / max(1.0, t.cycles - s.cycles))  # type: ignore[misc]


def _pays(now: _State, then: _State) -> bool:
    """Whether the share of code that is saved is larger than the share of time that is lost."""
    saved, lost = now.code - then.code, then.cycles - now.cycles
    return saved > 0 and saved * now.cycles >= lost * now.code


def _without(menus: Mapping[Node, Menu], state: _State, symbol: str, scratch: int) -> _State | None:
    """The state once `symbol` is given up too; None where a node cannot do without it."""
    without = {*state.without, symbol}
    chosen = dict(state.chosen)
    for node, choice in state.chosen.items():
        if symbol not in choice.symbols:
            continue
        other = menus[node].best(without)
        if other is None or other.scratch > scratch or not set(choice.pairs) <= set(other.pairs):
            return None
        chosen[node] = other
    return _state(menus, chosen, without)


def _state(menus: Mapping[Node, Menu], chosen: Chosen, without: AbstractSet[str]) -> _State:
    cycles = sum(menus[node].cycles(choice.aliased or choice.plain) for node, choice in chosen.items())
    return _State(chosen, code_bytes(_symbols(chosen.values())), cycles, without)


def _symbols(choices: Iterable[Choice]) -> set[str]:
    return {symbol for choice in choices for symbol in choice.symbols}
