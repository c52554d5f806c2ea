"""Ordering: hand-computed cases, and brute force over all topological orders."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycompile.plan.order import OrderProblem, OrderStep, best_order, order_peak


def plain_peak(problem: OrderProblem, order: tuple[int, ...]) -> int | None:
    """Peak by the definition, without masks; None when the order breaks a dependence."""
    position = {step: time for time, step in enumerate(order)}
    writers: dict[int, list[int]] = {}
    users: dict[int, list[int]] = {}
    for index, step in enumerate(problem.steps):
        for buffer in set(step.writes):
            writers.setdefault(buffer, []).append(position[index])
        for buffer in {*step.reads, *step.writes}:
            users.setdefault(buffer, []).append(position[index])
    for index, step in enumerate(problem.steps):
        for buffer in step.reads:
            if any(time > position[index] for time in writers.get(buffer, [])):
                return None
    birth = {b: -1 if b in problem.start else min(writers.get(b, [0])) for b in range(len(problem.buffers))}
    end = len(order)
    death = {b: end if b in problem.keep else max(users.get(b, [-1])) for b in range(len(problem.buffers))}
    peak = 0
    for time in range(-1, end + 1):
        live = {b for b in birth if birth[b] <= time <= death[b] and (b in users or b in problem.start)}
        total = sum(problem.buffers[b] for b in live)
        if 0 <= time < end:
            step = problem.steps[order[time]]
            total += step.scratch - best_saving(problem, step, time, birth, death)
        peak = max(peak, total)
    return peak


def best_saving(
    problem: OrderProblem, step: OrderStep, time: int, birth: dict[int, int], death: dict[int, int]
) -> int:
    """Most bytes that disjoint in-place pairs save, by trying every order of claiming them."""
    usable = [(a, b) for a, b in step.in_place if death[a] == time and birth[b] == time and a != b]
    best = 0
    for claims in permutations(usable):
        taken: set[int] = set()
        saved = 0
        for source, target in claims:
            if source not in taken and target not in taken:
                taken |= {source, target}
                saved += min(problem.buffers[source], problem.buffers[target])
        best = max(best, saved)
    return best


def brute_force(problem: OrderProblem) -> int:
    peaks = (plain_peak(problem, order) for order in permutations(range(len(problem.steps))))
    return min(peak for peak in peaks if peak is not None)


@st.composite
def problems(draw: st.DrawFn) -> OrderProblem:
    """Random DAGs: fan-out, several outputs, joined buffers, scratch, in-place pairs, dead ends."""
    count = draw(st.integers(1, 6))
    sizes = [draw(st.integers(0, 9))]
    steps: list[OrderStep] = []
    last_writer = {0: -1}
    read: set[int] = set()
    for index in range(count):
        reads = draw(st.sets(st.sampled_from(sorted(last_writer)), max_size=3))
        read |= reads
        writes = []
        for _ in range(draw(st.integers(1, 2))):
            joinable = [b for b in last_writer if b and b not in read]
            if joinable and draw(st.booleans()):
                writes.append(draw(st.sampled_from(joinable)))
            else:
                writes.append(len(sizes))
                sizes.append(draw(st.integers(0, 9)))
            last_writer[writes[-1]] = index
        pairs = [(a, b) for a in sorted(reads) for b in writes]
        chosen = draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True)) if pairs else []
        steps.append(OrderStep(tuple(sorted(reads)), tuple(writes), draw(st.integers(0, 5)), tuple(chosen)))
    keep = draw(st.sets(st.sampled_from(range(len(sizes))), max_size=2))
    start = {0} | draw(st.sets(st.sampled_from(range(len(sizes))), max_size=1))
    order = draw(st.permutations(range(count)))
    return OrderProblem(tuple(steps[i] for i in order), tuple(sizes), frozenset(keep), frozenset(start))


@given(problems())
def test_equals_brute_force(problem: OrderProblem) -> None:
    result = best_order(problem)
    assert result.exact
    assert result.peak == result.lower_bound == brute_force(problem)
    assert result.peak == plain_peak(problem, result.order) == order_peak(problem, result.order)


@given(problems())
def test_a_limit_still_gives_a_valid_order_and_a_true_bound(problem: OrderProblem) -> None:
    result = best_order(problem, state_limit=0)
    assert result.peak == plain_peak(problem, result.order)
    assert result.lower_bound <= brute_force(problem) <= result.peak
    assert not result.exact or result.lower_bound == result.peak


def test_a_circle_is_refused() -> None:
    problem = OrderProblem((OrderStep((1,), (0,)), OrderStep((0,), (1,))), (1, 1))
    with pytest.raises(ValueError, match="circle"):
        best_order(problem)


def test_a_buffer_that_nothing_fills_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing fills"):
        best_order(OrderProblem((OrderStep((0,), (1,)),), (1, 1)))
