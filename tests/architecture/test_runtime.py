"""The C runtime: one public function a file, one prototype, no dead kernels, nothing but freestanding C."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.project import RUNTIME
from tests.codegen.compilers import CXX_WARNINGS, WARNINGS, needs_arm_gcc, needs_host_cc, run
from tests.codegen.objects import public_functions, undefined, writable_bytes
from tests.skips import skip_here_if
from tinycompile.build.compilers import Compiler, find_arm_gcc, find_host_cc
from tinycompile.codegen import runtime
from tinycompile.codegen.stages import DRIVERS
from tinycompile.ops import kernels_of, op_classes
from tinycompile.target import CORES

SOURCES = {path.stem: path for path in sorted(RUNTIME.glob("*.c"))}
HEADERS = {path.name: path for path in sorted((RUNTIME / "include").glob("*.h"))}
SYMBOLS = {kernel.symbol for op in op_classes() for kernel in kernels_of(op)}

#: <string.h> only serves compilers without builtins.
_SYSTEM_HEADERS = {"stdint.h", "stddef.h", "stdbool.h", "string.h"}
_FORBIDDEN = re.compile(r"\b(malloc|calloc|realloc|free|alloca|printf|puts|fopen|errno|setjmp|long double)\b")
_LIBM = re.compile(r"\b(exp|log|pow|sqrt|sin|cos|tanh?|erf|fabs|floor|ceil|round|rint|nearbyint|fmod)f?\s*\(")
#: The one function that needs more than single precision inside; see docs/numerics.md.
_DOUBLE = "tc_math_pow.h"
#: Header -> why no kernel includes it.
_UNUSED = {
    runtime.SYMBOLS: "generated next to each model",
    "tc_math.h": "all functions at once, for the tests of them",
}
_HELPERS = re.compile(r"mem(cpy|set|move)|__aeabi_(u?(ldivmod|idiv(mod)?|lcmp|l2f)|f2u?lz|lmul|l[la]?s[lr])")


def _code(path: Path) -> str:
    """The text of a file without comments."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def _prototypes(header: Path) -> list[str]:
    """The functions that a header declares without defining them."""
    return re.findall(r"^(?!static\b)\w[\w ]*[ *](tc_\w+)\s*\([^;{}()]*\)\s*;", _code(header), re.MULTILINE)


def test_every_kernel_has_its_file() -> None:
    assert not SYMBOLS - SOURCES.keys()


def test_no_file_is_dead() -> None:
    """Each file is a kernel or a driver of stages, or is called by one."""
    reachable = {Path(name).stem for name in runtime.sources_for({*SYMBOLS, *DRIVERS})}
    assert SOURCES.keys() == reachable


def test_no_header_is_dead() -> None:
    used = set(runtime.closure(p.name for p in SOURCES.values()))
    assert HEADERS.keys() - used == _UNUSED.keys()


def test_every_function_has_one_prototype() -> None:
    declared = [name for header in HEADERS.values() for name in _prototypes(header)]
    assert len(declared) == len(set(declared))
    assert set(declared) == SOURCES.keys()
    for name in SYMBOLS:
        assert name in _prototypes(HEADERS[runtime.header_of(name)])


def test_every_file_includes_the_header_that_declares_it() -> None:
    assert not [n for n, path in SOURCES.items() if runtime.header_of(n) not in runtime.closure([path.name])]


def test_every_header_has_a_guard_or_is_a_body() -> None:
    for name, path in HEADERS.items():
        guard = name.upper().replace(".", "_")
        guarded = f"#ifndef {guard}\n#define {guard}\n" in path.read_text(encoding="utf-8")
        assert guarded or name.endswith("_body.h") or name == runtime.SYMBOLS, name


@pytest.mark.parametrize("files", [SOURCES, HEADERS], ids=["sources", "headers"])
def test_no_library_but_the_compiler(files: dict[str, Path]) -> None:
    for path in files.values():
        text = _code(path)
        assert set(re.findall(r"#\s*include\s*<([^>]+)>", text)) <= _SYSTEM_HEADERS, path.name
        found = _FORBIDDEN.search(text) or _LIBM.search(text)
        assert not found, f"{path.name} uses {found and found.group()}"
        assert ("double" in text) == (path.name == _DOUBLE), path.name


@needs_host_cc
def test_every_file_is_pedantic_cxx11(tmp_path: Path) -> None:
    compiler = find_host_cc()
    assert compiler is not None
    flags = ["-x", "c++", "-std=c++11", "-pedantic-errors", "-fsyntax-only", f"-I{RUNTIME / 'include'}"]
    run([*compiler.command, *flags, *CXX_WARNINGS, *SOURCES.values()], tmp_path)


@needs_host_cc
@skip_here_if(find_arm_gcc() is not None, "the objects for Cortex-M are looked at instead")
@skip_here_if(not sys.platform.startswith("linux"), "reads ELF objects")
def test_pedantic_objects_for_the_host(tmp_path: Path) -> None:
    compiler = find_host_cc()
    assert compiler is not None
    _check_objects(compiler, "host", tmp_path)


@pytest.mark.qemu
@needs_arm_gcc
def test_pedantic_objects_for_cortex_m(tmp_path: Path) -> None:
    compiler = find_arm_gcc()
    assert compiler is not None
    _check_objects(compiler, "cortex-m4f", tmp_path)


def _check_objects(compiler: Compiler, core: str, folder: Path) -> None:
    """C99 without a warning; one public function a file, named like it; no writable byte; no library."""
    flags = (*compiler.compile_flags(CORES[core], "ram"), "-O0", f"-I{RUNTIME / 'include'}")
    flags += ("-pedantic-errors", *WARNINGS)
    names = sorted(SOURCES)
    halves = [names[::2], names[1::2]]
    jobs = [
        subprocess.Popen([*compiler.command, *flags, "-c", *(str(SOURCES[n]) for n in half)], cwd=folder)
        for half in halves
    ]
    assert [job.wait(timeout=300) for job in jobs] == [0, 0]
    objects = {path.stem: path for path in folder.glob("*.o")}
    assert objects.keys() == SOURCES.keys()
    assert {name: public_functions(path) for name, path in objects.items()} == {n: [n] for n in names}
    assert not {name for name, path in objects.items() if writable_bytes(path)}
    single = [path for name, path in objects.items() if _DOUBLE not in runtime.closure([f"{name}.c"])]
    assert not {name for name in undefined(single) if not _HELPERS.fullmatch(name)}


@cache
def _twins() -> dict[str, set[str]]:
    """Kernels that need a core feature -> the portable kernels of the same operators."""
    found: dict[str, set[str]] = {}
    for op in op_classes():
        portable = {k.symbol for k in kernels_of(op) if not k.requires}
        for kernel in kernels_of(op):
            if kernel.requires:
                found.setdefault(kernel.symbol, set()).update(portable)
    return found


def test_every_operator_has_a_portable_kernel() -> None:
    assert all(any(not k.requires for k in kernels_of(op)) for op in op_classes())
    assert all(portable for portable in _twins().values())
