"""The kernels of a node, and which of them to take."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property

from tinycompile.ir import Region
from tinycompile.ops import Kernel, Site
from tinycompile.plan.parts import part_call

#: What a compact or lean kernel may cost, as a multiple of the fastest one.
_COMPACT_COST = 2.0
#: Bytes of scratch that a kernel must save where memory is the goal; about the code that it takes by itself.
_WORTH_A_KERNEL = 2048
_NONE: AbstractSet[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Choice:
    """The kernels of one node.

    Attributes:
        plain: always works.
        aliased: for a pair that shares storage; None where there is no such kernel, or no need of one.
        in_parts: makes rows and tiles of the result; None for `plain`.
        others: kernels that may be called in their stead, where scratch allows it.
    """

    site: Site
    plain: Kernel
    aliased: Kernel | None
    in_parts: Kernel | None = None
    others: tuple[Kernel, ...] = ()

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

    @property
    def tables(self) -> int:
        """Bytes of tables that whole tensors may need."""
        return max(k.tables(self.site) for k in (self.plain, self.aliased) if k)

    def kernel(self, shared: bool) -> Kernel:
        """The kernel to call, given whether a pair shares storage."""
        return self.aliased if shared and self.aliased else self.plain

    def cycles(self, shared: bool) -> float:
        """Estimated cycles of the kernel to call on whole tensors, 0 where there is no estimate."""
        return self.kernel(shared).estimate(self.site) or 0.0


@dataclass(frozen=True, eq=False)
class Menu:
    """The kernels that can compute one node, in order of registration, with what each takes.

    Attributes:
        compact: prefers those of little code and scratch.
    """

    site: Site
    plain: tuple[Kernel, ...]
    aliased: tuple[Kernel, ...]
    compact: bool = False
    _cycles: dict[tuple[Kernel, bool], float | None] = field(default_factory=dict)

    @cached_property
    def _row(self) -> Site | None:
        """Where a row from the middle is made; None where there are no rows."""
        site, out = self.site, self.site.outs[0]
        if out.rank != 4 or not out.elements:
            return None
        middle = out.shape[1] // 2
        call = part_call(site.op, Region((middle, middle + 1), (0, out.shape[2])), site.ins, site.outs)
        return None if call is None else Site(call.op, call.ins, call.outs, site.consts, site.core)

    @cached_property
    def _for_rows(self) -> tuple[Kernel, ...]:
        row = self._row
        return () if row is None else tuple(k for k in self.plain if k.accepts(row))

    def _estimate(self, kernel: Kernel, row: bool = False) -> float | None:
        if (kernel, row) not in self._cycles:
            site = self._row if row else self.site
            assert site is not None
            self._cycles[kernel, row] = kernel.cycles(site) if kernel.cycles else None
        return self._cycles[kernel, row]

    def cycles(self, choice: Choice) -> tuple[float, float]:
        """Estimates of a choice for whole tensors and row by row, 0 where there is none.

        Whole tensors count with the slower of two kernels: which is called is not known yet.
        """
        whole = max(self._estimate(k) or 0.0 for k in (choice.plain, choice.aliased) if k)
        if choice.in_parts is None:
            return whole, whole
        return whole, self.site.outs[0].shape[1] * (self._estimate(choice.in_parts, row=True) or 0.0)

    def scratch(self, choice: Choice) -> tuple[int, int]:
        """Bytes of scratch of a choice for whole tensors and for a row from the middle."""
        row = self._row
        return choice.scratch, 0 if row is None or choice.in_parts is None else choice.in_parts.scratch(row)

    def best(self, without: AbstractSet[str] = _NONE, lean: bool = False) -> Choice | None:
        """The best kernels but for some functions, or those of the least scratch; None when none is left.

        A kernel for shared storage is part of it only where the plain one cannot share, or is slower.
        """
        plain = self._first([k for k in self.plain if k.symbol not in without], lean)
        if plain is None:
            return None
        aliased = self._first([k for k in self._sharing(plain) if k.symbol not in without], lean)
        if aliased is not None:
            costs = self._estimate(plain), self._estimate(aliased)
            can_share = set(plain.in_place(self.site)) >= set(aliased.in_place(self.site))
            if can_share and costs[0] is not None and costs[1] is not None and costs[0] <= costs[1]:
                aliased = None
        if self.compact or lean:
            least = 1 if lean else _WORTH_A_KERNEL
            aliased = self._slimmest(aliased or plain, without, least) or aliased
        return Choice(self.site, plain, aliased, self._in_parts(plain, without, lean))

    @property
    def symbols(self) -> AbstractSet[str]:
        """All functions."""
        return {k.symbol for k in (*self.plain, *self.aliased)}

    def among(self, symbols: AbstractSet[str] | None) -> tuple[Kernel, ...]:
        """All kernels, or those that are one of these functions."""
        return tuple(k for k in (*self.plain, *self.aliased) if symbols is None or k.symbol in symbols)

    def _sharing(self, plain: Kernel) -> tuple[Kernel, ...]:
        """The kernels that may be called in the stead of `plain` where a pair shares storage."""
        if self.aliased or plain.in_place(self.site):
            return self.aliased
        return tuple(k for k in self.plain if k.in_place(self.site))

    def _slimmest(self, kernel: Kernel, without: AbstractSet[str], least: int) -> Kernel | None:
        """A kernel that shares with `least` bytes of scratch less, at not much more cycles, if any."""
        pairs, cycles = set(kernel.in_place(self.site)), self._estimate(kernel)
        if not pairs or cycles is None:
            return None
        most = kernel.scratch(self.site) - least
        slim = [
            k
            for k in (*self.plain, *self.aliased)
            if (cost := self._estimate(k)) is not None and cost <= _COMPACT_COST * cycles
            if k.symbol not in without and k.scratch(self.site) <= most
            if set(k.in_place(self.site)) >= pairs
        ]
        return min(slim, key=lambda k: k.scratch(self.site), default=None)

    def _in_parts(self, best: Kernel, without: AbstractSet[str], lean: bool) -> Kernel | None:
        """The best kernel for a row from the middle that needs no more scratch there than `best` does."""
        row = self._row
        if row is None or best not in self._for_rows:
            return None
        able = [k for k in self._for_rows if k.symbol not in without]
        if not lean:
            able = [k for k in able if k.scratch(row) <= best.scratch(row)]
        return self._best(able, row, lean)

    def _first(self, able: list[Kernel], lean: bool) -> Kernel | None:
        return self._best(able, self.site, lean) if able else None

    def _best(self, able: Sequence[Kernel], site: Site, lean: bool) -> Kernel:
        """The first of the fewest estimated cycles; kernels without an estimate keep their order.

        `compact` ones, or those of least scratch, go first as long as they are not much slower.
        """
        costs = [self._estimate(kernel, row=site is not self.site) for kernel in able]
        known = [cost for cost in costs if cost is not None]
        if len(known) < len(able):
            return able[0]
        limit = _COMPACT_COST * min(known)
        near = [(cost, kernel) for cost, kernel in zip(known, able, strict=True) if cost <= limit]
        if lean:
            return min(near, key=lambda pair: (pair[1].scratch(site), pair[0]))[1]
        small = [pair for pair in near if pair[1].compact] if self.compact else []
        return min(small or near, key=lambda pair: pair[0])[1]
