"""The emulator's hooks in plain Python: slow, for machines where the C hooks cannot be compiled."""

from __future__ import annotations

from typing import Any

from tinycompile.build.trace import EXAMPLE_LIMIT, Access, BlockCount, TraceReport, TraceSetup


class PythonTrace:
    """A `Trace` that needs no compiler."""

    def __init__(self, uc: Any, setup: TraceSetup) -> None:
        self._setup = setup
        self._written = [(m.start, m.end, bytearray(m.end - m.start)) for m in setup.memories if m.checked]
        self._traffic = [[[0, 0] for _ in setup.driven] for _ in setup.memories]
        self._counts: dict[tuple[int, int, int], list[int]] = {}
        self._last: tuple[int, list[int]] | None = None
        self._step = 0
        self._running = False
        self._arena_high = 0
        self._stack_low = setup.stack[1]
        self._out_of_plan: list[Access] = []
        self._uninitialised: list[Access] = []
        self._totals = [0, 0]
        self._install(uc)

    def begin(self) -> None:
        self._stack_low = self._setup.stack[1]
        self._step = 0
        self._running = True

    def end(self) -> TraceReport:
        self._running = False
        if self._last is not None:
            self._last[1][1] += 1  # the return to the caller, which is not traced
        blocks = (BlockCount(*key, *counts) for key, counts in self._counts.items())
        return TraceReport(
            tuple(blocks),
            self._arena_high,
            self._stack_low,
            self._totals[0],
            tuple(self._out_of_plan),
            self._totals[1],
            tuple(self._uninitialised),
            tuple(tuple((row[0], row[1]) for row in table) for table in self._traffic),
        )

    def mark_written(self, address: int, size: int) -> None:
        for start, end, written in self._written:
            if start <= address and address + size <= end:
                written[address - start : address - start + size] = bytes([1]) * size

    def accessed(self, address: int, size: int, *, is_write: bool) -> None:
        self._check(address, size, is_write)

    def current_step(self) -> int:
        return self._step

    def _install(self, uc: Any) -> None:
        from unicorn import unicorn_const as const

        uc.hook_add(const.UC_HOOK_BLOCK, self._on_block)
        for index, memory in enumerate(self._setup.memories):
            for kind in (const.UC_HOOK_MEM_READ, const.UC_HOOK_MEM_WRITE):
                user = (index, kind == const.UC_HOOK_MEM_WRITE)
                uc.hook_add(kind, self._on_memory, user, memory.start, memory.end - 1)
        for address, step in self._setup.marks:
            uc.hook_add(const.UC_HOOK_CODE, self._on_step, step, address, address)

    def _on_block(self, _uc: Any, address: int, size: int, _user: Any) -> None:
        if not self._running or size == 0:
            return
        if self._last is None or self._last[0] != address:
            if self._last is not None:
                self._last[1][1] += 1
            driven = self._setup.driven
            if self._step < len(driven) and self._setup.drives(address):
                self._step = driven[self._step]
        counts = self._counts.setdefault((address, size, self._step), [0, 0])
        counts[0] += 1
        self._last = (address + size, counts)

    def _on_step(self, _uc: Any, _address: int, _size: int, step: int) -> None:
        self._step = step

    def _on_memory(
        self, _uc: Any, _kind: int, address: int, size: int, _value: int, user: tuple[int, bool]
    ) -> None:
        memory, is_write = user
        if self._running and self._step < len(self._setup.driven):
            self._traffic[memory][self._step][is_write] += size
        self._check(address, size, is_write)

    def _check(self, address: int, size: int, is_write: bool) -> None:
        end = address + size
        arena = next((a for a in self._setup.arenas if address < a[1] and end > a[0]), None)
        if arena is not None:
            moved = arena[2] - arena[0]
            self._on_arena(address + moved, end + moved, is_write)
        elif self._running and self._setup.stack[0] <= address < self._stack_low:
            self._stack_low = address
        for start, stop, written in self._written:
            if start <= address < stop:
                part = slice(address - start, end - start)
                if is_write:
                    written[part] = bytes([1]) * len(written[part])
                elif self._running and 0 in written[part]:
                    self._note(1, self._uninitialised, Access(address, size, self._step, False))

    def _on_arena(self, start: int, end: int, is_write: bool) -> None:
        if is_write:
            self._arena_high = max(self._arena_high, end)
        if self._running and not self._is_planned(start, end):
            self._note(0, self._out_of_plan, Access(start, end - start, self._step, is_write))

    def _is_planned(self, start: int, end: int) -> bool:
        live = self._setup.live
        if self._step >= len(live):
            return not live
        return any(low <= start and end <= high for low, high in live[self._step])

    def _note(self, which: int, examples: list[Access], access: Access) -> None:
        self._totals[which] += 1
        if len(examples) < EXAMPLE_LIMIT:
            examples.append(access)
