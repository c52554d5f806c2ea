"""The camera and the display beside the emulated core: they give and take an image in parts."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Protocol

from tinycompile.build.contract import BuildInput, IOSlot
from tinycompile.build.elf import ElfFile
from tinycompile.build.trace import Trace


class Emulated(Protocol):
    """What the device needs of the machine."""

    uc: Any
    trace: Trace | None

    def inside_arena(self, address: int, size: int) -> bool:
        """Whether a range of addresses lies in one part of the arena."""


class RowDevice:
    """Answers the callbacks of `tc_main_stops.c`, which are empty functions: data come and go from outside.

    Ends the run for a row that is not the next one, for a patch that leaves the image, and for any whose
    place is outside the arena. An arrival counts as a write and a departure as a read in the step
    that asked for it.
    """

    def __init__(self, machine: Emulated, model: BuildInput, elf: ElfFile) -> None:
        from unicorn import arm_const
        from unicorn import unicorn_const as const

        self._machine = machine
        self._result = arm_const.UC_ARM_REG_R0
        self._arguments = (arm_const.UC_ARM_REG_R1, arm_const.UC_ARM_REG_R2)
        self._given, self._taken = b"", bytearray()
        self._next = [0, 0]
        ends = (
            ("tc_read_row", self._read, model.read_rows, model.inputs),
            ("tc_take_row", self._take, model.taken_rows, model.outputs),
        )
        for name, transfer, index, slots in ends:
            if index is not None:
                at = elf.address(name)
                machine.uc.hook_add(const.UC_HOOK_CODE, self._answer, (transfer, slots[index]), at, at)
        self._stack, self._patch = arm_const.UC_ARM_REG_SP, (*self._arguments, arm_const.UC_ARM_REG_R3)
        if model.read_patches is not None:
            at = elf.address("tc_read_patch")
            slot = model.inputs[model.read_patches]
            machine.uc.hook_add(const.UC_HOOK_CODE, self._answer_patch, slot, at, at)

    def start(self, given: bytes, taken: int) -> None:
        """A run begins: the image that rows come from, and the size of the one that they make (bytes)."""
        self._given, self._taken = given, bytearray(taken)
        self._next = [0, 0]

    @property
    def taken(self) -> bytes:
        """The image that the rows have made."""
        return bytes(self._taken)

    def _answer(
        self, uc: Any, _address: int, _size: int, end: tuple[Callable[[int, int, IOSlot], bool], IOSlot]
    ) -> None:
        transfer, slot = end
        row, place = (uc.reg_read(register) for register in self._arguments)
        known = row < slot.rows and self._machine.inside_arena(place, slot.row_bytes)
        uc.reg_write(self._result, 0 if known and transfer(row, place, slot) else 0xFFFFFFFF)

    def _answer_patch(self, uc: Any, _address: int, _size: int, slot: IOSlot) -> None:
        """The first four arguments are in registers, the other two on the stack."""
        row, column, rows = (uc.reg_read(register) for register in self._patch)
        columns, place = struct.unpack("<iI", uc.mem_read(uc.reg_read(self._stack), 8))
        width, size = slot.row_bytes // slot.pixel_bytes, rows * columns * slot.pixel_bytes
        inside = 0 < rows <= slot.rows - row and 0 < columns <= width - column
        known = inside and self._machine.inside_arena(place, size)
        if known:
            first, count = column * slot.pixel_bytes, columns * slot.pixel_bytes
            starts = range(row * slot.row_bytes + first, (row + rows) * slot.row_bytes, slot.row_bytes)
            uc.mem_write(place, b"".join(self._given[start : start + count] for start in starts))
            if self._machine.trace is not None:
                self._machine.trace.accessed(place, size, is_write=True)
        uc.reg_write(self._result, 0 if known else 0xFFFFFFFF)

    def _read(self, row: int, place: int, slot: IOSlot) -> bool:
        if row != self._next[0]:
            return False
        self._next[0] += 1
        start = row * slot.row_bytes
        self._machine.uc.mem_write(place, self._given[start : start + slot.row_bytes])
        if self._machine.trace is not None:
            self._machine.trace.accessed(place, slot.row_bytes, is_write=True)
        return True

    def _take(self, row: int, place: int, slot: IOSlot) -> bool:
        if row != self._next[1]:
            return False
        self._next[1] += 1
        start = row * slot.row_bytes
        self._taken[start : start + slot.row_bytes] = self._machine.uc.mem_read(place, slot.row_bytes)
        if self._machine.trace is not None:
            self._machine.trace.accessed(place, slot.row_bytes, is_write=False)
        return True
