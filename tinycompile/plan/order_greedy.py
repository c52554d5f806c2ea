"""Upper bounds for the ordering: the original order and beam searches from event to event."""

from __future__ import annotations

from collections.abc import Iterator

from tinycompile.plan.order_events import Events, State

#: Widths of the beams; the first is the plain greedy order.
_WIDTHS = (1, 16, 64)

#: (peak so far, state, order so far)
_Entry = tuple[int, State, tuple[int, ...]]


def greedy_orders(events: Events) -> Iterator[tuple[int, ...]]:
    """Yield the original order if it respects the dependences, then one order per beam."""
    original = tuple(range(events.space.count))
    if all(mask >> index == 0 for index, mask in enumerate(events.space.preds)):
        yield original
    for width in _WIDTHS:
        yield beam_order(events, width)


def beam_order(events: Events, width: int) -> tuple[int, ...]:
    """Grow orders event by event, keeping after each event the ``width`` of least (peak, live memory)."""
    full = events.space.full
    beam: list[_Entry] = [(events.space.floor, events.start(), ())]
    best: _Entry | None = None
    while beam:
        grown: dict[int, _Entry] = {}
        for peak, waiting, order in beam:
            state, steps, runs = events.settle(waiting, full, peak)
            if state.done == full and (best is None or peak < best[0]):
                best = peak, state, order + steps
            for run in runs:
                after = State(run.done, run.memory, state.over, state.open)
                entry = max(peak, run.peak), after, order + steps + run.steps
                if run.done not in grown or entry[0] < grown[run.done][0]:
                    grown[run.done] = entry
        hopeful = [entry for entry in grown.values() if best is None or entry[0] < best[0]]
        beam = sorted(hopeful, key=lambda entry: (entry[0], entry[1].memory, entry[2]))[:width]
    assert best is not None
    return best[2]
