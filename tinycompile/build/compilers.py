"""Finding C compilers and knowing the flags that each one needs."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from typing import Literal

from tinycompile.build.codes import MISSING_TOOL, UNSUITABLE_TOOL
from tinycompile.build.contract import Optimize
from tinycompile.build.process import run_tool
from tinycompile.errors import Diagnostic, ToolchainError
from tinycompile.target import Core

Family = Literal["zig", "gcc"]

HOW_TO_GET_ZIG = "pip install ziglang"
HOW_TO_GET_ARM_GCC = "apt-get install --no-install-recommends gcc-arm-none-eabi libnewlib-arm-none-eabi"
HOW_TO_GET_HOST_CC = "apt-get install gcc libc6-dev"

#: Float code must give the bits of the simulator, so no multiply and add may be fused.
_COMMON = ("-std=c99", "-ffp-contract=off", "-fno-math-errno", "-ffunction-sections", "-fdata-sections")

#: zig maps -O1 to -O3 to its one fast mode; it drops symbols without -g, and without these flags it adds
#: traps for undefined behaviour and a frame pointer.
_ZIG = ("-g", "-fno-sanitize=undefined", "-fomit-frame-pointer")
_ZIG_BARE = ("-fno-unwind-tables", "-fno-asynchronous-unwind-tables")

#: For small code, short loops are left as they are: as calls of memset and memcpy they bring the library's.
_SMALL = ("-Os", "-fno-tree-loop-distribute-patterns")
_LEVELS: dict[Optimize, tuple[str, ...]] = {"ram": _SMALL, "balanced": ("-O2",), "speed": ("-O2",)}
_ZIG_LEVELS: dict[Optimize, str] = {"ram": "-Os", "balanced": "-O2", "speed": "-O3"}


@dataclass(frozen=True)
class Compiler:
    """A C compiler driver.

    Attributes:
        family: `zig` (clang inside) or `gcc` (also a host clang, which takes the same arguments).
        command: the words that start it.
        version: name and version for people.
    """

    family: Family
    command: tuple[str, ...]
    version: str

    def core_flags(self, core: Core) -> tuple[str, ...]:
        """The flags that select a core; empty for the host."""
        if core.toolchain is None:
            return ()
        if self.family == "zig":
            return core.toolchain.zig_flags
        return ("-mthumb", *core.toolchain.gcc_flags)

    def compile_flags(self, core: Core, optimize: Optimize) -> tuple[str, ...]:
        """All flags that shape the code of a translation unit."""
        flags = (*self.core_flags(core), *_COMMON)
        if self.family == "gcc":
            return (*flags, *_LEVELS[optimize])
        bare = () if core.is_host else _ZIG_BARE
        return (*flags, _ZIG_LEVELS[optimize], *_ZIG, *bare)

    def source_flags(self, source: str, optimize: Optimize) -> tuple[str, ...]:
        """What one source file of the runtime takes on top.

        Unrolled loops are worth their code in float kernels. Integer kernels have their inner loops in
        assembly, and zig unrolls all others as well: half as much code again for 1 % of time.
        """
        integer = self.family == "zig" and optimize == "balanced" and not source.endswith("_f32.c")
        return ("-fno-unroll-loops",) if integer else ()

    def link_flags(self, core: Core, optimize: Optimize) -> tuple[str, ...]:
        """The flags of a bare-metal link, linker script excluded."""
        if self.family == "zig":
            return (*self.core_flags(core), _ZIG_LEVELS[optimize], *_ZIG, "-Wl,--gc-sections")
        return (*self.core_flags(core), "-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections")


def find_zig() -> Compiler | None:
    """`zig cc` of the ziglang wheel, or of a zig on the PATH."""
    if importlib.util.find_spec("ziglang") is not None:
        words: tuple[str, ...] = (sys.executable, "-m", "ziglang")
    else:
        found = shutil.which("zig")
        if found is None:
            return None
        words = (found,)
    return Compiler("zig", (*words, "cc"), f"zig {_first_line((*words, 'version'))}")


def find_arm_gcc() -> Compiler | None:
    """arm-none-eabi-gcc on the PATH."""
    found = shutil.which("arm-none-eabi-gcc")
    return Compiler("gcc", (found,), f"arm-none-eabi-gcc {_dumped_version(found)}") if found else None


def find_host_cc() -> Compiler | None:
    """The host's own compiler: `$CC`, cc, gcc or clang."""
    chosen = shlex.split(os.environ.get("CC", ""))
    for words in ([chosen] if chosen else []) + [["cc"], ["gcc"], ["clang"]]:
        found = shutil.which(words[0])
        if found is not None:
            name, version = _name_and_version(_first_line((found, "--version")))
            return Compiler("gcc", (found, *words[1:]), f"{name} {version}")
    return None


def embedded_compiler(prefer: Family = "zig") -> Compiler:
    """A compiler for Cortex-M: the preferred one if it is there, else the other.

    Raises:
        ToolchainError: there is neither.
    """
    finders = (find_zig, find_arm_gcc) if prefer == "zig" else (find_arm_gcc, find_zig)
    for find in finders:
        compiler = find()
        if compiler is not None:
            return compiler
    raise missing("a C compiler for Arm Cortex-M", f"{HOW_TO_GET_ZIG}, or {HOW_TO_GET_ARM_GCC}")


def host_compiler(sanitize: bool = False) -> Compiler:
    """A compiler for this machine; `sanitize` asks for one that has AddressSanitizer.

    Raises:
        ToolchainError: there is none (TC601), or only one without the sanitisers (TC606).
    """
    own = find_host_cc()
    if own is not None:
        return own
    zig = find_zig()
    if zig is None:
        raise missing("a C compiler for this machine", f"{HOW_TO_GET_HOST_CC}, or {HOW_TO_GET_ZIG}")
    if sanitize:
        raise ToolchainError(
            Diagnostic(UNSUITABLE_TOOL, "zig cc has no AddressSanitizer", ("zig",), HOW_TO_GET_HOST_CC)
        )
    return zig


def missing(what: str, how_to_get: str) -> ToolchainError:
    """The error for a tool that is not installed."""
    return ToolchainError(Diagnostic(MISSING_TOOL, f"{what} was not found", (what,), how_to_get))


@functools.cache
def _first_line(command: tuple[str, ...]) -> str:
    said = run_tool(command, timeout=60).stdout.strip().splitlines()
    return said[0].strip() if said else "of unknown version"


def _dumped_version(path: str) -> str:
    return _first_line((path, "-dumpfullversion"))


def _name_and_version(banner: str) -> tuple[str, str]:
    numbers = re.findall(r"\d+(?:\.\d+)+", banner)
    name = "clang" if "clang" in banner else banner.split()[0]
    return name, numbers[-1] if numbers else ""
