"""Points, fronts and ranks."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.search.fakes import Tiny
from tinycompile.search import Task
from tinycompile.search.breeding import Breeder, Chooser, Parent
from tinycompile.search.candidate import Budgets, Candidate, Cost, Figure, dominates, pareto, winners
from tinycompile.search.finalists import finalists
from tinycompile.search.narrowed import narrowed
from tinycompile.search.rank import spearman
from tinycompile.search.selection import crowding, elite

TASK = Task((1, 10, 10), 3)
COST = Cost(1000, 500, 100, False, 9000, 700, "whole")


def candidate(number: int, accuracy: float, ram: int, flash: int = 600) -> Candidate:
    cost = replace(COST, ram=ram, weights=flash - COST.code)
    return Candidate(number, {}, f"{number}", cost, accuracy)


def test_points_are_of_the_space_and_accepted() -> None:
    space, rng = Tiny(), random.Random(0)
    breeder = Breeder(space, lambda p: p["depth"] == 2)
    parents = [Parent(space.smallest(), (0.0, 0.0)), Parent(space.largest(), (0.0, 1.0))]
    for point in [*(breeder.drawn(rng) for _ in range(20)), *(breeder.bred(parents, rng) for _ in range(50))]:
        assert point is not None and point["depth"] == 2
        space.check(point)


def test_none_where_nothing_is_accepted() -> None:
    breeder = Breeder(Tiny(), lambda p: False, attempts=50)
    parents = [Parent(Tiny().smallest(), (0.0,))]
    assert breeder.drawn(random.Random(0)) is None
    assert breeder.bred(parents, random.Random(0)) is None


def test_rare_small_points_are_found() -> None:
    """One point of 432 is accepted, the smallest."""
    smallest = Tiny().smallest()
    breeder = Breeder(Tiny(), lambda p: p == smallest)
    assert all(breeder.drawn(random.Random(seed)) == smallest for seed in range(20))


def test_children_take_after_their_parents_and_change() -> None:
    space, rng = Tiny(), random.Random(1)
    breeder = Breeder(space, lambda p: True)
    one, other = space.smallest(), space.largest()
    changed = []
    for _ in range(200):
        child = breeder.bred([Parent(one, (0.0,)), Parent(other, (0.0,))], rng)
        assert child is not None
        changed.append(sum(child[n] not in (one[n], other[n]) for n in child))
    assert 0 < np.mean(changed) < 2


def test_better_parents_have_more_children() -> None:
    space, rng = Tiny(), random.Random(2)
    parents = [Parent(space.smallest(), (0.0, 0.0)), Parent(space.largest(), (1.0, 1.0))]
    children = [Breeder(space, lambda p: True).bred(parents, rng) for _ in range(300)]
    near = [sum(c[n] == space.smallest()[n] for n in c) for c in children if c]
    assert np.mean(near) > 2.9


def test_choices_that_are_decided_stay() -> None:
    space = narrowed(Tiny(), {"depth": 3})
    breeder, rng = Breeder(space, lambda p: True), random.Random(0)
    points = [breeder.drawn(rng) for _ in range(10)]
    points += [breeder.bred([Parent(space.smallest(), (0.0,))], rng) for _ in range(10)]
    assert all(p is not None and p["depth"] == 3 for p in points)
    assert space.name == "tiny" and space.size == Tiny().size // 3


def test_the_chooser_takes_what_promises_most() -> None:
    breeder = Breeder(Tiny(), lambda p: True)
    widths = [Chooser(breeder, lambda p: float(p["channels"]), 8).drawn(random.Random(s)) for s in range(20)]
    assert np.mean([float(p["channels"]) for p in widths if p]) > 14
    assert Chooser(Breeder(Tiny(), lambda p: False, 5), lambda p: 0.0, 3).drawn(random.Random(0)) is None


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12))
def test_the_front_is_what_nothing_dominates(points: list[tuple[int, int]]) -> None:
    all_of_them = [candidate(i, a / 10, 100 + r) for i, (a, r) in enumerate(points)]
    front = pareto(all_of_them, [Figure.RAM])
    values = {c.number: (-c.accuracy, float(c.cost.ram)) for c in all_of_them}
    for c in all_of_them:
        beaten = any(dominates(v, values[c.number]) for v in values.values())
        assert (c in front) == (not beaten)
    assert [c.cost.ram for c in front] == sorted(c.cost.ram for c in front)


def test_a_network_is_on_the_front_once() -> None:
    one = candidate(1, 0.9, 100)
    assert len(pareto([one, replace(one, number=2)], [Figure.RAM])) == 1


def test_winners_are_spread() -> None:
    front = [
        candidate(i, 0.5 + i / 100, ram) for i, ram in enumerate((4000, 4100, 8000, 16000, 60000, 64000))
    ]
    assert [c.cost.ram for c in winners(front, 1)] == [64000]
    chosen = [c.cost.ram for c in winners(front, 3)]
    assert chosen[0] == 64000 and chosen[2] == 4000 and chosen[1] in (8000, 16000)
    assert len(winners(front, 99)) == len(front)
    assert winners([], 2) == []


def test_finalists_are_the_best_of_every_size() -> None:
    cost = [replace(COST, macs=1000 * i) for i in range(10)]
    found = [Candidate(i, {}, f"{i:02}", cost[i], 0.9 - 0.05 * i + 0.06 * (i % 2)) for i in range(10)]
    assert [c.number for c in finalists(found, 5)] == [1, 3, 5, 7, 9]
    assert [c.number for c in finalists([*found, found[0]], 2)] == [1, 5]
    assert [c.number for c in finalists(found, 1)] == [1]
    assert len(finalists(found, 99)) == 10 and finalists([], 3) == []


def test_budgets() -> None:
    assert Budgets(1000, 600, 9000).missed(COST) == ()
    assert Budgets(999, 599, 8999).missed(COST) == (Figure.RAM, Figure.FLASH, Figure.CYCLES)
    assert Budgets(cycles=10**9).missed(replace(COST, cycles=None)) == (Figure.CYCLES,)
    assert Cost.read(COST.object()) == COST


def test_spearman_by_hand() -> None:
    assert spearman([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    # d = 0, 1, 1, 0, 0 of five: 1 - 6 * 2 / (5 * 24)
    assert spearman([1, 2, 3, 4, 5], [1, 3, 2, 4, 5]) == pytest.approx(0.9)
    assert spearman([1, 1, 2], [5, 5, 9]) == pytest.approx(1)
    assert spearman([1, 2], [1, 2]) is None
    assert spearman([1, 1, 1], [1, 2, 3]) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=20))
def test_spearman_as_others_compute_it(pairs: list[tuple[int, int]]) -> None:
    one, other = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    found = spearman(one, other)
    if found is None:
        assert len(set(one)) == 1 or len(set(other)) == 1
    else:
        stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
        assert found == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-9)


def parents(*objectives: tuple[float, ...]) -> list[Parent]:
    return [Parent({"n": i}, o) for i, o in enumerate(objectives)]


def test_the_elite_goes_front_by_front() -> None:
    found = parents((0, 9), (9, 0), (5, 5), (6, 6), (9, 9))
    assert [p.point["n"] for p in elite(found, 4)] == [0, 1, 2, 3]
    assert len(elite(found, 9)) == 5 and elite([], 3) == []


def test_the_elite_keeps_the_ends_and_the_gaps() -> None:
    """Of a front of five, three: both ends, and the one with most room around it."""
    found = parents((0, 10), (1, 9), (2, 8), (6, 3), (10, 0))
    assert [p.point["n"] for p in elite(found, 3)] == [0, 3, 4]


def test_crowding_by_hand() -> None:
    first, second, third, last = crowding([(0, 10), (2, 6), (3, 5), (10, 0)])
    assert (first, last) == (float("inf"),) * 2
    assert second == pytest.approx(3 / 10 + 5 / 10) and third == pytest.approx(8 / 10 + 6 / 10)


def found_in(count: int, seed: int, *, breeding: bool) -> float:
    """The area below the front that `count` candidates of the small space have, 0 to 1."""
    space, rng, seen = Tiny(), random.Random(seed), dict[str, Parent]()
    breeder = Breeder(space, lambda p: space.network(p, TASK).digest not in seen)
    while len(seen) < count:
        best = elite(list(seen.values()), 8)
        point = breeder.bred(best, rng) if breeding and len(seen) >= 8 else breeder.drawn(rng)
        assert point is not None
        network = space.network(point, TASK)
        seen[network.digest] = Parent(point, (-network.macs / 400_000, network.weight_bytes / 3000))
    total, at, high = 0.0, 0.0, 0.0
    for accuracy, size in sorted(
        ((p.objectives[0], p.objectives[1]) for p in seen.values()), key=lambda v: v[1]
    ):
        total, at, high = total + high * (size - at), size, max(high, -accuracy)
    return total + high * (1 - at)


def test_breeding_finds_more_than_drawing() -> None:
    """On most seeds, with as many candidates."""
    wins = [found_in(100, seed, breeding=True) > found_in(100, seed, breeding=False) for seed in range(12)]
    assert sum(wins) >= 8
