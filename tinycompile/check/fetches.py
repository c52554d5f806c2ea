"""Reads of constants into the arena: one at a time, and nothing touches what they bring before it is used."""

from __future__ import annotations

from tinycompile.check.codes import WRONG_FIGURE, WRONG_GRAPH, Who, refuse
from tinycompile.check.document import FetchEntry
from tinycompile.check.replay import Replay
from tinycompile.ir import DType, TensorType

#: Constants in a read begin at multiples of this, reads themselves at multiples of a cache line, in bytes.
_PART_ALIGN, _READ_ALIGN = 16, 32


class Fetches:
    """Follows the reads of a plan beside its replay.

    What a read brings has its tags from where it is begun: no step may write there until the step that it is
    for, a call or a whole stage, is done.
    """

    def __init__(self, replay: Replay) -> None:
        self.replay, self.at = replay, {f.step: i for i, f in enumerate(replay.plan.fetches)}
        self.stages = {stage.first: stage for stage in replay.plan.stages}
        self.under_way: int | None = None
        self._check_list()

    def ahead(self, step: int) -> None:
        """Begin and await what belongs ahead of a call or a stage."""
        own = self.at.get(step)
        for index, fetch in enumerate(self.replay.plan.fetches):
            if index == own and fetch.begin == step:
                self._begin(index, step)
        if own is not None:
            self._expect(own, step, self.replay.arena.time)
            self.under_way = None
        for index, fetch in enumerate(self.replay.plan.fetches):
            if fetch.begin == step < fetch.step:
                self._begin(index, step)
        stage = self.stages.get(step)
        if stage is not None and (stage.fed or stage.leaving is not None) and self.under_way is not None:
            raise refuse(WRONG_GRAPH, f"a read is under way while rows come or go, at step {step}")

    def behind(self, step: int) -> None:
        """What the call or stage needed must still be there."""
        own = self.at.get(step)
        if own is not None:
            self._expect(own, step, self.replay.arena.time - 1)

    def _begin(self, index: int, step: int) -> None:
        fetch, who = self.replay.plan.fetches[index], _who(step)
        name = _name(index)
        self.replay.arena.number(name, TensorType((fetch.size,), DType.INT8))
        self.replay.usage.touch(step, fetch.value, (fetch.offset, fetch.offset + fetch.size), who)
        self.replay.arena.write(fetch.offset, self.replay.arena.tags(name), name, who)
        self.under_way = index

    def _expect(self, index: int, step: int, moment: int) -> None:
        fetch, who, arena = self.replay.plan.fetches[index], _who(step), self.replay.arena
        self.replay.usage.touch(step, fetch.value, (fetch.offset, fetch.offset + fetch.size), who)
        arena.expect(fetch.offset, arena.tags(_name(index)), _name(index), who, moment)

    def _check_list(self) -> None:
        """At most one read is under way; each is for a call, or for a stage as a whole."""
        last = 0
        inside = {s for stage in self.stages.values() for s in range(stage.first + 1, stage.last + 1)}
        for fetch in self.replay.plan.fetches:
            if not last <= fetch.begin <= fetch.step < len(self.replay.plan.steps) or fetch.size <= 0:
                raise refuse(
                    WRONG_GRAPH, f"{_told(fetch)} begins at step {fetch.begin}, not behind the one before"
                )
            if {fetch.begin, fetch.step} & inside:
                raise refuse(WRONG_GRAPH, f"{_told(fetch)} is begun or awaited inside a stage")
            start = max((r.start for r in self.replay.plan.regions if r.start <= fetch.offset), default=0)
            _check_parts(fetch, fetch.offset - start)
            last = fetch.step
        if len(self.at) < len(self.replay.plan.fetches):
            raise refuse(WRONG_GRAPH, "there are two reads for one step")


def _check_parts(fetch: FetchEntry, target: int) -> None:
    """A read to byte `target` of a memory brings its constants, one behind the other and aligned."""
    end = 0
    for part in fetch.parts:
        if part.size <= 0 or part.offset != -(-end // _PART_ALIGN) * _PART_ALIGN:
            message = f"{_told(fetch)} has {part.size} bytes of '{part.name}' at {part.offset}, behind {end}"
            raise refuse(WRONG_FIGURE, message)
        end = part.offset + part.size
    if fetch.size != -(-end // _READ_ALIGN) * _READ_ALIGN or target % _READ_ALIGN:
        message = f"{_told(fetch)} brings {fetch.size} bytes to {fetch.offset}; its constants end at {end}"
        raise refuse(WRONG_FIGURE, message)


def _told(fetch: FetchEntry) -> str:
    return f"the read for step {fetch.step}"


def _name(index: int) -> str:
    return f"read {index}"


def _who(step: int) -> Who:
    return Who(f"step {step}", ())
