"""The memory that weights are fetched from, beside the emulated core: an asynchronous device."""

from __future__ import annotations

from typing import Any, Protocol

from tinycompile.build.elf import ElfFile
from tinycompile.build.trace import Trace

#: What the target of a read holds until it is awaited.
_GARBAGE = 0x3C


class Emulated(Protocol):
    """What the device needs of the machine."""

    uc: Any
    trace: Trace | None


class FetchDevice:
    """Serves the requests of `tc_main_stops.c`.

    A transfer happens when it is awaited, as late as is allowed. It fails where the request leaves the file,
    where another one is under way, and where the program wrote to the target meanwhile. What is transferred
    counts as written in the step that waits for it.
    """

    def __init__(self, machine: Emulated, elf: ElfFile, file: bytes) -> None:
        from unicorn import arm_const
        from unicorn import unicorn_const as const

        self._machine, self._file = machine, file
        self._result = arm_const.UC_ARM_REG_R0
        self._request = (arm_const.UC_ARM_REG_R1, arm_const.UC_ARM_REG_R2, arm_const.UC_ARM_REG_R3)
        self._pending: tuple[int, int, int] | None = None
        for name, answer in (("tc_fetch_begin", self._begin), ("tc_fetch_wait", self._finish)):
            at = elf.address(name)
            machine.uc.hook_add(const.UC_HOOK_CODE, answer, None, at, at)

    def _begin(self, uc: Any, _address: int, _size: int, _user: Any) -> None:
        offset, target, nbytes = (uc.reg_read(register) for register in self._request)
        self._answer(-1)
        if self._pending is None and offset + nbytes <= len(self._file):
            self._pending = (offset, target, nbytes)
            uc.mem_write(target, bytes([_GARBAGE]) * nbytes)
            self._answer(0)

    def _finish(self, uc: Any, _address: int, _size: int, _user: Any) -> None:
        self._answer(-1)
        if self._pending is None:
            return
        offset, target, nbytes = self._pending
        self._pending = None
        if bytes(uc.mem_read(target, nbytes)) == bytes([_GARBAGE]) * nbytes:
            uc.mem_write(target, self._file[offset : offset + nbytes])
            if self._machine.trace is not None:
                self._machine.trace.accessed(target, nbytes, is_write=True)
            self._answer(0)

    def _answer(self, status: int) -> None:
        self._machine.uc.reg_write(self._result, status & 0xFFFF_FFFF)
