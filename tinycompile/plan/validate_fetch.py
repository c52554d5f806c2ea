"""The part of the independent check that follows reads of weights; shares no code with the planner."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinycompile.plan.fetch_run import events
from tinycompile.plan.outside_types import FETCH_ALIGN, STAGED_ALIGN, Fetch
from tinycompile.plan.program import CallArg, Operand, Program, StagedArg
from tinycompile.plan.validate_codes import wrong


class ReadReplay:
    """Follows the reads on an arena of numbers: each byte of each read has a negative number of its own."""

    def __init__(self, program: Program, arena: np.ndarray) -> None:
        self.program, self.arena = program, arena
        self.done: set[int] = set()
        self.under_way: int | None = None
        _check_list(program)

    def ahead(self, step: int) -> Fetch | None:
        """Begin and await what belongs ahead of a step; the read whose constants the step uses."""
        due = events(self.program, step)
        if due.start is not None:
            self._begin(due.start, step)
        if due.ready is not None:
            self._await(due.ready, step)
        if due.ahead is not None:
            self._begin(due.ahead, step)
        stage = self.program.stage_at.get(step)
        if stage is not None and stage.stepwise and self.under_way is not None:
            raise wrong(f"step {step}: a read is under way while rows come or go")
        self._check_pointers(step, due.ready)
        return None if due.ready is None else self.program.fetches[due.ready]

    def expect(self, fetch: Fetch, where: str) -> None:
        """The constants of a read must still be there."""
        if not np.array_equal(self.arena[slice(*fetch.span)], self._numbers(fetch)):
            raise wrong(f"{where}: fetched weights at [{fetch.target}, ...) were overwritten")

    def finish(self) -> None:
        """Every read must have been awaited."""
        if self.under_way is not None or len(self.done) < len(self.program.fetches):
            raise wrong("a read of weights was never awaited")

    def _begin(self, index: int, step: int) -> None:
        if self.under_way is not None:
            raise wrong(f"step {step}: a read begins while another one is under way")
        fetch = self.program.fetches[index]
        self.arena[slice(*fetch.span)] = -2
        self.under_way = index

    def _await(self, index: int, step: int) -> None:
        fetch = self.program.fetches[index]
        if self.under_way != index:
            raise wrong(f"step {step}: awaits a read that was not begun")
        if not (self.arena[slice(*fetch.span)] == -2).all():
            raise wrong(f"step {step}: the target of a read was written to while it was under way")
        self.arena[slice(*fetch.span)] = self._numbers(fetch)
        self.under_way = None
        self.done.add(index)

    def _numbers(self, fetch: Fetch) -> np.ndarray:
        return -3 - np.arange(fetch.source, fetch.source + fetch.size, dtype=np.int64)

    def _check_pointers(self, step: int, index: int | None) -> None:
        """Arguments and operands in the arena that are constants must be those of the read."""
        fetch = None if index is None else self.program.fetches[index]
        places = {} if fetch is None else {p.name: fetch.target + p.offset for p in fetch.parts}
        for name, offset in self._pointers(step):
            if places.get(name) != offset:
                raise wrong(f"step {step}: '{name}' is taken from byte {offset}, where no read puts it")

    def _pointers(self, step: int) -> Iterator[tuple[str, int]]:
        stage = self.program.stage_at.get(step)
        calls = self.program.calls[step : step + 1]
        args: list[CallArg] = [a for c in calls for a in c.args]
        if stage is not None:
            calls = self.program.calls[stage.first : stage.last + 1]
            args = [a for op in stage.ops for c in op.calls for v in c.variants for a in v]
        operands: list[Operand] = [o for c in calls for o in c.ins]
        yield from ((a.name, a.offset) for a in args if isinstance(a, StagedArg))
        yield from ((o.const, o.offset) for o in operands if o.const is not None and o.offset is not None)


def _check_list(program: Program) -> None:
    """Reads follow one another in the file and in time, lie in the arena, and hold their constants."""
    source, last = 0, 0
    for fetch in program.fetches:
        where = f"the read for step {fetch.step}"
        if fetch.source != source or fetch.size <= 0:
            raise wrong(f"{where} does not begin where the one before it ends")
        region = program.region_of(fetch.target) if program.regions else None
        target = fetch.target - (region.start if region else 0)
        if any(n % FETCH_ALIGN for n in (fetch.source, target, fetch.size)):
            raise wrong(f"{where} is not aligned")
        if region and target + fetch.size > region.size:
            raise wrong(f"{where} leaves the region '{region.name}'")
        if not last <= fetch.begin <= fetch.step < len(program.calls):
            raise wrong(f"{where} begins at step {fetch.begin}, while another one is under way")
        if fetch.target < 0 or fetch.target + fetch.size > program.arena:
            raise wrong(f"{where} leaves the arena")
        end = 0
        for part in fetch.parts:
            if part.offset < end or part.offset % STAGED_ALIGN:
                raise wrong(f"{where}: '{part.name}' overlaps another constant or is not aligned")
            end = part.offset + program.constants[part.name].nbytes
        if end > fetch.size:
            raise wrong(f"{where} is too short")
        source, last = fetch.source + fetch.size, fetch.step
