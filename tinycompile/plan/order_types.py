"""What the ordering takes and returns: steps over buffers, and an order with its bound."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderStep:
    """One kernel call: the ids of the buffers it reads and writes, and its own scratch in bytes.

    ``in_place`` lists pairs (input buffer, output buffer) that may share storage at this step. A pair takes
    effect when the step is the last to use the input and the first to write the output; the pair then costs
    the larger of the two instead of their sum. No buffer takes part in two pairs at once.
    """

    reads: tuple[int, ...]
    writes: tuple[int, ...]
    scratch: int = 0
    in_place: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OrderProblem:
    """Steps in their original order over buffers given by their sizes in bytes.

    A step that reads a buffer comes after every other step that writes it. A buffer lives from its first
    write (from the beginning when it is in ``start``) to its last use (to the very end when it is in
    ``keep``).
    """

    steps: tuple[OrderStep, ...]
    buffers: tuple[int, ...]
    keep: frozenset[int] = frozenset()
    start: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class OrderResult:
    """An order of the steps, its peak in bytes, and a bound: no order has a peak below ``lower_bound``.

    ``exact`` says that the two are equal. ``states`` counts the down-sets that the search expanded.
    """

    order: tuple[int, ...]
    peak: int
    lower_bound: int
    exact: bool
    states: int = 0
