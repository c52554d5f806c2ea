"""Running C compilers on generated trees, with every warning an error, and looking at what they made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tinycompile.build.compilers import Compiler, find_arm_gcc, find_host_cc, find_zig
from tinycompile.codegen import SourceTree
from tinycompile.target import CORES

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Wstrict-prototypes", "-Werror")
CXX_WARNINGS = tuple(w for w in WARNINGS if w != "-Wstrict-prototypes")

needs_host_cc = pytest.mark.skipif(
    find_host_cc() is None or sys.platform == "win32", reason="no gcc or clang for this machine"
)
needs_arm_gcc = pytest.mark.skipif(find_arm_gcc() is None, reason="arm-none-eabi-gcc is not installed")
#: Names of the compilers for Arm, as parameters: zig comes with pip, gcc does not.
ARM_COMPILERS = (pytest.param("gcc", marks=pytest.mark.qemu), "zig")


def arm_compiler(name: str) -> Compiler:
    """One of `ARM_COMPILERS`; the test is skipped where it is not installed."""
    found = find_arm_gcc() if name == "gcc" else find_zig()
    if found is None:
        pytest.skip(f"{name} for Cortex-M is not installed")
    return found


def write(tree: SourceTree, folder: Path) -> Path:
    """The tree on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in tree.contents.items():
        (folder / name).write_bytes(data)
    return folder


def run(command: Sequence[str | Path], folder: Path) -> str:
    """What the command prints; it must succeed and must not say anything on stderr."""
    done = subprocess.run(
        [str(c) for c in command], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-4000:]
    assert not done.stderr, done.stderr[-4000:]
    return done.stdout


def host(*arguments: str | Path, folder: Path) -> str:
    """The host's compiler as C99, pedantic, every warning an error; fused multiply-add forbidden."""
    compiler = find_host_cc()
    assert compiler is not None
    flags = ("-std=c99", "-pedantic-errors", "-O1", "-ffp-contract=off", *WARNINGS)
    return run([*compiler.command, *flags, *arguments], folder)


def check_c(folder: Path, sources: Iterable[str]) -> None:
    """The sources compile as pedantic C99 without a warning."""
    host("-c", *sources, folder=folder)


def check_cxx(folder: Path, sources: Iterable[str]) -> None:
    """The sources compile as pedantic C++11 without a warning."""
    compiler = find_host_cc()
    assert compiler is not None
    flags = ("-x", "c++", "-std=c++11", "-pedantic-errors", *CXX_WARNINGS, "-fsyntax-only")
    run([*compiler.command, *flags, *sources], folder)


def cross(compiler: Compiler, core: str, folder: Path, sources: Iterable[str], *extra: str) -> list[Path]:
    """Objects for a core with the flags of real builds, every warning an error."""
    flags = (*compiler.compile_flags(CORES[core], "balanced"), "-pedantic-errors", *WARNINGS, *extra)
    objects = folder / f"{compiler.family}-{core}"
    objects.mkdir()
    names = sorted(sources)
    if compiler.family == "gcc":
        run([*compiler.command, *flags, "-c", *(folder / n for n in names)], objects)
        return sorted(objects.glob("*.o"))
    for name in names:
        run([*compiler.command, *flags, "-c", folder / name, "-o", objects / f"{name}.o"], objects)
    return sorted(objects.glob("*.o"))
