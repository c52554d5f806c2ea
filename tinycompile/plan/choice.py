"""The kernels of a node, and which of them to take."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from tinycompile.ir import Region
from tinycompile.ops import Kernel, Site
from tinycompile.plan.parts import part_call

#: What a compact kernel may cost, as a multiple of the fastest one.
_COMPACT_COST = 2.0
#: Bytes of scratch that a kernel must save where memory is the goal; about the code that it takes by itself.
_WORTH_A_KERNEL = 2048
_NONE: AbstractSet[str] = frozenset()


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

    @property
    def symbols(self) -> tuple[str, ...]:
        """The functions that whole tensors may need."""
        return (self.plain.symbol, *([self.aliased.symbol] if self.aliased else []))

    @property
    def scratch(self) -> int:
        """Bytes of scratch of the hungrier of the two kernels."""
        return max(k.scratch(self.site) for k in (self.plain, self.aliased) if k)

    def kernel(self, shared: bool) -> Kernel:
        """The kernel to call, given whether a pair shares storage."""
        return self.aliased if shared and self.aliased else self.plain


@dataclass(frozen=True, eq=False)
class Menu:
    """The kernels that can compute one node, in order of registration; `compact` prefers the small ones."""

    site: Site
    plain: tuple[Kernel, ...]
    aliased: tuple[Kernel, ...]
    compact: bool

    @cached_property
    def _cycles(self) -> dict[Kernel, float | None]:
        return {k: k.cycles(self.site) if k.cycles else None for k in (*self.plain, *self.aliased)}

    def cycles(self, kernel: Kernel) -> float:
        """The kernel's estimate, 0 where it has none."""
        return self._cycles[kernel] or 0.0

    def best(self, without: AbstractSet[str] = _NONE) -> Choice | None:
        """The best kernels but for some functions, for whole tensors; None when no kernel is left.

        An aliased kernel is part of it only where the plain one cannot share, or is slower.
        """
        plain = self._first([k for k in self.plain if k.symbol not in without])
        if plain is None:
            return None
        aliased = self._first([k for k in self.aliased if k.symbol not in without])
        if aliased is not None and self._cycles[plain] is not None and self._cycles[aliased] is not None:
            can_share = set(plain.in_place(self.site)) >= set(aliased.in_place(self.site))
            if can_share and self.cycles(plain) <= self.cycles(aliased):
                aliased = None
        if self.compact:
            aliased = self._slimmest(aliased or plain, without) or aliased
        return Choice(self.site, plain, aliased)

    def _slimmest(self, kernel: Kernel, without: AbstractSet[str]) -> Kernel | None:
        """A kernel that shares with much less scratch than `kernel`, at not much more cycles, if any."""
        pairs, cycles = set(kernel.in_place(self.site)), self._cycles[kernel]
        if not pairs or cycles is None:
            return None
        most = kernel.scratch(self.site) - _WORTH_A_KERNEL
        slim = [
            k
            for k, cost in self._cycles.items()
            if k.symbol not in without and cost is not None and cost <= _COMPACT_COST * cycles
            if k.scratch(self.site) <= most and set(k.in_place(self.site)) >= pairs
        ]
        return min(slim, key=lambda k: k.scratch(self.site), default=None)

    def in_parts(self, best: Kernel, without: AbstractSet[str] = _NONE) -> Kernel | None:
        """The best kernel for a row from the middle that needs no more scratch there than `best` does."""
        site, out = self.site, self.site.outs[0]
        if out.rank != 4 or not out.elements:
            return None
        middle = out.shape[1] // 2
        call = part_call(site.op, Region((middle, middle + 1), (0, out.shape[2])), site.ins, site.outs)
        if call is None:
            return None
        row = Site(call.op, call.ins, call.outs, site.consts, site.core)
        if not best.accepts(row):
            return None
        able = [k for k in self.plain if k.symbol not in without and k.accepts(row)]
        able = [k for k in able if k.scratch(row) <= best.scratch(row)]
        return _best(able, [k.cycles(row) if k.cycles else None for k in able], self.compact)

    def _first(self, able: list[Kernel]) -> Kernel | None:
        return _best(able, [self._cycles[k] for k in able], self.compact) if able else None


def _best(able: Sequence[Kernel], costs: Sequence[float | None], compact: bool) -> Kernel:
    """The first of the fewest estimated cycles; kernels without an estimate keep their order.

    `compact` ones go first as long as they are not much slower.
    """
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(able):
        return able[0]
    limit = _COMPACT_COST * min(known)
    small = [cost for cost, kernel in zip(known, able, strict=True) if kernel.compact and cost <= limit]
    return able[known.index(min(small if compact and small else known))]
