"""Running a generated tree on this machine: as a shared library, or as a program under sanitisers."""

from __future__ import annotations

import ctypes
import functools
import sys
import tempfile
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

from tinycompile.build.codes import (
    DEPENDS_ON_GARBAGE,
    GUARD_BROKEN,
    PUSHED_DIFFERS,
    SANITISER_FINDING,
)
from tinycompile.build.compilers import Compiler, host_compiler
from tinycompile.build.contract import BuildInput, IOSlot, RunResult, Samples
from tinycompile.build.process import run_tool
from tinycompile.build.samples import (
    arena_macros,
    bad_status,
    check_samples,
    join_samples,
    row_macros,
    slot_macro,
    split_outputs,
)
from tinycompile.build.toolchain import Unit, compile_units, defines, link
from tinycompile.errors import Diagnostic, VerificationError
from tinycompile.resources import runtime_dir
from tinycompile.target import CORES

#: Bytes on either side of the arena that must stay as they are.
GUARD_BYTES = 4096
_ALIGN = 64
_GUARD = 0xC3
#: The arena is filled with each of these ahead of the first sample; the results must not differ.
_PAINTS = (0xA5, 0x5A)
#: Seconds for a sanitised program over all samples.
SANITISED_TIMEOUT = 1800.0


class Push(IntEnum):
    """How rows are given where the application feeds them; the values are those of tc_host_rows.h."""

    GIVEN = 0  #: a pointer to each row
    IN_PLACE = 1  #: written where the model wants it
    IN_TURN = 2  #: one and the other in turn


def run_on_host(model: BuildInput, samples: Samples, *, sanitize: bool = False) -> RunResult:
    """Compile the tree for this machine and run it over `samples`.

    The arena high-water mark and the independence of what the arena held before are checked on the first
    sample, which therefore runs twice. Where its rows are read, it runs again with rows that are pushed, in
    every way.

    Args:
        model: the tree.
        samples: per sample, one byte string per input.
        sanitize: run a separate program under AddressSanitizer and UndefinedBehaviorSanitizer instead of a
            library inside this process.

    Raises:
        UsageError: a sample does not match the inputs (TC607).
        ToolchainError: no compiler (TC601), a failing one (TC602, TC603), one without sanitisers (TC606).
        VerificationError: guard bytes were overwritten (TC952), outputs depend on memory that was never
            written (TC953), a sanitiser stopped the program (TC954), init or run refused (TC955), or rows
            that are pushed give other outputs (TC956).
    """
    check_samples(model, samples)
    compiler = host_compiler(sanitize)
    if sanitize:
        return _run_sanitised(model, compiler, samples)
    library = HostModel(model, compiler)
    outputs, high_water = [], 0
    if samples:
        library.start(_PAINTS[0])
        first = library.run(samples[0])
        high_water = library.written_end(_PAINTS[0])
        library.start(_PAINTS[1])
        outputs.append(library.run(samples[0]))
        high_water = max(high_water, library.written_end(_PAINTS[1]))
        if outputs[0] != first:
            raise VerificationError(
                Diagnostic(
                    DEPENDS_ON_GARBAGE,
                    "the first sample's outputs changed with the arena's earlier content",
                    (model.name,),
                )
            )
        if model.read_rows is not None:
            _check_push(library, samples[0], first)
    outputs += [library.run(sample) for sample in samples[1:]]
    return RunResult(outputs, compiler.version, arena_high_water=high_water)


def _check_push(library: HostModel, sample: list[bytes], expected: list[bytes]) -> None:
    for how in Push:
        if library.run(sample, how) != expected:
            what = f"the first sample's outputs changed when its rows were pushed ({how.name.lower()})"
            raise VerificationError(Diagnostic(PUSHED_DIFFERS, what, (library.name,)))


class HostModel:
    """A model that is loaded into this process, with every part of its arena between two guards.

    One instance may exist per tree at a time: the loaded library has one context.
    """

    def __init__(self, model: BuildInput, compiler: Compiler | None = None) -> None:
        self._model, self._outputs = model, model.outputs
        self._library = _load(_shared_library(model, compiler or host_compiler()))
        self._parts = [_GuardedPart(part.start, part.nbytes) for part in model.arenas]
        self._weights = model.weights_file.read_bytes() if model.fetches else b""

    def start(self, paint: int = 0) -> None:
        """Fill the arena with the byte `paint` and call the model's init function."""
        for part in self._parts:
            ctypes.memset(part.address, paint, part.nbytes)
        if self._model.fetches:
            self._library.tc_host_file(self._weights, len(self._weights))
        bases = (ctypes.c_void_p * len(self._parts))(*(part.address for part in self._parts))
        self._check(self._library.tc_host_init(bases), "init")

    @property
    def name(self) -> str:
        """The prefix of the model's symbols."""
        return self._model.name

    def run(
        self, sample: list[bytes], push: Push | None = None, *, refuse_read: int = -1, refuse_taken: int = -1
    ) -> list[bytes]:
        """Run one sample; needs `start` before.

        Args:
            sample: one byte string per input.
            push: feed rows in this way instead of calling the run function.
            refuse_read, refuse_taken: the row for which the callback that reads (takes) rows fails.

        Raises:
            VerificationError: guard bytes were overwritten (TC952), or an error is returned (TC955).
        """
        for slot, data in zip(self._model.inputs, sample, strict=True):
            if slot.row_bytes:
                given = ctypes.create_string_buffer(data, slot.nbytes)
                self._library.tc_host_rows(0, given, slot.row_bytes, slot.rows, refuse_read)
            else:
                ctypes.memmove(self._address(slot), data, slot.nbytes)
        taken = [ctypes.create_string_buffer(slot.nbytes if slot.row_bytes else 1) for slot in self._outputs]
        for slot, rows in zip(self._outputs, taken, strict=True):
            if slot.row_bytes:
                self._library.tc_host_rows(1, rows, slot.row_bytes, slot.rows, refuse_taken)
        status = self._library.tc_host_run() if push is None else self._library.tc_host_push(int(push))
        self._check_guards()
        self._check(status, "run" if push is None else "feed_row")
        return [
            rows.raw if slot.row_bytes else ctypes.string_at(self._address(slot), slot.nbytes)
            for slot, rows in zip(self._outputs, taken, strict=True)
        ]

    def written_end(self, paint: int) -> int:
        """The end of the highest arena byte that no longer is `paint`."""
        ends = [0]
        for part in self._parts:
            written = len(ctypes.string_at(part.address, part.nbytes).rstrip(bytes([paint])))
            ends.append(part.start + written if written else 0)
        return max(ends)

    def _address(self, slot: IOSlot) -> int:
        part = self._parts[self._model.part(slot)]
        return part.address + slot.offset - part.start

    def _check_guards(self) -> None:
        for part in self._parts:
            for where, offset in part.broken():
                what = f"a byte {where} the arena was written, at arena offset {offset}"
                raise VerificationError(Diagnostic(GUARD_BROKEN, what, (self._model.name,)))

    def _check(self, status: int, function: str) -> None:
        if status != 0:
            raise bad_status(self._model, function, status)


class _GuardedPart:
    """Memory for one part of an arena, with guard bytes on either side."""

    def __init__(self, start: int, nbytes: int) -> None:
        self.start, self.nbytes = start, nbytes
        size = nbytes + 2 * GUARD_BYTES + _ALIGN
        self._memory = (ctypes.c_uint8 * size)()
        self._first = ctypes.addressof(self._memory)
        self.address = -(-(self._first + GUARD_BYTES) // _ALIGN) * _ALIGN
        ctypes.memset(self._first, _GUARD, size)

    def broken(self) -> Iterator[tuple[str, int]]:
        """`before` and `behind`, with the arena offset of the first guard byte there that was written."""
        end = self.address + self.nbytes
        last = self._first + len(self._memory)
        for where, low, high in (("before", self._first, self.address), ("behind", end, last)):
            content = ctypes.string_at(low, high - low)
            if content.count(_GUARD) != len(content):
                first = next(i for i, byte in enumerate(content) if byte != _GUARD)
                yield where, low + first - self.address + self.start


@functools.cache
def _load(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    library.tc_host_init.argtypes = [ctypes.POINTER(ctypes.c_void_p)]
    library.tc_host_init.restype = ctypes.c_int
    library.tc_host_run.restype = ctypes.c_int
    if hasattr(library, "tc_host_file"):
        library.tc_host_file.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
        library.tc_host_file.restype = None
    if hasattr(library, "tc_host_rows"):
        numbers = (ctypes.c_uint32, ctypes.c_int32, ctypes.c_int32)
        library.tc_host_rows.argtypes = [ctypes.c_int, ctypes.c_void_p, *numbers]
        library.tc_host_rows.restype = None
    return library


def _shared_library(model: BuildInput, compiler: Compiler) -> Path:
    flags = (*compiler.compile_flags(CORES["host"], model.optimize), "-w")
    if sys.platform != "win32":
        flags = (*flags, "-fPIC")
    objects = compile_units(compiler, _units(model, "tc_host_library.c"), flags)
    suffix = ".dll" if sys.platform == "win32" else ".so"
    return link(compiler, objects, ("-shared",), suffix)


def _units(model: BuildInput, harness: str, extra: tuple[str, ...] = ()) -> list[Unit]:
    header = model.directory / f"{model.name}.h"
    fetch = ("-DTC_FETCH",) if model.fetches else ()
    macros = (*defines(TC_MODEL=model.name), *arena_macros(model), *row_macros(model), *fetch)
    units = [Unit(model.directory / source) for source in model.sources]
    harness_unit = Unit(runtime_dir() / "host" / harness, (*macros, *extra), (header,))
    return [*units, harness_unit]


def _run_sanitised(model: BuildInput, compiler: Compiler, samples: Samples) -> RunResult:
    program = _sanitised_program(model, compiler)
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as name:
        folder = Path(name)
        (folder / "in.bin").write_bytes(join_samples(samples))
        weights = (str(model.weights_file.resolve()),) if model.fetches else ()
        done = run_tool(
            (str(program), "in.bin", "out.bin", str(len(samples)), *weights),
            timeout=SANITISED_TIMEOUT,
            cwd=folder,
            environment={"ASAN_OPTIONS": "detect_leaks=0"},
        )
        if done.returncode != 0:
            raise VerificationError(
                Diagnostic(SANITISER_FINDING, f"the program stopped:\n{_finding(done.stderr)}", (model.name,))
            )
        raw = (folder / "out.bin").read_bytes()
    return RunResult(split_outputs(model, raw), compiler.version, arena_high_water=int(done.stdout))


def _sanitised_program(model: BuildInput, compiler: Compiler) -> Path:
    sanitise = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    flags = (*compiler.compile_flags(CORES["host"], "balanced"), "-O1", "-g", "-w", *sanitise)
    starts = "".join(f"{{{part.start}u,{part.nbytes}u}}," for part in model.arenas)
    slots = (
        slot_macro("TC_INPUTS", model, model.inputs),
        slot_macro("TC_OUTPUTS", model, model.outputs),
        f"-DTC_PART_ROWS={starts}",
        "-D_POSIX_C_SOURCE=200112L",  # posix_memalign
    )
    objects = compile_units(compiler, _units(model, "tc_host_program.c", slots), flags)
    return link(compiler, objects, sanitise, ".exe")


def _finding(stderr: str) -> str:
    """The part of a sanitiser's report that names the error and the first frames."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    start = next((i for i, line in enumerate(lines) if "ERROR:" in line or "runtime error" in line), 0)
    return "\n".join(lines[start : start + 12])
