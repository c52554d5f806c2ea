"""A lower bound on the peak of every order: for each step, the least memory around it over all down-sets.

What is live after a down-set is a cut function, so the least memory over the down-sets that hold a step's
ancestors and neither the step nor its descendants is a minimum cut. On real networks the largest of these is
often the optimum itself, which leaves the search with one budget to try.
"""

from __future__ import annotations

from tinycompile.plan.max_flow import FlowNetwork
from tinycompile.plan.order_space import OrderSpace, bits


def cut_bound(space: OrderSpace, order: tuple[int, ...]) -> int:
    """Return a peak in bytes that no order can go below; ``order`` is any valid order.

    What a step costs in ``order`` is an upper bound of its own bound, so the steps are visited from the
    costliest down, and the rest is skipped once they can no longer matter.
    """
    costs: list[tuple[int, int]] = []
    memory, done = space.initial, 0
    for index in order:
        need, delta = space.move(done, index)
        costs.append((memory + need, index))
        memory += delta
        done |= 1 << index
    best = space.floor
    for cost, index in sorted(costs, key=lambda entry: (-entry[0], entry[1])):
        if cost <= best:
            break
        best = max(best, _least_around(space, index))
    return best


def _least_around(space: OrderSpace, index: int) -> int:
    """Return the least cost of one step over all down-sets after which it may run.

    A node of the network is on the source's side when it is *done*. A buffer has two nodes, *begun* and
    *over*: it is cut, and paid for, when it is begun and not over.
    """
    problem, step = space.problem, space.problem.steps[index]
    before, after = space.ancestors[index], space.descendants[index] | 1 << index
    source, sink = space.count, space.count + 1
    endless = sum(problem.buffers) + 1

    def node(other: int) -> int:
        return source if before >> other & 1 else sink if after >> other & 1 else other

    network = FlowNetwork(space.count + 2 + 2 * len(problem.buffers))
    for other in bits(space.full & ~before & ~after):
        for needed in bits(space.preds[other] & ~before):
            network.add(other, node(needed), endless)
    for buffer, size in enumerate(problem.buffers):
        if buffer in step.writes or not size:
            continue
        begun, over = space.count + 2 + 2 * buffer, space.count + 3 + 2 * buffer
        network.add(begun, over, size)
        for writer in bits(space.writers[buffer]):
            network.add(node(writer), begun, endless)
        if buffer in problem.start:
            network.add(source, begun, endless)
        for user in bits(space.users[buffer] & ~before):
            network.add(over, node(user), endless)
        if buffer in problem.keep:
            network.add(over, sink, endless)
    own = sum(problem.buffers[buffer] for buffer in set(step.writes)) + step.scratch
    return network.max_flow(source, sink) + own - space.most_saved(index)
