"""Upper bounds for the ordering: the original order and beam searches over the down-sets."""

from __future__ import annotations

from collections.abc import Iterator

from tinycompile.plan.order_space import OrderSpace, bits

#: Widths of the beams; the first is the plain greedy order.
_WIDTHS = (1, 16)

#: (peak so far, live memory, ready steps, order so far)
_Entry = tuple[int, int, int, tuple[int, ...]]


def greedy_orders(space: OrderSpace) -> Iterator[tuple[int, ...]]:
    """Yield the original order if it respects the dependences, then one order per beam."""
    original = tuple(range(space.count))
    if all(mask >> index == 0 for index, mask in enumerate(space.preds)):
        yield original
    for width in _WIDTHS:
        yield beam_order(space, width)


def beam_order(space: OrderSpace, width: int) -> tuple[int, ...]:
    """Grow orders step by step, keeping after each step the ``width`` of least (peak, live memory)."""
    beam: dict[int, _Entry] = {0: (space.floor, space.initial, space.ready_at(0), ())}
    for _ in range(space.count):
        grown: dict[int, _Entry] = {}
        for done, (peak, memory, ready, order) in beam.items():
            for index in bits(ready):
                need, delta = space.move(done, index)
                child = done | 1 << index
                entry = max(peak, memory + need), memory + delta
                if child in grown and grown[child][:2] <= entry:
                    continue
                grown[child] = (*entry, space.next_ready(ready, child, index), (*order, index))
        ranked = sorted(grown.items(), key=lambda item: (item[1][0], item[1][1], item[1][3]))
        beam = dict(ranked[:width])
    return beam[space.full][3]
