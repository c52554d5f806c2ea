"""What is installed, what is missing, and how to get it."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from tinycompile.build import compilers, debugger, flashing, qemu
from tinycompile.build.process import run_tool
from tinycompile.errors import ToolchainError


@dataclass(frozen=True)
class Check:
    """One tool: whether it was found, its version, what it is for, and a command that installs it."""

    name: str
    found: bool
    version: str
    purpose: str
    how_to_get: str


def check() -> tuple[Check, ...]:
    """Look for every tool that builds, runs and flashing can use. Starts some of them to ask for versions."""
    return (
        _compiler("zig", compilers.find_zig, "C for every core, without packages", compilers.HOW_TO_GET_ZIG),
        _package("unicorn", "run --on emulator"),
        _package("capstone", "modelled cycles of the emulator"),
        _package("pyelftools", "code sizes, emulator, firmware images"),
        _compiler(
            "host cc",
            compilers.find_host_cc,
            "run --on host with sanitisers",
            compilers.HOW_TO_GET_HOST_CC,
        ),
        _compiler(
            "arm-none-eabi-gcc",
            compilers.find_arm_gcc,
            "a second compiler for every core",
            compilers.HOW_TO_GET_ARM_GCC,
        ),
        _program("qemu-system-arm", "run --on qemu", qemu.HOW_TO_GET),
        _program("gdb-multiarch", "flash through a gdb server", debugger.HOW_TO_GET),
        _pyocd(),
        _program("openocd", "flash", flashing.HOW_TO_GET_OPENOCD),
        _program("st-flash", "flash", flashing.HOW_TO_GET_ST_FLASH),
    )


def _compiler(
    name: str, find: Callable[[], compilers.Compiler | None], purpose: str, how_to_get: str
) -> Check:
    try:
        compiler = find()
    except ToolchainError:  # it is there but cannot be started
        compiler = None
    version = _number(compiler.version) if compiler else ""
    return Check(name, compiler is not None, version, purpose, how_to_get)


def _package(name: str, purpose: str) -> Check:
    how_to_get = f"pip install {name}"
    try:
        return Check(name, True, importlib.metadata.version(name), purpose, how_to_get)
    except importlib.metadata.PackageNotFoundError:
        return Check(name, False, "", purpose, how_to_get)


def _program(name: str, purpose: str, how_to_get: str) -> Check:
    path = shutil.which(name)
    if path is None:
        return Check(name, False, "", purpose, how_to_get)
    try:
        done = run_tool((path, "--version"), timeout=30)
    except ToolchainError:
        return Check(name, False, "", purpose, how_to_get)
    return Check(name, True, _number(done.stdout + done.stderr), purpose, how_to_get)


def _pyocd() -> Check:
    package = _package("pyocd", "flash")
    return package if package.found else _program("pyocd", "flash", flashing.HOW_TO_GET_PYOCD)


def _number(text: str) -> str:
    """The first thing in a tool's greeting that looks like a version."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return found.group() if found else ""
