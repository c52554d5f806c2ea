"""Buffers: whether all that steps touch is declared, for just as long as it is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tinycompile.check.codes import WRONG_LIFETIME, WRONG_PLACE, Who, refuse
from tinycompile.check.document import BufferEntry, OverlapEntry, PlanFile

Range = tuple[int, int]


class Usage:
    """Collects what is touched when; `span_of` a step is [step, step + 1), or all steps of its stage."""

    def __init__(self, plan: PlanFile) -> None:
        self.plan, self.steps = plan, max(1, len(plan.steps))
        self.staged: dict[int, Range] = {
            step: (stage.first, stage.last + 1)
            for stage in plan.stages
            for step in range(stage.first, stage.last + 1)
        }
        self.used: list[list[int]] = [[] for _ in plan.buffers]
        self._values: dict[str, list[int]] = {}
        for index, buffer in enumerate(plan.buffers):
            for value in buffer.values:
                self._values.setdefault(value, []).append(index)
        self._scratch = [index for index, buffer in enumerate(plan.buffers) if buffer.scratch]

    def span_of(self, step: int) -> Range:
        """The steps that count as one with a step."""
        return self.staged.get(step, (step, step + 1))

    def touch(self, step: int, value: str, span: Range, who: Who, partner: str | None = None) -> None:
        """A step touches a value; `partner` shares its bytes in place, and may be what declares them."""
        if span[0] >= span[1]:
            return
        start, end = self.span_of(step)
        index = self._find(self._values.get(value, []), (start, end), span)
        if index is not None:
            self.used[index] += [start, end]
            return
        shared = self._find(self._values.get(partner or "", []), (start, end), span)
        if shared is None:
            code = WRONG_LIFETIME if self._values.get(value) else WRONG_PLACE
            message = f"touches '{value}' at [{span[0]}, {span[1]}), which {self._declared(value)}"
            raise who.error(code, message)
        self.used[shared] += [start, end]
        # The buffer of the value itself ends before this step, or begins behind it.
        for own in self._values.get(value, []):
            buffer = self.plan.buffers[own]
            self.used[own] += [start] if buffer.end == start else [end] if buffer.start == end else []

    def scratch(self, step: int, span: Range, who: Who) -> None:
        """A step uses scratch; operators of a stage that take turns may share it."""
        start, end = self.span_of(step)
        found = [i for i in self._scratch if self._find([i], (start, end), span) is not None]
        if not found:
            message = f"uses scratch at [{span[0]}, {span[1]}), which no scratch buffer covers"
            raise who.error(WRONG_PLACE, message)
        for index in found:
            self.used[index] += [start, end]

    def _find(self, among: Sequence[int], steps: Range, span: Range) -> int | None:
        for index in among:
            b = self.plan.buffers[index]
            if (
                b.start <= steps[0]
                and steps[1] <= b.end
                and b.offset <= span[0]
                and span[1] <= b.offset + b.size
            ):
                return index
        return None

    def _declared(self, value: str) -> str:
        found = [self.plan.buffers[i] for i in self._values.get(value, [])]
        if not found:
            return "no buffer holds"
        places = "; ".join(
            f"[{b.offset}, {b.offset + b.size}) in steps {b.start} to {b.end - 1}" for b in found
        )
        return f"is declared for {places}"

    def finish(self) -> None:
        """For the end of the replay: no buffer outlives its use, and none meet but where they may.

        Raises:
            VerificationError: TC914.
        """
        for buffer, used in zip(self.plan.buffers, self.used, strict=True):
            what = f"the buffer of '{'/'.join(buffer.values[:3])}' at {buffer.offset}"
            if not used:
                raise refuse(WRONG_LIFETIME, f"{what} is never used", buffer.values)
            if (min(used), max(used)) != (buffer.start, buffer.end):
                raise refuse(
                    WRONG_LIFETIME,
                    f"{what} is declared live in steps [{buffer.start}, {buffer.end}), but used in "
                    f"[{min(used)}, {max(used)})",
                    buffer.values,
                )
        found = tuple(self._overlaps())
        if found != self.plan.overlaps:
            odd = next(iter(set(found) ^ set(self.plan.overlaps)), None)
            names = () if odd is None else tuple(self._name(i) for i in odd.buffers)
            raise refuse(
                WRONG_LIFETIME,
                f"the overlaps listed are not those of the buffers: {' and '.join(names) or 'another order'}",
            )

    def _overlaps(self) -> Iterator[OverlapEntry]:
        buffers = self.plan.buffers
        for i, a in enumerate(buffers):
            for j in range(i + 1, len(buffers)):
                found = self._meeting(a, buffers[j])
                if found is None:
                    continue
                shared, start, end = found
                plain = next((step for step in range(start, end) if step not in self.staged), None)
                if plain is not None:
                    raise refuse(
                        WRONG_LIFETIME,
                        f"{self._name(i)} and {self._name(j)} share {shared} bytes in step {plain}",
                        (*a.values, *buffers[j].values),
                    )
                yield OverlapEntry((i, j), shared, start, end)

    @staticmethod
    def _meeting(a: BufferEntry, b: BufferEntry) -> tuple[int, int, int] | None:
        start, end = max(a.start, b.start), min(a.end, b.end)
        shared = min(a.offset + a.size, b.offset + b.size) - max(a.offset, b.offset)
        return (shared, start, end) if start < end and shared > 0 else None

    def _name(self, index: int) -> str:
        if not 0 <= index < len(self.plan.buffers):
            return f"buffer {index}"
        buffer = self.plan.buffers[index]
        return f"the buffer of '{'/'.join(buffer.values[:3])}' at {buffer.offset}"
