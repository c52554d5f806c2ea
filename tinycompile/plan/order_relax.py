"""A cheaper ordering problem whose optimum is a lower bound: values that follow each other become one buffer.

Where a step is the only reader of a buffer and writes one of the same size, one of the two is live from the
first write of the former to the last use of the latter. Counting just that one, and no scratch, leaves out
the moment at which both are live, and with it all the events inside chains: sums, activations and
convolutions of one node of a random graph become one.
"""

from __future__ import annotations

from tinycompile.plan.order_types import OrderProblem, OrderStep


def relaxed(problem: OrderProblem) -> OrderProblem | None:
    """Return the problem with chains of buffers joined, or None where there are none.

    Every order of ``problem`` is one of the result and has no greater peak there. The old buffers stay, with
    no bytes, to carry the dependences; a chain's buffer is written by every step of the chain.
    """
    after = _followers(problem)
    if not after:
        return None
    place = list(range(len(problem.buffers)))
    sizes = list(problem.buffers)
    for head in sorted(after.keys() - after.values()):
        chain = [head]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        for buffer in chain:
            place[buffer] = len(sizes)
        sizes.append(sizes[head])
    for buffer, joined in enumerate(place):
        if joined != buffer:
            sizes[buffer] = 0
    return OrderProblem(
        tuple(_moved(step, place) for step in problem.steps),
        tuple(sizes),
        problem.keep | {place[buffer] for buffer in problem.keep},
        problem.start | {place[buffer] for buffer in problem.start},
    )


def _followers(problem: OrderProblem) -> dict[int, int]:
    """Buffer -> the buffer of the same size that its only reader writes; no two have the same follower."""
    readers: dict[int, list[OrderStep]] = {}
    writers: dict[int, int] = {}
    for step in problem.steps:
        for buffer in set(step.reads):
            readers.setdefault(buffer, []).append(step)
        for buffer in set(step.writes):
            writers[buffer] = writers.get(buffer, 0) + 1
    after: dict[int, int] = {}
    for buffer, size in enumerate(problem.buffers):
        if not size or buffer in problem.keep or len(readers.get(buffer, [])) != 1:
            continue
        step = readers[buffer][0]
        result = step.writes[0] if len(set(step.writes)) == 1 else buffer
        alone = writers.get(result) == 1 and result not in problem.start and result not in step.reads
        if alone and problem.buffers[result] == size and result not in after.values():
            after[buffer] = result
    return after


def _moved(step: OrderStep, place: list[int]) -> OrderStep:
    joined = {place[buffer] for buffer in step.writes}
    return OrderStep(
        tuple(dict.fromkeys((*step.reads, *(p for b in step.reads if (p := place[b]) not in joined)))),
        tuple(dict.fromkeys((*step.writes, *joined))),
        in_place=tuple((place[source], place[result]) for source, result in step.in_place),
    )
