"""The emulator's hooks in C, some fifty times faster than in Python; compiled on first use."""

from __future__ import annotations

import ctypes
import functools
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tinycompile.build.codes import EMULATOR_FAILED
from tinycompile.build.compilers import find_host_cc, find_zig
from tinycompile.build.toolchain import Unit, compile_units, link
from tinycompile.build.trace import EXAMPLE_LIMIT, Access, BlockCount, TraceReport, TraceSetup
from tinycompile.errors import Diagnostic, ToolchainError
from tinycompile.resources import runtime_dir
from tinycompile.target import CORES

_BLOCK_CAPACITY = 1 << 17
#: UC_MEM_READ and UC_MEM_WRITE.
_MEM_READ, _MEM_WRITE = 16, 17


class _Block(ctypes.Structure):
    _fields_ = (
        ("address", ctypes.c_uint64),
        ("count", ctypes.c_uint64),
        ("taken", ctypes.c_uint64),
        ("size", ctypes.c_uint32),
        ("step", ctypes.c_uint32),
    )


#: `_Block` once more, to pick the used entries of the big table quickly.
_BLOCK_ROW = np.dtype([("address", "u8"), ("count", "u8"), ("taken", "u8"), ("size", "u4"), ("step", "u4")])


class _Memory(ctypes.Structure):
    _fields_ = (
        ("start", ctypes.c_uint64),
        ("end", ctypes.c_uint64),
        ("written", ctypes.c_void_p),
        ("traffic", ctypes.c_void_p),
    )


class _Driver(ctypes.Structure):
    _fields_ = (("start", ctypes.c_uint64), ("end", ctypes.c_uint64))


class _Arena(ctypes.Structure):
    _fields_ = (("start", ctypes.c_uint64), ("end", ctypes.c_uint64), ("offset", ctypes.c_uint64))


class _Access(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("offset", "size", "step", "is_write"))


class _Findings(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_uint64),
        ("examples", ctypes.POINTER(_Access)),
        ("kept", ctypes.c_uint32),
        ("limit", ctypes.c_uint32),
    )


class _Trace(ctypes.Structure):
    _fields_ = (
        ("blocks", ctypes.POINTER(_Block)),
        ("capacity", ctypes.c_uint64),
        ("used", ctypes.c_uint64),
        ("last", ctypes.POINTER(_Block)),
        ("memories", ctypes.POINTER(_Memory)),
        ("memory_count", ctypes.c_uint64),
        ("arenas", ctypes.POINTER(_Arena)),
        ("arena_count", ctypes.c_uint64),
        ("drivers", ctypes.POINTER(_Driver)),
        ("driver_count", ctypes.c_uint64),
        ("driven", ctypes.POINTER(ctypes.c_uint32)),
        ("driven_count", ctypes.c_uint32),
        ("unused", ctypes.c_uint32),
        ("arena_high", ctypes.c_uint64),
        ("stack_start", ctypes.c_uint64),
        ("stack_end", ctypes.c_uint64),
        ("stack_low", ctypes.c_uint64),
        ("range_first", ctypes.POINTER(ctypes.c_uint32)),
        ("ranges", ctypes.POINTER(ctypes.c_uint32)),
        ("step_count", ctypes.c_uint32),
        ("step", ctypes.c_uint32),
        ("running", ctypes.c_uint32),
        ("overflow", ctypes.c_uint32),
        ("out_of_plan", _Findings),
        ("uninitialised", _Findings),
    )


class _Mark(ctypes.Structure):
    _fields_ = (("trace", ctypes.POINTER(_Trace)), ("step", ctypes.c_uint64))


class CTrace:
    """A `Trace` whose hooks are compiled C. Keeps every buffer that C sees alive."""

    def __init__(self, uc: Any, setup: TraceSetup) -> None:
        self._written = [
            ((ctypes.c_uint8 * (m.end - m.start))(), m.start, m.end) if m.checked else None
            for m in setup.memories
        ]
        self._traffic = [(ctypes.c_uint64 * (2 * len(setup.driven)))() for _ in setup.memories]
        self._blocks = (_Block * _BLOCK_CAPACITY)()
        self._examples = [(_Access * EXAMPLE_LIMIT)() for _ in range(2)]
        self._trace = self._filled(setup)
        self._marks = (_Mark * len(setup.marks))(
            *(_Mark(ctypes.pointer(self._trace), step) for _, step in setup.marks)
        )
        self._install(uc, setup)

    def begin(self) -> None:
        self._trace.stack_low = self._trace.stack_end
        self._trace.step = 0
        self._trace.running = 1

    def end(self) -> TraceReport:
        trace = self._trace
        trace.running = 0
        if trace.overflow:
            raise ToolchainError(
                Diagnostic(EMULATOR_FAILED, f"the program has more than {_BLOCK_CAPACITY} basic blocks")
            )
        if trace.last:
            trace.last.contents.taken += 1  # the return to the caller, which is not traced
        table = np.frombuffer(bytes(self._blocks), dtype=_BLOCK_ROW)
        used = table[table["size"] > 0][["address", "size", "step", "count", "taken"]]
        return TraceReport(
            tuple(BlockCount(*row) for row in used.tolist()),
            trace.arena_high,
            trace.stack_low,
            trace.out_of_plan.count,
            _accesses(trace.out_of_plan),
            trace.uninitialised.count,
            _accesses(trace.uninitialised),
            tuple(tuple(zip(t[::2], t[1::2], strict=True)) for t in self._traffic),
        )

    def mark_written(self, address: int, size: int) -> None:
        for written, start, end in filter(None, self._written):
            if start <= address and address + size <= end:
                ctypes.memset(ctypes.byref(written, address - start), 1, size)

    def accessed(self, address: int, size: int, *, is_write: bool) -> None:
        kind = _MEM_WRITE if is_write else _MEM_READ
        _library().tc_accessed(ctypes.byref(self._trace), kind, address, size)

    def current_step(self) -> int:
        return int(self._trace.step)

    def _filled(self, setup: TraceSetup) -> _Trace:
        firsts = [0, *itertools.accumulate(len(ranges) for ranges in setup.live)]
        bounds = [bound for ranges in setup.live for row in ranges for bound in row]
        self._range_first = (ctypes.c_uint32 * len(firsts))(*firsts)
        self._ranges = (ctypes.c_uint32 * max(1, len(bounds)))(*bounds)
        trace = _Trace(capacity=_BLOCK_CAPACITY, step_count=len(setup.live))
        trace.blocks = ctypes.cast(self._blocks, ctypes.POINTER(_Block))
        self._fill_memories(trace, setup)
        self._fill_drivers(trace, setup)
        trace.range_first = ctypes.cast(self._range_first, ctypes.POINTER(ctypes.c_uint32))
        trace.ranges = ctypes.cast(self._ranges, ctypes.POINTER(ctypes.c_uint32))
        self._arenas = (_Arena * len(setup.arenas))(*(_Arena(*part) for part in setup.arenas))
        trace.arenas = ctypes.cast(self._arenas, ctypes.POINTER(_Arena))
        trace.arena_count = len(setup.arenas)
        trace.stack_start, trace.stack_end = setup.stack
        for findings, examples in zip((trace.out_of_plan, trace.uninitialised), self._examples, strict=True):
            findings.examples = ctypes.cast(examples, ctypes.POINTER(_Access))
            findings.limit = EXAMPLE_LIMIT
        return trace

    def _fill_memories(self, trace: _Trace, setup: TraceSetup) -> None:
        rows = (
            _Memory(
                memory.start,
                memory.end,
                None if written is None else ctypes.addressof(written[0]),
                ctypes.addressof(traffic),
            )
            for memory, written, traffic in zip(setup.memories, self._written, self._traffic, strict=True)
        )
        self._memories = (_Memory * len(setup.memories))(*rows)
        trace.memories = ctypes.cast(self._memories, ctypes.POINTER(_Memory))
        trace.memory_count = len(setup.memories)

    def _fill_drivers(self, trace: _Trace, setup: TraceSetup) -> None:
        self._drivers = (_Driver * len(setup.drivers))(*(_Driver(*range_) for range_ in setup.drivers))
        self._driven = (ctypes.c_uint32 * len(setup.driven))(*setup.driven)
        trace.drivers = ctypes.cast(self._drivers, ctypes.POINTER(_Driver))
        trace.driver_count = len(setup.drivers)
        trace.driven = ctypes.cast(self._driven, ctypes.POINTER(ctypes.c_uint32))
        trace.driven_count = len(setup.driven)

    def _install(self, uc: Any, setup: TraceSetup) -> None:
        from unicorn import unicorn_const as const

        library, user = _library(), ctypes.addressof(self._trace)
        accesses = const.UC_HOOK_MEM_READ | const.UC_HOOK_MEM_WRITE
        _hook(uc, const.UC_HOOK_BLOCK, library.tc_on_block, user, 1, 0)
        for memory in setup.memories:
            _hook(uc, accesses, library.tc_on_memory, user, memory.start, memory.end - 1)
        for (address, _), mark in zip(setup.marks, self._marks, strict=True):
            _hook(uc, const.UC_HOOK_CODE, library.tc_on_step, ctypes.addressof(mark), address, address)


def c_hooks_available() -> bool:
    """Whether the hooks can be compiled here and the Unicorn package lets C functions in."""
    if find_zig() is None and find_host_cc() is None:
        return False
    try:
        _unicorn_library()
        _library()
    except (ImportError, AttributeError, OSError, ToolchainError):
        return False
    return True


def _accesses(findings: Any) -> tuple[Access, ...]:
    rows = findings.examples[: findings.kept]
    return tuple(Access(row.offset, row.size, row.step, bool(row.is_write)) for row in rows)


def _hook(uc: Any, kind: int, function: Any, user: int, begin: int, end: int) -> None:
    handle = ctypes.c_size_t()
    callback = ctypes.cast(function, ctypes.c_void_p)
    code = _unicorn_library().uc_hook_add(
        uc._uch,
        ctypes.byref(handle),
        ctypes.c_int(kind),
        callback,
        ctypes.c_void_p(user),
        ctypes.c_uint64(begin),
        ctypes.c_uint64(end),
    )
    if code != 0:
        raise ToolchainError(Diagnostic(EMULATOR_FAILED, f"Unicorn refused a hook with status {code}"))


@functools.cache
def _unicorn_library() -> Any:
    """The package's handle of its C library, whose functions already have their argument types."""
    from unicorn.unicorn_py3.unicorn import uclib

    return uclib


@functools.cache
def _library() -> ctypes.CDLL:
    """The compiled hooks."""
    compiler = find_zig() or find_host_cc()
    if compiler is None:
        raise ToolchainError(Diagnostic(EMULATOR_FAILED, "no compiler for the emulator's hooks"))
    source = runtime_dir() / "emulator" / "tc_hooks.c"
    position = () if sys.platform == "win32" else ("-fPIC",)
    flags = (*compiler.compile_flags(CORES["host"], "speed"), *position)
    objects: list[Path] = compile_units(compiler, [Unit(source)], flags)
    # The hooks call nothing; without this, zig first builds a C library, which takes most of a minute.
    alone = ("-nostdlib",) if sys.platform == "linux" else ()
    shared = link(compiler, objects, ("-shared", *alone), ".dll" if position == () else ".so")
    library = ctypes.CDLL(str(shared))
    library.tc_accessed.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64, ctypes.c_uint64]
    library.tc_accessed.restype = None
    return library
