"""Every subprocess: compilers, the host library, emulators, probes. Trees of C go in, results come out."""

from tinycompile.build.codesize import measure_code
from tinycompile.build.compilers import (
    Compiler,
    embedded_compiler,
    find_arm_gcc,
    find_host_cc,
    find_zig,
    host_compiler,
)
from tinycompile.build.contract import BuildInput, CodeSize, IOSlot, Optimize, RunResult, Samples
from tinycompile.build.emulator import run_on_emulator
from tinycompile.build.host import HostModel, run_on_host
from tinycompile.build.qemu import find_qemu, run_on_qemu

__all__ = [
    "BuildInput",
    "CodeSize",
    "Compiler",
    "HostModel",
    "IOSlot",
    "Optimize",
    "RunResult",
    "Samples",
    "embedded_compiler",
    "find_arm_gcc",
    "find_host_cc",
    "find_qemu",
    "find_zig",
    "host_compiler",
    "measure_code",
    "run_on_emulator",
    "run_on_host",
    "run_on_qemu",
]
