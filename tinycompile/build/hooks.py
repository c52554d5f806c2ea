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


class _Ram(ctypes.Structure):
    _fields_ = (("start", ctypes.c_uint64), ("end", ctypes.c_uint64), ("written", ctypes.c_void_p))


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
        ("rams", ctypes.POINTER(_Ram)),
        ("ram_count", ctypes.c_uint64),
        ("arenas", ctypes.POINTER(_Arena)),
        ("arena_count", ctypes.c_uint64),
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
        self._rams = [((ctypes.c_uint8 * (end - start))(), start, end) for start, end in setup.rams]
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
        )

    def mark_written(self, address: int, size: int) -> None:
        for written, start, end in self._rams:
            if start <= address and address + size <= end:
                ctypes.memset(ctypes.byref(written, address - start), 1, size)

    def accessed(self, address: int, size: int, *, is_write: bool) -> None:
        kind = _MEM_WRITE if is_write else _MEM_READ
        _library().tc_on_memory(None, kind, address, size, 0, ctypes.byref(self._trace))

    def current_step(self) -> int:
        return int(self._trace.step)

    def _filled(self, setup: TraceSetup) -> _Trace:
        firsts = [0, *itertools.accumulate(len(ranges) for ranges in setup.live)]
        bounds = [bound for ranges in setup.live for row in ranges for bound in row]
        self._range_first = (ctypes.c_uint32 * len(firsts))(*firsts)
        self._ranges = (ctypes.c_uint32 * max(1, len(bounds)))(*bounds)
        rows = (_Ram(start, end, ctypes.addressof(written)) for written, start, end in self._rams)
        self._ram_table = (_Ram * len(self._rams))(*rows)
        trace = _Trace(capacity=_BLOCK_CAPACITY, ram_count=len(self._rams), step_count=len(setup.live))
        trace.blocks = ctypes.cast(self._blocks, ctypes.POINTER(_Block))
        trace.rams = ctypes.cast(self._ram_table, ctypes.POINTER(_Ram))
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

    def _install(self, uc: Any, setup: TraceSetup) -> None:
        from unicorn import unicorn_const as const

        library, user = _library(), ctypes.addressof(self._trace)
        accesses = const.UC_HOOK_MEM_READ | const.UC_HOOK_MEM_WRITE
        _hook(uc, const.UC_HOOK_BLOCK, library.tc_on_block, user, 1, 0)
        for start, end in setup.rams:
            _hook(uc, accesses, library.tc_on_memory, user, start, end - 1)
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
    access = (ctypes.c_int, ctypes.c_uint64, ctypes.c_int, ctypes.c_int64)
    library.tc_on_memory.argtypes = [ctypes.c_void_p, *access, ctypes.c_void_p]
    library.tc_on_memory.restype = None
    return library
