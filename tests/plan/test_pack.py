"""Packing: hand-made cases, and an exhaustive oracle on small ones."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tinycompile.plan.pack import PackItem, PackResult, pack
from tinycompile.plan.pack_search import Packer
from tinycompile.plan.pack_sections import layout


def check(items: list[PackItem], result: PackResult) -> None:
    """Assert what every packing must satisfy, item against item."""
    assert len(result.offsets) == len(items)
    for i, (item, offset) in enumerate(zip(items, result.offsets, strict=True)):
        assert offset >= 0
        assert offset % item.align == 0
        assert offset + item.size <= result.peak
        for other, base in zip(items[:i], result.offsets[:i], strict=True):
            apart = item.end <= other.start or other.end <= item.start
            assert apart or offset + item.size <= base or base + other.size <= offset
    assert result.max_load <= result.peak


def least_peak(items: list[PackItem]) -> int:
    """Try every order with each item at its lowest free offset: one of them gives an optimal packing."""
    best = sum(item.size + item.align for item in items)
    for order in permutations(items):
        placed: list[tuple[int, PackItem]] = []
        for item in order:
            near = [(at, p) for at, p in placed if p.start < item.end and item.start < p.end]
            tops = [0, *(-(-(at + p.size) // item.align) * item.align for at, p in near)]
            offset = min(
                top for top in tops if all(top + item.size <= at or at + p.size <= top for at, p in near)
            )
            placed.append((offset, item))
        best = min(best, max((at + p.size for at, p in placed), default=0))
    return best


@st.composite
def item_lists(draw: st.DrawFn, aligns: tuple[int, ...], largest: int = 9) -> list[PackItem]:
    items = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, 6))
        size, align = draw(st.integers(0, largest)), draw(st.sampled_from(aligns))
        items.append(PackItem(size, align, start, draw(st.integers(start + 1, 8))))
    return items


@given(item_lists(aligns=(1,)))
def test_equals_the_exhaustive_oracle(items: list[PackItem]) -> None:
    result = pack(items)
    check(items, result)
    assert result.proven_optimal
    assert result.peak == least_peak(items)


@given(item_lists(aligns=(4,), largest=20))
def test_one_alignment_equals_the_exhaustive_oracle(items: list[PackItem]) -> None:
    result = pack(items)
    check(items, result)
    assert result.proven_optimal
    assert result.peak == least_peak(items)


@given(item_lists(aligns=(1, 2, 4, 8), largest=12))
def test_mixed_alignments_equal_the_exhaustive_oracle(items: list[PackItem]) -> None:
    result = pack(items)
    check(items, result)
    assert result.proven_optimal
    assert result.peak == least_peak(items)


@given(item_lists(aligns=(1, 2, 4), largest=12), st.sampled_from(("TWA", "TAW", "WAT")))
def test_the_search_alone_decides_every_capacity(items: list[PackItem], heuristic: str) -> None:
    items = [item for item in items if item.size]
    assume(items)
    best = least_peak(items)
    below, at = Packer(layout(items, heuristic), best - 1), Packer(layout(items, heuristic), best)
    assert below.solve(node_limit=100_000) is False
    assert at.solve(node_limit=100_000) is True
    assert max(at.offsets[p] + at.layout.size[p] for p in range(len(items))) == best


@given(item_lists(aligns=(1, 4)))
def test_a_limit_still_gives_a_valid_packing(items: list[PackItem]) -> None:
    result = pack(items, node_limit=1)
    check(items, result)
    assert not result.proven_optimal or result.peak == least_peak(items)


@pytest.mark.parametrize("bad", [(-1, 1, 0, 1), (1, 0, 0, 1), (1, 1, 2, 2)])
def test_an_impossible_item_is_refused(bad: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="PackItem"):
        PackItem(*bad)
