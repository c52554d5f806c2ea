"""Calls C kernels on this machine with the arguments that their `Kernel` gives for a `Site`.

`call` runs a kernel inside this process between guard bytes; `call_sanitised` runs it in a program of its
own under AddressSanitizer and UndefinedBehaviorSanitizer. `check` compares both with the operator's
semantics, bit for bit. Kernels are compiled once per session.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from structs import C_TYPES, c_struct, declaring_header

from tinycompile.build.compilers import Compiler, host_compiler
from tinycompile.codegen.runtime import sources_for
from tinycompile.ir import Op, Types
from tinycompile.ops import Arg, Data, In, Kernel, Null, Out, Scalar, Scratch, Site, kernels_of
from tinycompile.resources import runtime_dir
from tinycompile.target import CORES, Core

GUARD = 64
_GUARD_BYTE = 0xC3
_POISON = 0xA5
_WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror")


@dataclass(frozen=True, eq=False)
class Case:
    """One node on given data. `constants` are the operands that are known at compile time."""

    op: Op
    ins: Types
    outs: Types
    operands: tuple[np.ndarray, ...]
    constants: frozenset[int] = frozenset()
    core: Core = CORES["host"]

    @property
    def site(self) -> Site:
        """The node as its kernels see it."""
        consts = tuple(x if i in self.constants else None for i, x in enumerate(self.operands))
        return Site(self.op, self.ins, self.outs, consts, self.core)

    def expected(self) -> tuple[np.ndarray, ...]:
        """What the operator means."""
        with np.errstate(all="ignore"):
            return self.op.evaluate(self.operands, self.ins, self.outs)


@dataclass(frozen=True, eq=False)
class Invocation:
    """A kernel call in bytes: buffers, which of them are results, and where every argument points.

    Attributes:
        buffers: initial contents.
        places: per argument (buffer, byte offset), or None for a null pointer.
        results: buffer per result.
    """

    symbol: str
    ctypes_: tuple[str, ...]
    buffers: tuple[bytes, ...]
    places: tuple[tuple[int, int] | None, ...]
    results: tuple[int, ...]
    outs: Types


def kernel_named(op_class: type[Op], symbol: str) -> Kernel:
    """The kernel of an operator by its symbol."""
    return next(k for k in kernels_of(op_class) if k.symbol == symbol)


def invocation(kernel: Kernel, case: Case, shared: tuple[int, int] | None = None) -> Invocation:
    """The call of `kernel` for `case`; `shared` is a pair (operand, result) that starts at one address."""
    site = case.site
    buffers = [np.ascontiguousarray(x).tobytes() for x in case.operands]
    results = []
    for index, type_ in enumerate(case.outs):
        if shared is not None and shared[1] == index:
            operand = buffers[shared[0]]
            buffers[shared[0]] = operand + bytes([_POISON]) * max(0, type_.nbytes - len(operand))
            results.append(shared[0])
        else:
            results.append(len(buffers))
            buffers.append(bytes([_POISON]) * type_.nbytes)
    scratch = len(buffers)
    buffers.append(bytes([_POISON]) * kernel.scratch(site))
    args = kernel.args(site)
    places = [_place(arg, buffers, results, scratch) for arg in args]
    kinds = tuple(arg.ctype if isinstance(arg, Scalar) else "" for arg in args)
    return Invocation(kernel.symbol, kinds, tuple(buffers), tuple(places), tuple(results), case.outs)


def _place(arg: Arg, buffers: list[bytes], results: list[int], scratch: int) -> tuple[int, int] | None:
    """Where an argument points; structures, constants and scalars are appended to `buffers`."""
    if isinstance(arg, In):
        return arg.index, 0
    if isinstance(arg, Out):
        return results[arg.index], 0
    if isinstance(arg, Scratch):
        return (scratch, arg.offset) if buffers[scratch] else None
    if isinstance(arg, Null):
        return None
    if isinstance(arg, Data):
        buffers.append(np.ascontiguousarray(arg.array).tobytes())
    elif isinstance(arg, Scalar):
        buffers.append(bytes(C_TYPES[arg.ctype](arg.value)))
    else:
        buffers.append(bytes(c_struct(arg)))
    return len(buffers) - 1, 0


def call(what: Invocation) -> tuple[np.ndarray, ...]:
    """Call the kernel in this process and return its results.

    Raises:
        AssertionError: the kernel wrote outside its buffers, or into one that it may only read.
    """
    function = getattr(_library(what.symbol), what.symbol)
    guard = bytes([_GUARD_BYTE]) * GUARD
    memory = [_aligned(guard + content + guard) for content in what.buffers]
    arguments = []
    for kind, place in zip(what.ctypes_, what.places, strict=True):
        if kind:
            assert place is not None
            arguments.append(C_TYPES[kind].from_buffer_copy(what.buffers[place[0]]))
        else:
            base = memory[place[0]].ctypes.data + GUARD + place[1] if place else None
            arguments.append(ctypes.c_void_p(base))
    function.restype = None
    function(*arguments)
    return tuple(_result(what, [m.tobytes() for m in memory], index) for index in range(len(what.outs)))


def _aligned(content: bytes) -> np.ndarray:
    room = np.zeros(len(content) + 16, np.uint8)
    start = -room.ctypes.data % 16
    room[start : start + len(content)] = np.frombuffer(content, np.uint8)
    return room[start : start + len(content)]


def _result(what: Invocation, memory: Sequence[bytes], index: int) -> np.ndarray:
    guard = bytes([_GUARD_BYTE]) * GUARD
    for number, content in enumerate(memory):
        intact = content[:GUARD] == guard and content[-GUARD:] == guard
        assert intact, f"{what.symbol} wrote beside buffer {number}"
    type_ = what.outs[index]
    inner = memory[what.results[index]][GUARD : GUARD + type_.nbytes]
    return np.frombuffer(inner, type_.dtype.numpy).reshape(type_.shape)


def call_sanitised(calls: Sequence[Invocation]) -> list[tuple[np.ndarray, ...]]:
    """Call one kernel any number of times in a program under ASan and UBSan.

    Raises:
        AssertionError: a sanitiser stopped the program; the message is its report.
    """
    program = _program(calls[0].symbol, calls[0].ctypes_)
    stream = b"".join(_message(what) for what in calls)
    done = subprocess.run([program], input=stream, capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:4000]
    found, position = [], 0
    for what in calls:
        arrays = []
        for type_ in what.outs:
            data = done.stdout[position : position + type_.nbytes]
            arrays.append(np.frombuffer(data, type_.dtype.numpy).reshape(type_.shape))
            position += type_.nbytes
        found.append(tuple(arrays))
    return found


def _message(what: Invocation) -> bytes:
    """The call as the driver reads it: counts, sizes, places, result sizes, contents; all int32."""
    places = [p if p is not None else (-1, 0) for p in what.places]
    numbers = [len(what.buffers), len(what.outs), *(len(b) for b in what.buffers)]
    numbers += [n for place in places for n in place]
    numbers += [n for b, t in zip(what.results, what.outs, strict=True) for n in (b, t.nbytes)]
    return np.array(numbers, np.int32).tobytes() + b"".join(what.buffers)


def check(kernel: Kernel, cases: Sequence[Case], *, in_place: bool = False, sanitised: bool = True) -> None:
    """Assert that `kernel` accepts every case and gives the bits of `evaluate`, in both ways of calling it.

    `in_place` makes the first in-place pair of the kernel share storage.
    """
    calls = []
    for case in cases:
        assert kernel.accepts(case.site), f"{kernel.symbol} refuses {case.op} on {case.ins}"
        calls.append(invocation(kernel, case, kernel.in_place(case.site)[0] if in_place else None))
    expected = [case.expected() for case in cases]
    for case, want, got in zip(cases, expected, map(call, calls), strict=True):
        compare(kernel, case, want, got)
    if sanitised:
        for case, want, got in zip(cases, expected, call_sanitised(calls), strict=True):
            compare(kernel, case, want, got)


def compare(kernel: Kernel, case: Case, want: tuple[np.ndarray, ...], got: tuple[np.ndarray, ...]) -> None:
    for a, b in zip(want, got, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        where = np.argwhere(_pattern(a) != _pattern(b))
        if where.size:
            first = tuple(where[0].tolist())
            node = f"{case.op} on {', '.join(map(str, case.ins))}"
            raise AssertionError(
                f"{kernel.symbol}: {len(where)} of {a.size} differ for {node}; "
                f"first at {list(first)}: {b[first]}, expected {a[first]}"
            )


def _pattern(array: np.ndarray) -> np.ndarray:
    """The bits as unsigned integers. Which NaN arithmetic gives is not defined, so all of them are one."""
    if array.dtype == np.float32:
        array = np.where(np.isnan(array), np.float32(np.nan), array)
    return np.ascontiguousarray(array).view(np.dtype(f"u{array.dtype.itemsize}"))


@functools.cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="tinycompile-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _compile(compiler: Compiler, sources: Sequence[Path], out: Path, *flags: str) -> Path:
    command = [
        *compiler.command,
        *compiler.compile_flags(CORES["host"], "balanced"),
        *flags,
        f"-I{runtime_dir() / 'include'}",
        *map(str, sources),
        "-o",
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def _sources(symbol: str) -> list[Path]:
    """The file of a kernel and those of the functions that it calls."""
    return [runtime_dir() / name for name in sources_for([symbol])]


@functools.cache
def _library(symbol: str) -> ctypes.CDLL:
    out = _folder() / f"{symbol}.so"
    return ctypes.CDLL(str(_compile(host_compiler(), _sources(symbol), out, *_WARNINGS, "-shared", "-fPIC")))


@functools.cache
def _program(symbol: str, kinds: tuple[str, ...]) -> Path:
    driver = _folder() / f"{symbol}_driver.c"
    arguments = ", ".join(f"*({kind} *)p[{i}]" if kind else f"(void *)p[{i}]" for i, kind in enumerate(kinds))
    driver.write_text(_DRIVER % (declaring_header(symbol), len(kinds), f"{symbol}({arguments})"))
    sources = [*_sources(symbol), driver]
    flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g")
    return _compile(host_compiler(sanitize=True), sources, _folder() / symbol, *flags)


_DRIVER = """
#include <stdio.h>
#include <stdlib.h>
#include "%s"
#define ARGS %d
static int32_t number(void) { int32_t n; if (fread(&n, 4, 1, stdin) != 1) exit(2); return n; }
static int32_t *numbers(int32_t count) {
  int32_t *found = (int32_t *)malloc(4u * (size_t)count);
  for (int32_t i = 0; i < count; ++i) found[i] = number();
  return found;
}
int main(void) {
  int32_t buffers;
  while (fread(&buffers, 4, 1, stdin) == 1) {
    const int32_t results = number();
    int32_t *size = numbers(buffers), *place = numbers(2 * ARGS), *out = numbers(2 * results);
    char **memory = (char **)malloc(sizeof(char *) * (size_t)buffers), *p[ARGS];
    for (int i = 0; i < buffers; ++i) {
      memory[i] = (char *)malloc((size_t)size[i]);
      if (size[i] && fread(memory[i], (size_t)size[i], 1, stdin) != 1) exit(2);
    }
    for (int i = 0; i < ARGS; ++i) p[i] = place[2 * i] < 0 ? NULL : memory[place[2 * i]] + place[2 * i + 1];
    %s;
    for (int i = 0; i < results; ++i) fwrite(memory[out[2 * i]], 1, (size_t)out[2 * i + 1], stdout);
    for (int i = 0; i < buffers; ++i) free(memory[i]);
    free(memory); free(size); free(place); free(out);
  }
  return 0;
}
"""
