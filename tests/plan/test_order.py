"""Ordering: hand-computed cases, brute force on small graphs, and work counts on the usual families."""

from __future__ import annotations

from itertools import permutations, repeat
from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.networks.cells import CELLS, randwire
from tests.networks.sketch import problem as problem_of
from tinycompile.plan.order import OrderProblem, OrderStep, best_order, order_peak
from tinycompile.plan.order_relax import relaxed

#: Networks of ``CELLS`` whose orders are not proven within the limits.
BEYOND = {"randwire_64"}


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


@settings(deadline=None)
@given(problems())
def test_equals_brute_force(problem: OrderProblem) -> None:
    result = best_order(problem)
    assert result.exact
    assert result.peak == result.lower_bound == brute_force(problem)
    assert result.peak == plain_peak(problem, result.order) == order_peak(problem, result.order)


@settings(deadline=None)
@given(problems())
def test_a_limit_still_gives_a_valid_order_and_a_true_bound(problem: OrderProblem) -> None:
    result = best_order(problem, state_limit=0)
    assert result.peak == plain_peak(problem, result.order)
    assert result.lower_bound <= brute_force(problem) <= result.peak
    assert not result.exact or result.lower_bound == result.peak


@settings(deadline=None)
@given(problems())
def test_joined_chains_bound_every_order(problem: OrderProblem) -> None:
    simpler = relaxed(problem)
    if simpler is None:
        return
    for order in permutations(range(len(problem.steps))):
        peak = plain_peak(problem, order)
        if peak is not None:
            assert order_peak(simpler, order) <= peak


def test_a_chain_of_equal_buffers_becomes_one() -> None:
    # 0 -> 1 -> 2 -> 3: the step from 1 to 2 holds both, the joined buffer counts once.
    steps = (OrderStep((0,), (1,)), OrderStep((1,), (2,)), OrderStep((2,), (3,), scratch=9))
    problem = OrderProblem(steps, (4, 8, 8, 8), frozenset({3}), frozenset({0}))
    simpler = relaxed(problem)
    assert simpler is not None
    assert (order_peak(problem, (0, 1, 2)), order_peak(simpler, (0, 1, 2))) == (25, 12)
    assert relaxed(OrderProblem(steps, (4, 8, 7, 6), frozenset({3}), frozenset({0}))) is None


def test_a_circle_is_refused() -> None:
    problem = OrderProblem((OrderStep((1,), (0,)), OrderStep((0,), (1,))), (1, 1))
    with pytest.raises(ValueError, match="circle"):
        best_order(problem)


def test_a_buffer_that_nothing_fills_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing fills"):
        best_order(OrderProblem((OrderStep((0,), (1,)),), (1, 1)))


def least_peak_by_sets(problem: OrderProblem, edges: set[tuple[int, int]]) -> int:
    """Plain dynamic programming over every set of steps of a graph where step i alone writes buffer i."""
    count = len(problem.steps)
    readers = {b: {i for i, step in enumerate(problem.steps) if b in step.reads} for b in range(count)}
    best = {frozenset(): 0}
    for _ in range(count):
        grown: dict[frozenset[int], int] = {}
        for done, peak in best.items():
            live = {b for b in done if b in problem.keep or readers[b] - done}
            for step in set(range(count)) - done:
                if any(a not in done for a, b in edges if b == step):
                    continue
                cost = sum(problem.buffers[b] for b in live | {step}) + problem.steps[step].scratch
                key = done | {step}
                grown[key] = min(grown.get(key, peak + cost), max(peak, cost))
        best = grown
    return best[frozenset(range(count))]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(7, 10))
def test_equals_dynamic_programming_on_larger_graphs(seed: int, count: int) -> None:
    random = Random(seed)
    edges = {(a, b) for b in range(count) for a in range(max(0, b - 5), b) if random.random() < 0.35}
    steps = tuple(
        OrderStep(tuple(a for a, c in sorted(edges) if c == b), (b,), random.choice((0, 0, 3)))
        for b in range(count)
    )
    sizes = tuple(random.randint(1, 20) for _ in range(count))
    problem = OrderProblem(steps, sizes, keep=frozenset({count - 1}))
    result = best_order(problem)
    assert result.exact
    assert result.peak == least_peak_by_sets(problem, edges)


def test_two_paths_run_one_after_the_other() -> None:
    # x:0 a:1 b:2 c:3 d:4 out:5. Interleaved, x + a + b live together (160); one path first needs x + a + c.
    steps = (
        OrderStep((0,), (1,)),
        OrderStep((0,), (2,)),
        OrderStep((1,), (3,)),
        OrderStep((2,), (4,)),
        OrderStep((3, 4), (5,)),
    )
    problem = OrderProblem(steps, (10, 100, 50, 1, 1, 1), frozenset({5}), frozenset({0}))
    assert order_peak(problem, range(5)) == 160
    assert best_order(problem).peak == 111


def test_in_place_counts_the_larger_of_the_two_unless_the_input_lives_on() -> None:
    step = OrderStep((0,), (1,), scratch=3, in_place=((0, 1),))
    dies = OrderProblem((step,), (8, 6), frozenset({1}), frozenset({0}))
    stays = OrderProblem((step,), (8, 6), frozenset({0, 1}), frozenset({0}))
    assert best_order(dies).peak == 8 + 3
    assert best_order(stays).peak == 8 + 6 + 3


def test_two_inputs_cannot_both_lend_their_place_to_one_output() -> None:
    step = OrderStep((0, 1), (2,), in_place=((0, 2), (1, 2)))
    problem = OrderProblem((step,), (4, 6, 5), frozenset({2}), frozenset({0, 1}))
    assert best_order(problem).peak == 4 + 6 + 5 - 5


def test_a_joined_buffer_lives_from_its_first_write() -> None:
    # Two producers fill the parts of buffer 2, which is already whole while the second one runs.
    steps = (OrderStep((0,), (2,)), OrderStep((1,), (2,)), OrderStep((2,), (3,)))
    problem = OrderProblem(steps, (5, 7, 20, 1), frozenset({3}), frozenset({0, 1}))
    assert best_order(problem).peak == 5 + 7 + 20


def test_the_original_order_is_kept_when_nothing_is_better() -> None:
    steps = tuple(OrderStep((0,), (i,)) for i in range(1, 6))
    problem = OrderProblem(steps, (1,) * 6, frozenset(range(1, 6)), frozenset({0}))
    assert best_order(problem).order == (0, 1, 2, 3, 4)


def test_an_empty_problem_has_an_empty_order() -> None:
    result = best_order(OrderProblem((), ()))
    assert (result.order, result.peak, result.exact) == ((), 0, True)


def as_problem(graph: nx.DiGraph, seed: int) -> OrderProblem:
    """One step and one buffer a node, sizes at random; the sources read one input, the sinks are kept."""
    random = Random(seed)
    place = {node: index for index, node in enumerate(nx.lexicographical_topological_sort(graph))}
    entry = len(place)
    steps = []
    for node, index in place.items():
        reads = tuple(sorted(place[before] for before in graph.predecessors(node))) or (entry,)
        steps.append(OrderStep(reads, (index,), in_place=tuple(zip(reads, repeat(index)))))
    sizes = tuple(random.randint(1, 64) for _ in range(entry + 1))
    keep = frozenset(place[node] for node in graph if not graph.out_degree(node))
    return OrderProblem(tuple(steps), sizes, keep, frozenset({entry}))


def random_stages(stages: int, nodes: int, seed: int) -> nx.DiGraph:
    """Watts-Strogatz stages (4 neighbours, 0.75 rewired) in a row, with an entry and an exit each."""
    graph = nx.DiGraph()
    for stage in range(stages):
        drawn = nx.connected_watts_strogatz_graph(nodes, 4, 0.75, seed=seed + stage)
        base = stage * (nodes + 2)
        graph.add_edges_from((base + 1 + min(edge), base + 1 + max(edge)) for edge in drawn.edges)
        inner = range(base + 1, base + nodes + 1)
        graph.add_edges_from((base, v) for v in inner if not graph.in_degree(v))
        graph.add_edges_from((v, base + nodes + 1) for v in inner if not graph.out_degree(v))
        if stage:
            graph.add_edge(base - 1, base)
    return graph


def cells(count: int, seed: int) -> nx.DiGraph:
    """NASNet-like cells: five sums of two chains each over the two cells before, joined at the end."""
    random = Random(seed)
    graph = nx.DiGraph([(0, 1), (0, 2)])
    ends, fresh = (1, 2), 3
    for _ in range(count):
        states = list(ends)
        for _ in range(5):
            total, fresh = fresh, fresh + 1
            for node in random.sample(states, 2):
                for _ in range(random.choice((1, 2, 4))):
                    graph.add_edge(node, fresh)
                    node, fresh = fresh, fresh + 1
                graph.add_edge(node, total)
            states.append(total)
        graph.add_edges_from((state, fresh) for state in states[2:])
        ends, fresh = (ends[1], fresh), fresh + 1
    return graph


@pytest.mark.parametrize("seed", range(3))
def test_randwire_of_a_hundred_nodes_is_exact(seed: int) -> None:
    result = best_order(as_problem(random_stages(stages=3, nodes=32, seed=10 * seed), seed))
    assert result.exact
    assert result.states < 30_000


@pytest.mark.parametrize("seed", range(3))
def test_cells_are_exact(seed: int) -> None:
    result = best_order(as_problem(cells(count=2, seed=seed), seed))
    assert result.exact
    assert result.states < 50_000


@pytest.mark.parametrize("join", (True, False))
@pytest.mark.parametrize("name", sorted(CELLS.keys() - BEYOND))
def test_networks_of_cells_are_exact(name: str, join: bool) -> None:
    problem = problem_of(CELLS[name](), join=join)
    result = best_order(problem)
    assert result.exact
    assert result.peak == order_peak(problem, result.order)
    assert result.states < 5_000


@pytest.mark.parametrize("seed", range(3))
def test_one_random_graph_of_64_nodes_is_exact(seed: int) -> None:
    result = best_order(problem_of(randwire(64, 1, seed, whole=True), join=True))
    assert result.exact
    assert result.states < 5_000


@pytest.mark.parametrize("seed", (0, 1, 5))
def test_one_random_graph_of_100_nodes_is_exact(seed: int) -> None:
    result = best_order(problem_of(randwire(100, 1, seed, whole=True), join=True))
    assert result.exact
    assert result.states < 20_000


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BEYOND))
def test_a_random_graph_of_over_200_steps_is_within_a_tenth(name: str) -> None:
    problem = problem_of(CELLS[name](), join=True)
    result = best_order(problem, state_limit=12_000)
    assert result.lower_bound <= result.peak == order_peak(problem, result.order)
    assert 10 * (result.peak - result.lower_bound) < result.peak


def test_a_graph_beyond_reach_gets_a_better_order_and_a_bound() -> None:
    problem = as_problem(random_stages(stages=1, nodes=80, seed=1), 1)
    result = best_order(problem, state_limit=500)
    assert not result.exact
    assert result.lower_bound < result.peak == order_peak(problem, result.order)
    assert result.peak < order_peak(problem, range(len(problem.steps)))
    assert result == best_order(problem, state_limit=500)
